"""Recipes: how activations become vectors.

``paper``
    Exactly the paper's: mean over an emotion's stories minus the mean over emotions, then the top principal components of neutral
    dialogues (as many as explain half of their variance) projected out. The same direction is pattern, filter and geometry.

``whitened``
    Pattern: difference of means over all registers, each register centred on itself, adjusted for surface style. Filter: the pattern times the inverse of the
    within-emotion covariance, shrunk by the ``reading`` amount. Geometry: from the stories alone, as the paper's is, but from the state at
    the end of two questions put after the story ("The mood of this text, in one word:"), where the model has drawn together what it makes of the whole; adjusted for topics too, whitened (inverse square root)
    by the ``geometry`` amount and scaled to unit length. The two amounts are chosen separately because the best reader need not be the best map, by rules
    that see no human rating and no evaluation text (:mod:`emovec.vectors.selection`).

``asked``
    As ``whitened``, but everything from the states at the questions: it reads texts that are followed by the same questions.

All take ``topic_adjusted``: emotion effects from an additive emotion + topic model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.stats import unit
from emovec.vectors.activations import Activations
from emovec.vectors.estimate import ShrunkCovariance, emotion_effects, neutral_basis, project_out

__all__ = ["RECIPES", "Directions", "Recipe", "directions"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """One recipe with all its parameters.

    Attributes:
        name: ``paper``, ``whitened`` or ``asked``.
        registers: registers of text that it uses (() is all that there are).
        topic_adjusted: adjust emotion effects for topics.
        style_adjusted: adjust them for surface style (sentence length, punctuation, person).
        neutral_variance: share of the neutral texts' variance whose components are projected out (0: none are).
        geometry_registers: registers that the geometry is made from, where the corpus has them (() is the recipe's registers).
        asked, geometry_asked: patterns and filters, or geometry, are made from the states at the questions instead of the means over tokens.
        geometry_topic_adjusted: adjust the geometry for topics, whatever the rest does.
        reading, geometry: amount of shrinkage of the within-emotion covariance, in units of its mean variance (infinite: no whitening).
    """

    name: str
    registers: tuple[str, ...] = ()
    topic_adjusted: bool = False
    style_adjusted: bool = False
    neutral_variance: float = 0.0
    reading: float = float("inf")
    geometry: float = float("inf")
    geometry_registers: tuple[str, ...] = ()
    asked: bool = False
    geometry_asked: bool = False
    geometry_topic_adjusted: bool = False

    def to_json(self) -> dict[str, Any]:
        """All parameters, as they stand in artifacts and reports (no whitening is written as null)."""
        values = asdict(self)
        values["registers"] = list(self.registers)
        values["geometry_registers"] = list(self.geometry_registers)
        return {k: (None if isinstance(v, float) and np.isinf(v) else v) for k, v in values.items()}


#: The recipes by name; ``whitened`` gets its amounts from :mod:`emovec.vectors.selection`.
RECIPES: dict[str, Recipe] = {
    "paper": Recipe("paper", registers=("story",), neutral_variance=0.5),
    "whitened": Recipe(
        "whitened",
        style_adjusted=True,
        reading=1.0,
        geometry=1.0,
        geometry_registers=("story",),
        geometry_asked=True,
        geometry_topic_adjusted=True,
    ),
    "asked": Recipe(
        "asked",
        style_adjusted=True,
        reading=1.0,
        geometry=1.0,
        geometry_registers=("story",),
        asked=True,
        geometry_asked=True,
        geometry_topic_adjusted=True,
    ),
}


@dataclass(frozen=True)
class Directions:
    """Directions at one block: patterns, filters (unit length) and geometry, all (emotions, width), and the centre (width,)."""

    patterns: Array
    filters: Array
    geometry: Array
    centre: Array


def within_emotion(
    acts: Activations, block: int, rows: NDArray[np.intp], recipe: Recipe
) -> tuple[Array, ShrunkCovariance, Array]:
    """(emotion effects, within-emotion covariance, centre) of some rows at a block, adjusted for register (and, as the recipe says, for topic and style)."""
    groups: list[NDArray[np.intp]] = [acts.register[rows]]
    if recipe.topic_adjusted:
        groups.append(acts.topic[rows])
    style = acts.style[rows] if recipe.style_adjusted else None
    effects, residuals, centre = emotion_effects(
        acts.at(block)[rows], acts.emotion[rows], len(acts.emotions), groups, style
    )
    lost = len(np.unique(acts.emotion[rows])) + sum(len(np.unique(g)) - 1 for g in groups)
    lost += style.shape[1] if style is not None else 0
    return effects, ShrunkCovariance(residuals, lost), centre


def directions(
    acts: Activations, recipe: Recipe, block: int, rows: Sequence[int] | NDArray[np.intp] | None = None
) -> Directions:
    """Make the directions of a recipe at one block.

    Args:
        acts: harvested activations.
        recipe: with its amounts set.
        block: one of the harvested blocks.
        rows: text rows to use (default: all of the recipe's registers); repeats allowed, for resampling.

    Raises:
        BadInput: if the recipe is unknown or its registers have no texts.
    """
    if recipe.name not in RECIPES:
        raise BadInput(f"unknown recipe {recipe.name!r}; known: {', '.join(RECIPES)}")
    allowed = acts.rows(*recipe.registers)
    source = acts.when_asked() if recipe.asked else acts
    chosen = allowed if rows is None else np.asarray(rows, dtype=np.intp)[np.isin(rows, allowed)]
    if chosen.size == 0:
        raise BadInput(f"no texts of the registers {', '.join(recipe.registers) or 'any'} to make vectors from")
    if recipe.name == "paper" and not (recipe.topic_adjusted or recipe.style_adjusted):
        effects, _, centre = emotion_effects(source.at(block)[chosen], acts.emotion[chosen], len(acts.emotions))
        covariance = None
    else:
        effects, covariance, centre = within_emotion(source, block, chosen, recipe)
    patterns = effects
    if recipe.neutral_variance > 0:
        patterns = project_out(patterns, neutral_basis(acts.neutral_at(block), recipe.neutral_variance))
    if recipe.name == "paper" or covariance is None:
        return Directions(patterns, unit(patterns), patterns, centre)
    mapped = geometry_rows(acts, recipe, chosen)
    map_effects, map_covariance, _ = map_effects_of(acts, recipe, block, mapped)
    return Directions(
        patterns=patterns,
        filters=unit(covariance.power(patterns, recipe.reading, -1.0)),
        # Unit length: on a map every emotion counts alike, however loud its texts are.
        geometry=unit(map_covariance.power(map_effects, recipe.geometry, -0.5)),
        centre=centre,
    )


def map_effects_of(
    acts: Activations, recipe: Recipe, block: int, rows: NDArray[np.intp]
) -> tuple[Array, ShrunkCovariance, Array]:
    """:func:`within_emotion` of the activations, and with the adjustments, that the geometry is made from."""
    source = acts.when_asked() if recipe.geometry_asked else acts
    by_topic = recipe.topic_adjusted or recipe.geometry_topic_adjusted
    return within_emotion(source, block, rows, replace(recipe, topic_adjusted=by_topic))


def geometry_rows(acts: Activations, recipe: Recipe, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of ``rows`` that the geometry is made from; all of them where none is of its registers."""
    mapped = rows[np.isin(rows, acts.rows(*recipe.geometry_registers))]
    return mapped if mapped.size else rows
