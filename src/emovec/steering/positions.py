"""Places into token positions: absolute, per row, by span.

A position counts a row's own tokens from 0, whatever its padding, its neighbours in the batch, or how much of it is in the cache.
What is generated has the positions from the prompt's length on.
"""

from __future__ import annotations

from collections.abc import Sequence

from emovec.errors import BadInput
from emovec.steering.spec import Place
from emovec.subject import Encoded

__all__ = ["END", "Ranges", "needs_prompt", "ranges_of"]

#: Stands for "and everything after".
END = 2**31 - 1
#: Disjoint half-open ranges of positions, in order.
Ranges = tuple[tuple[int, int], ...]


def needs_prompt(places: Sequence[Place]) -> bool:
    """Whether the places can only be found in a given prompt."""
    return any(not (p.kind in ("all", "tokens") or (p.kind == "from" and _whole(p) >= 0)) for p in places)


def ranges_of(places: Sequence[Place], prompt: Encoded | None = None) -> Ranges:
    """The positions that any of the places covers (() covers all).

    Args:
        prompt: the row's prompt; needed by all places but ``all``, ``tokens`` and a ``from`` that counts from the start.

    Raises:
        BadInput: if the prompt is needed and missing, is too short, has no roles, or does not hold the phrase.
    """
    if not places:
        return ((0, END),)
    return _merged([span for place in places for span in _spans(place, prompt)])


def _whole(place: Place) -> int:
    if not isinstance(place.value, int):
        raise BadInput(f"the place {place.kind!r} needs a token position, got {place.value!r}")
    return place.value


def _pair(place: Place) -> tuple[int, int]:
    if not isinstance(place.value, tuple):
        raise BadInput(f"the place {place.kind!r} needs a range, got {place.value!r}")
    return place.value


def _spans(place: Place, prompt: Encoded | None) -> list[tuple[int, int]]:
    if place.kind == "all":
        return [(0, END)]
    if place.kind == "tokens":
        return [_pair(place)]
    if place.kind == "from" and _whole(place) >= 0:
        return [(_whole(place), END)]
    if prompt is None:
        raise BadInput(f"{place} is found in the prompt; give the prompts that are steered (prompts=...)")
    if place.kind == "from":
        start = len(prompt) + _whole(place)
        if start < 0:
            raise BadInput(f"{place} lies before the first of the prompt's {len(prompt)} tokens")
        return [(start, END)]
    if place.kind == "generated":
        return [(len(prompt), END)]
    if place.kind == "role":
        return _role(str(place.value), prompt)
    if place.kind == "chars":
        return [prompt.tokens_of(*_pair(place))]
    if place.kind == "phrase":
        return _phrase(str(place.value), prompt)
    raise BadInput(f"unknown kind of place {place.kind!r}; make one with Place.role, Place.since, ...")


def _role(role: str, prompt: Encoded) -> list[tuple[int, int]]:
    if all(turn.role == "text" for turn in prompt.turns):
        raise BadInput(f"the prompt is plain text and has no {role} turns; use @generated, @from:N or @all")
    turns = [turn.tokens for turn in prompt.turns if turn.role == role and turn.tokens[0] < turn.tokens[1]]
    if role != "assistant":
        return turns
    # The first word of a reply is read off the token before it, so an assistant turn starts at its colon. While the reply is
    # written the colon is the prompt's last token; when the chat is read again, it is the token before the turn's content.
    spans = [(max(start - 1, 0), stop) for start, stop in turns]
    return [*spans, (prompt.colon if prompt.reply_follows else len(prompt), END)]


def _phrase(phrase: str, prompt: Encoded) -> list[tuple[int, int]]:
    found, at = [], prompt.text.find(phrase)
    while at >= 0:
        found.append(prompt.tokens_of(at, at + len(phrase)))
        at = prompt.text.find(phrase, at + len(phrase))
    if not found:
        raise BadInput(f"the phrase {phrase!r} does not occur in the prompt; quote its words exactly")
    return found


def _merged(spans: list[tuple[int, int]]) -> Ranges:
    out: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], stop))
        elif start < stop:
            out.append((start, stop))
    return tuple(out)
