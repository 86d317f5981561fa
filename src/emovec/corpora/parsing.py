"""A writer's answer into the fields of a line, strictly: one text in the form asked for, and nothing around it."""

from __future__ import annotations

import re
from typing import Any

from emovec.errors import BadInput

__all__ = ["parse_hidden_turns", "parse_messages", "parse_text", "parse_turns"]

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_MARKUP = re.compile(r"(?m)^\s*(?:#{1,6}\s|[-*•]\s|\d+[.)]\s|>\s|```|-{3,}\s*$|\*{3,}\s*$)|\*\*|__|</?\w+>")
_HEADING = re.compile(
    r"(?mi)^\s*(?:(?:story|title|text|version|option|diary|letter|message)\b[ \w]{0,12}:|\[[^\]]{1,40}\]\s*$)"
)
_PREAMBLE = re.compile(
    r"(?i)\A\s*(?:(?:sure|certainly|of course|absolutely|okay|here(?:'s| is| are))\b[^\n]{0,120}:\s*\n|"
    r"(?:sure|certainly|of course|absolutely)[!.]\s*\n|as an ai\b|"
    r"(?:i'm sorry|i am sorry|i apologi[sz]e|sorry)?[,.]? ?(?:but )?i (?:can't|cannot|won't|am unable to) "
    r"(?:assist|help with|fulfil\w*|comply|write|create|generate|provide))"
)
_AFTER = re.compile(r"(?i)(?:\n\s*\(?(?:note|word count|words)\s*:[^\n]*|\(\d+ words\))\s*\Z")
_TURN = re.compile(r"([AB]): (\S.*)")
_ROLE = re.compile(r"(?m)^\[(system|user|assistant|tool)\][ \t]*$")


def _bare(raw: str) -> str:
    """Without a closed thought at the beginning; BadInput if there is nothing else."""
    text = _THOUGHT.sub("", raw).strip()
    if not text:
        raise BadInput("it was empty")
    return text


def parse_text(raw: str, *, one_paragraph: bool) -> str:
    """One prose text.

    Args:
        one_paragraph: join paragraphs, and ask for a finished last sentence (stories); else keep line breaks.

    Raises:
        BadInput: for a heading, markup, words to the reader around the text, or a text that breaks off.
    """
    text = _bare(raw)
    for pattern, fault in (
        (_PREAMBLE, "there were words before the text, or a refusal"),
        (_AFTER, "there was a note after the text"),
        (_MARKUP, "it had markup or a list"),
        (_HEADING, "it had a heading"),
    ):
        if found := pattern.search(text):
            raise BadInput(f"{fault} ({' '.join(found.group(0).split())!r})")
    text = text.replace("“", '"').replace("”", '"').replace("’", "'").replace("‘", "'")
    if one_paragraph:
        text = " ".join(text.split())
        if text[-1] not in ".!?\"'…)":
            raise BadInput("it broke off in the middle of a sentence")
    if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1].strip()  # the whole text was quoted
    return text


def parse_turns(raw: str, turns: int) -> list[dict[str, str]]:
    """Exactly ``turns`` lines by A and B in turn: [{"speaker", "text"}, ...].

    Raises:
        BadInput: for any other line, order or count.
    """
    found = []
    for line in filter(None, map(str.strip, _bare(raw).splitlines())):
        match = _TURN.fullmatch(line)
        if not match:
            raise BadInput(f'a line did not begin with "A: " or "B: " ({line[:40]!r})')
        if "**" in line:
            raise BadInput("it had markup")
        found.append({"speaker": match[1], "text": match[2]})
    if [t["speaker"] for t in found] != ["AB"[i % 2] for i in range(turns)]:
        raise BadInput(f"it had {len(found)} turns, not {turns} by A and B in turn")
    return found


def parse_hidden_turns(raw: str, turns: int) -> tuple[str, list[dict[str, str]]]:
    """The preamble and the turns.

    Raises:
        BadInput: if the first line is no preamble, or as :func:`parse_turns`.
    """
    first, _, rest = _bare(raw).partition("\n")
    if not re.match(r"P: \S", first):
        raise BadInput('the first line did not begin with "P: "')
    return first[3:].strip(), parse_turns(rest, turns)


def parse_messages(raw: str, exchanges: int, *, agent: bool) -> list[dict[str, Any]]:
    """Chat messages under their roles: [{"role", "content"}, ...].

    Raises:
        BadInput: for text before the first role, an empty message, or another count of exchanges than asked for.
    """
    parts = _ROLE.split(_bare(raw))
    if parts[0].strip() or len(parts) < 3:
        raise BadInput("it did not begin with a role in brackets on a line of its own")
    found = [{"role": r, "content": c.strip()} for r, c in zip(parts[1::2], parts[2::2], strict=True)]
    if any(not m["content"] for m in found):
        raise BadInput("a message was empty")
    roles = [m["role"] for m in found]
    if roles[0] == "system":
        roles = roles[1:]
    wanted = ["user", *["assistant", "tool"] * exchanges, "assistant"] if agent else ["user", "assistant"] * exchanges
    if roles != wanted:
        raise BadInput(f"its messages were {', '.join(roles)}; asked for were {', '.join(wanted)}")
    return found
