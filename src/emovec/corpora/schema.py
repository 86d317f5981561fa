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

from emovec.corpora.fields import Row, choice, emotion_word, messages, string
from emovec.errors import BadCorpus, UnknownEmotion

__all__ = ["REGISTERS", "Dialogue", "Text", "read_dialogues", "read_jsonl", "read_texts"]

#: The story first; then the short registers.
REGISTERS = ("story", "assistant_message", "friend_message", "diary", "memory")


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


def read_jsonl(path: Path, parse: Callable[[Row], T]) -> list[T]:
    """Parse every line; ``parse`` raises KeyError, TypeError or ValueError for a bad one.

    Raises:
        BadCorpus: with file, line and reason.
    """
    return list(_lines(path, parse))


def _lines(path: Path, parse: Callable[[Row], T]) -> Iterator[T]:
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


def _text(row: Row) -> Text:
    return Text(
        id=string(row, "id"),
        emotion=emotion_word(row, "emotion"),
        topic=string(row, "topic", ""),
        register=choice(row, "register", REGISTERS, "story"),
        person=string(row, "person", ""),
        writer=string(row, "writer", "unknown"),
        text=string(row, "text"),
    )


def _dialogue(row: Row) -> Dialogue:
    return Dialogue(
        id=string(row, "id"),
        kind=string(row, "kind", ""),
        writer=string(row, "writer", "unknown"),
        messages=messages(row["messages"]),
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
