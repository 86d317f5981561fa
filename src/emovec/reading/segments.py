"""The stretches of a transcript that one speaks of: turns, with an assistant's thinking apart from what it says."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from emovec.subject import Encoded

__all__ = ["THINKING", "Segment", "segments"]

#: Role of what stands in ``<think>...</think>`` inside an assistant's turn.
THINKING = "thinking"
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Segment:
    """A turn, or the thinking or spoken part of one: its turn's index, its role, its characters and its tokens (end exclusive)."""

    turn: int
    role: str
    chars: tuple[int, int]
    tokens: tuple[int, int]


def segments(encoded: Encoded) -> tuple[Segment, ...]:
    """Every turn that has tokens, in order. An assistant's ``<think>...</think>`` (tags included; open to the end if never closed) is its own."""
    out = []
    for number, turn in enumerate(encoded.turns):
        if turn.role != "assistant":
            cuts = [(turn.role, *turn.chars)]
        else:
            cuts = _parts(encoded.text[slice(*turn.chars)], turn.chars[0])
        first = turn.tokens[0]
        for role, start, end in cuts:
            # A token belongs to the part that its first character lies in, so that parts never share one.
            last = turn.tokens[1]
            if end < turn.chars[1]:
                last = bisect_left(encoded.offsets, end, first, turn.tokens[1], key=lambda span: span[0])
            if last > first:
                out.append(Segment(number, role, (start, end), (first, last)))
            first = last
    return tuple(out)


def _parts(content: str, at: int) -> list[tuple[str, int, int]]:
    """(role, start, end) in characters of the text; a blank stretch counts to what comes before it."""
    cuts: list[tuple[str, int]] = []
    done = 0
    for thought in _THOUGHT.finditer(content):
        _say(cuts, content, done, thought.start(), at)
        cuts.append((THINKING, at + thought.start()))
        done = thought.end()
    _say(cuts, content, done, len(content), at)
    if not cuts:
        return [("assistant", at, at + len(content))]
    # Each part reaches to the next one's start, and together they are the whole turn.
    starts = [at, *(start for _, start in cuts[1:]), at + len(content)]
    return [(role, starts[i], starts[i + 1]) for i, (role, _) in enumerate(cuts)]


def _say(cuts: list[tuple[str, int]], content: str, start: int, end: int, at: int) -> None:
    """Add what is said between two thoughts, if it is anything, from its first character that is not blank."""
    said = content[start:end].lstrip()
    if said:
        cuts.append(("assistant", at + end - len(said)))
