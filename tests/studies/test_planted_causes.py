"""The causal studies find a planted preference and planted decisions, with the right sign; a subject without the circuit shows nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Decision
from emovec.lexicon import emotion
from emovec.planted import PLANTED_EMOTIONS, Planted, planted_corpus, planted_subject
from emovec.store import Store
from emovec.studies import Draws, Lab, StudyResult
from emovec.studies.choices import elo, sampled_pairs
from emovec.studies.decisions import Decisions
from emovec.studies.preference_steering import PreferenceSteering
from emovec.studies.preferences import Preferences
from emovec.studies.steer_words import SteerWords, own_word_percentile
from emovec.subject.rows import choice_logprobs
from emovec.vectors import RECIPES, collect_activations, make_vectors

Array = NDArray[np.float64]
DRAWS = Draws(bootstrap=200, permutation=200, refit=10, random=40, meetings=8)
WORDS = (
    "(",
    "A",
    "B",
    "(A)",
    "(B)",
    "Would",
    "you",
    "rather",
    "or",
    "How",
    "feel",
    "about",
    "this:",
    "leverage",
    "honesty",
)
#: The direction of "A" against "B" in the unembedding; nothing else in the planted subject points there.
LETTER = np.zeros(96)
LETTER[-1] = 1.0


def _valence(truth: Array) -> Array:
    axis = (np.array([emotion(w).valence for w in PLANTED_EMOTIONS]) - 4) @ truth
    return axis / np.linalg.norm(axis)


def _only(truth: Array, word: str) -> Array:
    """What reads one emotion and none of the others."""
    return np.linalg.pinv(truth)[:, PLANTED_EMOTIONS.index(word)]


def _chooses(score: str) -> object:
    """At "(": A is likelier by as much as what stands after (A) beats what stands after (B)."""

    def circuit(words: Sequence[str], residual: Array, truth: Array) -> Array:
        out = np.zeros_like(residual)
        if "(" not in words or "(A)" not in words or "(B)" not in words:
            return out
        a, b, end = words.index("(A)"), words.index("(B)"), len(words) - 1 - words[::-1].index("(")
        if score != "desperate":
            read = residual @ (_valence(truth) if score == "valence" else _only(truth, score))
            margin = read[a + 1 : b].sum() - read[b + 1 : end].sum()
        else:
            desperate = residual[b:] @ truth[PLANTED_EMOTIONS.index("desperate")]
            margin = desperate.mean() * (1 if "leverage" in words[a:b] else -1)
        out[end] = 3.0 * margin * LETTER
        return out

    return circuit


def _bench(score: str | None) -> tuple[Planted, Lab]:
    planted = planted_subject(circuits={5: _chooses(score)} if score else None, words=WORDS)  # type: ignore[dict-item]
    with torch.no_grad():
        ids = planted.subject.tokenizer.convert_tokens_to_ids(["A", "B"])
        for token, sign in zip(ids, (1.0, -1.0), strict=True):
            planted.subject.model.lm_head.weight[token] = torch.from_numpy(sign * LETTER)
        planted.subject.model.model.embed_tokens.weight[:, -1] = 0.0
    corpus = planted_corpus(24)
    acts = collect_activations(planted.subject, corpus, [1, 3], store=Store())
    recipes = {"paper": RECIPES["paper"]}
    vectors = {"paper": make_vectors(planted.subject, acts, RECIPES["paper"], 3)}
    return planted, Lab(planted.subject, corpus, acts, recipes, vectors, 3, 0, DRAWS, Store())


@pytest.fixture(autouse=True)
def _no_shared_prefix(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A planted circuit reads whole texts: the start of a prompt must not come from the cache."""
    monkeypatch.setenv("EMOVEC_CACHE", str(tmp_path))

    def whole(subject, prompts, choices, *, around=None, free=None, advance=None):
        return choice_logprobs(subject, prompts, choices, around=around, advance=advance)

    for module in ("choices", "preference_steering", "decisions", "steer_words"):
        monkeypatch.setattr(f"emovec.studies.{module}.choice_logprobs", whole)


ACTIVITIES = [
    {"activity": f"filler{c}{d} hint{word.replace(' ', '')}{e} filler{d}{c}", "category": "helpful" if emotion(word).valence > 4 else "unsafe"}
    for word, c, d, e in zip(PLANTED_EMOTIONS, "a" * 24, "abcdefghijklmnopqrstuvwx", ["aa", "ab"] * 12, strict=True)
]  # fmt: skip
DECISIONS = [
    Decision(f"d{i}", behaviour, "filleraa", f"filler{c}", "fillerab", (f"leverage filler{c}",), (f"honesty filler{c}",), "planted")
    for behaviour in ("blackmail", "hacking")
    for i, c in enumerate(("ad", "ae", "af"))
]  # fmt: skip


def found(result: StudyResult, metric: str):
    return next(f for f in result.findings if f.metric == metric)


def test_a_planted_preference_is_read_and_moved() -> None:
    _, lab = _bench("valence")
    preferences = Preferences(ACTIVITIES)
    read = preferences.run(lab)
    assert found(read, "elo_tier_rho").verdict == "holds"
    assert found(read, "blissful_elo_r").value > 0.3
    assert found(read, "elo_r_with_valence").verdict == "holds"
    steered = PreferenceSteering(
        ACTIVITIES, preferences, ("blissful", "happy", "calm", "desperate", "furious", "gloomy")
    ).run(lab)
    table = steered.tables["shifts"].set_index("direction")["elo_shift"]
    assert table["blissful"] > 0 > table["furious"]
    assert found(steered, "shift_follows_probe_r").verdict == "holds"


def test_a_preference_that_goes_by_one_emotion_is_moved_by_it_and_by_no_other() -> None:
    _, lab = _bench("blissful")
    steered = PreferenceSteering(ACTIVITIES, Preferences(ACTIVITIES), ("blissful", "happy", "calm", "furious")).run(lab)
    assert found(steered, "blissful_elo_shift").verdict == "holds", found(steered, "blissful_elo_shift").why
    table = steered.tables["shifts"].set_index("direction")["elo_shift"]
    assert table["blissful"] > 3 * table[["happy", "calm", "furious"]].abs().max()


def test_without_the_circuit_there_is_no_preference() -> None:
    _, lab = _bench(None)
    preferences = Preferences(ACTIVITIES)
    assert found(preferences.run(lab), "elo_tier_rho").verdict == "fails"
    steered = PreferenceSteering(ACTIVITIES, preferences, ("blissful", "happy", "furious", "gloomy")).run(lab)
    assert found(steered, "blissful_elo_shift").verdict == "fails"


def test_planted_decisions_move_with_their_direction_and_with_no_other() -> None:
    _, lab = _bench("desperate")
    result = Decisions(DECISIONS).run(lab)
    for behaviour in ("blackmail", "hacking"):
        desperate = found(result, f"{behaviour}_desperate_rises")
        assert desperate.verdict == "holds", desperate.why
        curve = result.tables["curves"]
        mine = curve[(curve["behaviour"] == behaviour) & (curve["direction"] == "desperate")].sort_values("strength")
        assert np.all(np.diff(mine["change"]) > 0)
    # "sad" is a decoy: the circuit does not go by what is its own.
    assert found(result, "blackmail_sad_falls").verdict == "fails"
    _, lab = _bench(None)
    assert {f.verdict for f in Decisions(DECISIONS).run(lab).findings if f.claim} == {"fails"}


def test_steering_brings_out_the_own_word_and_shuffled_vectors_do_not() -> None:
    _, lab = _bench(None)
    result = SteerWords().run(lab)
    for frame in ("he", "i"):
        finding = found(result, f"own_word_percentile_{frame}")
        assert finding.value > 0.95
        assert finding.verdict == "holds", finding.why
    windows = result.tables["windows"]
    assert (windows["low"] <= 0).all()
    assert (windows["high"] >= 0).all()


def test_own_word_percentile_is_chance_for_noise_and_full_for_a_diagonal() -> None:
    rng = np.random.default_rng(0)
    assert abs(own_word_percentile(rng.standard_normal((60, 60))).mean() - 0.5) < 0.1
    assert own_word_percentile(np.eye(10) + rng.standard_normal((10, 1))).min() == 1.0


def test_elo_recovers_strengths_and_stays_finite() -> None:
    truth = np.linspace(-2, 2, 12)
    left, right = np.array(sampled_pairs(12, None, np.random.default_rng(0))).T
    wins = 1 / (1 + np.exp(-(truth[left] - truth[right])))
    scores = elo(left, right, wins, 12, prior=1e-6)
    np.testing.assert_allclose(scores, 1500 + 400 / np.log(10) * truth, atol=0.1)
    assert np.isfinite(elo(left, right, (truth[left] > truth[right]).astype(float), 12)).all()
    assert abs(scores.mean() - 1500) < 1e-6


def test_sampled_pairs_are_distinct_and_even() -> None:
    pairs = sampled_pairs(10, 4, np.random.default_rng(1))
    assert len(set(pairs)) == len(pairs) == 20
    assert all(i < j for i, j in pairs)
    assert len(sampled_pairs(10, None, np.random.default_rng(1))) == 45
