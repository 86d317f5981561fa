"""How good the rules are: precision and recall of every outcome class against labelled transcripts.

A task TASK puts its rules in ``emovec.behaviour.TASK.detect``: ``OUTCOMES`` (the classes, in order) and ``detect_row(row) -> Outcome``, which
may abstain with ``UNDECIDED``. Labelled transcripts are JSONL (``id``, ``task``, ``variant``, ``reply``, ``outcome``, ...); the rules were
made on ids that end in an even digit and are judged on the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from emovec.behaviour.outcomes import UNDECIDED
from emovec.corpora.schema import read_jsonl
from emovec.errors import BadInput

__all__ = ["TASKS", "decisions", "half", "load_labelled", "table"]

TASKS = ("blackmail", "impossible_code", "sycophancy")


def load_labelled(path: str | Path) -> list[dict[str, Any]]:
    """Labelled transcripts, in the file's order.

    Raises:
        BadCorpus: for a line that is no JSON object or lacks ``id``, ``reply`` or ``outcome``, and for an id used twice.
    """
    return read_jsonl(Path(path), _labelled)


def half(rows: Sequence[Mapping[str, Any]], which: str) -> list[Mapping[str, Any]]:
    """The rows to make rules on (``even``: the id ends in an even digit) or those to judge them on (``odd``).

    Raises:
        BadInput: for another half, or an id that does not end in a digit.
    """
    if which not in ("even", "odd"):
        raise BadInput(f"half {which!r}: it is even or odd")
    if bad := [r["id"] for r in rows if not str(r["id"])[-1:].isdigit()]:
        raise BadInput(f"id {bad[0]!r} does not end in a digit, so it belongs to no half")
    return [r for r in rows if int(str(r["id"])[-1]) % 2 == (which == "odd")]


def decisions(task: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """What the rules say of each row.

    Returns:
        ``id, variant, hard, outcome`` (as labelled), ``said`` (by the rules), ``evidence``.

    Raises:
        BadInput: for an unknown task or a label that is not one of its classes.
    """
    rules = _rules(task)
    if strange := sorted({str(r["outcome"]) for r in rows} - set(rules.OUTCOMES)):
        raise BadInput(f"{strange[0]!r} is no outcome of {task}; there are: {', '.join(rules.OUTCOMES)}")
    made = []
    for row in rows:
        said = rules.detect_row(row)
        made.append((row["id"], row.get("variant"), bool(row.get("hard")), row["outcome"], said.label, said.evidence))
    return pd.DataFrame(made, columns=["id", "variant", "hard", "outcome", "said", "evidence"])


def table(task: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Precision and recall of a task's rules.

    Returns:
        One row per class, and a last one, ``all``, with the mean over the classes that occur (``n`` and ``decided`` are sums):
        ``outcome``; ``n`` labelled so; ``decided``, those of them of which the rules say anything; ``precision`` and ``recall`` among rows that the
        rules decide, and ``f1``; ``found``, the share of all ``n`` that the rules find; ``undecided``, the share of ``n`` left to the judge.
        NaN where there is nothing to divide by.

    Raises:
        BadInput: for an unknown task, a label that is not one of its classes, or no rows.
    """
    if not rows:
        raise BadInput("no labelled transcripts: nothing to hold the rules against")
    told = decisions(task, rows)
    decided = told[told["said"] != UNDECIDED]
    lines = []
    for name in _rules(task).OUTCOMES:
        n, here = int((told["outcome"] == name).sum()), int((decided["outcome"] == name).sum())
        hits = int(((decided["said"] == name) & (decided["outcome"] == name)).sum())
        said = int((decided["said"] == name).sum())
        lines.append(
            {
                "outcome": name,
                "n": n,
                "decided": here,
                "precision": _share(hits, said),
                "recall": _share(hits, here),
                "f1": _share(2 * hits, said + here),
                "found": _share(hits, n),
                "undecided": _share(n - here, n),
            }
        )
    made = pd.DataFrame(lines)
    met = made[made["n"] > 0]
    whole: dict[str, Any] = {"outcome": "all", "n": len(told), "decided": len(decided)}
    whole |= {c: float(met[c].mean()) for c in ("precision", "recall", "f1", "found")}
    whole["undecided"] = _share(len(told) - len(decided), len(told))
    return pd.concat([made, pd.DataFrame([whole])], ignore_index=True)


def _labelled(row: dict[str, Any]) -> dict[str, Any]:
    if missing := [k for k in ("id", "reply", "outcome") if k not in row]:
        raise ValueError(f"no {', '.join(missing)}")
    return row


def _share(part: int, of: int) -> float:
    return part / of if of else float("nan")


def _rules(task: str) -> Any:
    if task not in TASKS:
        raise BadInput(f"no task {task!r}; there are: {', '.join(TASKS)}")
    return import_module(f"emovec.behaviour.{task}.detect")
