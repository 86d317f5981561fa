"""The sets of vectors that the dialogues give, in a recipe's own coordinates: whole, and from disjoint halves of the dialogues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.stats import unit
from emovec.studies.crossed import Crossed, crossed, diagonals, halves_of, paired_halves
from emovec.studies.speakers.dialogues import SETS, Sides, side_vectors
from emovec.vectors import Activations, Recipe
from emovec.vectors.estimate import emotion_effects, neutral_basis, project_out
from emovec.vectors.recipes import geometry_rows, within_emotion

__all__ = ["PLAIN", "Estimator", "Space", "Stories", "space_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """A recipe's way from differences of means to what is compared and what is read with, at one block.

    Attributes:
        clean: (..., width) -> (..., width), linear: what the recipe takes out of a difference of means before it is added to steer.
        compare: the same, linear: the coordinates in which the recipe compares emotions.
        read: the same: unit filters.
    """

    clean: Callable[[Array], Array]
    compare: Callable[[Array], Array]
    read: Callable[[Array], Array]


#: The residual stream (or the embedding) as it is.
PLAIN = Space(lambda x: x, lambda x: x, unit)


def space_of(acts: Activations, recipe: Recipe, block: int) -> Space:
    """Made from the corpus alone (neutral dialogues, within-emotion covariance); the speakers' dialogues have no part in it."""
    basis = neutral_basis(acts.neutral_at(block), recipe.neutral_variance) if recipe.neutral_variance > 0 else None

    def cleaned(x: Array) -> Array:
        return x if basis is None else project_out(x, basis)

    if np.isinf(recipe.geometry) and np.isinf(recipe.reading):
        return Space(cleaned, cleaned, lambda x: unit(cleaned(x)))
    rows = acts.rows(*recipe.registers)
    reading = within_emotion(acts, block, rows, recipe)[1]
    mapping = within_emotion(acts, block, geometry_rows(acts, recipe, rows), recipe)[1]

    def mapped(x: Array) -> Array:
        flat = cleaned(x).reshape(-1, x.shape[-1])
        return mapping.power(flat, recipe.geometry, -0.5).reshape(x.shape)

    return Space(cleaned, mapped, lambda x: unit(reading.power(cleaned(x), recipe.reading, -1.0)))


@dataclass(frozen=True)
class Stories:
    """Story vectors of some emotions, to be set beside those of the dialogues.

    Attributes:
        rows: the texts of the recipe's geometry.
        effects: (rows) -> (emotions, width), centred.
        strata: (rows,) emotion of each, so that halves hold as many texts of each.
    """

    rows: NDArray[np.intp]
    effects: Callable[[NDArray[np.intp]], Array]
    strata: NDArray[np.intp]

    @classmethod
    def of(cls, acts: Activations, recipe: Recipe, block: int, names: Sequence[str]) -> Stories:
        """Those that the recipe compares emotions by."""
        rows = geometry_rows(acts, recipe, acts.rows(*recipe.registers))
        x, at = acts.at(block), [acts.emotions.index(name) for name in names]

        def effects(picked: NDArray[np.intp]) -> Array:
            groups = [acts.register[picked]] + ([acts.topic[picked]] if recipe.topic_adjusted else [])
            style = acts.style[picked] if recipe.style_adjusted else None
            made = emotion_effects(x[picked], acts.emotion[picked], len(acts.emotions), groups, style)[0][at]
            return np.asarray(made - made.mean(0))

        return cls(rows, effects, acts.emotion[rows])


@dataclass(frozen=True)
class Estimator:
    """All sets of vectors at one block in one recipe's coordinates.

    For every form there are the four :data:`SETS`, the mean of the two present ones and that of the two other ones, named
    ``"chat: present, human"``, ..., ``"chat: present"``, ``"chat: other"``; then ``"story"``.

    Attributes:
        forms: form -> both sides' activations (dialogues, 2, width), for the first dialogues of ``sides`` or all of them.
        sides: labels and rounds (of the form that has most dialogues).
        space: the recipe's coordinates.
        stories: None leaves story vectors out.
    """

    forms: dict[str, Array]
    sides: Sides
    space: Space
    stories: Stories | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sets, in order."""
        mine = [f"{form}: {name}" for form in self.forms for name in (*SETS, "present", "other")]
        return (*mine, "story") if self.stories else tuple(mine)

    def whole(self) -> Array:
        """All sets from all texts, (sets, emotions, width)."""
        everything = np.ones(len(self.sides.emotion), dtype=bool)
        return self._sets(everything, self.sides.emotion, self.stories.rows if self.stories else None)

    def pattern(self, name: str) -> Array:
        """One set of a form as differences of means in the residual stream, all dialogues: (emotions, width)."""
        form, _, short = name.partition(": ")
        x = self.forms[form]
        made = _six(x, self.sides.emotion[: len(x)], len(self.sides.emotions))
        return np.asarray(made[(*SETS, "present", "other").index(short)])

    def crossed(self, rng: np.random.Generator, count: int) -> Crossed:
        """Compare all sets between disjoint halves, ``count`` halvings."""
        return crossed(self.names, self._halvings(rng, count))

    def shuffled(self, rng: np.random.Generator, draws: int) -> Array:
        """Inner products of like emotions between disjoint halves when the emotion labels of either side are permuted over
        dialogues: (draws, sets, sets, emotions), without the stories."""
        out = []
        for _ in range(draws):
            labels = np.stack([rng.permutation(column) for column in self.sides.emotion.T], axis=1)
            first = self._half(rng)
            out.append(diagonals(*(self._sets(half, labels, None) for half in (first, ~first))))
        return np.stack(out)

    def _half(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Rounds of the first half: of those that all forms have, half, and half of the others."""
        fewest = min(len(x) for x in self.forms.values())
        return halves_of(self.sides.round, (np.arange(len(self.sides.round)) < fewest).astype(np.intp), rng)

    def _halvings(self, rng: np.random.Generator, count: int) -> Iterator[tuple[Array, Array]]:
        for _ in range(count):
            first = self._half(rng)
            texts: list[NDArray[np.intp] | None] = [None, None]
            if self.stories:
                texts = [self.stories.rows[half] for half in paired_halves(self.stories.strata, rng)]
            yield self._sets(first, self.sides.emotion, texts[0]), self._sets(~first, self.sides.emotion, texts[1])

    def _sets(self, half: NDArray[np.bool_], labels: NDArray[np.intp], rows: NDArray[np.intp] | None) -> Array:
        made = [
            _six(x[half[: len(x)]], labels[: len(x)][half[: len(x)]], len(self.sides.emotions))
            for x in self.forms.values()
        ]
        if self.stories and rows is not None:
            made.append(self.stories.effects(rows)[None])
        return self.space.compare(np.concatenate(made))


def _six(x: Array, labels: NDArray[np.intp], size: int) -> Array:
    four = side_vectors(x, labels, size)
    return np.concatenate([four, [(four[0] + four[1]) / 2, (four[2] + four[3]) / 2]])
