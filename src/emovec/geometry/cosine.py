"""Cosine structure of a set of directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emovec.stats import unit

__all__ = ["cosine_matrix", "upper"]


def cosine_matrix(directions: NDArray[np.floating], *, centred: bool = True) -> NDArray[np.float64]:
    """Cosines between all pairs: (n, n) from (n, width).

    Centred, the mean direction is subtracted first. Un-centred cosines of activation means are all near 1 and show the
    anisotropy of the residual stream, not the structure of emotions; show them beside the centred ones.
    """
    x = np.asarray(directions, dtype=np.float64)
    x = unit(x - x.mean(0) if centred else x)
    return np.clip(x @ x.T, -1.0, 1.0)


def upper(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """The entries above the diagonal, row by row."""
    return np.asarray(matrix, dtype=np.float64)[np.triu_indices(len(matrix), k=1)]
