"""What a study works with: a subject, activations, vectors of every recipe, and seeded randomness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Corpus
from emovec.progress import Progress
from emovec.stats import covariance_factor, random_directions, rng_for, unit
from emovec.store import Store
from emovec.subject import Subject
from emovec.vectors import Activations, Directions, EmotionVectors, Recipe, directions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Draws", "Lab"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """How often things are drawn.

    Attributes:
        bootstrap: resamples for intervals.
        permutation: permutations of ratings or labels where one costs nothing.
        refit: draws for which vectors are made anew (shuffled labels).
        random: sets of random directions.
        meetings: how often each activity meets another in the preference studies; None is all pairs.
        steered: activities that are steered against a control each, in one order; None is all, against eight controls in both orders.
        hidden: dialogues of hidden and unexpressed emotion that are read, of each condition and emotion; None is all.
    """

    bootstrap: int = 1000
    permutation: int = 1000
    refit: int = 100
    random: int = 200
    meetings: int | None = 6
    steered: int | None = 16
    hidden: int | None = 3


@dataclass
class Lab:
    """The bench of one run. Studies only read from it.

    Attributes:
        vectors: recipe name -> artifact; the first is the headline recipe.
        recipes: recipe name -> the recipe with its amounts.
        block: the picked block.
        transfer: recipe name -> the table that its block and amount were picked from (:func:`~emovec.vectors.selection.transfer_table`).
    """

    subject: Subject
    corpus: Corpus
    acts: Activations
    recipes: dict[str, Recipe]
    vectors: dict[str, EmotionVectors]
    block: int
    seed: int = 0
    draws: Draws = field(default_factory=Draws)
    store: Store = field(default_factory=Store)
    progress: Progress = field(default_factory=Progress)
    transfer: dict[str, pd.DataFrame] = field(default_factory=dict)
    _static_texts: Array | None = None
    _shuffled: dict[str, list[Directions]] = field(default_factory=dict)

    @property
    def emotions(self) -> tuple[str, ...]:
        """Names, in order."""
        return self.acts.emotions

    def rng(self, *names: str) -> np.random.Generator:
        """A generator for one purpose of one study."""
        return rng_for(self.seed, *names)

    def random_sets(self, rng: np.random.Generator, count: int, block: int | None = None) -> list[Array]:
        """``count`` sets of unit directions, as many as emotions, drawn with the activations' covariance: each (emotions, width)."""
        factor = covariance_factor(self.acts.at(self.block if block is None else block))
        return [random_directions(factor, len(self.emotions), rng) for _ in range(count)]

    def shuffled(self, recipe: str) -> list[Directions]:
        """Directions of a recipe made from texts whose emotion labels were shuffled within their register (made once per run)."""
        if recipe not in self._shuffled:
            rng = self.rng("shuffled labels", recipe)
            with self.progress.stage(f"null: shuffled labels ({recipe})", self.draws.refit, "fits") as advance:
                made = []
                for _ in range(self.draws.refit):
                    labels = self.acts.emotion.copy()
                    for register in range(len(self.acts.registers)):
                        rows = np.flatnonzero(self.acts.register == register)
                        labels[rows] = rng.permutation(labels[rows])
                    made.append(directions(replace(self.acts, emotion=labels), self.recipes[recipe], self.block))
                    advance(1)
            self._shuffled[recipe] = made
        return self._shuffled[recipe]

    def static_embeddings(self) -> Array:
        """Mean token embedding of each emotion word (with the space before it), (emotions, width): what the word alone gives."""
        return self.subject.mean_embeddings([f" {word}" for word in self.emotions])

    def static_text_embeddings(self) -> Array:
        """Mean token embedding of every text, (texts, width): what its words give without their order."""
        if self._static_texts is None:
            self._static_texts = self.subject.mean_embeddings([t.text for t in self.corpus.texts])
        return self._static_texts

    def static_similarity(self, texts: Sequence[str]) -> Array:
        """Cosine of mean token embeddings of texts and emotion words, each centred, (texts, emotions)."""
        a, b = self.subject.mean_embeddings(texts), self.static_embeddings()
        return np.asarray(unit(a - a.mean(0)) @ unit(b - b.mean(0)).T)
