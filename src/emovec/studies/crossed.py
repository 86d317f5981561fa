"""Comparing sets of vectors that few texts made: inner products between sets estimated on disjoint halves of the texts.

The noise of a vector lengthens it and lowers every cosine; two vectors from the same texts also share their noise, which raises it. An
inner product between vectors from disjoint halves has neither error, so cosines made of such products are free of both
(disattenuated): two noisy estimates of one direction come out near 1, unrelated ones near 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.geometry import cosine_matrix, upper
from emovec.stats import pearson, unit

__all__ = ["Crossed", "crossed", "diagonals", "halves_of", "paired_halves"]

Array = NDArray[np.float64]


def halves_of(groups: NDArray[np.intp], strata: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows fall into the first half: whole groups, half of the groups of every stratum (odd ones alternate)."""
    first = np.zeros(len(groups), dtype=bool)
    for i, stratum in enumerate(np.unique(strata)):
        names = rng.permutation(np.unique(groups[strata == stratum]))
        first |= np.isin(groups, names[: (len(names) + i % 2) // 2]) & (strata == stratum)
    return first


def paired_halves(strata: NDArray[np.intp], rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of two random halves, every row for itself, half of every stratum."""
    first = halves_of(np.arange(len(strata)), strata, rng)
    return np.flatnonzero(first), np.flatnonzero(~first)


def diagonals(first: Array, second: Array) -> Array:
    """Inner products of like emotions between sets from two halves, (sets, sets, emotions), from two (sets, emotions, width)."""
    once = np.einsum("iew,jew->ije", first, second)
    return np.asarray((once + once.transpose(1, 0, 2)) / 2)


@dataclass(frozen=True)
class Crossed:
    """What is known of several sets of vectors from pairs of halves.

    Attributes:
        names: of the sets.
        products: (sets, sets, emotions, emotions) inner products between disjoint halves, mean over halvings.
        halves: (sets, emotions) mean cosine between a vector's two halves.
        structures: (halvings, 2, sets, pairs) cosines of every two emotions within a half.
    """

    names: tuple[str, ...]
    products: Array
    halves: Array
    structures: Array

    def reliability(self, name: str) -> float:
        """Mean split-half cosine, stepped up to all texts (Spearman-Brown)."""
        half = float(self.halves[self.names.index(name)].mean())
        return 2 * half / (1 + half) if half > -1 else float("nan")

    def _slots(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
        return [(self.names.index(a), self.names.index(b)) for a, b in pairs]

    def scale(self, a: str, b: str, emotions: NDArray[np.intp] | None = None) -> float:
        """Noise-free lengths of two sets, multiplied; NaN where a set has none to speak of."""
        at = slice(None) if emotions is None else emotions
        square = 1.0
        for name in (a, b):
            i = self.names.index(name)
            length = float(np.diagonal(self.products[i, i])[at].sum())
            square *= length if length > 0 else float("nan")
        return float(np.sqrt(square))

    def cosine(self, pairs: Sequence[tuple[str, str]], emotions: NDArray[np.intp] | None = None) -> float:
        """Disattenuated cosine of like emotions, pooled over emotions, mean over pairs of sets; NaN where a set is only noise."""
        at = slice(None) if emotions is None else emotions
        slots = self._slots(pairs)
        values = [
            np.diagonal(self.products[i, j])[at].sum() / self.scale(*pair, emotions)
            for (i, j), pair in zip(slots, pairs, strict=True)
        ]
        return float(np.mean(values))

    def permuted(self, pairs: Sequence[tuple[str, str]], rng: np.random.Generator, draws: int) -> Array:
        """The same with the emotions of one set permuted."""
        size = self.products.shape[-1]
        orders = np.array([rng.permutation(size) for _ in range(draws)])
        slots = self._slots(pairs)
        total = np.zeros(draws)
        for (i, j), pair in zip(slots, pairs, strict=True):
            total += self.products[i, j][np.arange(size), orders].sum(1) / self.scale(*pair)
        return total / len(pairs)

    def structure(self, a: str, b: str, pairs: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None) -> float:
        """Correlation of two sets' cosine matrices, one from each half; ``pairs`` (of :meth:`pairs_of`) permutes or resamples emotions."""
        i, j = self._slots([(a, b)])[0]
        one, two = self.structures[:, :, i], self.structures[:, :, j]
        if pairs is not None:
            one, two = one[..., pairs[0]], two[..., pairs[1]]
        return float(np.mean([pearson(one[:, 0], two[:, 1]), pearson(one[:, 1], two[:, 0])]))

    def pairs_of(self, emotions: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where, in the upper triangle, every two of ``emotions`` stand (an emotion with itself is left out)."""
        size = self.products.shape[-1]
        at = np.full((size, size), -1)
        at[np.triu_indices(size, 1)] = np.arange(self.structures.shape[-1])
        found = np.maximum(at, at.T)[np.ix_(emotions, emotions)][np.triu_indices(len(emotions), 1)]
        return np.asarray(found[found >= 0], dtype=np.intp)

    def structure_scale(self, a: str, b: str) -> float:
        """What the correlation of two equal structures would come to with these sets' noise; NaN where a set has no structure of its own."""
        square = self.structure(a, a) * self.structure(b, b)
        return float(np.sqrt(square)) if self.structure(a, a) > 0 and square > 0 else float("nan")


def crossed(names: Sequence[str], halvings: Iterable[tuple[Array, Array]]) -> Crossed:
    """Gather pairs of estimates, each (sets, emotions, width), of the same sets from disjoint halves of the texts."""
    products, halves, structures = [], [], []
    for first, second in halvings:
        sets, size, width = first.shape
        flat = first.reshape(-1, width) @ second.reshape(-1, width).T
        flat = ((flat + flat.T) / 2).reshape(sets, size, sets, size)
        products.append(flat.transpose(0, 2, 1, 3))
        halves.append((unit(first) * unit(second)).sum(-1))
        structures.append([[upper(cosine_matrix(v)) for v in half] for half in (first, second)])
    return Crossed(tuple(names), np.mean(products, axis=0), np.mean(halves, axis=0), np.array(structures))
