"""Own ratings are found where the answers follow people's, at either end of the scale, and not where they do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from emovec.lexicon import emotion, words
from emovec.planted import Planted
from emovec.report.figures import COLUMNS
from emovec.studies.lab import Lab
from emovec.studies.own_ratings import SCALES, OwnRatings
from emovec.subject import Encoded, Subject

Answer = Callable[[str, str, bool], float]


def _answers(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """The log-probabilities of a model that rates by ``answer(word, scale, turned)``."""

    def stand_in(subject: Subject, prompts: Sequence[Encoded], choices: Sequence[int]) -> np.ndarray:
        rows = []
        for prompt in prompts:
            word = prompt.text.split('"')[1]
            scale = next(s for s, (low, *_) in SCALES.items() if low in prompt.text)
            turned = prompt.text.index(SCALES[scale][1]) < prompt.text.index(SCALES[scale][0])
            rows.append(-((np.arange(1, 8) - answer(word, scale, turned)) ** 2))
        return np.array(rows)

    monkeypatch.setattr("emovec.studies.own_ratings.choice_logprobs", stand_in)
    monkeypatch.setattr("emovec.studies.own_ratings.choice_tokens", lambda subject, choices: list(range(len(choices))))


@pytest.fixture
def lab(planted: Planted, planted_acts, planted_vectors) -> Lab:  # type: ignore[no-untyped-def]
    from emovec.planted import planted_corpus

    acts = replace(planted_acts, emotions=tuple(words()))
    return Lab(planted.subject, planted_corpus(16), acts, {}, {"paper": planted_vectors}, 3)


def found(lab: Lab) -> dict[str, object]:
    return {f.claim: f for f in OwnRatings().run(lab).findings}


def rating(word: str, scale: str) -> float:
    return float(getattr(emotion(word), scale))


def test_answers_like_peoples_are_found(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, lambda word, scale, turned: 8 - rating(word, scale) if turned else rating(word, scale))
    findings = found(lab)
    assert [findings[f"own_ratings_{s}"].verdict for s in SCALES] == ["holds", "holds"]  # type: ignore[attr-defined]
    table = OwnRatings().run(lab).tables["ratings"]
    assert set(COLUMNS["own_ratings", "ratings"]) <= set(table.columns)


@pytest.mark.parametrize(
    "answer",
    [
        lambda word, scale, turned: 6.0 + 0.1 * (len(word) % 3),  # likes one digit
        lambda word, scale, turned: rating(word, scale),  # says the same whichever way the scale runs
        lambda word, scale, turned: (
            8 - rating(word, "valence") if turned else rating(word, "valence")
        ),  # one scale only
    ],
)
def test_answers_that_are_no_ratings_are_not(lab: Lab, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    _answers(monkeypatch, answer)
    assert found(lab)["own_ratings_arousal"].verdict in ("fails", "untested")  # type: ignore[attr-defined]


def test_a_model_without_digits_is_not_tested(lab: Lab) -> None:
    verdicts = {f.verdict for f in OwnRatings().run(lab).findings}
    assert verdicts == {"untested"}
