"""How a residual becomes a number per emotion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.stats import unit
from emovec.vectors import EmotionVectors

__all__ = ["MEASURES", "measure"]

MEASURES = ("cosine", "projection")


def measure(
    activations: NDArray[np.floating], vectors: EmotionVectors, block: int | None = None, how: str = "cosine"
) -> NDArray[np.float64]:
    """Readings (..., emotions) of activations (..., width) at a block, centred on the vectors' own centre.

    Raises:
        BadInput: if ``how`` is neither ``cosine`` nor ``projection``, or the block is missing.
    """
    if how not in MEASURES:
        raise BadInput(f"unknown measure {how!r}; known: {', '.join(MEASURES)}")
    slot = vectors.slot(block)
    x = np.asarray(activations, dtype=np.float64) - vectors.centre[slot]
    x = unit(x) if how == "cosine" else x / float(vectors.norms[slot])
    return x @ vectors.at("filters", block).T
