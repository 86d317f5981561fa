"""Figures of speakers, self and other: one per table, a frame per choice, nothing unescaped."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from emovec.report.figure import Figure
from emovec.report.figures import COLUMNS, figures_of

EVIL = "<b>sad</b>"
SETS = ("present, human", "present, assistant", "other, human", "other, assistant", "story")
WORDS = ("calm", EVIL, "angry")


def speakers_tables() -> dict[str, pd.DataFrame]:
    rows = [(r, f, a, b, np.nan if "other" in a else 0.5, 0.4, -0.2, np.nan) for r in ("paper", "whitened") for f in ("chat", "person") for a in SETS for b in SETS]  # fmt: skip
    depth = [("paper", b, k, 0.1 * b) for b in (-1, 3, 9) for k in ("present with present", "present with other")]
    structure = [
        ("paper", s, a, b, 0.3) for s in ("present speaker", "other speaker", "story") for a in WORDS for b in WORDS
    ]
    reactions = [
        ("paper", s, w, 1.0 + i, 3.0 - i, "calm, angry") for s in ("arousal", "valence") for i, w in enumerate(WORDS)
    ]
    openings = [("whitened", s, w, k, k == "apology", 0.5, -0.1, 0.1) for s in ("other speaker", "present speaker") for w in WORDS for k in ("apology", "comfort")]  # fmt: skip
    frame = pd.DataFrame
    return {
        "grid": frame(rows, columns=["recipe", "form", "a", "b", "corrected", "raw", "structure", "reliability"]),
        "depth": frame(depth, columns=COLUMNS["speakers", "depth"]),
        "structure": frame(structure, columns=COLUMNS["speakers", "structure"]),
        "reactions": frame(reactions, columns=COLUMNS["speakers", "reactions"]),
        "probes": frame([("paper", w, 0.4, 0.1) for w in WORDS], columns=COLUMNS["speakers", "probes"]),
        "openings": frame(openings, columns=COLUMNS["speakers", "openings"]),
    }


def test_speakers_figures() -> None:
    figures = figures_of("speakers", speakers_tables(), 9)
    assert [f.id for f in figures] == [
        "speakers-grid", "speakers-depth", "speakers-structure-present", "speakers-structure-other", "speakers-reactions", "speakers-probes",
        "speakers-openings",
    ]  # fmt: skip
    grid = figures[0]
    assert isinstance(grid, Figure)
    assert set(grid.frames) == {f"{r}|{f}|{m}" for r in ("whitened", "paper") for f in ("chat", "person") for m in ("corrected", "raw", "structure")}  # fmt: skip
    drawn = json.dumps([f.to_json() for f in figures if isinstance(f, Figure)], allow_nan=False)
    assert EVIL not in drawn
    openings = figures[-1]
    assert isinstance(openings, Figure)
    assert len(openings.frames["other speaker"].layout["shapes"]) == len(WORDS)


def test_self_other_figures() -> None:
    parts = pd.DataFrame(
        [("paper", "user and assistant", 0.3, 0.2, 0.4, 0.0, 0.1)],
        columns=["recipe", "referents", "part", "low", "high", "null_mean", "null_p95"],
    )
    readings = pd.DataFrame(
        [("paper", f, w, 0.2) for f in ("user", "assistant", "third person") for w in WORDS],
        columns=["recipe", "frame", "emotion", "own_reading"],
    )
    figures = figures_of("self_other", {"parts": parts, "readings": readings}, 9)
    assert [f.id for f in figures] == ["self_other-parts", "self_other-readings"]
    drawn = json.dumps([f.to_json() for f in figures if isinstance(f, Figure)], allow_nan=False)
    assert EVIL not in drawn
    assert figures_of("self_other", {"parts": parts.iloc[:0]}, 9) == []
