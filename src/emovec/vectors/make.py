"""Activations and a recipe into the finished artifact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from emovec.stats import rng_for
from emovec.subject import Subject
from emovec.vectors.activations import Activations
from emovec.vectors.artifact import EmotionVectors
from emovec.vectors.recipes import Recipe, directions
from emovec.vectors.reliability import reliability
from emovec.version import __version__

__all__ = ["make_vectors"]


def make_vectors(
    subject: Subject,
    acts: Activations,
    recipe: Recipe,
    block: int,
    *,
    block_why: str = "",
    corpus: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> EmotionVectors:
    """Directions at every harvested block, with reliability at the picked one."""
    made = [directions(acts, recipe, b) for b in acts.blocks]
    rows = acts.rows(*recipe.registers)
    strata = acts.emotion[rows] * len(acts.registers) + acts.register[rows]
    found = reliability(
        lambda picked: directions(acts, recipe, block, rows[picked]).patterns,
        strata,
        rng_for(seed, "reliability", recipe.name),
        splits=10,
        draws=20,
    )
    return EmotionVectors(
        emotions=acts.emotions,
        blocks=acts.blocks,
        patterns=np.stack([d.patterns for d in made], axis=1).astype(np.float32),
        filters=np.stack([d.filters for d in made], axis=1).astype(np.float32),
        geometry=np.stack([d.geometry for d in made], axis=1).astype(np.float32),
        centre=np.stack([d.centre for d in made]).astype(np.float32),
        norms=acts.mean_norms.astype(np.float32),
        subject=subject.fingerprint,
        recipe=recipe.to_json(),
        corpus=dict(corpus or {}),
        version=__version__,
        block=block,
        block_why=block_why,
        reliability={
            word: {"split_half": round(float(found.split_half[i]), 6), "bootstrap": round(float(found.bootstrap[i]), 6)}
            for i, word in enumerate(acts.emotions)
        },
    )
