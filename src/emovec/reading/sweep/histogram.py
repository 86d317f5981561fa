"""Streaming distributions: exact counts in bins of fixed width, from which percentiles follow to within one bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Histogram"]

Array = NDArray[np.float64]

#: measure -> (lowest, highest, bins): cosines to 0.0005; other measures, which have no bounds, to 0.002 between -8 and 8
_RANGES = {"cosine": (-1.0, 1.0, 4000)}
_OTHERWISE = (-8.0, 8.0, 8000)
_ARRAYS = ("counts", "least", "most", "sums", "squares")


class Histogram:
    """How often each emotion's reading fell into each bin. Values beyond the range are counted in the end bins; extremes are kept exactly.

    Attributes:
        counts: (emotions, bins) int64, exact.
        low, width: the first bin's lower edge, and the width of all.
        least, most, sums, squares: (emotions,) of the values themselves.
    """

    def __init__(self, emotions: int, measure: str) -> None:
        self.low, self.high, self.bins = _RANGES.get(measure, _OTHERWISE)
        self.width = (self.high - self.low) / self.bins
        self.counts = np.zeros((emotions, self.bins), dtype=np.int64)
        self.least = np.full(emotions, np.inf)
        self.most = np.full(emotions, -np.inf)
        self.sums = np.zeros(emotions)
        self.squares = np.zeros(emotions)

    def add(self, values: NDArray[np.floating]) -> None:
        """Count values (tokens, emotions)."""
        if not len(values):
            return
        x = np.asarray(values, dtype=np.float64)
        at = np.clip(((x - self.low) / self.width).astype(np.int64), 0, self.bins - 1)
        flat = at + np.arange(len(self.counts)) * self.bins
        self.counts += np.bincount(flat.ravel(), minlength=self.counts.size).reshape(self.counts.shape)
        self.least = np.minimum(self.least, x.min(0))
        self.most = np.maximum(self.most, x.max(0))
        self.sums += x.sum(0)
        self.squares += (x * x).sum(0)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything, by name."""
        return {name: getattr(self, name) for name in _ARRAYS}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what :meth:`to_arrays` gave.

        Raises:
            ValueError: if the shapes are others.
        """
        for name in _ARRAYS:
            if arrays[name].shape != getattr(self, name).shape:
                raise ValueError(f"{name} has shape {arrays[name].shape}, not {getattr(self, name).shape}")
            setattr(self, name, arrays[name])

    @property
    def total(self) -> int:
        """Values counted per emotion."""
        return int(self.counts[0].sum()) if len(self.counts) else 0

    @property
    def mean(self) -> Array:
        """(emotions,); NaN before the first value."""
        return self.sums / self.total if self.total else np.full(len(self.sums), np.nan)

    @property
    def deviation(self) -> Array:
        """Standard deviation, (emotions,)."""
        if not self.total:
            return np.full(len(self.sums), np.nan)
        return np.asarray(np.sqrt(np.maximum(self.squares / self.total - self.mean**2, 0.0)))

    def percentile(self, q: float) -> Array:
        """The ``q``-th percentile per emotion, interpolated within its bin: off by less than ``width`` (emotions,).

        Where it falls into an end bin, which also holds what lies beyond the range, it is off by more.
        """
        if not self.total:
            return np.full(len(self.sums), np.nan)
        running = np.cumsum(self.counts, axis=1)
        rank = q / 100 * self.total
        at = np.minimum((running < rank).sum(1), self.bins - 1)
        row = np.arange(len(at))
        inside = self.counts[row, at]
        before = running[row, at] - inside
        share = np.clip((rank - before) / np.maximum(inside, 1), 0.0, 1.0)
        return np.asarray(np.clip(self.low + (at + share) * self.width, self.least, self.most))
