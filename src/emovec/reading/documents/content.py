"""From one parsed row (of JSONL, parquet, Arrow or an Inspect log) to a text or a chat.

A chat is a list of objects with role and content, in the spellings that are in use: ``role``/``content``, ``from``/``value``,
``speaker``/``text``. Reasoning and tool calls become part of the turn of the one who made them, tool results are turns of their own;
images and other content that is not text are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from emovec.subject import Message

__all__ = ["CHAT_FIELDS", "TEXT_FIELDS", "Content", "content_of", "identity_of"]

#: A text, or a chat.
Content = str | tuple[Message, ...]

#: Looked for in this order, chats first.
CHAT_FIELDS = ("messages", "conversations", "conversation", "chat", "dialogue", "dialog", "turns")
TEXT_FIELDS = ("text", "content", "document", "body")
_IDENTITIES = ("id", "uuid", "_id", "conversation_id", "doc_id")
_ROLES = {
    "human": "user", "prompter": "user", "gpt": "assistant", "bot": "assistant", "ai": "assistant", "model": "assistant",
    "chatgpt": "assistant", "developer": "system", "function": "tool", "function_response": "tool", "observation": "tool", "ipython": "tool",
}  # fmt: skip


def content_of(row: object, field: str | None = None) -> Content:
    """The text or chat in a row.

    Args:
        row: an object; or a bare text, or a bare list of messages.
        field: name of the field that holds it (default: the first of :data:`CHAT_FIELDS` and :data:`TEXT_FIELDS` that is there).

    Raises:
        ValueError, TypeError: saying what is wrong with the row.
    """
    if isinstance(row, Mapping):
        value = _picked(row, field)
    elif field is None:
        value = row
    else:
        raise TypeError(f"expected an object with the field {field!r}, found {type(row).__name__}")
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list) and value:
        return tuple(_message(item, i + 1) for i, item in enumerate(value))
    says = "an empty list" if value == [] else type(value).__name__
    raise TypeError(f"found {says} where a text or a list of messages should be")


def identity_of(row: object) -> str | None:
    """The row's own id, if it has one."""
    if isinstance(row, Mapping):
        for name in _IDENTITIES:
            if isinstance(row.get(name), (str, int)) and str(row[name]).strip():
                return _clean(str(row[name]))
    return None


def _picked(row: Mapping[str, Any], field: str | None) -> object:
    if field is not None:
        if field not in row:
            raise ValueError(f"no field {field!r} among {_names(row)}; name the right one with --field")
        return row[field]
    for name in CHAT_FIELDS:
        if isinstance(row.get(name), list):
            return row[name]
    for name in TEXT_FIELDS:
        if isinstance(row.get(name), str):
            return row[name]
    raise ValueError(f"no text and no chat in any usual field among {_names(row)}; name the field with --field")


def _names(row: Mapping[str, Any]) -> str:
    return ", ".join(map(str, list(row)[:12])) or "no fields at all"


def _message(item: object, number: int) -> Message:
    if not isinstance(item, Mapping):
        raise TypeError(f"message {number} is {type(item).__name__}, not an object with role and content")
    role = next((item[k] for k in ("role", "from", "speaker") if isinstance(item.get(k), str)), None)
    if role is None or not role.strip():
        raise ValueError(f"message {number} has no role (none of 'role', 'from', 'speaker' is text)")
    body = next((item[k] for k in ("content", "value", "text") if item.get(k) is not None), None)
    calls = item.get("tool_calls")
    if body is None and not calls and not any(k in item for k in ("content", "value", "text")):
        raise ValueError(f"message {number} has no content (none of 'content', 'value', 'text')")
    parts = [_text(body, number), *(_call(c) for c in (calls or ()))]
    role = role.strip()
    return {"role": _ROLES.get(role.lower(), role), "content": _clean("\n".join(p for p in parts if p))}


def _text(body: object, number: int) -> str:
    if body is None:
        return ""
    if isinstance(body, str):
        return body
    if isinstance(body, Sequence):
        return "\n".join(t for t in (_part(p) for p in body) if t)
    raise TypeError(f"the content of message {number} is {type(body).__name__}, not text")


def _part(part: object) -> str:
    """The text of one part of a message's content: text and reasoning; "" for images and the like."""
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping):
        for name in ("text", "reasoning", "thinking"):
            if isinstance(part.get(name), str):
                return str(part[name])
    return ""


def _call(call: object) -> str:
    """A tool call as text, ``name(arguments)``: OpenAI's nesting and Inspect's flat one."""
    if not isinstance(call, Mapping):
        return ""
    inner = call.get("function")
    spec = inner if isinstance(inner, Mapping) else call
    name = inner if isinstance(inner, str) else spec.get("name", "")
    arguments = spec.get("arguments", "")
    return f"{name}({arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)})"


def _clean(text: str) -> str:
    """Half surrogate pairs, which JSON can smuggle in and no tokenizer takes, become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
