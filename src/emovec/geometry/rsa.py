"""Representational similarity: do two sets of directions have the same structure? (figure 9 of the paper)"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emovec.geometry.cosine import cosine_matrix, upper
from emovec.stats import pearson

__all__ = ["representational_similarity"]


def representational_similarity(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Pearson correlation of the two centred cosine matrices' upper triangles; (n, width) and (n, any width)."""
    return float(pearson(upper(cosine_matrix(first)), upper(cosine_matrix(second))))
