"""Intervals and resampling for rollouts that come in samples: rollouts of one sample are alike, and count for less."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.stats import interval

__all__ = ["Resampled", "clustered_wilson", "resampling"]

Array = NDArray[np.float64]


def clustered_wilson(values: Array, clusters: Sequence[Hashable], z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a rate at the effective number of rollouts (design effect from the spread between clusters, at least 1).

    It holds at rates of 0 and 1 too. With a single cluster the rate is that of this one sample.

    Args:
        values: 0 or 1.
        clusters: the sample that each belongs to.
    """
    n, p = len(values), float(values.mean())
    index = np.unique([str(c) for c in clusters], return_inverse=True)[1]
    k = int(index.max()) + 1
    effect = 1.0
    if 1 < k < n and 0 < p < 1:
        off = np.bincount(index, values - p, minlength=k)
        effect = max(1.0, k / (k - 1) * float((off**2).sum()) / n**2 / (p * (1 - p) / n))
    m = n / effect
    middle, half = p + z * z / (2 * m), z * np.sqrt(p * (1 - p) / m + z * z / (4 * m * m))
    low, high = (middle - half) / (1 + z * z / m), (middle + half) / (1 + z * z / m)
    # At the ends the bound is exact; rounding would leave it a hair beyond.
    return (0.0 if p == 0 else float(low)), (1.0 if p == 1 else float(high))


@dataclass(frozen=True)
class Resampled:
    """Draws of samples, and of rollouts within each, the same for every dose: rollouts of the same sample and epoch meet the same noise under all doses.

    Attributes:
        samples, epochs: rows and columns of :meth:`grid`.
        pick: (draws, rollouts) positions in the flattened grid.
    """

    samples: tuple[str, ...]
    epochs: tuple[int, ...]
    pick: NDArray[np.intp]

    def grid(self, sample: Iterable[str], epoch: Iterable[int], values: Array) -> Array:
        """Values by sample and epoch, flattened; NaN where there is none."""
        out = np.full((len(self.samples), len(self.epochs)), np.nan)
        rows = {s: i for i, s in enumerate(self.samples)}
        columns = {e: i for i, e in enumerate(self.epochs)}
        for s, e, v in zip(sample, epoch, values, strict=True):
            out[rows[s], columns[e]] = v
        return out.ravel()

    def means(self, grid: Array) -> Array:
        """Mean of every draw, (draws,)."""
        there = np.isfinite(grid)
        total = np.where(there, grid, 0.0)[self.pick].sum(1)
        count = there[self.pick].sum(1)
        return np.asarray(np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0))

    def interval(self, grid: Array) -> tuple[float, float]:
        """95 % interval of the mean."""
        means = self.means(grid)
        return interval(means[np.isfinite(means)])


def resampling(sample: Iterable[str], epoch: Iterable[int], rng: np.random.Generator, draws: int) -> Resampled:
    """Draw samples with replacement, and epochs with replacement within each drawn sample (with one sample: epochs only)."""
    samples, epochs = tuple(sorted(set(sample))), tuple(sorted(set(epoch)))
    k, m = len(samples), len(epochs)
    drawn = rng.integers(0, k, (draws, k, 1)) * m + rng.integers(0, m, (draws, k, m))
    return Resampled(samples, epochs, drawn.reshape(draws, k * m))
