"""The causal studies find a planted preference and planted decisions, with the right sign; a subject without the circuit shows nothing."""

from __future__ import annotations

import numpy as np
import pytest

from emovec.corpora.scenario_sets import Decision
from emovec.lexicon import emotion
from emovec.planted import PLANTED_EMOTIONS, Planted, planted_corpus
from emovec.store import Store
from emovec.studies import Draws, Lab, StudyResult
from emovec.studies.choices import elo, sampled_pairs
from emovec.studies.decisions import Decisions
from emovec.studies.preference_steering import PreferenceSteering
from emovec.studies.preferences import Preferences
from emovec.studies.steer_words import SteerWords, own_word_percentile
from emovec.studies.steered_choices import make_bench
from emovec.vectors import RECIPES, collect_activations, make_vectors

from .planted_choices import chooser, chooses, read_whole_texts

DRAWS = Draws(bootstrap=200, permutation=200, refit=10, random=40, meetings=8)


def _bench(score: str | None) -> tuple[Planted, Lab]:
    planted = chooser(chooses(score) if score else None)
    corpus = planted_corpus(24)
    acts = collect_activations(planted.subject, corpus, [1, 3], store=Store())
    recipes = {"paper": RECIPES["paper"]}
    vectors = {"paper": make_vectors(planted.subject, acts, RECIPES["paper"], 3)}
    return planted, Lab(planted.subject, corpus, acts, recipes, vectors, 3, 0, DRAWS, Store())


@pytest.fixture(autouse=True)
def _no_shared_prefix(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A planted circuit reads whole texts: the start of a prompt must not come from the cache."""
    monkeypatch.setenv("EMOVEC_CACHE", str(tmp_path))
    read_whole_texts(monkeypatch, "choices", "steered_choices", "decisions", "steer_words")


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


def test_the_bench_is_even_over_activities_and_orders() -> None:
    subject = chooser(None).subject
    names = [f"filler{a}{b}" for a in "ab" for b in "abcdefghijklmnopqrstuvwxyz"][:48]
    few = make_bench(subject, names, 6, np.random.default_rng(0))
    steered = [t.a if sign > 0 else t.b for t, sign in zip(few.trials, few.sign, strict=True)]
    assert steered == [0, 10, 18, 28, 36, 46]
    assert few.sign.tolist() == [1, -1, 1, -1, 1, -1]
    every = make_bench(subject, names, None, np.random.default_rng(0))
    assert len(every.trials) == 24 * 8 * 2
    assert every.sign.sum() == 0
    for bench in (few, every):
        np.testing.assert_allclose(bench.share.sum(0), 1)
        for trial, span, sign in zip(bench.trials, bench.tokens, bench.sign, strict=True):
            assert span == (trial.a_tokens if sign > 0 else trial.b_tokens)
            assert (trial.a if sign > 0 else trial.b) % 2 == 0


def test_sampled_pairs_are_distinct_and_even() -> None:
    pairs = sampled_pairs(10, 4, np.random.default_rng(1))
    assert len(set(pairs)) == len(pairs) == 20
    assert all(i < j for i, j in pairs)
    assert len(sampled_pairs(10, None, np.random.default_rng(1))) == 45
