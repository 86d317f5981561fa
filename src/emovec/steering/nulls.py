"""What else of the same strength does: random directions, shuffled labels, pleasantness alone.

All are levers of unit length, so at equal strength they push exactly as hard as an emotion does. Run them at every dose that an emotion is run at.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.lexicon import emotion
from emovec.stats import covariance_factor, random_directions, rng_for, unit
from emovec.steering.levers import Levers
from emovec.vectors import Activations, EmotionVectors, Recipe, directions

__all__ = ["beyond_valence", "null_levers", "random_levers", "shuffled_levers", "valence_lever"]

Array = NDArray[np.float64]


def random_levers(vectors: EmotionVectors, acts: Activations, count: int = 5, seed: int = 0) -> Levers:
    """``random-1`` ...: directions with the activations' covariance at each block.

    The same mixture of texts makes a direction at every block, so that it hangs together over blocks as an emotion's does.
    """
    made = [
        random_directions(covariance_factor(acts.at(block)), count, rng_for(seed, "random levers"))
        for block in vectors.blocks
    ]
    return Levers.made(vectors, _numbered("random", count), "random", np.stack(made, axis=1))


def shuffled_levers(
    vectors: EmotionVectors, acts: Activations, recipe: Recipe, count: int = 5, seed: int = 0
) -> Levers:
    """``shuffled-1`` ...: an emotion's pattern made by the recipe from texts whose labels were shuffled within their register."""
    rng = rng_for(seed, "shuffled levers")
    rows = []
    for _ in range(count):
        labels = acts.emotion.copy()
        for register in range(len(acts.registers)):
            at = np.flatnonzero(acts.register == register)
            labels[at] = rng.permutation(labels[at])
        who = int(rng.integers(len(acts.emotions)))
        fake = replace(acts, emotion=labels)
        rows.append(np.stack([directions(fake, recipe, block).patterns[who] for block in vectors.blocks]))
    return Levers.made(vectors, _numbered("shuffled", count), "shuffled", np.stack(rows))


def valence_lever(vectors: EmotionVectors) -> Levers:
    """``valence``: the slope of patterns on the lexicon's own ratings of pleasantness, over all emotions; positive is pleasant.

    Is it the emotion, or only its valence? Compare an unpleasant emotion at +s with this at -s.

    Raises:
        BadInput: if the emotions are too few, or all equally pleasant.
    """
    return Levers.made(vectors, ["valence"], "valence", _valence(vectors)[None])


def beyond_valence(vectors: EmotionVectors, *words: str) -> Levers:
    """``desperate-beyond-valence`` ...: emotions' patterns with the valence direction projected out of them.

    Raises:
        UnknownEmotion: for a word that the vectors lack.
    """
    axis = unit(_valence(vectors))
    patterns = np.stack([vectors.patterns[vectors.index(word)] for word in words]).astype(np.float64)
    rest = patterns - (patterns * axis).sum(-1, keepdims=True) * axis
    return Levers.made(vectors, [f"{word}-beyond-valence" for word in words], "beyond valence", rest)


def null_levers(
    vectors: EmotionVectors, acts: Activations, recipe: Recipe, *, random: int = 5, shuffled: int = 5, seed: int = 0
) -> Levers:
    """All nulls of a dose-response curve: random directions, shuffled labels, pure valence.

    Args:
        acts, recipe: what the vectors were made from, and how.
    """
    nulls = random_levers(vectors, acts, random, seed) | valence_lever(vectors)
    return nulls | shuffled_levers(vectors, acts, recipe, shuffled, seed) if shuffled else nulls


def _numbered(name: str, count: int) -> list[str]:
    return [f"{name}-{i + 1}" for i in range(count)]


def _valence(vectors: EmotionVectors) -> Array:
    """(blocks, width)."""
    ratings = np.array([emotion(word).valence for word in vectors.emotions])
    centred = ratings - ratings.mean()
    if len(ratings) < 3 or not centred.any():
        raise BadInput(
            f"{len(ratings)} emotions of one pleasantness give no valence direction; make vectors of more emotions"
        )
    patterns = vectors.patterns.astype(np.float64)
    slope: Array = np.tensordot(centred, patterns - patterns.mean(0), axes=1) / (centred @ centred)
    return slope
