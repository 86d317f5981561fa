"""The logit lens: which tokens an emotion vector pushes up and down through the unembedding (table 1 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.lexicon import emotion
from emovec.subject import Subject

__all__ = ["LENS_VARIANTS", "Lens", "logit_lens", "own_words", "unembedding"]

#: name -> (use the final norm's gain, unembedding rows centred and scaled to length 1, whole words only)
LENS_VARIANTS: dict[str, tuple[bool, bool, bool]] = {
    "plain": (False, False, False),
    "gain": (True, False, False),
    "gain, whole words": (True, False, True),
    "gain, cosine": (True, True, False),
    "gain, cosine, whole words": (True, True, True),
}


@dataclass(frozen=True)
class Lens:
    """Top and bottom tokens of each direction: token strings and scores, (directions) x count."""

    top: list[list[str]]
    top_scores: NDArray[np.float32]
    bottom: list[list[str]]
    bottom_scores: NDArray[np.float32]


@lru_cache(maxsize=4)
def _token_texts(subject: Subject) -> tuple[str, ...]:
    size = subject.anatomy.unembedding_matrix().shape[0]
    tokenizer = subject.tokenizer
    special = set(tokenizer.all_special_ids)
    return tuple("" if i in special else tokenizer.decode([i]) for i in range(min(size, len(tokenizer))))


@lru_cache(maxsize=2)
def _words_only(subject: Subject) -> NDArray[np.intp]:
    """Tokens that are whole lower-case words of three letters or more, with the word-start mark if the tokenizer has one."""
    texts = _token_texts(subject)
    marked = [
        token.startswith(("Ġ", "▁")) for token in subject.tokenizer.convert_ids_to_tokens(list(range(len(texts))))
    ]
    starts = marked if any(marked) else [True] * len(texts)
    plain = [text.strip() for text in texts]
    return np.array(
        [i for i, t in enumerate(plain) if starts[i] and len(t) > 2 and t.isascii() and t.isalpha() and t.islower()],
        dtype=np.intp,
    )


@lru_cache(maxsize=len(LENS_VARIANTS))
def unembedding(subject: Subject, variant: str = "gain") -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """What a variant multiplies directions by, (tokens, width), and the token ids of its rows.

    Raises:
        BadInput: for an unknown variant.
    """
    if variant not in LENS_VARIANTS:
        raise BadInput(f"unknown lens variant {variant!r}; known: {', '.join(LENS_VARIANTS)}")
    gain, cosine, words = LENS_VARIANTS[variant]
    size = len(_token_texts(subject))
    matrix = subject.anatomy.unembedding_matrix()[:size].float().cpu().numpy()
    if gain:
        matrix = matrix * subject.anatomy.final_norm_gain().cpu().numpy()
    if cosine:
        matrix = matrix - matrix.mean(0)
        matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
    ids = _words_only(subject) if words else np.arange(size)
    return matrix[ids], ids


def logit_lens(subject: Subject, directions: NDArray[np.floating], *, count: int = 10, variant: str = "gain") -> Lens:
    """Tokens whose logits rise and fall most along each direction, (directions, width).

    The variants differ in the final norm's gain, in whether unembedding rows are compared by dot product or by cosine, and
    in whether only whole words are ranked (:data:`LENS_VARIANTS`).
    """
    matrix, ids = unembedding(subject, variant)
    texts = _token_texts(subject)
    scores = np.asarray(directions, dtype=np.float32) @ matrix.T
    first, last = _extreme(-scores, count), _extreme(scores, count)
    return Lens(
        top=[[texts[ids[j]] for j in row] for row in first],
        top_scores=np.take_along_axis(scores, first, 1),
        bottom=[[texts[ids[j]] for j in row] for row in last],
        bottom_scores=np.take_along_axis(scores, last, 1),
    )


def _extreme(scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Columns of the ``count`` lowest scores of each row, lowest first."""
    count = min(count, scores.shape[1])
    some = np.argpartition(scores, count - 1, axis=1)[:, :count]
    return np.take_along_axis(some, np.argsort(np.take_along_axis(scores, some, 1), axis=1, kind="stable"), 1)


def own_words(word: str, tokens: Sequence[str]) -> list[bool]:
    """Which tokens are a form or a listed close synonym of an emotion word (case and spaces apart)."""
    entry = emotion(word)
    accepted = {*entry.forms, *entry.synonyms}
    return [token.strip().lower() in accepted for token in tokens]
