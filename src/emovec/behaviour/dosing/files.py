"""What a grid leaves beside its logs: ``dose.json``, ``dose.csv``, ``monitor.csv``. The same logs give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emovec.behaviour.dosing.grid import DoseGrid
from emovec.behaviour.dosing.paper import paper_curves
from emovec.behaviour.dosing.rollouts import UNKNOWN, Rollouts
from emovec.behaviour.dosing.tables import DoseRule, DoseTables
from emovec.steering import CoherenceRule, Levers
from emovec.store import write_json, write_text
from emovec.vectors import EmotionVectors
from emovec.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["about_grid", "write_dose_files"]


def about_grid(
    grid: DoseGrid, vectors: EmotionVectors, nulls: Levers | None, rollouts: Rollouts, tables: DoseTables
) -> dict[str, Any]:
    """What is to be said of a grid beside its numbers."""
    curves = paper_curves(grid.task)
    windows = tables.windows.to_dict("records")
    narrow = [r["direction"] for r in windows if r["kind"] == "emotion" and not (r["low_open"] and r["high_open"])]
    notes = []
    if narrow:
        notes.append(f"Some doses break the model and do not count: see the coherent windows of {', '.join(narrow)}.")
    if not windows:
        notes.append("Coherence was not measured: doses that break the model count like the others.")
    if nulls is None:
        notes.append("No null direction was run, so no effect can be told from that of any push.")
    if len(rollouts.table["sample"].unique()) == 1:
        notes.append("The task has a single sample: intervals are those of this one prompt, not of prompts like it.")
    unknown = [name for name in UNKNOWN if name in rollouts.measures]
    if unknown and (share := float(rollouts.table[unknown].sum(axis=1).mean())) > 0:
        remedy = "" if grid.judge else "; a judge (--judge) decides what rules cannot"
        notes.append(
            f"Of {share:.0%} of all rollouts nobody could tell what they are ({' or '.join(unknown)}), and they count as none of the classes{remedy}."
        )
    return {
        "task": Path(grid.task).name if ".py" in grid.task else grid.task,
        "model": vectors.subject.name,
        "headline": tables.headline,
        "emotions": list(grid.emotions),
        "rollouts": len(rollouts.table),
        "failed": rollouts.failed,
        "samples": int(rollouts.table["sample"].nunique()),
        "rule": DoseRule().says,
        "coherence_rule": CoherenceRule().says,
        "paper_ref": curves.ref,
        "version": __version__,
        "notes": notes,
        "facts": {
            "strengths": sorted({0.0, *map(float, grid.strengths)}),
            "where": grid.where,
            "block": vectors.block,
            "recipe": vectors.name,
            "epochs": grid.epochs,
            "limit": grid.limit,
            "seed": grid.seed,
            "temperature": "the task's" if grid.temperature is None else grid.temperature,
            "max_tokens": "the task's" if grid.max_tokens is None else grid.max_tokens,
            "arguments": dict(grid.arguments),
            "judge": grid.judge,
            "sandbox": grid.sandbox,
            "nulls": list(nulls.names) if nulls else [],
            "vectors_made_from": vectors.corpus.get("name"),
            "weights": vectors.subject.weights,
        },
    }


def write_dose_files(out: Path, about: Mapping[str, Any], tables: DoseTables, monitor: pd.DataFrame) -> None:
    """Write the three files, each whole or not at all."""
    slopes = tables.slopes
    mine = slopes[slopes["kind"].isin(["emotion", "valence"])]
    findings = mine[mine["measure"] == tables.headline]
    write_json(
        out / "dose.json",
        _tidy(
            {
                **about,
                "findings": findings.to_dict("records"),
                "others": mine[mine["measure"] != tables.headline].to_dict("records"),
                "windows": tables.windows.to_dict("records"),
                "paper": tables.paper.to_dict("records"),
            }
        ),
    )
    write_text(out / "dose.csv", tables.doses.round(6).to_csv(index=False, lineterminator="\n"))
    write_text(out / "monitor.csv", monitor.round(6).to_csv(index=False, lineterminator="\n"))


def _tidy(value: Any) -> Any:
    """As strict JSON holds it: numbers rounded to 6 places, those that are none as null."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _tidy(v) for k, v in value.items()}
    return [_tidy(v) for v in value] if isinstance(value, (list, tuple)) else value
