"""Each check catches the corpus that it is there to catch."""

from __future__ import annotations

import random

import numpy as np
import pytest

from emovec.corpora.balance import cramers_v, person_of
from emovec.corpora.blind import blind_test, score, topic_folds
from emovec.corpora.check import check_corpus, check_leaks, check_length
from emovec.corpora.diversity import check_distinct, check_reading_level, check_stock, reading_ease
from emovec.corpora.duplicates import check_duplicates, check_echoes, check_openings, shared_runs
from emovec.corpora.tells import tells
from emovec.corpora.words import syllables
from emovec.errors import BadInput
from emovec.lexicon import words
from tests.corpora.made import corpus, nonsense, story

RNG = random.Random(0)
PLAIN = [story(i, "happy", nonsense(RNG, 130)) for i in range(60)]


def test_a_text_that_names_its_emotion_leaks() -> None:
    check = check_leaks([*PLAIN, story(99, "happy", "They lived happily enough.")])
    assert check.passed is False
    assert check.offenders == ("x-0099 (happy): happily",)
    assert check_leaks(PLAIN).passed


@pytest.mark.parametrize(("register", "count"), [("story", 109), ("story", 171), ("diary", 19), ("memory", 71)])
def test_length_outside_the_register_is_caught(register: str, count: int) -> None:
    check = check_length([*PLAIN, story(99, "sad", "word " * count, register=register)])
    assert check.passed is False
    assert check.offenders == (f"x-0099: {count} words",)


def test_a_copied_passage_is_a_near_duplicate() -> None:
    passage = nonsense(RNG, 12)
    twins = [story(i, "sad", f"{nonsense(RNG, 60)} {passage} {nonsense(RNG, 60)}") for i in (90, 91)]
    check = check_duplicates([*PLAIN, *twins])
    assert check.passed is False
    assert check.offenders == ("x-0090 + x-0091: 7 runs",)
    assert check_duplicates(PLAIN).passed


def test_a_frame_that_many_texts_share_is_caught_in_time() -> None:
    frame = "when they told me what had come of it I went out and looked at "
    check = check_duplicates([story(i, "sad", frame + nonsense(RNG, 100)) for i in range(300)])
    assert check.passed is False
    assert check.numbers["texts sharing 2 runs %"] == 100


def test_shared_runs_counts_distinct_runs_of_a_pair() -> None:
    assert shared_runs(["a b c d e f g x", "z a b c d e f g", "q r s t u v w"]) == {(0, 1): 2}


def test_catchphrases_of_an_emotion_are_listed() -> None:
    said = {"happy": "what a day it was", "sad": "nothing would come of it"}
    texts = [story(i, w, f"{nonsense(RNG, 40)} {said[w]} {nonsense(RNG, 40)}") for i, w in enumerate([*said] * 10)]
    check = check_echoes(texts)
    assert check.passed is None
    assert check.numbers["runs per pair"] == pytest.approx(2)
    assert check.numbers["between emotions"] == 0
    assert 'sad: "nothing would come of" in 10' in check.offenders
    assert check_echoes(PLAIN).numbers == {"texts": 60}  # one emotion only: nothing to compare with


def test_a_repeated_opening_is_caught() -> None:
    check = check_openings([*PLAIN, *(story(90 + i, "sad", f"It was a {nonsense(RNG, 120)}") for i in range(4))])
    assert check.passed is False
    assert '"it was a" 4 times' in check.offenders[0]


def test_a_stock_gesture_in_more_than_half_a_percent_is_caught() -> None:
    hammer = [story(90 + i, "afraid", f"{nonsense(RNG, 60)} My heart hammered. {nonsense(RNG, 60)}") for i in range(2)]
    assert check_stock([*PLAIN, *hammer]).passed is False
    assert check_stock([*PLAIN, hammer[0]]).passed  # a single one is always allowed


def test_poor_wording_is_caught() -> None:
    few = [story(i, "sad", " ".join(RNG.choices(["one", "two", "three", "four", "five"], k=130))) for i in range(90)]
    assert check_distinct(few).passed is False
    assert check_distinct(PLAIN).passed


def test_reading_level_that_follows_the_emotion_is_caught() -> None:
    hard = "Institutional considerations necessitated extraordinarily comprehensive reorganisation throughout."
    texts = [story(i, ("happy", "sad")[i % 2], ("The cat sat. It ran." if i % 2 else hard) * 5) for i in range(40)]
    assert check_reading_level(texts).passed is False
    assert check_reading_level([story(i, "sad", "The cat sat on the mat.") for i in range(9)]).passed is False


def test_reading_ease_orders_plain_above_hard() -> None:
    assert reading_ease("The cat sat. The dog ran.") > 100
    assert reading_ease("Institutional reorganisation necessitated.") < 0
    assert [syllables(w) for w in ("cat", "table", "walked", "wanted", "banana", "make")] == [1, 2, 1, 2, 3, 1]


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("I went home. My hat was gone.", "first"),
        ('She went home. "I am late," she said to us all.', "third"),
        ("We rowed out, the three of us, and our father slept.", "first"),
        ("A dog came by.", "third"),
    ],
)
def test_person_is_told_from_the_narration(text: str, person: str) -> None:
    assert person_of(text) == person


def test_a_one_sided_corpus_fails_person_and_topics() -> None:
    texts = [
        story(i, ("happy", "sad")[i % 2], "I said so. My " + nonsense(RNG, 120), topic=f"t{i % 2}", person="first")
        for i in range(80)
    ]
    report = check_corpus(corpus(*texts), blind=False)
    assert {"person", "topics"} <= {c.name for c in report.failures}
    assert report["topics"].numbers["topic-quadrant V"] == pytest.approx(1, abs=0.05)
    assert report["topics"].offenders[0].startswith("t0: 1 emotions, 1 quadrants")


def test_a_wrong_person_label_is_an_offender() -> None:
    texts = [
        story(i, "sad", ("I told my aunt. " if i % 2 else "She told an aunt. ") + nonsense(RNG, 120), person=person)
        for i, person in enumerate(["third", "first"] * 20)
    ]
    assert check_corpus(corpus(*texts), blind=False)["person"].passed
    wrong = [story(90 + i, "sad", "I told my aunt.", person="third") for i in range(3)]
    check = check_corpus(corpus(*texts, *wrong), blind=False)["person"]
    assert check.passed is False
    assert check.offenders[0] == "x-0090: labelled third, reads as first"


def test_unlabelled_texts_are_not_judged() -> None:
    report = check_corpus(corpus(*PLAIN))
    assert report["person"].passed is None
    assert report["topics"].passed is None
    assert report["blind test, stories"].numbers == {"texts": 60}


def test_cramers_v_is_near_nought_for_independent_labels() -> None:
    labels = [(str(i % 4), str(i // 4 % 3)) for i in range(240)]
    assert cramers_v(*zip(*labels, strict=True)) == 0
    assert cramers_v([a for a, _ in labels], [a for a, _ in labels]) == pytest.approx(1)


def test_an_empty_corpus_is_refused() -> None:
    with pytest.raises(BadInput, match="no texts to check"):
        check_corpus(corpus())


def telling(rng: random.Random, *, tell: bool) -> list:  # type: ignore[type-arg]
    names = words()[:12]
    return [
        story(i, w, nonsense(rng, 40) + (f" zz{w} zz{w}" if tell else ""), topic=f"t{i // 12 % 10}")
        for i, w in enumerate(names * 20)
    ]


def test_the_blind_reader_finds_a_word_that_goes_with_an_emotion_and_nothing_else() -> None:
    found = blind_test(telling(random.Random(1), tell=True))
    assert found.top1 > 0.95
    assert found.auc > 0.99
    none = blind_test(telling(random.Random(1), tell=False))
    assert none.top1 < 0.2
    assert 0.4 < none.auc < 0.6
    assert none.chance == pytest.approx(1 / 12)


def test_the_word_that_tells_is_listed() -> None:
    found = tells(telling(random.Random(1), tell=True))
    assert (found[0].emotion, found[0].own, found[0].others) == ("afraid", 20, 0)
    assert {t.emotion for t in found} == set(words()[:12])


def test_a_topic_is_in_one_fold_only_and_one_topic_is_too_few() -> None:
    texts = telling(random.Random(1), tell=False)
    folds = topic_folds(texts)
    assert sorted(set(folds)) == [0, 1, 2, 3, 4]
    for topic in {t.topic for t in texts}:
        assert len({f for f, t in zip(folds, texts, strict=True) if t.topic == topic}) == 1
    with pytest.raises(BadInput, match="two topics"):
        topic_folds(PLAIN)


def test_ties_do_not_count_as_hits() -> None:
    found = score(np.zeros((30, 10)), np.arange(30) % 10, [str(i) for i in range(10)])
    assert found.top1 == 0
    assert found.auc == pytest.approx(0.5)
