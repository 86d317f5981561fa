"""How far would other texts of the same kind have given the same vectors? Split-half and bootstrap, per emotion.

Nine stories an emotion give a bootstrap self-cosine of 0.88, 128 give 0.997 (DESIGN, section 5.6): quote it with every vector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.stats import unit

__all__ = ["Reliability", "reliability"]

Array = NDArray[np.float64]
#: From text rows (indices, repeats allowed) to directions (emotions, width).
Estimator = Callable[[NDArray[np.intp]], Array]


@dataclass(frozen=True)
class Reliability:
    """Per emotion, both (emotions,).

    Attributes:
        split_half: mean cosine between vectors from two random halves of the texts, stepped up to the full number of texts
            (Spearman-Brown).
        half_cosine: the same before stepping up.
        bootstrap: mean cosine between the vector and vectors from resampled texts.
    """

    split_half: Array
    half_cosine: Array
    bootstrap: Array


def reliability(
    estimator: Estimator, groups: NDArray[np.intp], rng: np.random.Generator, splits: int = 20, draws: int = 50
) -> Reliability:
    """Reliability of ``estimator``'s directions.

    Args:
        estimator: makes the directions from text rows.
        groups: (texts,) stratum of every text (emotion x register); halves and resamples are drawn within strata.
        splits, draws: how many random halvings and resamplings to average over.
    """
    strata = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    full = unit(estimator(np.arange(len(groups))))
    halves = []
    for _ in range(splits):
        first, second = [], []
        for i, rows in enumerate(strata):
            shuffled = rng.permutation(rows)
            # Odd strata give their extra text to alternate sides.
            cut = (len(rows) + (i + int(rng.integers(2))) % 2) // 2
            first.append(shuffled[:cut])
            second.append(shuffled[cut:])
        one, two = (unit(estimator(np.concatenate(side))) for side in (first, second))
        halves.append((one * two).sum(-1))
    boots = []
    for _ in range(draws):
        rows = np.concatenate([rng.choice(stratum, len(stratum)) for stratum in strata])
        boots.append((unit(estimator(rows)) * full).sum(-1))
    half = np.mean(halves, axis=0)
    return Reliability(split_half=2 * half / (1 + half), half_cosine=half, bootstrap=np.mean(boots, axis=0))
