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


def post_training_preferences(rng: np.random.Generator) -> StudyResult:
    contrasts = [
        (recipe, contrast, says, metric, 0.5, 0.4, 0.6)
        for contrast, says in CONTRASTS.items()
        for recipe, metric in (("", f"Elo, all activities: r {EVIL}"), ("paper", "Elo shifts under steering: r over emotions"))
    ]  # fmt: skip
    categories = ("unsafe", "misaligned", "aversive", "neutral", "social", "engaging", EVIL, "helpful")
    before, after = rng.normal(1500, 150, 64), rng.normal(1500, 200, 64)
    activities = pd.concat(
        pd.DataFrame({
            "contrast": contrast, "activity": [f"do {EVIL} {i}" for i in range(64)], "category": np.repeat(categories, 8), "before": before,
            "after": 0.7 * before + 0.3 * after, "change_sd": (after - before) / 200,
        })
        for contrast in CONTRASTS
    )  # fmt: skip
    changed = [
        (contrast, name, 8, 1500.0, 1500.0 + 30 * i, 0.3 * i - 1, 0.3 * i - 1.4, 0.3 * i - 0.6)
        for contrast in CONTRASTS
        for i, name in enumerate(categories)
    ]
    words = [e.word for e in emotions()]
    probes = pd.concat(
        pd.DataFrame({
            "recipe": recipe, "contrast": contrast, "emotion": words, "valence": [e.valence for e in emotions()],
            "r_before": rng.normal(0, 0.3, len(words)), "r_after": rng.normal(0, 0.3, len(words)),
            "shift_before": [float(rng.normal(0, 80)) if i % 5 == 0 and recipe == RECIPES[0] else np.nan for i in range(len(words))],
            "shift_after": [float(rng.normal(0, 80)) if i % 5 == 0 and recipe == RECIPES[0] else np.nan for i in range(len(words))],
        })
        for recipe in RECIPES
        for contrast in CONTRASTS
    )  # fmt: skip
    forms = [("chat", "plain", 192, 0.4, 90.0, 0.8), ("chat", "template", 192, -1.2, 140.0, 0.9), ("base", "plain", 192, 0.1, 70.0, 0.7)]  # fmt: skip
    found = judged(
        "post_training_preferences", "link_r", "preferences_in_base", {"paper": 0.6, "whitened": 0.8}, 0.5, paper=0.87
    )
    tables = {
        "contrasts": pd.DataFrame(contrasts, columns=["recipe", "contrast", "says", "metric", "value", "low", "high"]),
        "activities": activities,
        "categories": pd.DataFrame(changed, columns=["contrast", "category", "n", "before", "after", "change_sd", "change_low", "change_high"]),
        "emotions": probes,
        "forms": pd.DataFrame(forms, columns=["model", "form", "pairs", "order_bias", "elo_sd", "reliability"]),
    }  # fmt: skip
    return StudyResult(found, tables)


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
