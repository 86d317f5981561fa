"""Two corpora on one subject, and vectors beside the bag of words, where the truth is planted."""

from __future__ import annotations

import numpy as np
import pytest

from emovec.errors import BadInput
from emovec.vectors import RECIPES, Activations
from emovec.vectors.compare import compare, leave_topic_out

EMOTIONS = ("afraid", "angry", "calm", "happy", "sad")
TRUTH = np.random.default_rng(0).normal(size=(5, 16)) * 2


def activations(seed: int, which: tuple[str, ...] = EMOTIONS, shuffled: bool = False) -> Activations:
    rng = np.random.default_rng(seed)
    emotion = np.tile(np.arange(len(which)), 40)
    n = len(emotion)
    shown = rng.permutation(emotion) if shuffled else emotion
    x = TRUTH[[EMOTIONS.index(which[i]) for i in shown]] + rng.normal(size=(n, 16))
    return Activations(
        texts=x[:, None].astype(np.float32),
        asked=x[:, None].astype(np.float32),
        neutral=rng.normal(size=(20, 1, 16)).astype(np.float32),
        blocks=(3,),
        mean_norms=np.ones(1),
        emotions=which,
        emotion=emotion,
        topic=np.arange(n) // len(which) % 8,
        register=np.arange(n) // len(which) % 2,
        registers=("diary", "story"),
        style=np.zeros((n, 1)),
    )


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_two_corpora_of_the_same_emotions_agree(recipe) -> None:  # type: ignore[no-untyped-def]
    table = compare(activations(1), activations(2), recipe, 3)
    assert list(table.index) == [*EMOTIONS, "(all)"]
    assert table.loc["(all)", "cosine"] > 0.8
    assert table.loc["(all)", "others"] < 0
    assert table.loc["(all)", "rank"] == 1
    same = compare(activations(1), activations(1), recipe, 3)
    assert same["cosine"].to_numpy() == pytest.approx(1)


def test_labels_that_mean_nothing_show() -> None:
    table = compare(activations(1), activations(2, shuffled=True), RECIPES["whitened"], 3)
    assert abs(table.loc["(all)", "cosine"]) < 0.6


def test_only_shared_emotions_are_compared() -> None:
    table = compare(activations(1), activations(2, EMOTIONS[1:]), RECIPES["whitened"], 3)
    assert list(table.index) == [*EMOTIONS[1:], "(all)"]
    assert table.loc["(all)", "cosine"] > 0.85
    with pytest.raises(BadInput, match="share 2 emotions"):
        compare(activations(1), activations(2, EMOTIONS[:2]), RECIPES["whitened"], 3)


def test_vectors_read_topics_that_they_were_not_made_on() -> None:
    acts = activations(1)
    for recipe in RECIPES.values():
        found = leave_topic_out(acts, recipe, 3, acts.topic % 5)
        assert found.top1 > 0.9
        assert found.texts == len(acts.rows(*recipe.registers))
    noise = leave_topic_out(activations(1, shuffled=True), RECIPES["whitened"], 3, acts.topic % 5)
    assert noise.auc == pytest.approx(0.5, abs=0.12)
    with pytest.raises(BadInput, match="one per harvested text"):
        leave_topic_out(acts, RECIPES["paper"], 3, np.zeros(3, dtype=int))
