"""Made-up results of the studies of messages and replies, and of readings over tokens."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.lexicon import words
from emovec.studies.base import StudyResult

from .made import EVIL, RECIPES, judged

FEELINGS = (("furious", "sorry"), ("elated", "worried"), ("guilty", "amused"), ("lonely", "compassionate"))
RANDOM = "random directions (activation covariance)"


def user_vs_assistant(rng: np.random.Generator) -> StudyResult:
    places = ("user_at_end", "user_at_colon", "reply_at_end", "reply_at_colon", "loving_at_end", "loving_at_colon")
    messages = pd.DataFrame(
        {"recipe": r, "message": f"A message {EVIL} <b>{i}</b>", "user_emotion": FEELINGS[i % 4][0], "reply_emotion": FEELINGS[i % 4][1]}
        | {place: float(rng.normal(float("user_at_end" in place or "reply_at_colon" in place), 0.4)) for place in places}
        for r in RECIPES
        for i in range(24)
    )  # fmt: skip
    correlation = pd.DataFrame(
        {"recipe": r, "what": what, "r": value, "low": low, "high": high}
        for r in RECIPES
        for what, value, low, high in (
            ("emotion vectors", 0.38, 0.32, 0.43),
            ("emotion vectors, not centred", 0.42, np.nan, np.nan),
            (RANDOM, 0.40, 0.38, 0.43),
            ("permuted messages", 0.0, -0.06, 0.06),
        )
    )
    found = [
        *judged("user_vs_assistant", "minus_user_colon_r", "user_assistant_differ", {"paper": -0.49, "whitened": -0.38}, -0.3),
        *judged("user_vs_assistant", "loving_rise", "loving_at_reply", {"paper": 0.11, "whitened": 0.07}, 0.0),
    ]  # fmt: skip
    return StudyResult(found, {"messages": messages, "correlation": correlation})


def planned_emotion(rng: np.random.Generator) -> StudyResult:
    correlation = pd.DataFrame(
        {"recipe": r, "predictor": p, "r": value, "low": value - 0.04, "high": value + 0.04, "null_mean": null, "null_p95": null + 0.02}
        for r in RECIPES
        for p, value, null in (("before the reply (A:)", 0.52, 0.48), ("user's last token", 0.32, 0.29), ("words of the message (ridge)", 0.39, np.nan))
    )  # fmt: skip
    emotions = pd.DataFrame(
        {
            "recipe": r,
            "emotion": w,
            "r_colon": float(rng.normal(0.5, 0.1)),
            "r_user": float(rng.normal(0.3, 0.1)),
        }
        for r in RECIPES
        for w in words()
    )
    points = pd.DataFrame(
        {"recipe": r, "emotion": e, "number": i + 1, "kind": "neutral", "user": x, "colon": x + float(rng.normal(0, 0.02)), "reply": x}
        for r in RECIPES
        for e in ("happy", "sad")
        for i, x in enumerate(rng.normal(0, 0.05, 40).tolist())
    )  # fmt: skip
    replies = pd.DataFrame(
        {"recipe": r, "number": i + 1, "kind": "neutral", "message": f"How? {EVIL}", "reply": f"Like this. {EVIL}",
         "top_at_colon": "happy, sad", "top_in_reply": "happy"}
        for r in RECIPES
        for i in range(12)
    )  # fmt: skip
    found = judged(
        "planned_emotion", "colon_reply_r", "colon_predicts_reply", {"paper": 0.52, "whitened": 0.44}, 0.6, paper=0.87
    )
    tables = {"correlation": correlation, "emotions": emotions, "points": points, "replies": replies}
    return StudyResult(found, tables)


def story_tokens(rng: np.random.Generator) -> StudyResult:
    profile = pd.DataFrame(
        {
            "recipe": r,
            "what": what,
            "tenth": t,
            "rise": size * t / 10,
            "low": size * t / 10 - 0.05,
            "high": size * t / 10 + 0.05,
        }
        for r in RECIPES
        for what, size in (("own vector", 0.6), ("other emotions' vectors on the same stories", 0.0), (RANDOM, 0.0))
        for t in range(1, 11)
    )
    emotions = pd.DataFrame(
        {"recipe": r, "emotion": w, "story": f"s-{w}", "peak_rise": float(rng.normal(0.5, 0.3)), "floor_rise": float(rng.normal(0.1, 0.2)),
         "top_tenth_share": 0.4, "above_others_at_peaks": 0.7}
        for r in RECIPES
        for w in words()
    )  # fmt: skip
    peaks = pd.DataFrame(
        {"recipe": r, "emotion": w, "story": f"s-{w}", "rank": k, "before": "and then he ", "token": f" wept{EVIL}", "after": ", and left",
         "z": 3.0 - k, "place_among_emotions": k, "highest_emotion": "sad"}
        for r in RECIPES
        for w in words()
        for k in ((1, 2, 3) if w != "sad" else (1,))
    )  # fmt: skip
    found = judged("story_tokens", "peak_rise", "story_tokens_local", {"paper": 0.3, "whitened": 0.4}, 0.15)
    return StudyResult(found, {"profile": profile, "emotions": emotions, "peaks": peaks})


def persistence(rng: np.random.Generator) -> StudyResult:
    kinds = (
        ("emotion vectors", 0.5, 0.03),
        ("random directions (covariance of texts, variance-matched)", 0.4, 0.02),
        ("shuffled emotion labels", 0.4, 0.02),
        ("static token embeddings (words that recur)", 0.1, 0.0),
    )
    curves = pd.DataFrame(
        {
            "recipe": r,
            "what": what,
            "lag": k,
            "value": level * k**-0.3,
            "low": level * k**-0.3 - half,
            "high": level * k**-0.3 + half,
        }
        for r in RECIPES
        for what, level, half in kinds
        for k in (1, 2, 4, 8, 16, 32, 64)
    )
    emotions = pd.DataFrame(
        {
            "recipe": r,
            "emotion": w,
            "lag_1": float(rng.normal(0.5, 0.05)),
            "late": float(rng.normal(0.2, 0.05)),
            "half_life": 9.0,
        }
        for r in RECIPES
        for w in words()
    )
    found = judged("persistence", "late_autocorrelation", "reading_persists", {"paper": 0.21, "whitened": 0.17}, 0.1)
    return StudyResult(found, {"curves": curves, "emotions": emotions})


def lexical_control(rng: np.random.Generator) -> StudyResult:
    rows = (
        ("explained by static embeddings", "share", 0.30), ("explained by bag of words", "share", 0.22), ("explained by both", "share", 0.35),
        ("the reading", "AUC", 0.69), ("what words predict of it", "AUC", 0.64), ("what is left of it", "AUC", 0.61), ("the bag-of-words reader", "AUC", 0.72),
    )  # fmt: skip
    summary = pd.DataFrame(
        {"recipe": r, "what": what, "measure": measure, "value": value, "low": value - 0.02, "high": value + 0.02,
         "null_p95": 0.55 if "left" in what else np.nan}
        for r in RECIPES
        for what, measure, value in rows
    )  # fmt: skip
    emotions = pd.DataFrame(
        {"recipe": r, "emotion": w, "explained": 0.3, "auc": float(rng.normal(0.7, 0.1)), "auc_left": float(rng.normal(0.6, 0.1)), "auc_words": 0.7}
        for r in RECIPES
        for w in words()
    )  # fmt: skip
    found = judged("lexical_control", "residual_auc", "beyond_words", {"paper": 0.61, "whitened": 0.62}, 0.6)
    return StudyResult(found, {"emotions": emotions, "summary": summary})
