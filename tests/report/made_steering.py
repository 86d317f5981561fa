"""Made-up results of the causal studies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.studies.base import StudyResult

from .made import EVIL, RECIPES, judged

SHOWN = ("happy", "calm", "desperate", "angry")
LEVERS = (*((w, "emotion") for w in SHOWN), *((f"random-{i}", "random") for i in range(5)), ("valence", "valence"))


def steer_words(rng: np.random.Generator) -> StudyResult:
    frames = [(r, f) for r in RECIPES for f in ("he", "i")]
    matrix = [(r, f, 0.35, a, b, float(rng.normal(2 * (a == b)))) for r, f in frames for a in SHOWN for b in SHOWN]
    curves = [(r, f, w, s, float(rng.uniform(0.5, 1)), float(s)) for r, f in frames for w in SHOWN for s in (0.1, 0.35)]
    windows = [(r, w, -0.0, 0.35, False) for r in RECIPES for w in SHOWN]
    replies = [(r, w, s, f"It {EVIL} was {w}.", 9.5, 0.1) for r in RECIPES for w in SHOWN for s in (0.0, 0.35)]
    found = judged("steer_words", "own_word_percentile_he", "steer_he_feels", {"paper": 0.9, "whitened": 0.9}, 0.55)
    tables = {
        "matrix": pd.DataFrame(matrix, columns=["recipe", "frame", "strength", "direction", "word", "shift"]),
        "curves": pd.DataFrame(curves, columns=["recipe", "frame", "emotion", "strength", "percentile", "own_shift"]),
        "windows": pd.DataFrame(windows, columns=["recipe", "emotion", "low", "high", "high_open"]),
        "replies": pd.DataFrame(replies, columns=["recipe", "direction", "strength", "text", "perplexity", "repetition"]),
    }  # fmt: skip
    return StudyResult(found, tables)


def preferences(rng: np.random.Generator) -> StudyResult:
    elo = [
        (f"do {EVIL} {i}", ("unsafe", "neutral", "helpful")[i % 3], 1500 + 40 * i, 1450 + 40 * i, 1550 + 40 * i)
        for i in range(12)
    ]
    emotions = [(r, w, float(rng.normal(0, 0.3)), 0.1, float(rng.uniform(1, 7)), 4.0) for r in RECIPES for w in SHOWN]
    found = judged(
        "preferences", "blissful_elo_r", "preferences_blissful", {"paper": 0.3, "whitened": 0.2}, 0.3, paper=0.71
    )
    tables = {
        "elo": pd.DataFrame(elo, columns=["activity", "category", "elo", "low", "high"]),
        "emotions": pd.DataFrame(emotions, columns=["recipe", "emotion", "r", "r_at_block", "own_valence", "own_arousal"]),
    }  # fmt: skip
    return StudyResult(found, tables)


def preference_steering(rng: np.random.Generator) -> StudyResult:
    rows = [
        (w, k, float(x := rng.normal(0, 100)), x - 30, x + 30, 0.2 if k == "emotion" else np.nan) for w, k in LEVERS
    ]
    found = judged(
        "preference_steering", "blissful_elo_shift", "steer_blissful_elo", {"whitened": 60.0}, 90.0, paper=212.0
    )
    return StudyResult(
        found, {"shifts": pd.DataFrame(rows, columns=["direction", "kind", "elo_shift", "low", "high", "probe_elo_r"])}
    )


def decisions(rng: np.random.Generator) -> StudyResult:
    behaviours = ("blackmail", "hacking")
    curves = [(b, w, k, s, s, s) for b in behaviours for w, k in LEVERS for s in (-0.1, 0.0, 0.1)]
    slopes = [(b, w, k, int(w == "desperate"), float(rng.normal())) for b in behaviours for w, k in LEVERS]
    found = judged("decisions", "blackmail_desperate_rises", "decision_blackmail_desperate", {"whitened": 0.2}, 0.1)
    tables = {
        "curves": pd.DataFrame(curves, columns=["behaviour", "direction", "kind", "strength", "log_odds", "change"]),
        "slopes": pd.DataFrame(slopes, columns=["behaviour", "direction", "kind", "expected", "slope"]),
    }
    return StudyResult(found, tables)
