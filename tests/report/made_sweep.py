"""Made-up results of the studies that sweep texts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.lexicon import emotions
from emovec.studies.base import StudyResult

from .made import EVIL, RECIPES, judged

READERS = (
    ("emotion vectors", 0.21, 0.17, 0.25), ("static token embeddings", 0.11, 0.08, 0.14), ("bag of words", 0.24, 0.2, 0.28),
    ("permuted labels of the texts", 0.03, 0.02, 0.04), ("random directions (activation covariance)", 0.03, 0.01, 0.05),
)  # fmt: skip


def top_snippets(rng: np.random.Generator) -> StudyResult:
    words = [e.word for e in emotions()]
    rows = [
        (recipe, word, rank, 0.3 - 0.01 * rank, words[int(rng.integers(171))], "a neighbour", f"He put the kettle on. {EVIL}")
        for recipe in RECIPES
        for word in words
        for rank in (1, 2, 3)
    ]  # fmt: skip
    columns = ["recipe", "emotion", "rank", "reading", "written_for", "fits", "snippet"]
    return StudyResult(
        judged("top_snippets", "fitting_on_top", "snippets_show_emotion", {"whitened": 0.21, "paper": 0.18}, 0.5),
        {"readers": _readers(), "snippets": pd.DataFrame(rows, columns=columns)},
    )


def transcripts(rng: np.random.Generator) -> StudyResult:
    rows = [
        (recipe, word, rank, 0.2 - 0.01 * rank, "calm", "another", "angry", f"Of course. {EVIL}")
        for recipe in RECIPES
        for word in ("afraid", "calm", "tired")
        for rank in (1, 2, 3)
    ]
    columns = ["recipe", "emotion", "rank", "reading", "assistant_given", "fits", "user_given", "first_reply"]
    return StudyResult(
        judged("transcripts", "fitting_on_top", "transcripts_fit", {"whitened": 0.55, "paper": 0.3}, 0.5),
        {"readers": _readers(), "transcripts": pd.DataFrame(rows, columns=columns)},
    )


def _readers() -> pd.DataFrame:
    return pd.DataFrame(
        [(recipe, *reader) for recipe in RECIPES for reader in READERS],
        columns=["recipe", "reader", "share", "low", "high"],
    )
