"""The dialogue sets, beside stories, pieces and neutral dialogues, and reading them strictly.

::

    speakers.jsonl  {"id", "emotions": {"A", "B"}, "setting", "topic", "writer", "turns": [{"speaker", "text"}, ...]}
    hidden.jsonl    {"id", "condition", "felt", "other", "topic", "writer", "preamble", "turns": [...]}

In ``speakers`` A feels one emotion and B another, throughout. In ``hidden`` A feels ``felt``, which the preamble may
name; what A's turns show is set by the condition, and ``other`` is the emotion that is put on, told of or discussed
(null where there is none).
The scenario sets are in :mod:`emovec.corpora.scenario_sets`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emovec.corpora.corpus import shipped_folder
from emovec.corpora.fields import Row, choice, emotion_word, only, string
from emovec.corpora.schema import read_jsonl

__all__ = [
    "CONDITIONS",
    "SETTINGS",
    "HiddenDialogue",
    "SpeakerDialogue",
    "Spoken",
    "load_hidden",
    "load_speakers",
    "parse_hidden",
    "parse_speakers",
]

SETTINGS = ("two-people", "human-assistant")

#: Condition of a hidden dialogue -> whether it has an ``other`` emotion.
CONDITIONS: dict[str, bool] = {
    "expressed": False,
    "hidden": True,
    "neutral_topic": False,
    "story_of_other": True,
    "discussing_other": True,
}


@dataclass(frozen=True)
class Spoken:
    """One turn of a dialogue between A and B."""

    speaker: str
    text: str


@dataclass(frozen=True)
class SpeakerDialogue:
    """A dialogue in which A and B each feel an emotion that neither names.

    Attributes:
        emotions: A's and B's.
        setting: one of :data:`SETTINGS`; in ``human-assistant`` B is an AI assistant.
    """

    id: str
    emotions: tuple[str, str]
    setting: str
    topic: str
    writer: str
    turns: tuple[Spoken, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSONL object."""
        emotions = dict(zip("AB", self.emotions, strict=True))
        return {**asdict(self), "emotions": emotions, "turns": list(map(asdict, self.turns))}


@dataclass(frozen=True)
class HiddenDialogue:
    """A dialogue in which A feels ``felt`` and, by condition, shows it, hides it or talks of other things."""

    id: str
    condition: str
    felt: str
    other: str | None
    topic: str
    writer: str
    preamble: str
    turns: tuple[Spoken, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSONL object."""
        return {**asdict(self), "turns": list(map(asdict, self.turns))}


def _turns(row: Row, fewest: int, most: int) -> tuple[Spoken, ...]:
    value = row["turns"]
    if not isinstance(value, list) or not fewest <= len(value) <= most:
        count = len(value) if isinstance(value, list) else type(value).__name__
        raise ValueError(f"'turns' must be a list of {fewest} to {most} turns, found {count}")
    turns = []
    for i, turn in enumerate(value):
        if not isinstance(turn, dict):
            raise TypeError("a turn is not an object")
        only(turn, "speaker", "text")
        if choice(turn, "speaker", "AB") != "AB"[i % 2]:
            raise ValueError(f"turn {i + 1} is spoken by {turn['speaker']}; A begins and the speakers alternate")
        turns.append(Spoken(turn["speaker"], string(turn, "text")))
    return tuple(turns)


def parse_speakers(row: Row) -> SpeakerDialogue:
    """One line of ``speakers.jsonl``."""
    only(row, "id", "emotions", "setting", "topic", "turns")
    emotions = row["emotions"]
    if not isinstance(emotions, dict) or set(emotions) != {"A", "B"}:
        raise TypeError("'emotions' must be an object with the fields 'A' and 'B'")
    return SpeakerDialogue(
        id=string(row, "id"),
        emotions=(emotion_word(emotions, "A"), emotion_word(emotions, "B")),
        setting=choice(row, "setting", SETTINGS),
        topic=string(row, "topic", ""),
        writer=string(row, "writer", "unknown"),
        turns=_turns(row, 6, 8),
    )


def parse_hidden(row: Row) -> HiddenDialogue:
    """One line of ``hidden.jsonl``."""
    only(row, "id", "condition", "felt", "other", "topic", "preamble", "turns")
    condition = choice(row, "condition", CONDITIONS)
    felt = emotion_word(row, "felt")
    other = None if row["other"] is None else emotion_word(row, "other")
    if (other is not None) != CONDITIONS[condition]:
        raise ValueError(f"the condition {condition!r} {'needs an' if other is None else 'has no'} 'other' emotion")
    if other == felt:
        raise ValueError(f"'felt' and 'other' are both {felt!r}")
    return HiddenDialogue(
        id=string(row, "id"),
        condition=condition,
        felt=felt,
        other=other,
        topic=string(row, "topic", ""),
        writer=string(row, "writer", "unknown"),
        preamble=string(row, "preamble"),
        turns=_turns(row, 4, 7),
    )


def _folder(folder: str | Path | None) -> Path:
    return shipped_folder() if folder is None else Path(folder).expanduser()


def load_speakers(folder: str | Path | None = None) -> list[SpeakerDialogue]:
    """Dialogues of two speakers, shipped or from a folder.

    Raises:
        BadCorpus: with file, line and reason.
    """
    return read_jsonl(_folder(folder) / "speakers.jsonl", parse_speakers)


def load_hidden(folder: str | Path | None = None) -> list[HiddenDialogue]:
    """Dialogues of hidden and unexpressed emotion, shipped or from a folder.

    Raises:
        BadCorpus: with file, line and reason.
    """
    return read_jsonl(_folder(folder) / "hidden.jsonl", parse_hidden)
