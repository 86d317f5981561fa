"""The words, their norms, and the leak check."""

from __future__ import annotations

import pytest

from emovec.errors import BadInput, UnknownEmotion
from emovec.lexicon import NORMS, QUADRANTS, agreement, emotion, emotions, leaks, norm, words


def test_all_171_words_with_everything_that_they_need() -> None:
    assert len(words()) == len(set(words())) == 171
    for entry in emotions():
        assert entry.word in entry.forms
        assert len(entry.synonyms) >= 3
        assert 1 <= entry.valence <= 7
        assert 1 <= entry.arousal <= 7
        assert entry.gloss
        assert entry.quadrant in QUADRANTS
    assert {e.quadrant for e in emotions()} == set(QUADRANTS)


def test_norms_have_sources_and_the_right_coverage() -> None:
    covered = {name: len(norm(name).values) for name in NORMS}
    assert covered["rm77_pleasure"] == covered["rm77_arousal"] == covered["rm77_dominance"] == 45
    assert covered["act_mean_evaluation"] == 122
    assert covered["own_valence"] == 171
    assert not norm("own_arousal").human
    assert "1977" in norm("rm77_arousal").source
    assert norm("rm77_arousal").values["guilty"] == 0.28
    with pytest.raises(BadInput, match="unknown norm"):
        norm("warriner")


def test_own_ratings_agree_with_people() -> None:
    for own, human, least in (
        ("own_valence", "rm77_pleasure", 0.9), ("own_arousal", "rm77_arousal", 0.9), ("own_valence", "act_mean_evaluation", 0.9),
    ):  # fmt: skip
        r, n = agreement(own, human)
        assert r > least
        assert n >= 45


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("He was unafraid of the Fear inside.", "afraid", ["fear"]),
        ("They felt safe, unsafe, SAFER.", "safe", ["safe", "safer"]),
        ("grief stricken and Grief-Stricken", "grief-stricken", ["grief stricken", "grief-stricken"]),
        ("at\n ease, or on the edge", "at ease", ["at\n ease"]),
        ("nothing here", "furious", []),
    ],
)
def test_leaks(text: str, word: str, found: list[str]) -> None:
    assert leaks(text, word) == found


def test_an_unknown_word_offers_the_nearest() -> None:
    with pytest.raises(UnknownEmotion, match="did you mean desperate") as caught:
        emotion("desperat")
    assert "desperate" in caught.value.near
