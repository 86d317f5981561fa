"""A decoder of emotion from activations: multinomial logistic regression, its folds, and its rivals that see words only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.blind import kernel_ridge, word_kernel

__all__ = ["Decoder", "cross_validated", "folds_of", "train", "words_decoder"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: scikit-learn's C on features of unit deviation. Small, because a model has more dimensions than there are dialogues.
_C = 0.01


@dataclass(frozen=True)
class Decoder:
    """A fitted decoder: (features - mean) / scale, times weights (width, classes), plus bias (classes,)."""

    mean: Array
    scale: Array
    weights: Array
    bias: Array

    def scores(self, x: Array, centre: Array | None = None) -> Array:
        """Log-odds up to a constant, (..., classes). ``centre``: mean of text of another kind, in place of that of the training data."""
        offset = self.mean if centre is None else centre
        return np.asarray((x - offset) / self.scale @ self.weights + self.bias)

    def says(self, x: Array, centre: Array | None = None) -> Index:
        """The class with the highest score, (...)."""
        return np.asarray(self.scores(x, centre).argmax(-1), dtype=np.intp)


def folds_of(cells: Sequence[object], count: int, rng: np.random.Generator) -> Index:
    """A fold for every row, so that the rows of each cell are spread over folds as evenly as they can be."""
    names = list(dict.fromkeys(cells))
    at = np.array([names.index(cell) for cell in cells], dtype=np.intp)
    out = np.zeros(len(at), dtype=np.intp)
    start = 0
    for cell in range(len(names)):
        rows = np.flatnonzero(at == cell)
        out[rows] = (start + rng.permutation(len(rows))) % count
        start += len(rows)
    return out


def _fitter(x: Array) -> Any:
    """Fits label after label on the same rows, in the rows' own space: as wide as there are rows, with the same solution."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = x.mean(0), x.std(0)
    scale = np.where(spread < 1e-9, np.inf, spread)
    u, s, vt = np.linalg.svd((x - mean) / scale, full_matrices=False)
    z = u * s

    def fit(labels: Index, classes: int) -> Decoder:
        weights, bias = np.zeros((x.shape[1], classes)), np.full(classes, -np.inf)
        present = np.unique(labels)
        if len(present) == 1:
            bias[present] = 0.0
            return Decoder(mean, scale, weights, bias)
        model = LogisticRegression(C=_C, max_iter=1000).fit(z, labels)
        rows = model.coef_ if len(present) > 2 else np.concatenate([-model.coef_ / 2, model.coef_ / 2])
        bias[present] = model.intercept_ if len(present) > 2 else np.array([-0.5, 0.5]) * model.intercept_
        weights[:, present] = vt.T @ rows.T
        return Decoder(mean, scale, weights, bias)

    return fit


def train(x: Array, labels: Sequence[Index], classes: int) -> list[Decoder]:
    """One decoder for each labelling of the same rows, (rows, width)."""
    fit = _fitter(x)
    return [fit(one, classes) for one in labels]


def cross_validated(
    x: Array, labels: Sequence[Index], classes: int, folds: Index, also: Sequence[Array] = ()
) -> list[Index]:
    """What decoders fitted on the other folds say of every row: for each set of features an array (labellings, rows).

    Args:
        x: (rows, width), what the decoders are fitted on and the first that they are asked about.
        labels: labellings of the rows; the decoders of each are fitted anew.
        also: other features of the same rows (a single turn, say), read by the same decoders.
    """  # fmt: skip
    asked = [x, *also]
    out = [np.zeros((len(labels), len(x)), dtype=np.intp) for _ in asked]
    for fold in np.unique(folds):
        test = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(folds != fold)
        for i, decoder in enumerate(train(x[rest], [one[rest] for one in labels], classes)):
            for said, features in zip(out, asked, strict=True):
                said[i, test] = decoder.says(features[test])
    return out


def words_decoder(
    texts: Sequence[str], labels: Index, classes: int, folds: Index, unseen: Sequence[str] = ()
) -> tuple[Index, Array]:
    """What a bag of words says: of every text, fitted on the other folds, (texts,); and its scores of ``unseen`` texts, fitted on all, (unseen, classes)."""  # fmt: skip
    kernel = word_kernel([*texts, *unseen])
    target = np.eye(classes)[labels]
    n = len(texts)
    said = np.zeros(n, dtype=np.intp)
    for fold in np.unique(folds):
        test, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        said[test] = kernel_ridge(kernel, rest, test, target).argmax(1)
    return said, kernel_ridge(kernel, np.arange(n), np.arange(n, n + len(unseen)), target)
