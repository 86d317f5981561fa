"""Principal components of a set of directions (figure 7 of the paper)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Components", "principal_components"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """Coordinates (n, k) of the directions on the top components, the share of variance of each (k,), and their axes (k, width)."""

    coordinates: Array
    variance: Array
    axes: Array

    def oriented(self, guides: dict[int, Array]) -> Components:
        """Signs flipped so that component ``i`` correlates positively with ``guides[i]``: for display, a component has no sign of its own."""
        signs = np.ones(len(self.variance))
        for i, guide in guides.items():
            if (self.coordinates[:, i] - self.coordinates[:, i].mean()) @ (guide - guide.mean()) < 0:
                signs[i] = -1
        return Components(self.coordinates * signs, self.variance, self.axes * signs[:, None])


def principal_components(directions: NDArray[np.floating], count: int = 10) -> Components:
    """Components of ``directions`` (n, width), centred over the n."""
    x = np.asarray(directions, dtype=np.float64)
    x = x - x.mean(0)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    # Fix the sign that the factorisation leaves open, so that runs agree: the largest coordinate is positive.
    signs = np.sign(u[np.abs(u).argmax(0), np.arange(u.shape[1])])
    signs[signs == 0] = 1
    total = float((s**2).sum()) or 1.0
    return Components(
        u[:, :count] * s[:count] * signs[:count], s[:count] ** 2 / total, vt[:count] * signs[:count, None]
    )
