"""Made-up results of the studies on geometry."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.lexicon import emotions, norm
from emovec.studies.base import StudyResult

from .made import RECIPES, judged, null


def circumplex(rng: np.random.Generator) -> StudyResult:
    pleasure, arousal = norm("rm77_pleasure").values, norm("rm77_arousal").values
    points = pd.DataFrame(
        {
            "recipe": recipe,
            "block": 20,
            "emotion": e.word,
            "pc1": (e.valence - 4) / 3 + rng.normal(0, 0.25),
            "pc2": (e.arousal - 4) / 3 + rng.normal(0, 0.25),
            "rm77_pleasure": pleasure.get(e.word, np.nan),
            "rm77_arousal": arousal.get(e.word, np.nan),
            "own_valence": e.valence,
            "own_arousal": e.arousal,
            "cluster": e.quadrant,
        }
        for recipe in RECIPES
        for e in emotions()
    )
    blocks = pd.DataFrame(
        {
            "recipe": recipe,
            "block": b,
            "pc1_pleasure_r": top * (1 - np.exp(-(b + 2) / 5)),
            "pc2_arousal_r": (top - 0.15) * (1 - np.exp(-(b + 1) / 6)),
            "pc1_variance": 0.2 + b / 300,
            "pc2_variance": 0.1 + b / 500,
        }
        for recipe, top in zip(RECIPES, (0.9, 0.75), strict=True)
        for b in range(0, 30, 2)
    )
    findings = [
        *judged(
            "circumplex",
            "pc1_pleasure_r",
            "pc1_valence",
            {"paper": 0.71, "whitened": 0.87},
            0.7,
            paper=0.81,
            unit="Pearson r",
        ),
        *judged(
            "circumplex",
            "pc2_arousal_r",
            "pc2_arousal",
            {"paper": 0.45, "whitened": 0.75},
            0.6,
            paper=0.66,
            unit="Pearson r",
        ),
        *judged(
            "circumplex",
            "pc1_variance",
            "pc_variance",
            {"paper": 0.21, "whitened": 0.24},
            0.2,
            paper=0.26,
            unit="share of variance",
            nulls=(null("random directions", 0.05, 0.07),),
        ),
        *judged(
            "circumplex",
            "pc2_variance",
            "pc_variance",
            {"paper": 0.1, "whitened": 0.12},
            0.15,
            paper=0.15,
            unit="share of variance",
            nulls=(null("random directions", 0.04, 0.06),),
        ),
    ]
    return StudyResult(findings, {"points": points, "blocks": blocks})


def similarity(rng: np.random.Generator) -> StudyResult:
    order = sorted(emotions(), key=lambda e: (e.quadrant, e.valence))
    flat = np.array([[(e.valence - 4) / 3, (e.arousal - 4) / 3] for e in order])
    frames = []
    for recipe in RECIPES:
        x = np.hstack([flat, rng.normal(0, 0.25, (len(order), 12))])
        for centred in (True, False):
            y = x + (0 if centred else 1.5)
            y /= np.linalg.norm(y, axis=1, keepdims=True)
            names = [e.word for e in order]
            frames.append(
                pd.DataFrame(
                    {
                        "recipe": recipe,
                        "centred": centred,
                        "emotion": np.repeat(names, len(names)),
                        "other": np.tile(names, len(names)),
                        "cosine": (y @ y.T).ravel(),
                    }
                )
            )
    findings = [
        *judged(
            "similarity",
            "opposites_negative",
            "opposites_negative",
            {"paper": 0.93, "whitened": 0.97},
            0.9,
            unit="fraction of pairs",
        ),
        *judged(
            "similarity",
            "synonyms_top5",
            "synonyms_near",
            {"paper": 0.33, "whitened": 0.30},
            0.7,
            unit="fraction of pairs",
            nulls=(null("shuffled pairs", 0.03, 0.06), null("static token embeddings", 0.31, 0.4, 0.42)),
        ),
    ]
    return StudyResult(findings, {"matrix": pd.concat(frames, ignore_index=True)})


def clusters(rng: np.random.Generator) -> StudyResult:
    rows = []
    for recipe in RECIPES:
        for e in emotions():
            k = min(9, int((e.valence - 1) / 6 * 5) * 2 + (e.arousal > 4))
            rows.append(
                {
                    "recipe": recipe,
                    "emotion": e.word,
                    "cluster": k,
                    "label": f"{('low', 'high')[k % 2]} {k}",
                    "x": e.valence + rng.normal(0, 0.25),
                    "y": e.arousal + rng.normal(0, 0.25),
                }
            )
    found = judged(
        "clusters", "adjusted_rand", "clusters_k10", {"paper": 0.31, "whitened": 0.44}, 0.4, unit="adjusted Rand index"
    )
    return StudyResult(found, {"members": pd.DataFrame(rows)})


def layers(rng: np.random.Generator) -> StudyResult:
    rsa = pd.DataFrame(
        {"recipe": recipe, "block_a": a, "block_b": b, "r": float(np.exp(-abs(a - b) / (8 + min(a, b))))}
        for recipe in RECIPES
        for a in range(0, 30, 2)
        for b in range(0, 30, 2)
    )
    return StudyResult(
        judged("layers", "rsa_mid_late", "layers_stable", {"paper": 0.81, "whitened": 0.92}, 0.8, block=-1),
        {"rsa": rsa},
    )


def own_ratings(rng: np.random.Generator) -> StudyResult:
    rows = []
    for scale, name in (("valence", "rm77_pleasure"), ("arousal", "rm77_arousal")):
        rows += [
            {"emotion": word, "scale": scale, "people": people, "model": 4 + 2 * people + rng.normal(0, 0.5)}
            for word, people in norm(name).values.items()
        ]
    found = [
        finding
        for scale in ("valence", "arousal")
        for finding in judged("own_ratings", f"{scale}_r", f"own_ratings_{scale}", {"": 0.8}, 0.7, block=-1)
    ]
    return StudyResult(found, {"ratings": pd.DataFrame(rows)})
