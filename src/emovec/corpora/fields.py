"""Reading one field of a JSON object strictly: KeyError, TypeError or ValueError with a reason to act on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from emovec.lexicon import emotion

__all__ = ["PROVENANCE", "Row", "choice", "emotion_word", "messages", "only", "string", "strings"]

Row = dict[str, Any]

#: Fields that any line may have: who wrote it, from which prompt (its hash), with which seed, at which attempt.
PROVENANCE = frozenset({"writer", "prompt", "seed", "attempt"})
_ROLES = frozenset({"system", "user", "assistant", "tool"})


def string(row: Row, key: str, default: str | None = None) -> str:
    """A text that is not blank; ``default`` makes the field optional (and lets it be empty)."""
    value = row[key] if default is None else row.get(key, default)
    if not isinstance(value, str):
        raise TypeError(f"the field {key!r} is {type(value).__name__}, not text")
    if default is None and not value.strip():
        raise ValueError(f"the field {key!r} is empty")
    return value


def strings(row: Row, key: str) -> tuple[str, ...]:
    """A list of texts with at least one."""
    value = row[key]
    if not isinstance(value, list) or not value:
        raise TypeError(f"the field {key!r} must be a list with at least one text")
    return tuple(string({key: item}, key) for item in value)


def choice(row: Row, key: str, allowed: Collection[str], default: str | None = None) -> str:
    """One of some words."""
    value = string(row, key, default)
    if value not in allowed:
        raise ValueError(f"unknown {key} {value!r}; known: {', '.join(sorted(allowed))}")
    return value


def emotion_word(row: Row, key: str) -> str:
    """One of the 171 words, as the lexicon writes it (UnknownEmotion for any other)."""
    return emotion(string(row, key)).word


def only(row: Row, *known: str) -> None:
    """Refuse fields that the set does not have: a misspelt optional field would otherwise be dropped in silence."""
    extra = sorted(set(row) - set(known) - PROVENANCE)
    if extra:
        raise ValueError(f"unknown field {extra[0]!r}; known: {', '.join(known)}")


def messages(value: object) -> tuple[dict[str, str], ...]:
    """Chat messages, each {"role", "content"}."""
    if not isinstance(value, list) or not value:
        raise ValueError("messages must be a list with at least one message")
    for message in value:
        if not isinstance(message, dict):
            raise TypeError("a message is not an object")
        choice(message, "role", _ROLES)
        string(message, "content")
    return tuple({"role": m["role"], "content": m["content"]} for m in value)
