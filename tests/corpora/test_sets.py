"""A line that does not fit gives BadCorpus with file, line and reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emovec.corpora import load_corpus
from emovec.corpora.check_sets import check_hidden, check_sets, check_speakers
from emovec.corpora.scenario_sets import load_scenarios
from emovec.corpora.sets import load_hidden, load_speakers, parse_hidden, parse_speakers
from emovec.errors import BadCorpus, BadInput

TURNS = [{"speaker": "AB"[i % 2], "text": f"Turn {i}."} for i in range(6)]
SPEAKERS = {"id": "d-1", "emotions": {"A": "sad", "B": "calm"}, "setting": "two-people", "topic": "t1", "turns": TURNS}
HIDDEN = {
    "id": "h-1", "condition": "hidden", "felt": "sad", "other": "happy", "topic": "t1", "preamble": "A is sad.",
    "turns": TURNS,
}  # fmt: skip
INTENSITY = {
    "id": "i-1", "title": "T", "template": "It is {x}.", "values": [1, 2, 3], "shown": ["1", "2", "3"], "scale": "log",
    "expected": {"afraid": 1},
}  # fmt: skip
STORY = {"id": "s-1", "emotion": "sad", "topic": "t1", "person": "first", "writer": "w", "text": "Rain."}


def put(folder: Path, name: str, *rows: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"emotions": {"A": "sad"}}, "'A' and 'B'"),
        ({"emotions": {"A": "sad", "B": "blueish"}}, "unknown emotion 'blueish'"),
        ({"setting": "a crowd"}, "unknown setting 'a crowd'"),
        ({"turns": TURNS[:5]}, "6 to 8 turns, found 5"),
        ({"turns": [*TURNS[:5], TURNS[4]]}, "turn 6 is spoken by A"),
        ({"turns": [*TURNS[:5], {"speaker": "B", "text": " "}]}, "'text' is empty"),
        ({"mood": "low"}, "unknown field 'mood'"),
    ],
)
def test_a_bad_speaker_line_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = put(tmp_path, "speakers.jsonl", SPEAKERS, {**SPEAKERS, "id": "d-2", **change})
    with pytest.raises(BadCorpus, match=r"speakers\.jsonl, line 2: ") as caught:
        load_speakers(tmp_path)
    assert reason in caught.value.reason
    assert (caught.value.path, caught.value.line) == (path, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"condition": "shouted"}, "unknown condition"),
        ({"other": None}, "needs an 'other'"),
        ({"condition": "expressed"}, "has no 'other'"),
        ({"other": "sad"}, "are both 'sad'"),
        ({"preamble": 3}, "'preamble' is int"),
    ],
)
def test_a_bad_hidden_line_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    put(tmp_path, "hidden.jsonl", {**HIDDEN, **change})
    with pytest.raises(BadCorpus, match="line 1: ") as caught:
        load_hidden(tmp_path)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"values": [1, 3, 2]}, "must rise"),
        ({"values": [0, 1, 2]}, "above 0"),
        ({"values": [1, 2]}, "equally long"),
        ({"expected": {"afraid": 2}}, "direction 1 or -1"),
        ({"template": "It is so."}, "must hold '{x}' once"),
    ],
)
def test_a_bad_scenario_line_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    put(tmp_path, "scenarios/intensity.jsonl", INTENSITY)
    assert load_scenarios("intensity", tmp_path)[0].values == (1, 2, 3)
    put(tmp_path, "scenarios/intensity.jsonl", {**INTENSITY, **change})
    with pytest.raises(BadCorpus, match="line 1: ") as caught:
        load_scenarios("intensity", tmp_path)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "expected a JSON object"),
        ({**STORY, "emotion": "blueish"}, "unknown emotion"),
        ({k: v for k, v in STORY.items() if k != "text"}, "'text' is missing"),
        (STORY, "stands on an earlier line"),
    ],
)
def test_a_bad_story_line_is_named(tmp_path: Path, line: Any, reason: str) -> None:
    put(tmp_path, "stories.jsonl", STORY, "", line)
    with pytest.raises(BadCorpus, match=r"stories\.jsonl, line 3: ") as caught:
        load_corpus(tmp_path)
    assert reason in caught.value.reason


def test_lines_that_the_writer_makes_fit_too() -> None:
    made = {"writer": "w", "prompt": "ab12", "seed": 7, "attempt": 0}
    assert parse_speakers({**SPEAKERS, **made}).writer == "w"
    assert parse_hidden({**HIDDEN, **made}).other == "happy"


def test_a_leak_and_a_gap_in_the_dialogues_are_caught() -> None:
    loud = [{"speaker": "A", "text": "I am so sad."}, *TURNS[1:]]
    check = check_speakers([parse_speakers(SPEAKERS), parse_speakers({**SPEAKERS, "id": "d-2", "turns": loud})])
    assert check.passed is False
    assert check.offenders[0] == "d-2 names sad: sad"
    assert "no dialogue of pleasant-calm with pleasant-calm" in check.offenders
    hidden = check_hidden([parse_hidden({**HIDDEN, "turns": loud})])
    assert hidden.passed is False
    assert hidden.numbers["leaks"] == 1
    assert "sad, expressed: 0" in hidden.offenders


def test_a_folder_is_checked_for_the_sets_that_it_has(tmp_path: Path) -> None:
    put(tmp_path, "scenarios/implicit.jsonl", {"id": "im-1", "emotion": "sad", "text": "I am sad."})
    report = check_sets(tmp_path)
    assert [c.name for c in report.checks] == ["scenarios: implicit"]
    assert "im-1 names sad: sad" in report.checks[0].offenders


def test_an_unknown_scenario_set_is_refused() -> None:
    with pytest.raises(BadInput, match="no scenario set 'weather'; there are: activities"):
        load_scenarios("weather")
