"""What a line of each file of a corpus holds, and reading it strictly.

A corpus is a folder of JSONL files::

    stories.jsonl   {"id", "emotion", "topic", "person", "writer", "text"}           one scene, 110-170 words
    pieces.jsonl    {"id", "emotion", "topic", "register", "writer", "text"}         20-70 words, four registers
    neutral.jsonl   {"id", "kind", "writer", "messages": [{"role", "content"}, ...]} dialogues and agent transcripts

``topics.jsonl`` ({"id", "topic"}) names the topics. Only ``stories.jsonl`` and ``neutral.jsonl`` are required.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from emovec.errors import BadCorpus, UnknownEmotion
from emovec.lexicon import emotion

__all__ = ["REGISTERS", "Dialogue", "Text", "read_dialogues", "read_jsonl", "read_texts"]

#: The story first; then the short registers.
REGISTERS = ("story", "assistant_message", "friend_message", "diary", "memory")
_ROLES = {"system", "user", "assistant", "tool"}


@dataclass(frozen=True)
class Text:
    """A text in which somebody feels one emotion, which it never names."""

    id: str
    emotion: str
    topic: str
    register: str
    person: str
    writer: str
    text: str

    def to_json(self) -> dict[str, str]:
        """The JSONL object (without the fields that its file implies)."""
        drop = "register" if self.register == "story" else "person"
        return {k: v for k, v in asdict(self).items() if k != drop}


@dataclass(frozen=True)
class Dialogue:
    """A matter-of-fact human/assistant dialogue or agent transcript."""

    id: str
    kind: str
    writer: str
    messages: tuple[dict[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """The JSONL object."""
        return {"id": self.id, "kind": self.kind, "writer": self.writer, "messages": list(self.messages)}


T = TypeVar("T")


def read_jsonl(path: Path, parse: Callable[[dict[str, Any]], T]) -> list[T]:
    """Parse every line; ``parse`` raises KeyError, TypeError or ValueError for a bad one.

    Raises:
        BadCorpus: with file, line and reason.
    """
    return list(_lines(path, parse))


def _lines(path: Path, parse: Callable[[dict[str, Any]], T]) -> Iterator[T]:
    try:
        file = path.open(encoding="utf-8")
    except OSError as error:
        raise BadCorpus(path, 0, f"cannot be read ({error.strerror})") from None
    seen: set[str] = set()
    with file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise TypeError(f"expected a JSON object, found {type(row).__name__}")
                item = parse(row)
            except json.JSONDecodeError as error:
                raise BadCorpus(path, number, f"not JSON: {error.msg} at column {error.colno}") from None
            except UnknownEmotion as error:
                raise BadCorpus(path, number, str(error)) from None
            except KeyError as error:
                raise BadCorpus(path, number, f"the field {error.args[0]!r} is missing") from None
            except (TypeError, ValueError) as error:
                raise BadCorpus(path, number, str(error)) from None
            identity = str(row.get("id"))
            if identity in seen:
                raise BadCorpus(path, number, f"the id {identity!r} stands on an earlier line too")
            seen.add(identity)
            yield item


def _string(row: dict[str, Any], key: str, default: str | None = None) -> str:
    value = row[key] if default is None else row.get(key, default)
    if not isinstance(value, str):
        raise TypeError(f"the field {key!r} is {type(value).__name__}, not text")
    if default is None and not value.strip():
        raise ValueError(f"the field {key!r} is empty")
    return value


def _text(row: dict[str, Any]) -> Text:
    register = _string(row, "register", "story")
    if register not in REGISTERS:
        raise ValueError(f"unknown register {register!r}; known: {', '.join(REGISTERS)}")
    return Text(
        id=_string(row, "id"),
        emotion=emotion(_string(row, "emotion")).word,
        topic=_string(row, "topic", ""),
        register=register,
        person=_string(row, "person", ""),
        writer=_string(row, "writer", "unknown"),
        text=_string(row, "text"),
    )


def _dialogue(row: dict[str, Any]) -> Dialogue:
    messages = row["messages"]
    if not isinstance(messages, list) or not messages:
        raise ValueError("'messages' must be a list with at least one message")
    for message in messages:
        if not isinstance(message, dict):
            raise TypeError("a message is not an object")
        if _string(message, "role") not in _ROLES:
            raise ValueError(f"unknown role {message['role']!r}; known: {', '.join(sorted(_ROLES))}")
        _string(message, "content")
    return Dialogue(
        id=_string(row, "id"),
        kind=_string(row, "kind", ""),
        writer=_string(row, "writer", "unknown"),
        messages=tuple({"role": m["role"], "content": m["content"]} for m in messages),
    )


def read_texts(path: Path) -> list[Text]:
    """Stories or pieces.

    Raises:
        BadCorpus: with file, line and reason.
    """
    return read_jsonl(path, _text)


def read_dialogues(path: Path) -> list[Dialogue]:
    """Neutral dialogues.

    Raises:
        BadCorpus: with file, line and reason.
    """
    return read_jsonl(path, _dialogue)
