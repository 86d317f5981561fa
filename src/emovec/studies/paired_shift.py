"""One contrast of two subjects read with one recipe's vectors: profiles, the shift between them, and what chance would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.lexicon import emotion
from emovec.stats import Null, interval, null_of, pearson
from emovec.studies.paired import GROUPS, RANDOM, TURNED, Contrast, Pair, Weights, family_p
from emovec.vectors import EmotionVectors

__all__ = ["BOTH", "CHALLENGING", "LEAST", "NEUTRAL", "PairedShift", "neighbours", "size_of"]

Array = NDArray[np.float64]
NEUTRAL, CHALLENGING, BOTH = range(len(GROUPS))
#: Cosines that differ by less are taken as equal: rounding in another number format moves readings by about as much.
LEAST = 0.001


def size_of(shift: Array) -> Array:
    """Root mean square over emotions (the last axis)."""
    return np.asarray(np.sqrt((shift**2).mean(-1)))


def growth_of(curve: Array, against: Array | None = None) -> Array:
    """How the size of the shift (..., blocks) differs between the last and the first third of the blocks, as a share of their sum (or of that of ``against``)."""
    third = max(1, curve.shape[-1] // 3)

    def ends(of: Array) -> tuple[Array, Array]:
        return of[..., :third].mean(-1), of[..., -third:].mean(-1)

    early, late = ends(curve)
    return np.asarray((late - early) / np.maximum(sum(ends(curve if against is None else against)), 1e-12))


def neighbours(words: Sequence[str]) -> Array:
    """Weights that average over the tenth of the emotions (three at least, itself among them) nearest in valence and arousal: (emotions, emotions)."""
    at = np.array([[emotion(word).valence, emotion(word).arousal] for word in words])
    distance = ((at[:, None] - at[None]) ** 2).sum(-1)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : max(3, len(words) // 10)]
    out = np.zeros((len(words), len(words)))
    np.put_along_axis(out, nearest, 1 / nearest.shape[1], axis=1)
    return out


class PairedShift:
    """One contrast read with one recipe's vectors."""

    def __init__(self, pair: Pair, contrast: Contrast, vectors: EmotionVectors) -> None:
        self.pair, self.contrast, self.vectors = pair, contrast, vectors
        self.weights = Weights(pair.kinds)
        self.all_before, self.all_after = pair.readings(contrast, vectors, pair.block)
        before, after = self.profiles(self.weights.plain())
        self.before, self.after = before[0], after[0]
        self.shift = self.after - self.before
        plain = self.weights.plain()[0]
        #: null -> profiles (sets, groups, directions) before and after
        self.chance: dict[str, tuple[Array, Array]] = {}
        for name, sets in pair.chance(contrast, vectors, pair.block, pair.draws.random).items():
            drawn = [(plain @ b, plain @ a) for b, a in sets]
            self.chance[name] = (np.stack([b for b, _ in drawn]), np.stack([a for _, a in drawn]))

    def profiles(self, weights: Array) -> tuple[Array, Array]:
        """Mean readings before and after under weights, both (draws, groups, emotions)."""
        return weights @ self.all_before, weights @ self.all_after

    def against(self, statistic: Callable[[Array, Array], Array]) -> list[Null]:
        """The same statistic of profiles (..., groups, directions) before and after, for every kind of other directions."""
        value = float(statistic(self.before, self.after))
        return [null_of(name, value, statistic(before, after)) for name, (before, after) in self.chance.items()]

    @cached_property
    def p(self) -> tuple[Array, Array]:
        """p and family-wise p of every shift against zero, both (groups, emotions)."""
        rng = self.pair.rng("family", self.contrast.name, self.vectors.name)
        exchanged = self.weights.exchanged(rng, self.pair.draws.permutation)
        return family_p(self.weights.plain(), exchanged, self.all_after - self.all_before)

    def drawn(self, name: str) -> Array:
        """Shifts of sets of other directions, (sets, groups, directions)."""
        before, after = self.chance[name]
        return after - before

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Which shifts are told from zero among all emotions, and are not rounding: (groups, emotions)."""
        return np.asarray((self.p[1] < 0.05) & (np.abs(self.shift) >= LEAST))

    @cached_property
    def p_random(self) -> Array:
        """Share of random directions that shift at least as far, (groups, emotions)."""
        size = np.sort(np.abs(self.drawn(RANDOM)).swapaxes(0, 1).reshape(len(GROUPS), -1), axis=1)
        below = [np.searchsorted(drawn, np.abs(s)) for drawn, s in zip(size, self.shift, strict=True)]
        return np.asarray((size.shape[1] - np.stack(below) + 1) / (size.shape[1] + 1))

    def around(self) -> tuple[Array, Array]:
        """Mean shift of every emotion's neighbours in valence and arousal, and how often a set turned at random has as much there: both (groups, emotions).

        The comparison is of shares of each set's own size: sets turned at random may shift more or less in all.
        """
        near = neighbours(self.vectors.emotions).T
        around = self.shift @ near
        drawn = self.drawn(TURNED)
        share = np.abs(around) / np.maximum(size_of(self.shift), 1e-12)[:, None]
        chance = np.abs(drawn @ near) / np.maximum(size_of(drawn), 1e-12)[..., None]
        return around, ((chance >= share).sum(0) + 1) / (len(drawn) + 1)

    def emotions(self, recipe: str) -> pd.DataFrame:
        """One row per group of prompts and emotion.

        ``around`` is the mean shift of the emotion's neighbours in valence and arousal: single words are noisy, a mood is not one word.
        """
        rng = self.pair.rng("intervals", self.contrast.name, self.vectors.name)
        before, after = self.profiles(self.weights.resampled(rng, self.pair.draws.bootstrap))
        low, high = np.percentile(after - before, [2.5, 97.5], axis=0)
        bands = np.percentile(self.drawn(RANDOM), [2.5, 97.5], axis=(0, 2))
        around, p_around = self.around()
        words = [emotion(word) for word in self.vectors.emotions]
        signs = np.where(self.shift > 0, "up", "down")
        parts = [
            pd.DataFrame(
                {
                    "recipe": recipe, "contrast": self.contrast.name, "kind": group, "emotion": self.vectors.emotions,
                    "valence": [w.valence for w in words], "arousal": [w.arousal for w in words],
                    "before": self.before[g], "after": self.after[g], "shift": self.shift[g], "low": low[g], "high": high[g],
                    "p": self.p[0][g], "p_family": self.p[1][g], "p_random": self.p_random[g], "moved": np.where(self.moved[g], signs[g], ""),
                    "around": around[g], "p_around": p_around[g], "null_low": bands[0, g], "null_high": bands[1, g],
                }
            )
            for g, group in enumerate(GROUPS)
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def summary(self, recipe: str, training: Array) -> list[tuple[str, str, str, str, float, float, float]]:
        """The main numbers of the contrast with their intervals; ``training`` (emotions,) is the shift of the contrast that claims are judged on."""
        rng = self.pair.rng("summary", self.contrast.name, self.vectors.name)
        drawn = self.profiles(self.weights.resampled(rng, self.pair.draws.bootstrap))
        numbers: dict[str, Callable[[Array, Array], Array]] = {
            "neutral profiles, r": lambda b, a: np.asarray(pearson(b[..., NEUTRAL, :], a[..., NEUTRAL, :])),
            "challenging profiles, r": lambda b, a: np.asarray(pearson(b[..., CHALLENGING, :], a[..., CHALLENGING, :])),
            "shifts on both kinds, r": lambda b, a: np.asarray(
                pearson((a - b)[..., NEUTRAL, :], (a - b)[..., CHALLENGING, :])
            ),
            "size of the shift (RMS cosine)": lambda b, a: size_of((a - b)[..., BOTH, :]),
            "shift against that of training, r": lambda b, a: np.asarray(pearson((a - b)[..., BOTH, :], training)),
        }
        says = (recipe, self.contrast.name, self.contrast.says)
        return [
            (*says, metric, float(of(self.before, self.after)), *interval(of(*drawn))) for metric, of in numbers.items()
        ]

    def _curve(self, weights: Array) -> Array:
        """Size of the mean shift at every block under weights of the differences, (draws, groups, blocks)."""
        sizes = []
        for block in self.pair.blocks:
            before, after = self.pair.readings(self.contrast, self.vectors, block)
            sizes.append(size_of(weights @ (after - before)))
        return np.stack(sizes, axis=-1)

    @cached_property
    def _chance_curve(self) -> Array:
        """The same for sets of random directions, (sets, groups, blocks)."""
        plain, count = self.weights.plain()[0], min(self.pair.draws.random, 60)
        columns = []
        for block in self.pair.blocks:
            sets = self.pair.chance(self.contrast, self.vectors, block, count, [RANDOM])[RANDOM]
            columns.append(np.stack([size_of(plain @ (a - b)) for b, a in sets]))
        return np.stack(columns, axis=-1)

    def growth(self, rng: np.random.Generator, swapped: str) -> tuple[float, Array, list[Null]]:
        """Growth with depth, its bootstrap draws and its nulls."""
        value = float(growth_of(self._curve(self.weights.plain())[0, BOTH]))
        draws = growth_of(self._curve(self.weights.resampled(rng, self.pair.draws.bootstrap))[:, BOTH])
        curve = self._curve(self.weights.plain())[:, BOTH]
        # Noise too grows with depth, if it is all there is; so what is left of the growth is given in units of the shift's own size.
        exchanged = growth_of(self._curve(self.weights.exchanged(rng, self.pair.draws.permutation))[:, BOTH], curve)
        random = growth_of(self._chance_curve[:, BOTH])
        return value, draws, [null_of(swapped, value, exchanged), null_of(RANDOM, value, random)]

    def by_block(self, recipe: str) -> list[tuple[str | int | float, ...]]:
        """Size of the shift at every block, with its interval and what random directions show."""
        rng = self.pair.rng("blocks", self.contrast.name, self.vectors.name)
        value = self._curve(self.weights.plain())[0]
        low, high = np.percentile(
            self._curve(self.weights.resampled(rng, self.pair.draws.bootstrap)), [2.5, 97.5], axis=0
        )
        chance = self._chance_curve
        mean, p95 = chance.mean(0), np.percentile(chance, 95, axis=0)
        return [
            (recipe, self.contrast.name, group, block, float(value[g, b]), float(low[g, b]), float(high[g, b]), float(mean[g, b]), float(p95[g, b]))
            for g, group in enumerate(GROUPS)
            for b, block in enumerate(self.pair.blocks)
        ]  # fmt: skip
