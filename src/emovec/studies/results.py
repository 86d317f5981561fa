"""Running studies so that a killed run goes on where it was: finished results are kept as JSON under all that they depend on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from emovec.stats import Null
from emovec.store import digest, write_json
from emovec.studies.base import Finding, Study, StudyResult
from emovec.studies.lab import Lab

__all__ = ["run_study"]


@cache
def _code() -> str:
    """Hash of emovec's own sources: results of other code are not taken for results of this."""
    root = Path(__file__).parent.parent
    return digest(*(path.read_bytes() for path in sorted(root.rglob("*.py"))))


def _key(lab: Lab) -> list[Any]:
    return [
        _code(),
        lab.subject.fingerprint.weights,
        lab.subject.device.type,
        str(lab.subject.model.dtype),
        lab.corpus.digest,
        list(lab.acts.blocks),
        {name: recipe.to_json() for name, recipe in lab.recipes.items()},
        lab.block,
        lab.seed,
        vars(lab.draws),
    ]


def _to_json(result: StudyResult) -> dict[str, Any]:
    findings = [{**vars(f), "nulls": [vars(n) for n in f.nulls]} for f in result.findings]
    tables = {name: json.loads(t.to_json(orient="split", double_precision=15)) for name, t in result.tables.items()}
    return {"findings": findings, "tables": tables}


def _from_json(data: dict[str, Any]) -> StudyResult:
    findings = []
    for f in data["findings"]:
        f["nulls"] = tuple(Null(**n) for n in f["nulls"])
        f["ci"] = tuple(f["ci"]) if f["ci"] else None
        findings.append(Finding(**f))
    return StudyResult(findings, {k: pd.DataFrame(t["data"], columns=t["columns"]) for k, t in data["tables"].items()})


def run_study(study: Study, lab: Lab) -> StudyResult:
    """The study's result on this lab: read if the same was run before, else measured and kept.

    A fresh result goes through JSON too, so that a resumed run and an uninterrupted one write the same bytes.
    """
    path = lab.store.path("studies", f"{study.name}-{digest(_key(lab))}", ".json")
    if path.is_file():
        try:
            return _from_json(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError):
            path.unlink()
    write_json(path, _to_json(study.run(lab)))
    return _from_json(json.loads(path.read_text(encoding="utf-8")))
