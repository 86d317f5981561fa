"""Nulls push as hard as emotions do, come out the same from the same seed, and are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from emovec.errors import BadInput, UnknownEmotion
from emovec.lexicon import emotion
from emovec.planted import Planted
from emovec.stats import pearson
from emovec.steering import (
    Levers,
    beyond_valence,
    dose_choices,
    levers_of,
    null_levers,
    random_levers,
    shuffled_levers,
    valence_lever,
)
from emovec.subject import encode_chat
from emovec.vectors import RECIPES, Activations, EmotionVectors


def test_all_nulls_are_of_unit_length_and_repeatable(
    planted_vectors: EmotionVectors, planted_acts: Activations
) -> None:
    nulls = null_levers(planted_vectors, planted_acts, RECIPES["paper"])
    assert nulls.kinds == ("random",) * 5 + ("valence",) + ("shuffled",) * 5
    np.testing.assert_allclose(np.linalg.norm(nulls.units, axis=-1), 1)
    again = null_levers(planted_vectors, planted_acts, RECIPES["paper"])
    np.testing.assert_array_equal(nulls.units, again.units)
    other = null_levers(planted_vectors, planted_acts, RECIPES["paper"], seed=1)
    assert not np.allclose(nulls.units[0], other.units[0])
    assert null_levers(planted_vectors, planted_acts, RECIPES["paper"], shuffled=0).names[-1] == "valence"


def test_random_directions_have_the_activations_covariance_and_hang_together_over_blocks(
    planted_vectors: EmotionVectors, planted_acts: Activations
) -> None:
    many = random_levers(planted_vectors, planted_acts, 400)
    x = planted_acts.at(3)
    x = x - x.mean(0)
    unit_x = x / np.linalg.norm(x, axis=1, keepdims=True)
    drawn, real = (rows.T @ rows / len(rows) for rows in (many.units[:, 1], unit_x))
    isotropic = np.eye(len(real)) / len(real)
    assert np.linalg.norm(drawn - real) < 0.5 * np.linalg.norm(isotropic - real)
    assert (many.units[:, 0] * many.units[:, 1]).sum(-1).mean() > 0.9  # the planted blocks all carry the same


def test_shuffled_labels_lose_the_emotion(
    planted: Planted, planted_vectors: EmotionVectors, planted_acts: Activations
) -> None:
    real = levers_of(planted_vectors)
    fake = shuffled_levers(planted_vectors, planted_acts, RECIPES["paper"], 8)
    assert (real.units[:, 1] * planted.truth).sum(-1).min() > 0.9
    nearest = np.abs(fake.units[:, 1] @ planted.truth.T).max(1)
    assert nearest.max() < 0.9
    assert nearest.mean() < 0.75
    assert len({tuple(u) for u in fake.units[:, 1].round(6)}) == 8


def test_valence_orders_emotions_by_pleasantness_and_can_be_taken_out(planted_vectors: EmotionVectors) -> None:
    axis = valence_lever(planted_vectors).units[0, 1]
    ratings = np.array([emotion(w).valence for w in planted_vectors.emotions])
    assert pearson(planted_vectors.at("patterns", 3) @ axis, ratings) > 0.95
    without = beyond_valence(planted_vectors, "desperate", "calm")
    assert without.names == ("desperate-beyond-valence", "calm-beyond-valence")
    np.testing.assert_allclose(without.units[:, 1] @ axis, 0, atol=1e-6)
    with pytest.raises(UnknownEmotion):
        beyond_valence(planted_vectors, "clam")


def test_a_decoy_does_not_do_what_the_emotion_does(
    planted: Planted, planted_vectors: EmotionVectors, planted_acts: Activations
) -> None:
    prompt = encode_chat(planted.subject, [{"role": "user", "content": "filleraa"}], reply=True)
    levers = levers_of(planted_vectors)[["desperate"]] | null_levers(planted_vectors, planted_acts, RECIPES["paper"])
    levers = levers | beyond_valence(planted_vectors, "desperate")
    table = dose_choices(planted.subject, levers, [prompt], ["desperate"], (-0.2, 0.0, 0.2), where="@assistant")
    curve = table.pivot(index="direction", columns="strength", values="logprob")
    shift = curve.sub(curve[0.0], axis=0)
    decoys = shift.drop(index=["desperate", "desperate-beyond-valence"])
    assert shift.loc["desperate", 0.2] > 1.1 * decoys.max().max()
    assert shift.loc["valence", -0.2] > 0 > shift.loc["valence", 0.2]  # desperate is unpleasant ...
    assert (
        shift.loc["desperate-beyond-valence", 0.2] > 0.1 * shift.loc["desperate", 0.2]
    )  # ... but it is more than that


def test_sets_join_and_refuse_what_does_not_fit(planted_vectors: EmotionVectors, planted_acts: Activations) -> None:
    emotions = levers_of(planted_vectors)
    assert levers_of(emotions) is emotions
    assert emotions[["sad", "calm"]].names == ("sad", "calm")
    with pytest.raises(BadInput, match="both sets of levers have sad"):
        emotions | emotions["sad"]
    with pytest.raises(BadInput, match="different blocks"):
        emotions | random_levers(planted_vectors.with_blocks((3,)), planted_acts)
    with pytest.raises(BadInput, match="do not fit"):
        Levers.made(planted_vectors, ["x"], "emotion", np.ones((1, 2, 3)))
    with pytest.raises(BadInput, match="its vector is zero"):
        Levers.made(planted_vectors, ["x"], "emotion", np.zeros((1, 3, planted_vectors.patterns.shape[-1])))
    with pytest.raises(UnknownEmotion, match="did you mean calm"):
        emotions["clam"]
    with pytest.raises(BadInput, match="no directions at block 2"):
        emotions.slot(2)
