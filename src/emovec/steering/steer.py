"""Add emotion vectors to the residual stream, in the paper's unit of strength, on all tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from emovec.stats import unit
from emovec.subject import Subject
from emovec.subject.taps import added
from emovec.vectors import EmotionVectors

__all__ = ["addition", "steered"]


def addition(vectors: EmotionVectors, doses: Mapping[str, float], block: int | None = None) -> NDArray[np.float64]:
    """What doses add to the residual at a block, (width,): sum of strength x mean residual norm x unit pattern.

    Raises:
        UnknownEmotion: for a word that the vectors lack.
    """
    slot = vectors.slot(block)
    total = np.zeros(vectors.patterns.shape[-1])
    for word, strength in doses.items():
        total += strength * float(vectors.norms[slot]) * unit(vectors.pattern(word, block))
    return total


@contextmanager
def steered(
    subject: Subject, vectors: EmotionVectors, doses: Mapping[str, float], block: int | None = None
) -> Iterator[None]:
    """While open, every pass of the subject is steered on all tokens: ``with steered(subject, vectors, {"calm": 0.1}): ...``.

    The model is left as found, also after an error.

    Raises:
        ForeignSubject: if the vectors were made from another model.
        UnknownEmotion: for a word that the vectors lack.
    """
    vectors.check(subject)
    where = vectors.block if block is None else block
    with added(subject.anatomy, {where: addition(vectors, doses, where)}):
        yield
