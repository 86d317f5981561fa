"""Made-up results of the studies on hidden and unexpressed emotion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.corpora.sets import CONDITIONS
from emovec.studies.base import StudyResult

from .made import EVIL, RECIPES, judged

FELT = ("afraid", "angry", "ashamed", "calm", "desperate", "grateful", "lonely", "proud")


def chronic_state(rng: np.random.Generator) -> StudyResult:
    readers = (
        "with the preamble", "without the preamble", "trained on all conditions", "bag of words", "static embeddings", "shuffled labels",
    )  # fmt: skip
    conditions = pd.DataFrame(
        {
            "condition": c, "reader": reader, "accuracy": (a := 0.6 / (i + 1)), "low": a - 0.05, "high": a + 0.06, "paper": 0.7,
            "chance": 1 / 15, "n": 60,
        }
        for c in CONDITIONS for i, reader in enumerate(readers)
    )  # fmt: skip
    transfer = pd.DataFrame(
        {"trained_on": a, "tested_on": b, "accuracy": float(rng.uniform(0.02, 0.2)) + 0.4 * (a == b), "n": 60}
        for a in CONDITIONS for b in CONDITIONS
    )  # fmt: skip
    says = pd.DataFrame({"reader": readers[:4], "felt": 0.07, "shown": 0.5, "chance": 1 / 15, "n": 60})
    natural = pd.DataFrame(
        {"decoder": d, "text": "scenes", "measure": "accuracy", "value": 0.1, "low": 0.04, "high": 0.2, "null_mean": 0.06,
         "null_p95": 0.11, "p": 0.12, "n": 60}
        for d in ("unexpressed", "expressed")
    )  # fmt: skip
    found = judged("chronic_state", "accuracy_expressed", "chronic_natural", {"": 0.65}, 0.25, unit="accuracy")
    return StudyResult(found, {"conditions": conditions, "transfer": transfer, "hidden_says": says, "natural": natural})


def deflection(rng: np.random.Generator) -> StudyResult:
    vectors = pd.DataFrame(
        {
            "recipe": recipe, "emotion": e, "felt_story": float(rng.normal(0, 0.05)), "shown_story": float(rng.normal(0.5, 0.1)),
            "felt_halves": 0.1, "shown_halves": 0.5, "norm_kept": 0.8,
        }
        for recipe in RECIPES for e in FELT
    )  # fmt: skip
    what = (
        "vectors of shuffled labels",
        "random directions",
        "shown vectors, as they are",
        "felt vectors, as they are",
    )
    norm = pd.DataFrame(
        {"recipe": recipe, "what": w, "kept": 0.7 + 0.05 * i, "low": None if i > 1 else 0.6, "high": None if i > 1 else 0.9}
        for recipe in RECIPES for i, w in enumerate(what)
    )  # fmt: skip
    firing = pd.DataFrame(
        {"recipe": recipe, "vector": v, "test": t, "kind": k, "message": f"{k} {n} {EVIL} " + "word " * 20, "reading": float(rng.normal())}
        for recipe in RECIPES for v in ("deflection", "story") for t in ("denial", "reply")
        for k in ("denial", "attack_on_ai", "witnessed_injustice", "control") for n in range(6) if (t, k) != ("reply", "denial")
    )  # fmt: skip
    steering = pd.DataFrame(
        {"recipe": recipe, "emotion": e, "direction": d, "asked": a, "log_odds": float(rng.normal())}
        for recipe in RECIPES for e in FELT for d in ("deflection", "story", "random 0", "random 1") for a in ("by name", "openly")
    )  # fmt: skip
    words = pd.DataFrame(
        {"recipe": recipe, "emotion": e, "vector": v, "rank": r, "token": EVIL if r == 2 else f" {e}", "own": r == 1}
        for recipe in RECIPES for e in FELT for v in ("deflection", "story") for r in (1, 2, 3)
    )  # fmt: skip
    found = judged("deflection", "norm_kept", "deflection_norm_kept", {"paper": 0.8, "whitened": 0.7}, 0.7, paper=0.8)
    return StudyResult(
        found, {"vectors": vectors, "norm": norm, "firing": firing, "steering": steering, "words": words}
    )
