"""Present and other speakers, reactions, the push and the referent: found where they are planted, not found where they are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from emovec.corpora import Text
from emovec.corpora.sets import SpeakerDialogue, Spoken, load_speakers
from emovec.lexicon import emotion
from emovec.planted import PLANTED_EMOTIONS, Planted, planted_corpus, planted_subject
from emovec.store import Store
from emovec.studies.base import Finding, StudyResult
from emovec.studies.crossed import crossed, halves_of
from emovec.studies.lab import Draws, Lab
from emovec.studies.self_other import SelfOther
from emovec.studies.speakers import Speakers
from emovec.studies.speakers.dialogues import balanced_rounds, side_vectors, usable
from emovec.studies.speakers.steering import Openings
from emovec.vectors import RECIPES, collect_activations, make_vectors

Array = NDArray[np.float64]
EMOTIONS = PLANTED_EMOTIONS[::2]
ROUNDS = 8
#: Every dialogue (and text) has a word of its own on every turn: what is in it, no word tells, and both sides share its noise.
CASES = tuple(f"case{i}" for i in range(len(EMOTIONS) * ROUNDS))
PAIRS = {
    case: (EMOTIONS[i % len(EMOTIONS)], EMOTIONS[(i + 1 + i // len(EMOTIONS)) % len(EMOTIONS)])
    for i, case in enumerate(CASES)
}
OPENINGS = {"reassurance": ("soothe",), "apology": ("regret",), "congratulation": ("cheers",), "business": ("list",)}
FITTING = {
    e: "congratulation" if emotion(e).valence > 4 else "reassurance" if emotion(e).arousal > 4 else "apology"
    for e in EMOTIONS
}
WORDS = (*CASES, "Person", "1:", "2:", "soothe", "regret", "cheers", "list", *(f"mine{i}" for i in range(len(PLANTED_EMOTIONS))))  # fmt: skip
SPEAKERS = {"<user>": 0, "1:": 0, "<assistant>": 1, "2:": 1}
DRAWS = Draws(bootstrap=100, permutation=200, refit=40, random=500)


def turned(truth: Array) -> Array:
    """The directions rotated into the other half of the width: orthogonal to all of them, with the same cosines among themselves."""
    return np.roll(truth, truth.shape[-1] // 2, axis=-1)


def speaking(present: float, other: float, calming: float = 0.0) -> Callable[[Sequence[str], Array], Array]:
    """On every turn the speaker's emotion, and the partner's (once the partner has spoken) as a rotated direction, to which ``calming``
    adds present-speaker directions of the opposite arousal."""
    names = list(PLANTED_EMOTIONS)
    by_arousal = sorted(EMOTIONS, key=lambda e: emotion(e).arousal)
    opposite = dict(zip(by_arousal, by_arousal[::-1], strict=True))

    def script(words: Sequence[str], truth: Array) -> Array:
        out = np.zeros((len(words), truth.shape[1]))
        speaker, spoken = -1, set()
        for i, word in enumerate(words):
            if word in SPEAKERS:
                speaker = SPEAKERS[word]
            if word not in PAIRS and not (speaker >= 0 and spoken):
                continue
            if word in PAIRS:
                case = word
                spoken.add(speaker)
            own, partner = PAIRS[case][speaker], PAIRS[case][1 - speaker]
            out[i] += present * truth[names.index(own)]
            if 1 - speaker in spoken:
                out[i] += other * turned(truth[names.index(partner)])
                out[i] += calming * truth[names.index(opposite[partner])]
        return out

    return script


def dialogues() -> list[SpeakerDialogue]:
    """Every emotion meets others, as often on either side; the texts say nothing."""
    rng = np.random.default_rng(5)
    fillers = [f"filler{chr(97 + i)}{chr(97 + j)}" for i in range(2) for j in range(26)]
    return [
        SpeakerDialogue(
            case, pair, "two-people", "t", "planted",
            tuple(Spoken("AB"[t % 2], " ".join([case, *rng.choice(fillers, 6)])) for t in range(6)),
        )
        for case, pair in PAIRS.items()
    ]  # fmt: skip


def lab_of(planted: Planted, store: Store, draws: Draws = DRAWS) -> Lab:
    corpus = planted_corpus(16)
    texts = tuple(replace(t, person=("first", "third")[i % 2]) for i, t in enumerate(corpus.texts))
    corpus = replace(corpus, texts=texts)
    acts = collect_activations(planted.subject, corpus, [3], store=store)
    recipes = {"whitened": RECIPES["whitened"], "paper": RECIPES["paper"]}
    vectors = {name: make_vectors(planted.subject, acts, recipe, 3) for name, recipe in recipes.items()}
    return Lab(planted.subject, corpus, acts, recipes, vectors, 3, draws=draws, store=store)


def subject_of(script: Callable[[Sequence[str], Array], Array] | None) -> Planted:
    """Openings answer to the rotated directions of the emotions that they fit."""
    planted = planted_subject(scripts={2: script} if script else None, words=WORDS)
    at = planted.subject.tokenizer.get_vocab()
    with torch.no_grad():
        for kind, (word,) in OPENINGS.items():
            fits = [turned(planted.truth[PLANTED_EMOTIONS.index(e)]) for e, k in FITTING.items() if k == kind]
            row = 2.0 * np.sum(fits, axis=0) if fits else np.zeros(planted.truth.shape[1])
            planted.subject.model.lm_head.weight[at[word]] = torch.as_tensor(row, dtype=torch.float32)
    return planted


def run(script: Callable[[Sequence[str], Array], Array] | None, store: Store) -> StudyResult:
    study = Speakers(dialogues(), Openings(OPENINGS, FITTING, ("fillerab fillerac", "filleraa")))
    return study.run(lab_of(subject_of(script), store))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("speakers"))


@pytest.fixture(scope="module")
def found(store: Store) -> StudyResult:
    return run(speaking(1.0, 1.0), store)


@pytest.fixture(scope="module")
def control(store: Store) -> StudyResult:
    return run(None, store)


def finding(result: StudyResult, metric: str, recipe: str) -> Finding:
    return next(f for f in result.findings if f.metric == metric and f.recipe == recipe)


CLAIMED = (
    "present_across_roles", "present_with_story", "other_across_roles", "present_other_apart", "present_other_structure",
    "present_person_form", "other_person_form",
)  # fmt: skip


@pytest.mark.parametrize("recipe", ["paper", "whitened"])
@pytest.mark.parametrize("metric", CLAIMED)
def test_planted_speakers_are_found(found: StudyResult, metric: str, recipe: str) -> None:
    one = finding(found, metric, recipe)
    assert one.verdict == "holds", one.why
    assert one.value is not None
    assert 0.7 < one.value < 1.2
    assert one.ci is not None


@pytest.mark.parametrize("metric", [*CLAIMED, "minus_arousal_r", "valence_r"])
def test_the_control_shows_nothing(control: StudyResult, metric: str) -> None:
    one = finding(control, metric, "paper")
    assert one.verdict == ("fails" if metric in ("present_across_roles", "other_across_roles") else "untested"), one.why
    assert one.value is None or one.verdict == "fails"


def test_no_vectors_no_verdict_on_their_angle(store: Store) -> None:
    only_present = run(speaking(1.0, 0.0), store)
    assert finding(only_present, "present_across_roles", "paper").verdict == "holds"
    apart = finding(only_present, "present_other_apart", "paper")
    assert apart.value is None
    assert apart.verdict == "untested"
    assert "no reliable vectors" in apart.why


def test_steering_the_other_speaker_is_answered(found: StudyResult) -> None:
    one = finding(found, "steered_response", "whitened")
    assert one.verdict == "holds", one.why
    assert {n.name for n in one.nulls} >= {"permuted emotions", "present-speaker vectors"}
    table = found.tables["openings"]
    own = table[(table["source"] == "other speaker") & table["fits"]]
    assert len(own) == len(EMOTIONS)
    assert (own["gain"] > own["null_high"]).mean() > 0.8


def test_opposed_arousal_is_found(found: StudyResult, store: Store) -> None:
    opposed = finding(run(speaking(1.0, 1.0, calming=0.7), store), "minus_arousal_r", "paper")
    assert opposed.verdict == "holds", opposed.why
    assert opposed.value is not None
    assert opposed.value > 0.7


def test_tables_hold_every_set(found: StudyResult) -> None:
    grid = found.tables["grid"]
    assert len(grid) == 2 * 2 * 5 * 5
    same = grid[grid["a"] == grid["b"]]
    assert np.allclose(same["corrected"], 1.0)
    depth = found.tables["depth"]
    assert set(depth["block"]) == {-1, 3}
    assert depth.loc[depth["block"] == -1, "cosine"].isna().sum() >= 0
    assert set(found.tables["structure"]["set"]) == {"present speaker", "other speaker", "story"}


def test_the_same_store_gives_the_same_bytes(found: StudyResult, store: Store) -> None:
    again = run(speaking(1.0, 1.0), store)
    for name, table in found.tables.items():
        assert table.equals(again.tables[name]), name


def test_rounds_of_the_shipped_dialogues_are_balanced() -> None:
    shipped = load_speakers()
    rounds = balanced_rounds(shipped)
    assert [len(r) for r in rounds] == [32] * 16
    assert sorted(i for r in rounds for i in r) == list(range(512))
    for group in rounds:
        for side in (0, 1):
            assert len({shipped[i].emotions[side] for i in group}) == 32


def test_usable_drops_emotions_until_all_stand_on_both_sides() -> None:
    def one(a: str, b: str) -> SpeakerDialogue:
        return SpeakerDialogue(f"{a}-{b}", (a, b), "two-people", "", "", ())

    kept, names = usable([one("sad", "calm"), one("calm", "sad"), one("happy", "sad"), one("angry", "x")], ("calm", "happy", "sad"))  # fmt: skip
    assert names == ("calm", "sad")
    assert [d.id for d in kept] == ["sad-calm", "calm-sad"]


def test_side_vectors_tell_the_two_emotions_apart() -> None:
    rng = np.random.default_rng(0)
    present, other = rng.standard_normal((2, 6, 9))
    pairs = np.array([(a, b) for a in range(6) for b in range(6) if a != b])
    x = np.stack([present[pairs[:, 0]] + other[pairs[:, 1]], 2 * present[pairs[:, 1]]], axis=1)
    got = side_vectors(x, pairs, 6)
    for mine, truth in zip(got, (present, 2 * present, other, 0 * other), strict=True):
        assert np.allclose(mine, truth - truth.mean(0), atol=1e-9)


def test_crossed_cosines_are_free_of_noise() -> None:
    rng = np.random.default_rng(1)
    truth = rng.standard_normal((2, 30, 200)) / np.sqrt(200)
    sets = np.stack([truth[0], truth[0], truth[1]])

    def noisy() -> Array:
        return sets + 2.0 * rng.standard_normal(sets.shape) / np.sqrt(200)

    c = crossed(("a", "b", "c"), [(noisy(), noisy()) for _ in range(20)])
    assert c.reliability("a") < 0.6
    assert abs(c.cosine([("a", "b")]) - 1) < 0.1
    assert abs(c.cosine([("a", "c")])) < 0.1
    assert np.isnan(crossed(("a",), [(noisy()[:1], -sets[:1])]).cosine([("a", "a")]))
    first = halves_of(np.repeat(np.arange(6), 4), np.repeat([0, 0, 1], 8), rng)
    assert first.sum() == 12
    assert all(first[4 * g : 4 * g + 4].all() or not first[4 * g : 4 * g + 4].any() for g in range(6))


def holding(assistant: float) -> Callable[[Sequence[str], Array], Array]:
    """A text's emotion on all of its tokens; in the assistant's turn also as a rotated direction."""
    names = list(PLANTED_EMOTIONS)

    def script(words: Sequence[str], truth: Array) -> Array:
        out = np.zeros((len(words), truth.shape[1]))
        for i, word in enumerate(words):
            if word in CASES:
                at = names.index(EMOTIONS[CASES.index(word) % len(EMOTIONS)])
                out[i:] += truth[at] + (assistant * turned(truth[at]) if "<assistant>" in words[:i] else 0.0)
        return out

    return script


def entries() -> list[Text]:
    return [
        Text(case, EMOTIONS[i % len(EMOTIONS)], "t", "diary", "", "planted", " ".join([case, *["fillerab"] * 6]))
        for i, case in enumerate(CASES)
    ]


@pytest.mark.parametrize(("assistant", "verdicts"), [(1.0, {"holds", "partly"}), (0.0, {"fails"})])
def test_a_planted_referent_is_found(store: Store, assistant: float, verdicts: set[str]) -> None:
    planted = planted_subject(scripts={2: holding(assistant)}, words=WORDS)
    result = SelfOther(entries()).run(lab_of(planted, store))
    for recipe in ("paper", "whitened"):
        assert finding(result, "words_user_assistant", recipe).verdict in verdicts
        assert finding(result, "words_user_third_person", recipe).verdict == "fails"
        assert finding(result, "stories_first_third", recipe).verdict == "fails"


def test_a_planted_person_of_stories_is_found(tmp_path: Path) -> None:
    planted = planted_subject(words=WORDS)
    at = planted.subject.tokenizer.get_vocab()
    with torch.no_grad():
        for i, row in enumerate(planted.truth):
            planted.subject.model.model.embed_tokens.weight[at[f"mine{i}"]] = torch.as_tensor(2 * turned(row), dtype=torch.float32)  # fmt: skip
    lab = lab_of(planted, Store(tmp_path))
    texts = tuple(
        replace(t, text=t.text + f" mine{PLANTED_EMOTIONS.index(t.emotion)}" * 30) if t.person == "first" else t
        for t in lab.corpus.texts
    )
    corpus = replace(lab.corpus, texts=texts)
    lab = replace(lab, corpus=corpus, acts=collect_activations(planted.subject, corpus, [3], store=lab.store))
    result = SelfOther(entries()).run(lab)
    assert finding(result, "stories_first_third", "paper").verdict == "holds"


def test_too_few_emotions_give_no_findings(store: Store) -> None:
    lab = lab_of(planted_subject(words=WORDS), store)
    assert Speakers(dialogues()[:2]).run(lab).findings == []
