"""Can an answer be used? Form first, then leaks, then length."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emovec.corpora.parsing import parse_hidden_turns, parse_messages, parse_text, parse_turns
from emovec.corpora.plan import Task
from emovec.errors import BadInput
from emovec.lexicon import leaks

__all__ = ["Judged", "judge"]

#: What a matter-of-fact dialogue has no place for.
_FEELING = re.compile(
    r"(?i)\b(?:happy|glad|sad|angry|sorry|apologi[sz]e|excited|worried|afraid|love|thanks?|thank you|unfortunately|"
    r"frustrat\w+|enjoy\w*|wonderful|delight\w*|great question|pleased|appreciate\w*)\b|(?<=[a-z])!(?=\s|$)"
)


@dataclass(frozen=True)
class Judged:
    """The fields made from an answer, or the kind of fault (``parse``, ``leak``, ``length``) and the fault in words."""

    fields: Mapping[str, Any] | None
    fault: str = ""
    why: str = ""


def _parse(task: Task, raw: str) -> tuple[dict[str, Any], str]:
    """(fields of the line, the words in which nothing may leak)."""
    if task.set == "speakers":
        turns = parse_turns(raw, task.count)
        return {"turns": turns}, " ".join(t["text"] for t in turns)
    if task.set == "hidden":
        preamble, turns = parse_hidden_turns(raw, task.count)
        return {"preamble": preamble, "turns": turns}, " ".join(t["text"] for t in turns)
    if task.set == "neutral":
        messages = parse_messages(raw, task.count, agent=task.fields["kind"] == "agent")
        return {"messages": messages}, "\n".join(m["content"] for m in messages)
    text = parse_text(raw, one_paragraph=task.set == "stories")
    return {"text": text}, text


def judge(task: Task, raw: str) -> Judged:
    """Parse an answer and hold it against the task's rules."""
    try:
        fields, body = _parse(task, raw)
    except BadInput as error:
        return Judged(None, "parse", str(error))
    found = [word for name in task.named for word in leaks(body, name)]
    if task.set == "neutral":
        found = [m.group(0) for m in _FEELING.finditer(body)]
    if found:
        says = ", ".join(f'"{word}"' for word in dict.fromkeys(found))
        return Judged(None, "leak", f"it used {says}, which must not stand in it in any sense")
    count = len(body.split())
    if task.length and not task.length[0] <= count <= task.length[1]:
        return Judged(None, "length", f"it had {count} words, not {task.length[0]} to {task.length[1]}")
    return Judged(fields)
