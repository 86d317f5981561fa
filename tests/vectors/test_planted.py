"""Every stage recovers what was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emovec.planted import Planted, planted_corpus
from emovec.reading import LENS_VARIANTS, logit_lens, own_words, read
from emovec.stats import unit
from emovec.steering import steered
from emovec.store import Store
from emovec.subject import encode_chat
from emovec.subject.passes import generate
from emovec.vectors import RECIPES, Activations, EmotionVectors, collect_activations, directions
from emovec.vectors.selection import mean_auc, select


@pytest.mark.parametrize("recipe", ["paper", "whitened"])
@pytest.mark.parametrize("block", [1, 3, 5])
def test_patterns_are_the_planted_directions(
    planted: Planted, planted_acts: Activations, recipe: str, block: int
) -> None:
    patterns = directions(planted_acts, replace(RECIPES[recipe], style_adjusted=False), block).patterns
    assert (unit(patterns) * planted.truth).sum(1).min() >= 0.99


def test_style_adjustment_nearly_keeps_them(planted: Planted, planted_acts: Activations) -> None:
    # The planted words are as long as their emotions' names, so the length of words is not only style there.
    patterns = directions(planted_acts, RECIPES["whitened"], 3).patterns
    assert (unit(patterns) * planted.truth).sum(1).min() >= 0.9


def test_topic_adjustment_keeps_them(planted: Planted, planted_acts: Activations) -> None:
    adjusted = directions(planted_acts, replace(RECIPES["paper"], topic_adjusted=True), 3).patterns
    assert (unit(adjusted) * planted.truth).sum(1).min() >= 0.99


def test_topic_adjustment_removes_a_topic_that_goes_with_an_emotion(
    planted: Planted, planted_acts: Activations
) -> None:
    from dataclasses import replace

    rng = np.random.default_rng(0)
    # "afraid" nearly always at topic 0: its plain vector leans towards that topic, the adjusted one does not.
    rows = np.array([
        i for i in range(len(planted_acts.emotion))
        if planted_acts.emotion[i] != 0 or planted_acts.topic[i] == 0 or rng.random() < 0.05
    ])  # fmt: skip
    recipe = RECIPES["whitened"]
    plain = directions(planted_acts, recipe, 3, rows).patterns[0]
    adjusted = directions(planted_acts, replace(recipe, topic_adjusted=True), 3, rows).patterns[0]
    assert unit(plain) @ planted.truth[0] < unit(adjusted) @ planted.truth[0]
    assert unit(adjusted) @ planted.truth[0] > 0.97


@pytest.mark.parametrize("variant", [v for v in LENS_VARIANTS if "whole" not in v])
def test_the_logit_lens_is_exact(planted: Planted, planted_vectors: EmotionVectors, variant: str) -> None:
    lens = logit_lens(planted.subject, planted_vectors.at("patterns"), count=3, variant=variant)
    assert [row[0].replace("-", " ") for row in lens.top] == list(planted.emotions)


def test_own_words_are_forms_and_synonyms() -> None:
    assert own_words("afraid", [" Fear", "afraid", " table", "terrified"]) == [True, True, False, True]


def test_steering_raises_exactly_the_planted_word(planted: Planted, planted_vectors: EmotionVectors) -> None:
    prompt = encode_chat(planted.subject, [{"role": "user", "content": "filleraa fillerab"}], reply=True)
    before = generate(planted.subject, [prompt], max_new_tokens=1)
    for word in planted.emotions:
        with steered(planted.subject, planted_vectors, {word: 1.0}):
            assert generate(planted.subject, [prompt], max_new_tokens=1) == [word.replace(" ", "-")]
    assert generate(planted.subject, [prompt], max_new_tokens=1) == before


def test_a_reading_is_high_where_the_hint_is(planted: Planted, planted_vectors: EmotionVectors) -> None:
    reading = read(planted.subject, planted_vectors, "filleraa fillerab hintdesperateaa fillerac hinthappyaa")
    column = reading.values[:, reading.emotions.index("desperate")]
    assert np.nanargmax(column) == 2
    assert np.isnan(column[0])
    assert np.argmax(reading.values[4]) == reading.emotions.index("happy")
    assert reading.top(1)[0][1] == np.nanmean(reading.values, axis=0).max()
    table = reading.table()
    assert list(table["token"]) == ["filleraa", "fillerab", "hintdesperateaa", "fillerac", "hinthappyaa"]


def test_selection_finds_signal_and_no_signal(
    planted: Planted, planted_acts: Activations, planted_store: Store
) -> None:
    found = select(planted_acts, RECIPES["whitened"])
    assert found.block in planted_acts.blocks
    assert found.table["auc"].max() > 0.99
    nothing = collect_activations(planted.subject, planted_corpus(32, emotional=False), [3], store=planted_store)
    assert abs(select(nothing, RECIPES["whitened"]).table["auc"].mean() - 0.5) < 0.05


def test_mean_auc_knows_perfect_and_reversed() -> None:
    emotion = np.array([0, 0, 1, 1])
    scores = np.array([[2.0, 0.0], [3.0, 0.0], [0.0, 1.0], [1.0, 2.0]])
    assert mean_auc(scores, emotion) == 1.0
    assert mean_auc(-scores, emotion) == 0.0
