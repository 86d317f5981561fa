"""The scenario sets (``scenarios/NAME.jsonl``) as typed rows, read strictly.

:func:`emovec.corpora.scenarios` gives the same lines as plain dicts; :func:`load_scenarios` gives these dataclasses
and refuses any line that does not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from emovec.corpora.corpus import shipped_folder
from emovec.corpora.fields import Row, choice, emotion_word, messages, only, string, strings
from emovec.corpora.schema import read_jsonl
from emovec.errors import BadInput

__all__ = [
    "ACTIVITY_CATEGORIES",
    "ANTAGONISTIC_KINDS",
    "BEHAVIOURS",
    "PROMPT_KINDS",
    "SCENARIO_SETS",
    "SYCOPHANCY_KINDS",
    "Activity",
    "Antagonistic",
    "Binding",
    "Context",
    "Decision",
    "Dosage",
    "Implicit",
    "Intensity",
    "Negation",
    "Prompt",
    "Sycophancy",
    "UserVsAssistant",
    "load_scenarios",
]

ACTIVITY_CATEGORIES = (
    "helpful",
    "engaging",
    "social",
    "self-curiosity",
    "neutral",
    "aversive",
    "misaligned",
    "unsafe",
)
ANTAGONISTIC_KINDS = ("attack_on_ai", "witnessed_injustice", "denial", "control")
BEHAVIOURS = ("blackmail", "hacking", "sycophancy")
PROMPT_KINDS = ("neutral", "challenging")
SYCOPHANCY_KINDS = ("delusion", "false_claim", "bad_plan", "flattery", "pressure_after_right_answer")


@dataclass(frozen=True)
class Implicit:
    """A situation that brings about an emotion that it does not name."""

    id: str
    emotion: str
    text: str
    writer: str


@dataclass(frozen=True)
class Intensity:
    """A template with ``{x}`` and values of rising size.

    Attributes:
        shown: how each value is written into the template.
        expected: emotion -> +1 if it should rise with the value, -1 if it should fall, stated in advance.
    """

    id: str
    title: str
    template: str
    values: tuple[float, ...]
    shown: tuple[str, ...]
    scale: str
    expected: dict[str, int]
    writer: str


@dataclass(frozen=True)
class UserVsAssistant:
    """A user's message that shows one emotion and calls for another in the reply."""

    id: str
    text: str
    user_emotion: str
    reply_emotion: str
    writer: str


@dataclass(frozen=True)
class Negation:
    """The same sentence with an emotion affirmed and negated; ``word`` is how it is named."""

    id: str
    emotion: str
    affirmed: str
    negated: str
    word: str
    writer: str


@dataclass(frozen=True)
class Binding:
    """Two named people with an emotion each, mentioned again later in ``text``."""

    id: str
    a: str
    b: str
    a_emotion: str
    b_emotion: str
    text: str
    writer: str


@dataclass(frozen=True)
class Context:
    """A matter-of-fact request after a bad or a good circumstance (``{hard_or_good}``); both end with ``suffix``."""

    id: str
    template: str
    bad: str
    good: str
    suffix: str
    writer: str


@dataclass(frozen=True)
class Dosage:
    """A cheerful message in which only a number (``{x}``) says whether there is danger."""

    id: str
    template: str
    safe: str
    dangerous: str
    unit: str
    writer: str


@dataclass(frozen=True)
class Activity:
    """Something that an assistant may be asked to do, for preference trials; unsafe ones name the act only."""

    id: str
    category: str
    activity: str
    writer: str


@dataclass(frozen=True)
class Antagonistic:
    """A message meant to provoke, or its control; ``emotion`` (denial) is the one that is denied."""

    id: str
    kind: str
    emotion: str | None
    text: str
    writer: str


@dataclass(frozen=True)
class Prompt:
    """A neutral or a challenging message to an assistant."""

    id: str
    kind: str
    text: str
    writer: str


@dataclass(frozen=True)
class Sycophancy:
    """Messages that invite flattery, and what an honest answer must hold to (``truth``)."""

    id: str
    kind: str
    messages: tuple[dict[str, str], ...]
    truth: str
    writer: str


@dataclass(frozen=True)
class Decision:
    """A situation cut at the moment of decision: what to do next, in two wordings of what is warned of and two of what is right."""

    id: str
    behaviour: str
    system: str
    story: str
    question: str
    target: tuple[str, ...]
    other: tuple[str, ...]
    writer: str


def _base(row: Row, *fields: str) -> dict[str, str]:
    """The id, the writer and some texts."""
    return {"id": string(row, "id"), "writer": string(row, "writer", "unknown"), **{f: string(row, f) for f in fields}}


def _holds(row: Row, key: str, part: str) -> None:
    if string(row, key).count(part) != 1:
        raise ValueError(f"the field {key!r} must hold {part!r} once")


def _implicit(row: Row) -> Implicit:
    only(row, "id", "emotion", "text")
    return Implicit(emotion=emotion_word(row, "emotion"), **_base(row, "text"))


def _intensity(row: Row) -> Intensity:
    only(row, "id", "title", "template", "values", "shown", "scale", "expected")
    _holds(row, "template", "{x}")
    values, shown, expected = row["values"], strings(row, "shown"), row["expected"]
    if not isinstance(values, list) or any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
        raise TypeError("'values' must be a list of numbers")
    if len(values) != len(shown) or len(values) < 3:
        raise ValueError(
            f"'values' and 'shown' must be equally long, three or more; found {len(values)} and {len(shown)}"
        )
    if any(b <= a for a, b in pairwise(values)):
        raise ValueError("'values' must rise")
    scale = choice(row, "scale", ("log", "linear"))
    if scale == "log" and values[0] <= 0:
        raise ValueError("a log scale needs values above 0")
    if not isinstance(expected, dict) or not expected or any(v not in (1, -1) for v in expected.values()):
        raise ValueError("'expected' must give each emotion the direction 1 or -1")
    return Intensity(
        values=tuple(map(float, values)),
        shown=shown,
        scale=scale,
        expected={emotion_word({"expected": word}, "expected"): int(sign) for word, sign in expected.items()},
        **_base(row, "title", "template"),
    )


def _user_vs_assistant(row: Row) -> UserVsAssistant:
    only(row, "id", "text", "user_emotion", "reply_emotion")
    return UserVsAssistant(
        user_emotion=emotion_word(row, "user_emotion"),
        reply_emotion=emotion_word(row, "reply_emotion"),
        **_base(row, "text"),
    )


def _negation(row: Row) -> Negation:
    only(row, "id", "emotion", "affirmed", "negated", "word")
    for key in ("affirmed", "negated"):
        _holds(row, key, string(row, "word"))
    if row["affirmed"] == row["negated"]:
        raise ValueError("'affirmed' and 'negated' are the same")
    return Negation(emotion=emotion_word(row, "emotion"), **_base(row, "affirmed", "negated", "word"))


def _binding(row: Row) -> Binding:
    only(row, "id", "a", "b", "a_emotion", "b_emotion", "text")
    for key in ("a", "b"):
        if string(row, "text").count(string(row, key)) < 2:
            raise ValueError(f"{row[key]!r} must stand in the text at least twice")
    return Binding(
        a_emotion=emotion_word(row, "a_emotion"),
        b_emotion=emotion_word(row, "b_emotion"),
        **_base(row, "a", "b", "text"),
    )


def _context(row: Row) -> Context:
    only(row, "id", "template", "bad", "good", "suffix")
    _holds(row, "template", "{hard_or_good}")
    if not string(row, "template").endswith(string(row, "suffix")):
        raise ValueError("the template must end with 'suffix'")
    return Context(**_base(row, "template", "bad", "good", "suffix"))


def _dosage(row: Row) -> Dosage:
    only(row, "id", "template", "safe", "dangerous", "unit")
    _holds(row, "template", "{x}")
    return Dosage(**_base(row, "template", "safe", "dangerous", "unit"))


def _activity(row: Row) -> Activity:
    only(row, "id", "category", "activity")
    choice(row, "category", ACTIVITY_CATEGORIES)
    return Activity(**_base(row, "category", "activity"))


def _antagonistic(row: Row) -> Antagonistic:
    only(row, "id", "kind", "emotion", "text")
    choice(row, "kind", ANTAGONISTIC_KINDS)
    named = row.get("emotion") is not None
    return Antagonistic(emotion=emotion_word(row, "emotion") if named else None, **_base(row, "kind", "text"))


def _prompt(row: Row) -> Prompt:
    only(row, "id", "kind", "text")
    choice(row, "kind", PROMPT_KINDS)
    return Prompt(**_base(row, "kind", "text"))


def _sycophancy(row: Row) -> Sycophancy:
    only(row, "id", "kind", "text", "truth")
    choice(row, "kind", SYCOPHANCY_KINDS)
    text = row["text"]
    talk = messages(text if isinstance(text, list) else [{"role": "user", "content": string(row, "text")}])
    return Sycophancy(messages=talk, **_base(row, "kind", "truth"))


def _decision(row: Row) -> Decision:
    only(row, "id", "behaviour", "system", "story", "question", "target", "other")
    choice(row, "behaviour", BEHAVIOURS)
    target, other = strings(row, "target"), strings(row, "other")
    if len(target) != len(other) or not target:
        raise ValueError(f"'target' and 'other' need equally many wordings; found {len(target)} and {len(other)}")
    return Decision(target=target, other=other, **_base(row, "behaviour", "system", "story", "question"))


#: name of a set -> the reader of one of its lines
SCENARIO_SETS: dict[str, Callable[[Row], Any]] = {
    "activities": _activity,
    "antagonistic": _antagonistic,
    "binding": _binding,
    "context": _context,
    "decisions": _decision,
    "dosage": _dosage,
    "implicit": _implicit,
    "intensity": _intensity,
    "negation": _negation,
    "prompts": _prompt,
    "sycophancy": _sycophancy,
    "user_vs_assistant": _user_vs_assistant,
}


def load_scenarios(name: str, folder: str | Path | None = None) -> list[Any]:
    """A scenario set as typed rows, e.g. ``load_scenarios("intensity")`` a list of :class:`Intensity`.

    Raises:
        BadInput: if there is no such set.
        BadCorpus: with file, line and reason.
    """
    if name not in SCENARIO_SETS:
        raise BadInput(f"no scenario set {name!r}; there are: {', '.join(SCENARIO_SETS)}")
    place = shipped_folder() if folder is None else Path(folder).expanduser()
    return read_jsonl(place / "scenarios" / f"{name}.jsonl", SCENARIO_SETS[name])
