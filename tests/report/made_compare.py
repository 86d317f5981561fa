"""Made-up results of the studies that compare two models and two corpora."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.lexicon import emotions
from emovec.studies.base import Finding, StudyResult

from .made import EVIL, RECIPES, judged

CONTRASTS = {"training": "the same text to both (plain form)", "form": f"template against plain {EVIL}"}


def post_training(rng: np.random.Generator) -> StudyResult:
    parts = []
    for recipe in RECIPES:
        for contrast in CONTRASTS:
            for kind in ("neutral", "challenging", "both"):
                shift = rng.normal(0, 0.01, len(emotions()))
                before = rng.normal(0, 0.05, len(shift))
                parts.append(
                    pd.DataFrame(
                        {
                            "recipe": recipe,
                            "contrast": contrast,
                            "kind": kind,
                            "emotion": [e.word for e in emotions()],
                            "valence": [e.valence for e in emotions()],
                            "arousal": [e.arousal for e in emotions()],
                            "before": before,
                            "after": before + shift,
                            "shift": shift,
                            "low": shift - 0.003,
                            "high": shift + 0.003,
                            "p": 0.01,
                            "p_family": 0.04,
                            "p_random": 0.2,
                            "moved": np.where(shift > 0.015, "up", ""),
                            "around": shift / 2,
                            "p_around": 0.3,
                            "null_low": -0.012,
                            "null_high": 0.012,
                        }
                    )
                )
    contrasts = [
        (recipe, contrast, says, metric, 0.5, 0.4, 0.6)
        for recipe in RECIPES
        for contrast, says in CONTRASTS.items()
        for metric in ("neutral profiles, r", "size of the shift (RMS cosine)")
    ]
    blocks = [
        (recipe, contrast, kind, block, 0.001 * block, 0.0009 * block, 0.0012 * block, 0.0008 * block, 0.0011 * block)
        for recipe in RECIPES
        for contrast in CONTRASTS
        for kind in ("neutral", "challenging", "both")
        for block in range(2, 27, 2)
    ]
    findings = [
        *judged(
            "post_training", "neutral_profile_r", "profiles_neutral", {"paper": 0.9, "whitened": 0.93}, 0.7, paper=0.83
        ),
        Finding("post_training", "subdued", "whitened", 20, None, why=f"no {EVIL}", claim="shifts_subdue"),
    ]
    return StudyResult(
        findings,
        {
            "emotions": pd.concat(parts, ignore_index=True),
            "contrasts": pd.DataFrame(
                contrasts, columns=["recipe", "contrast", "says", "metric", "value", "low", "high"]
            ),
            "blocks": pd.DataFrame(
                blocks,
                columns=["recipe", "contrast", "kind", "block", "rms", "low", "high", "null_mean", "null_p95"],
            ),
        },
    )


def story_writer(rng: np.random.Generator) -> StudyResult:
    names = ("writer", "person", "register")
    summary = pd.DataFrame(
        [
            (r, n, f"{n}: {EVIL}", 32, 0.3, 0.7, 0.0, 0.45, 0.4, 0.5, 0.2)
            if n != "register"
            else (r, n, "register", 32, 0.3, 0.1, 0.0, np.nan, np.nan, np.nan, np.nan)
            for r in RECIPES
            for n in names
        ],
        columns=["recipe", "comparison", "says", "emotions", "cosine", "ceiling", "others", "share", "low", "high", "null_p95"],
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "recipe": r,
            "comparison": n,
            "emotion": e.word,
            "cosine": float(rng.normal(0.35, 0.1)),
            "ceiling": float(rng.uniform(0.5, 0.9)),
        }
        for r in RECIPES
        for n in names
        for e in emotions()[::5]
    )
    found = judged("story_writer", "writer_agreement", "writer_agrees", {"paper": 0.5, "whitened": 0.55}, 0.8)
    return StudyResult(found, {"emotions": table, "summary": summary})
