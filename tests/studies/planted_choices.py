"""Planted subjects that choose between two activities by a direction of the residual stream, for the studies of preferences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from emovec.lexicon import emotion
from emovec.planted import PLANTED_EMOTIONS, Circuit, Planted, planted_subject
from emovec.subject.rows import choice_logprobs

Array = NDArray[np.float64]
WORDS = (
    "(", "A", "B", "(A)", "(B)", "Would", "you", "rather", "or", "How", "feel", "about", "this:", "leverage", "honesty", "Human:", "Assistant:",
)  # fmt: skip
#: The direction of "A" against "B" in the unembedding; nothing else in the planted subject points there.
LETTER = np.zeros(96)
LETTER[-1] = 1.0


def _axis(truth: Array, scale: str) -> Array:
    axis = (np.array([getattr(emotion(w), scale) for w in PLANTED_EMOTIONS]) - 4) @ truth
    return axis / np.linalg.norm(axis)


def _only(truth: Array, word: str) -> Array:
    """What reads one emotion and none of the others."""
    return np.linalg.pinv(truth)[:, PLANTED_EMOTIONS.index(word)]


def chooses(score: str, averse: float = 0.0) -> Circuit:
    """At "(": A is likelier by as much as what stands after (A) beats what stands after (B).

    Args:
        score: ``valence``, ``arousal`` or an emotion, read in the two; ``desperate``: whether there is leverage in A, as far as the reader is.
        averse: what "leverage" in an activity takes off its score.
    """

    def circuit(words: Sequence[str], residual: Array, truth: Array) -> Array:
        out = np.zeros_like(residual)
        if "(" not in words or "(A)" not in words or "(B)" not in words:
            return out
        a, b, end = words.index("(A)"), words.index("(B)"), len(words) - 1 - words[::-1].index("(")
        if score != "desperate":
            read = residual @ (_axis(truth, score) if score in ("valence", "arousal") else _only(truth, score))
            read = read - averse * np.array([word == "leverage" for word in words])
            margin = read[a + 1 : b].sum() - read[b + 1 : end].sum()
        else:
            desperate = residual[b:] @ truth[PLANTED_EMOTIONS.index("desperate")]
            margin = desperate.mean() * (1 if "leverage" in words[a:b] else -1)
        out[end] = 3.0 * margin * LETTER
        return out

    return circuit


def chooser(circuit: Circuit | None) -> Planted:
    """A planted subject that chooses so (None: that does not choose)."""
    planted = planted_subject(circuits={5: circuit} if circuit else None, words=WORDS)
    with torch.no_grad():
        ids = planted.subject.tokenizer.convert_tokens_to_ids(["A", "B"])
        for token, sign in zip(ids, (1.0, -1.0), strict=True):
            planted.subject.model.lm_head.weight[token] = torch.from_numpy(sign * LETTER)
        planted.subject.model.model.embed_tokens.weight[:, -1] = 0.0
    return planted


def read_whole_texts(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """A planted circuit reads whole texts: the start of a prompt must not come from the cache."""

    def whole(subject, prompts, choices, *, around=None, free=None, lowest=None, advance=None):
        return choice_logprobs(subject, prompts, choices, around=around, advance=advance)

    for module in modules:
        monkeypatch.setattr(f"emovec.studies.{module}.choice_logprobs", whole)
