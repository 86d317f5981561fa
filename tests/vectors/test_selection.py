"""Block and whitening are picked by transfer and replication; the map is made of stories only where they suffice."""

from __future__ import annotations

import numpy as np
import pytest

from emovec.vectors import RECIPES, Activations
from emovec.vectors.selection import plane_replication, select

EMOTIONS, WIDTH = 24, 32


def made(stories: int, pieces: int, planes: dict[int, float], spread: float = 0.7) -> Activations:
    """Texts that carry their emotion alike at every block, and a plane common to the emotions as strongly as ``planes`` says."""
    rng = np.random.default_rng(5)
    per_register = (stories, pieces, pieces)
    emotion = np.concatenate([np.repeat(np.arange(EMOTIONS), n) for n in per_register])
    register = np.repeat(np.arange(3), [n * EMOTIONS for n in per_register])
    own, circle = rng.standard_normal((EMOTIONS, WIDTH)), rng.standard_normal((EMOTIONS, 2))
    noise = spread * rng.standard_normal((len(emotion), WIDTH))
    plane = np.linalg.qr(rng.standard_normal((WIDTH, 2)))[0].T
    at = [noise + (own + strength * circle @ plane)[emotion] for strength in planes.values()]
    texts = np.stack(at, axis=1).astype(np.float32)
    return Activations(
        texts=texts, asked=texts, neutral=rng.standard_normal((8, len(planes), WIDTH)).astype(np.float32), blocks=tuple(planes),
        mean_norms=np.ones(len(planes)), emotions=tuple(f"e{i}" for i in range(EMOTIONS)), emotion=emotion,
        topic=rng.integers(0, 6, len(emotion)), register=register, registers=("story", "diary", "memory"), style=np.zeros((len(emotion), 2)),
    )  # fmt: skip


def test_the_map_is_made_of_stories_where_they_suffice() -> None:
    found = select(made(20, 10, {4: 4.0}), RECIPES["whitened"])
    assert found.recipe.geometry_registers == ("story",)
    assert "halves of the stories" in found.why


def test_too_few_stories_for_a_map_are_joined_by_the_other_registers() -> None:
    acts = made(2, 20, {4: 4.0})
    alone = max(plane_replication(acts, RECIPES["whitened"], 4).values())
    found = select(acts, RECIPES["whitened"])
    assert alone < 0.8
    assert found.recipe.geometry_registers == ()
    assert "halves of the texts" in found.why


@pytest.mark.parametrize("best", [2, 6])
def test_of_blocks_that_read_alike_the_one_whose_map_replicates_is_picked(best: int) -> None:
    found = select(made(20, 10, {b: 4.0 if b == best else 0.0 for b in (2, 4, 6)}, spread=0.4), RECIPES["whitened"])
    assert found.block == best
