"""Tasks and judges by name: are there such, and does the task take these arguments? Asked before the subject is loaded."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import list_tasks
from inspect_ai._eval.loader import load_file_tasks
from inspect_ai._util.error import PrerequisiteError
from inspect_ai._util.registry import registry_find, registry_info, registry_lookup
from inspect_ai.model import Model, get_model

from emovec.errors import BadInput

__all__ = ["find_judge", "find_task", "plain", "task_arguments"]


def find_task(name: str, arguments: Mapping[str, Any] | None = None) -> str:
    """The task as Inspect wants it: ``package/task``, or ``file.py@task``.

    Raises:
        BadInput: if there is none, a file holds several, or it does not take one of the arguments.
    """
    if ".py" in name:
        name, inner = _in_file(name)
        found = registry_lookup("task", inner)
    else:
        found = registry_lookup("task", name)
    if found is None:
        known = [info.name for info in (registry_info(o) for o in registry_find(lambda i: i.type == "task"))]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "is its package installed?"
        raise BadInput(f"no Inspect task {name!r}: {hint} Give package/task (emovec/blackmail) or file.py@task")
    takes: list[str] = registry_info(found).metadata.get("params", [])
    for argument in arguments or {}:
        if argument not in takes and "kwargs" not in takes:
            raise BadInput(f"the task {name} takes no argument {argument!r}; it takes {', '.join(takes) or 'none'}")
    return name


def _in_file(name: str) -> tuple[str, str]:
    """``file.py`` or ``file.py@task`` as (``file.py@task``, ``task``)."""
    file, _, inner = name.partition("@")
    path = Path(file)
    if not path.is_file():
        raise BadInput(f"no such file of tasks: {file}")
    tasks = [info.name for info in list_tasks([path.name], root_dir=path.absolute().parent)]
    if not inner and len(tasks) != 1:
        says = f"several tasks ({', '.join(tasks)}); name one: {file}@{tasks[0]}" if tasks else "no function with @task"
        raise BadInput(f"{file} holds {says}")
    inner = inner or tasks[0]
    if inner not in tasks:
        raise BadInput(f"{file} has no task {inner!r}; it has {', '.join(tasks) or 'none'}")
    load_file_tasks(path.absolute())
    return f"{file}@{inner}", inner


def find_judge(name: str) -> Model:
    """The model for the role ``judge``; asked for twice, it is the same.

    Raises:
        BadInput: if Inspect cannot make it (no such provider, no key).
    """
    try:
        return get_model(name)
    except (ValueError, PrerequisiteError) as error:
        raise BadInput(f"the judge {name!r} cannot be used: {plain(error)}") from None


def plain(error: Exception) -> str:
    """An error of Inspect's without its markup."""
    return re.sub(r"\[/?[a-z]+\]", "", str(error)).removeprefix("ERROR: ").strip()


def task_arguments(pairs: Sequence[str]) -> dict[str, Any]:
    """``["variant=3", "tools=false"]`` as Inspect's ``-T`` reads them: values are YAML.

    Raises:
        BadInput: if one has no ``=`` or its value is not YAML.
    """
    import yaml  # type: ignore[import-untyped]

    out = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"-T {pair!r} is not key=value, as in -T variant=3")
        try:
            out[key.strip().replace("-", "_")] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise BadInput(f"-T {pair!r}: the value is not YAML; put it in quotes") from None
    return out
