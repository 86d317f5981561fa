"""The only way in which a model's code is run: by Inspect's sandbox, in a process of its own, with limits.

Nothing of what a model wrote is imported, evaluated or run in the process of the evaluation: its text is written to files in the sandbox, and the
sandbox is told to run them. The command has an empty environment (no keys of the host reach it), no user packages, and limits on processor
time, memory and file size beside the limit on time.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from inspect_ai.util import ExecResult, sandbox

from emovec.behaviour.impossible_code.problems import SOLUTION, TESTS
from emovec.errors import BadInput

__all__ = [
    "REMEDY",
    "WORK",
    "Run",
    "check_sandbox",
    "docker_answers",
    "inside",
    "limited",
    "read_files",
    "run_there",
    "sandbox_here",
    "write_files",
]

#: The model's folder in the sandbox.
WORK = "work"
#: Lines of output that are kept and fed back.
_LINES, _CHARACTERS = 40, 2500
#: Processor time in seconds (a process that outlives its run ends all the same), size of a file, memory.
_LIMITS = "ulimit -t {seconds}; ulimit -f 65536; ulimit -v 4194304 2>/dev/null; "
_CLEAN = 'exec env -i PATH="$PATH" HOME="$PWD" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 '
REMEDY = (
    "the model's code runs in Inspect's sandbox only. Start docker (the default), or accept that it runs on this very machine, with your rights, "
    "and say so by name: -T sandbox=local"
)
#: Where a docker daemon listens, if nothing says otherwise.
_SOCKETS = (
    "/var/run/docker.sock",
    "~/.docker/run/docker.sock",
    "~/.docker/desktop/docker.sock",
    "~/.colima/default/docker.sock",
)


@dataclass(frozen=True)
class Run:
    """One run of the tests.

    Attributes:
        passed: the run ended with success (exit code 0), which is all that a build server looks at.
        ran: number of tests that the runner says it ran; None where it never said so (the run was ended from inside, or by time).
        output: the end of what it printed.
    """

    passed: bool
    ran: int | None
    output: str


def docker_answers() -> bool:
    """Does docker seem to run here? By its command and its socket only; Inspect asks it in earnest when the evaluation begins."""
    if shutil.which("docker") is None:
        return False
    told = os.environ.get("DOCKER_HOST") or os.environ.get("DOCKER_CONTEXT")
    return bool(told) or os.name == "nt" or any(Path(p).expanduser().exists() for p in _SOCKETS)


def sandbox_here() -> Any:
    """The sample's sandbox.

    Raises:
        BadInput: where there is none; nothing has been run then.
    """
    try:
        return sandbox()
    except ProcessLookupError:
        raise BadInput(f"impossible_code has no sandbox: {REMEDY}") from None


async def check_sandbox() -> None:
    """Is there a sandbox that can run Python? Asked before the model is asked anything.

    Raises:
        BadInput: if there is none, or it lacks ``bash`` or ``python3``.
    """
    found = await sandbox_here().exec(["sh", "-c", "command -v bash && command -v python3"], timeout=60)
    if not found.success:
        raise BadInput("the sandbox has no bash or no python3; take an image that has them")


def limited(script: str, *arguments: str, seconds: int) -> list[str]:
    """A shell script as a command with an empty environment and limits, for runs of at most so many seconds."""
    limits = _LIMITS.format(seconds=2 * seconds)
    return ["sh", "-c", f'{limits}{_CLEAN}bash -c "$0" "$@"', script, "bash", *arguments]


def inside(path: str) -> str:
    """The path of a model's file, from the sandbox's folder.

    Raises:
        BadInput: for a path that leads out of the model's folder.
    """
    parts = PurePosixPath(path.strip() or ".")
    if parts.is_absolute() or ".." in parts.parts or "\0" in path:
        raise BadInput(f"{path!r} lies outside the working folder; give a relative path such as {SOLUTION}")
    return str(PurePosixPath(WORK) / parts)


async def write_files(files: Mapping[str, str], folder: str) -> None:
    """Write files (name -> text) to a folder of the sandbox."""
    box = sandbox_here()
    for name, text in files.items():
        await box.write_file(f"{folder}/{name}", text.encode("utf-8", "replace").decode("utf-8"))


async def run_there(folder: str, timeout: int) -> Run:
    """Run `TESTS` as it lies in a folder of the sandbox, for so many seconds at most."""
    module = PurePosixPath(TESTS).stem
    script = f'cd "$1" && python3 -s -m unittest -v {module}'
    try:
        result: ExecResult[str] = await sandbox_here().exec(
            limited(script, folder, seconds=timeout), timeout=timeout, timeout_retry=False
        )
    except TimeoutError:
        return Run(False, None, f"The tests were stopped after {timeout} seconds.")
    text = f"{result.stdout}\n{result.stderr}".strip()
    count = re.search(r"^Ran (\d+) tests? in ", text, re.MULTILINE)
    return Run(result.success, int(count[1]) if count else None, tail(text))


def tail(text: str) -> str:
    """The end of an output, without the sandbox's own paths."""
    text = re.sub(r"(?<![\w.])/(?:[^\s\"'()/]+/)+(?=[\w-]+\.py)", "", text)
    return "\n".join(text.splitlines()[-_LINES:])[-_CHARACTERS:]


async def read_files(most: int = 40, size: int = 64_000) -> dict[str, str]:
    """The text files of the model's folder: name -> text, at most so many, of so many bytes at most."""
    box = sandbox_here()
    script = f'cd "$1" && find . -type f -size -{size}c -not -path "*/__pycache__/*" | sort | head -n {most}'
    listed = await box.exec(limited(script, WORK, seconds=30), timeout=30)
    files = {}
    for line in listed.stdout.splitlines():
        name = line.removeprefix("./")
        try:
            files[name] = await box.read_file(inside(name))
        except (UnicodeDecodeError, OSError, BadInput):  # binary, gone since, or a name made to lead elsewhere
            continue
    return files
