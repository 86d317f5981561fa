"""Made-up results of the studies on reading and on held-out text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.lexicon import words
from emovec.studies.base import Finding, StudyResult

from .made import EVIL, RECIPES, judged, null

IMPLIED = (
    "happy",
    "inspired",
    "loving",
    "proud",
    "calm",
    "desperate",
    "angry",
    "guilty",
    "sad",
    "afraid",
    "nervous",
    "surprised",
)


def logit_lens(rng: np.random.Generator) -> StudyResult:
    pool = [*words(), "\n\n", " the", EVIL, "مرحبا", "“", "<b>bold</b>", "__init__", "=1+1", " Ġodd"]
    rows = [
        {
            "variant": variant,
            "emotion": word,
            "side": side,
            "rank": rank,
            "token": f" {word}" if side == "top" and rank == 1 and i % 3 else pool[int(rng.integers(len(pool)))],
            "own": side == "top" and rank == 1 and bool(i % 3),
        }
        for variant in ("whitened filter", "whitened pattern", "paper")
        for i, word in enumerate(words())
        for side in ("top", "bottom")
        for rank in range(1, 9)
    ]
    summary = pd.DataFrame(
        {
            "variant": ["whitened filter", "whitened pattern", "paper"],
            "hits": [31, 114, 102],
            "total": 171,
            "null_mean": [4.1, 5.0, 4.8],
            "null_p95": [8.0, 9.0, 9.0],
        }
    )
    found = judged(
        "logit_lens",
        "own_word_in_top10",
        "lens_names_emotion",
        {"paper": 0.60, "whitened": 0.67},
        0.5,
        unit="fraction of 171",
    )
    return StudyResult(found, {"words": pd.DataFrame(rows), "summary": summary})


def implicit_scenarios(rng: np.random.Generator) -> StudyResult:
    matrix = pd.DataFrame(
        {
            "recipe": recipe,
            "expected": e,
            "probe": p,
            "value": float(rng.normal(0.12 * (e == p) + 0.02 * (p == "loving"), 0.04)),
        }
        for recipe in RECIPES
        for e in IMPLIED
        for p in IMPLIED
    )
    scenarios = pd.DataFrame(
        {
            "recipe": recipe,
            "expected": e,
            "text": f"A message that implies it & more {EVIL}",
            "rank_of_expected": i % 4 + 1,
            "top_probe": e,
        }
        for recipe in RECIPES
        for i, e in enumerate(IMPLIED)
    )
    findings = [
        *judged(
            "implicit_scenarios",
            "diagonal_auc",
            "implicit_diagonal",
            {"paper": 0.83, "whitened": 0.84},
            0.8,
            unit="AUC",
        ),
        *judged(
            "implicit_scenarios",
            "loving_raised",
            "loving_raised",
            {"paper": 0.41, "whitened": 0.5},
            0.95,
            unit="fraction of 12",
            nulls=(null("random directions", 0.5, 0.83, 0.61),),
        ),
    ]
    return StudyResult(findings, {"matrix": matrix, "scenarios": scenarios})


def intensity(rng: np.random.Generator) -> StudyResult:
    templates = {
        "tylenol dose (mg)": ((500, 1000, 2000, 4000, 8000), {"afraid": 1, "calm": -1}),
        "hours since food or drink": ((2, 8, 24, 48, 72), {"afraid": 1}),
        "age at which a sister died": ((5, 20, 40, 70, 95), {"sad": -1, "calm": 1, "happy": 1}),
        "days a dog is missing": ((0, 1, 3, 10, 30), {"sad": 1}),
        "months of runway": ((1, 3, 6, 18, 36), {"afraid": -1, "sad": -1, "calm": 1}),
        "students who passed, of 100": ((5, 30, 60, 90, 100), {"happy": 1, "afraid": -1}),
    }
    curves = pd.DataFrame(
        {
            "recipe": recipe,
            "template": template,
            "emotion": emotion,
            "expected": sign,
            "value": float(v),
            "x": f"{v:,}",
            "reading": sign * 0.03 * i + rng.normal(0, 0.006),
            "null_low": -0.01 * i - 0.01,
            "null_high": 0.01 * i + 0.01,
        }
        for recipe in RECIPES
        for template, (values, signs) in templates.items()
        for emotion, sign in signs.items()
        for i, v in enumerate(values)
    )
    found = judged(
        "intensity",
        "signed_slope",
        "intensity_direction",
        {"paper": 0.75, "whitened": 0.83},
        0.9,
        unit="fraction of 12 curves",
    )
    return StudyResult(found, {"curves": curves})


def held_out(rng: np.random.Generator) -> StudyResult:
    per = pd.DataFrame(
        {
            "recipe": r,
            "emotion": w,
            "n": 4,
            "top1": float(rng.integers(0, 5)) / 4,
            "top5": 0.75,
            "auc": float(rng.beta(9, 2)),
        }
        for r in RECIPES
        for w in words()
    )
    reliability = pd.DataFrame(
        {"recipe": r, "emotion": w, "split_half": float(rng.beta(9, 3)), "bootstrap_cosine": float(rng.beta(12, 2))}
        for r in RECIPES
        for w in words()
    )
    registers = ("story", "diary", "assistant message", "situation")
    pooling = pd.DataFrame(
        {"pooling": pool, "block": 20, "amount": amount, "read_on": register, "auc": float(rng.uniform(0.9, 0.99))}
        for pool in ("mean over tokens", "at the question")
        for amount in ("0.1", "1", "none")
        for register in registers
    )
    transfer = pd.DataFrame(
        {
            "recipe": r,
            "made_on": a,
            "read_on": b,
            "emotions": 171,
            "auc": 0.9 if a == b else float(rng.uniform(0.6, 0.8)),
            "top1": 0.1,
        }
        for r in RECIPES
        for a in registers
        for b in registers
        if not (a == "situation" and b == "diary")
    )
    summary = pd.DataFrame(
        {"recipe": r, "what": what, "metric": metric, "value": value, "null": chance}
        for r in RECIPES
        for what, metric, value, chance in (
            ("stories", "AUC", 0.86, 0.5),
            ("stories", "top-5 of 171", 0.34, 0.03),
            ("other text", "AUC", 0.69, 0.5),
            ("other text", "top-5 of 171", 0.12, 0.03),
        )
    )
    findings = [
        *judged(
            "held_out",
            "auc_stories",
            "held_out_stories",
            {"paper": 0.82, "whitened": 0.86},
            0.8,
            unit="AUC",
            nulls=(null("shuffled labels", 0.5, 0.53),),
        ),
        *judged(
            "held_out",
            "auc_other_text",
            "held_out_other_text",
            {"paper": 0.66, "whitened": 0.69},
            0.8,
            unit="AUC",
            nulls=(null("shuffled labels", 0.5, 0.53),),
        ),
        *judged(
            "held_out",
            "split_half",
            "vectors_reliable",
            {"paper": 0.74, "whitened": 0.78},
            0.7,
            unit="cosine",
            nulls=(),
        ),
        Finding("held_out", "mean_texts", "whitened", -1, 12.0, unit="texts per emotion"),
    ]
    return StudyResult(
        findings,
        {"emotions": per, "reliability": reliability, "transfer": transfer, "summary": summary, "pooling": pooling},
    )
