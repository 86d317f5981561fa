"""What one thing known of texts predicts of readings on them, by ridge regression with groups of texts left out in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.blind import kernel_ridge

__all__ = ["PENALTIES", "explained", "kernel_of", "left_out"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def kernel_of(features: Array) -> Array:
    """Inner products of standardised features (texts, features), scaled so that the mean text has length 1: (texts, texts)."""
    spread = features.std(0)
    x = (features - features.mean(0)) / np.where(spread < 1e-12, np.inf, spread)
    kernel = x @ x.T
    return np.asarray(kernel / max(float(kernel.diagonal().mean()), 1e-12))


def left_out(kernel: Array, fold: Index, y: Array, penalty: float) -> Array:
    """What the texts of the other folds say of each text's ``y`` (texts, columns), centred: (texts, columns).

    With the identity for ``y`` this is the matrix that predicts any columns: (texts, texts).
    """
    out = np.zeros_like(y, dtype=np.float64)
    for f in np.unique(fold):
        train, test = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        out[test] = kernel_ridge(kernel, train, test, y, penalty)
    return out


def explained(kernel: Array, fold: Index, y: Array, penalties: Sequence[float] = PENALTIES) -> tuple[float, Array]:
    """The penalty that explains most, and the share of each column's variance that it explains, (columns,).

    It is chosen on the very predictions that are judged, which flatters the predictor and not what the predictor leaves.
    """
    total = np.square(y - y.mean(0)).sum(0)
    found = []
    for penalty in penalties:
        left = np.square(y - y.mean(0) - left_out(kernel, fold, y, penalty)).sum(0)
        found.append((penalty, np.asarray(1 - left / np.where(total == 0, np.inf, total))))
    return max(found, key=lambda pair: float(pair[1].mean()))
