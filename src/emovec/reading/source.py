"""What there is to read: a text or a chat, from a string or from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emovec.errors import BadInput
from emovec.reading.documents import Content, content_of

__all__ = ["load_contents", "parse_content"]


def parse_content(text: str, name: str = "the chat") -> Content:
    """A list of JSON messages, or an object that holds one, as a chat; anything else as plain text.

    Raises:
        BadInput: if it is a chat with a malformed message.
    """
    if text.lstrip()[:1] in ("[", "{"):
        try:
            found = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            return _content(text, name)
        if _is_chat(found):
            return _content(found, name)
    return _content(text, name)


def load_contents(path: str | Path) -> list[Content]:
    """The texts and chats of a file.

    ``.json``: one chat. ``.jsonl``: one chat, a message per line; or a chat (a list, or an object with ``messages``) or a text (``text``)
    per line. Anything else: plain text, or a chat if it is JSON messages.

    Raises:
        BadInput: if the file cannot be read, or a line is none of these (with its number).
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {path}: {error}; give a UTF-8 text or JSON file") from None
    if not text.strip():
        raise BadInput(f"{path} is empty; give at least two words")
    if path.suffix == ".jsonl":
        return _lines(path, text)
    content = parse_content(text, str(path))
    if path.suffix == ".json" and isinstance(content, str):
        raise BadInput(
            f"{path} holds no chat; give a list of objects with 'role' and 'content', or an object with 'messages'"
        )
    return [content]


def _lines(path: Path, text: str) -> list[Content]:
    rows: list[tuple[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append((f"{path}, line {number}", json.loads(line)))
            except (json.JSONDecodeError, RecursionError) as error:
                raise BadInput(f"{path}, line {number}: not JSON ({error}); give one JSON object a line") from None
    single = [isinstance(row, dict) and "role" in row for _, row in rows]
    if any(single) and not all(single):
        where = rows[single.index(not single[0])][0]
        raise BadInput(f"{where}: lines of single messages and lines of whole chats or texts; keep to one of them")
    if any(single):
        return [_content([row for _, row in rows], str(path))]
    return [_content(row, where) for where, row in rows]


def _is_chat(found: object) -> bool:
    messages = found.get("messages") if isinstance(found, dict) else found
    return isinstance(messages, list) and bool(messages) and isinstance(messages[0], dict)


def _content(found: object, where: str) -> Content:
    try:
        return content_of(found)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{where}: {error}") from None
