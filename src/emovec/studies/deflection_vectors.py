"""Vectors of an emotion that is hidden and of the one that is put on, and how they lie to the story vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emovec.studies.crossed import Crossed, crossed, paired_halves
from emovec.studies.lab import Lab
from emovec.vectors.estimate import emotion_effects, neutral_basis, project_out

__all__ = ["Hidden", "StorySpace", "compared", "hidden_effects", "reliable_kept"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: Share of the story vectors' variance that their space is to hold.
_VARIANCE = 0.99
_HALVINGS = 20


@dataclass(frozen=True)
class Hidden:
    """Dialogues with a hidden emotion: mean activation of A's turns (dialogues, width), and the emotions felt and shown (dialogues,)."""

    names: tuple[str, ...]
    x: Array
    felt: Index
    shown: Index

    def refelt(self, felt: Index) -> Array:
        """Felt vectors of other labels, (emotions, width)."""
        return hidden_effects(self.x, felt, self.shown, len(self.names))[0]

    def refelt_halves(self, felt: Index, first: Index, second: Index) -> tuple[Array, Array]:
        """Felt vectors of other labels from either half of the dialogues."""
        one, two = replace(self, felt=felt).halves(first, second)
        return one[0], two[0]

    @cached_property
    def vectors(self) -> tuple[Array, Array]:
        """Felt and shown vectors of all dialogues, each (emotions, width), centred over emotions."""
        return hidden_effects(self.x, self.felt, self.shown, len(self.names))

    def halves(self, first: Index, second: Index) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Felt and shown vectors of either half of the dialogues."""
        one, two = (hidden_effects(self.x[r], self.felt[r], self.shown[r], len(self.names)) for r in (first, second))
        return one, two


def hidden_effects(x: Array, felt: Index, shown: Index, size: int) -> tuple[Array, Array]:
    """Felt and shown vectors: activation = mean + felt + shown + residual, by least squares, so that neither holds anything of the other."""
    return emotion_effects(x, felt, size, [shown])[0], emotion_effects(x, shown, size, [felt])[0]


@dataclass(frozen=True)
class StorySpace:
    """A recipe's story vectors and the space that they span.

    Attributes:
        patterns: (emotions, width) story vectors of the emotions at hand, centred over these.
        basis: (components, width) the fewest principal components of all story vectors that hold 99 % of their variance.
        neutral: (components, width) directions of neutral text that the recipe leaves out; None where it leaves out none.
    """

    patterns: Array
    basis: Array
    neutral: Array | None

    @classmethod
    def of(cls, lab: Lab, recipe: str, names: tuple[str, ...]) -> StorySpace:
        """At the lab's block."""
        vectors = lab.vectors[recipe]
        everything = vectors.at("patterns", lab.block)
        picked = everything[[vectors.index(name) for name in names]]
        variance = lab.recipes[recipe].neutral_variance
        return cls(
            patterns=picked - picked.mean(0),
            basis=neutral_basis(everything, _VARIANCE),
            neutral=neutral_basis(lab.acts.neutral_at(lab.block), variance) if variance > 0 else None,
        )

    def cleaned(self, x: Array) -> Array:
        """Vectors as the recipe makes them: without the directions of neutral text, where it leaves them out."""
        return x if self.neutral is None else project_out(x, self.neutral)

    def outside(self, x: Array) -> Array:
        """The part of vectors (..., width) that is outside the story vectors' space."""
        return project_out(self.cleaned(x), self.basis)

    def kept(self, x: Array) -> float:
        """Share of the norm of a set of vectors (emotions, width) that is outside, pooled over emotions; NaN for a set without length."""
        whole = float((self.cleaned(x) ** 2).sum())
        return float(np.sqrt((self.outside(x) ** 2).sum() / whole)) if whole > 0 else float("nan")


def _story_vectors(lab: Lab, recipe: str, rows: Index, names: tuple[str, ...]) -> Array:
    """The recipe's differences of means from some of its texts, (names, width), centred over the names."""
    parameters = lab.recipes[recipe]
    acts = lab.acts.when_asked() if parameters.asked else lab.acts
    groups = [acts.register[rows]]
    if parameters.topic_adjusted:
        groups.append(acts.topic[rows])
    style = acts.style[rows] if parameters.style_adjusted else None
    effects = emotion_effects(acts.at(lab.block)[rows], acts.emotion[rows], len(acts.emotions), groups, style)[0]
    picked = effects[[acts.emotions.index(name) for name in names]]
    return np.asarray(picked - picked.mean(0))


def compared(lab: Lab, recipe: str, hidden: Hidden, space: StorySpace, rng: np.random.Generator) -> Crossed:
    """Felt, shown and story vectors, and the parts of the first two outside the story space, each from halves of its texts."""
    acts = lab.acts
    rows = acts.rows(*lab.recipes[recipe].registers)

    def pairs() -> Iterator[tuple[Array, Array]]:
        for _ in range(_HALVINGS):
            dialogues = hidden.halves(*paired_halves(hidden.felt, rng))
            texts = paired_halves(acts.emotion[rows], rng)
            made = []
            for (felt, shown), half in zip(dialogues, texts, strict=True):
                story = _story_vectors(lab, recipe, rows[half], hidden.names)
                sets = [space.cleaned(v) for v in (felt, shown, story)]
                made.append(np.stack([*sets, space.outside(felt), space.outside(shown)]))
            yield made[0], made[1]

    return crossed(("felt", "shown", "story", "felt outside", "shown outside"), pairs())


def reliable_kept(crosses: Crossed, name: str, emotions: Index | None = None) -> float:
    """Share of the norm outside the story space, of that part of a set of vectors that both halves of the dialogues agree on; NaN where there is none."""
    at = slice(None) if emotions is None else emotions
    outside, whole = (
        float(np.diagonal(crosses.products[i, i])[at].sum())
        for i in (crosses.names.index(f"{name} outside"), crosses.names.index(name))
    )
    return float(np.sqrt(max(outside, 0.0) / whole)) if whole > 0 else float("nan")
