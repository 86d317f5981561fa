"""Intervals, nulls and p-values: the only statistics that a finding may quote.

Monte-Carlo p-values are ``(k + 1) / (n + 1)``, so they never fall below what ``n`` draws can show.
Every function that draws takes a :class:`numpy.random.Generator`; nothing here has hidden state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Null",
    "auc",
    "baseline_null",
    "bootstrap",
    "class_aucs",
    "covariance_factor",
    "few_null_scale",
    "few_nulls",
    "interval",
    "mean_auc",
    "monte_carlo_p",
    "null_of",
    "pearson",
    "random_directions",
    "rng_for",
    "spearman",
    "unit",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Null:
    """What the statistic does when the claim is false.

    Attributes:
        name: what was randomised, e.g. ``"shuffled emotion labels"``.
        mean, p95: of the statistic over the draws (p95: the 95th percentile, upper side).
        p: probability under this null of a value at least as high as the observed one.
        draws: how many draws.
    """

    name: str
    mean: float
    p95: float
    p: float
    draws: int


def rng_for(seed: int, *names: str) -> np.random.Generator:
    """A generator for one purpose: the same seed and names always give the same stream."""
    return np.random.default_rng([seed, *(byte for name in names for byte in name.encode())])


def unit(x: NDArray[np.floating], axis: int = -1) -> Array:
    """``x`` scaled to length 1 along ``axis``; zero vectors stay zero."""
    x = np.asarray(x, dtype=np.float64)
    norm = np.linalg.norm(x, axis=axis, keepdims=True)
    return x / np.where(norm == 0, 1.0, norm)


def pearson(x: NDArray[np.floating], y: NDArray[np.floating]) -> Array | float:
    """Pearson correlation along the last axis (broadcasting over the others); 0 where a side is constant."""
    x = np.asarray(x, dtype=np.float64)
    y = np.asarray(y, dtype=np.float64)
    x = x - x.mean(-1, keepdims=True)
    y = y - y.mean(-1, keepdims=True)
    scale = np.sqrt((x * x).sum(-1) * (y * y).sum(-1))
    r = (x * y).sum(-1) / np.where(scale == 0, 1.0, scale)
    return float(r) if np.ndim(r) == 0 else r


def spearman(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """Spearman rank correlation of two vectors."""
    from scipy.stats import rankdata

    return float(pearson(rankdata(x), rankdata(y)))


def auc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve of ``scores`` for the rows where ``positive`` (ties count one half)."""
    from scipy.stats import rankdata

    positive = np.asarray(positive, dtype=bool)
    n, k = positive.size, int(positive.sum())
    if k in (0, n):
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - k * (k + 1) / 2) / (k * (n - k)))


def class_aucs(scores: NDArray[np.floating], classes: NDArray[np.intp]) -> Array:
    """One-against-rest AUC of each column of ``scores`` (rows, columns) for its own class: (columns,), NaN where a class has no rows or all."""
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=0)
    n = len(scores)
    out = np.full(scores.shape[1], np.nan)
    for c in np.unique(classes):
        rows = classes == c
        k = int(rows.sum())
        if k < n:
            out[c] = (ranks[rows, c].sum() - k * (k + 1) / 2) / (k * (n - k))
    return out


def mean_auc(scores: NDArray[np.floating], classes: NDArray[np.intp]) -> float:
    """Mean of :func:`class_aucs` over the classes that are there."""
    return float(np.nanmean(class_aucs(scores, classes)))


def interval(draws: NDArray[np.floating], level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of bootstrap draws."""
    tail = (1 - level) / 2 * 100
    low, high = np.percentile(np.asarray(draws, dtype=np.float64), [tail, 100 - tail])
    return float(low), float(high)


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    units: int,
    rng: np.random.Generator,
    draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of ``statistic(rows)`` over resampled rows (``units`` of them, with replacement)."""
    values = [statistic(rng.integers(0, units, units)) for _ in range(draws)]
    return interval(np.array([v for v in values if np.isfinite(v)]), level)


def monte_carlo_p(observed: float, draws: NDArray[np.floating]) -> float:
    """``(k + 1) / (n + 1)`` with ``k`` draws at least as high as ``observed``."""
    draws = np.asarray(draws, dtype=np.float64)
    return float((np.sum(draws >= observed) + 1) / (draws.size + 1))


def null_of(name: str, observed: float, draws: NDArray[np.floating]) -> Null:
    """Summarise draws of a statistic under a null against its observed value (higher = stronger claim)."""
    draws = np.asarray(draws, dtype=np.float64)
    return Null(
        name=name,
        mean=float(draws.mean()),
        p95=float(np.percentile(draws, 95)),
        p=monte_carlo_p(observed, draws),
        draws=int(draws.size),
    )


def few_null_scale(draws: NDArray[np.floating], error: float) -> float:
    """Root mean square of a statistic's few null values, at least the statistic's own standard error."""
    return max(float(np.sqrt((np.asarray(draws, dtype=np.float64) ** 2).mean())), error, 1e-12)


def few_nulls(name: str, observed: float, draws: NDArray[np.floating], error: float) -> Null:
    """A null known from a handful of draws that are symmetric about 0, as the effects of random directions are.

    So few cannot show a small p by rank: p is from Student's t with as many degrees of freedom as there are draws, on
    :func:`few_null_scale`. One-sided: higher is the stronger claim.
    """
    from scipy.stats import t

    scale, n = few_null_scale(draws, error), int(np.size(draws))
    return Null(name=name, mean=0.0, p95=scale * float(t.ppf(0.95, n)), p=float(t.sf(observed / scale, n)), draws=n)


def covariance_factor(rows: NDArray[np.floating]) -> Array:
    """A factor F of shape (n, width) with F.T @ F the covariance of ``rows`` (n, width): centred rows / sqrt(n - 1)."""
    rows = np.asarray(rows, dtype=np.float64)
    return np.asarray((rows - rows.mean(0)) / np.sqrt(max(len(rows) - 1, 1)))


def random_directions(factor: Array, count: int, rng: np.random.Generator) -> Array:
    """Unit directions (count, width) drawn from a normal with covariance ``factor.T @ factor``.

    Isotropic directions are too easy a null: activations live in few dimensions, and a direction that misses
    those can do nothing. These have the activations' own covariance.
    """
    return unit(rng.standard_normal((count, factor.shape[0])) @ factor)


def baseline_null(
    name: str,
    observed: float,
    paired: Callable[[NDArray[np.intp]], tuple[float, float]],
    units: int,
    rng: np.random.Generator,
    draws: int = 500,
) -> Null:
    """A rival method as null: does the observed statistic beat it over resampled units?

    Args:
        paired: from resampled rows to (our statistic, the rival's statistic) on the same rows.

    The null's mean and 95th percentile are the rival's; ``p`` is the share of resamples in which the rival does at least as well.
    """
    pairs = np.array([paired(rng.integers(0, units, units)) for _ in range(draws)])
    pairs = pairs[np.isfinite(pairs).all(1)]
    wins = int((pairs[:, 1] >= pairs[:, 0]).sum())
    return Null(
        name,
        float(pairs[:, 1].mean()),
        float(np.percentile(pairs[:, 1], 95)),
        (wins + 1) / (len(pairs) + 1),
        len(pairs),
    )
