"""What is added where: the steering spec, in Python and as the expression that people type.

A :class:`Spec` is a set of terms. Each names a direction, what to do with it, at which places (tokens) and at which blocks. ``str(spec)``
is the canonical expression and ``Spec.parse`` (:mod:`emovec.steering.grammar`) reads it back::

    Spec.parse("desperate:0.05 - calm:0.05 @assistant")
    Spec((Term("desperate", 0.05, places=(Place.role("assistant"),)), Term("calm", -0.05, places=(Place.role("assistant"),))))
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from emovec.errors import BadInput

__all__ = ["MODES", "ROLES", "Place", "Spec", "SpecLike", "Term"]

#: add: residual + strength x mean residual norm x unit direction. ablate: project the direction out. clamp: set the projection to
#: strength x mean residual norm.
MODES = ("add", "ablate", "clamp")
ROLES = ("user", "assistant", "system", "tool")


@dataclass(frozen=True)
class Place:
    """Tokens of a row, told by what is absolute in it (never by the current forward pass). Make one with the class methods.

    Attributes:
        kind: ``all``, ``generated``, ``role``, ``from``, ``tokens``, ``chars`` or ``phrase``.
        value: the role, the first token, the half-open range of tokens or of characters of the prompt's text, or the phrase.
    """

    kind: str = "all"
    value: str | int | tuple[int, int] | None = None

    @classmethod
    def generated(cls) -> Place:
        """Every token that is not the prompt's."""
        return cls("generated")

    @classmethod
    def role(cls, name: str) -> Place:
        """A role's turns. ``assistant``: each from its colon (the token before its first) on, and the reply being generated.

        Raises:
            BadInput: if there is no such role.
        """
        if name not in ROLES:
            raise BadInput(f"unknown role {name!r}; known: {', '.join(ROLES)}")
        return cls("role", name)

    @classmethod
    def since(cls, token: int) -> Place:
        """From a token on, what is generated included; negative: counted from the end of the prompt (-1: its last token)."""
        return cls("from", token)

    @classmethod
    def tokens(cls, start: int, stop: int) -> Place:
        """Tokens ``start`` to ``stop`` (exclusive) of the row, as ``Encoded.find`` gives them.

        Raises:
            BadInput: if the range is empty.
        """
        return cls("tokens", _range("tokens", start, stop))

    @classmethod
    def chars(cls, start: int, stop: int) -> Place:
        """The tokens that cover characters ``start`` to ``stop`` (exclusive) of the prompt's text, template included.

        Raises:
            BadInput: if the range is empty.
        """
        return cls("chars", _range("chars", start, stop))

    @classmethod
    def phrase(cls, text: str) -> Place:
        """The tokens that cover every occurrence of ``text`` in the prompt.

        Raises:
            BadInput: if it is empty.
        """
        if not text:
            raise BadInput("an empty phrase covers no token; quote the words to steer on")
        return cls("phrase", text)

    def __str__(self) -> str:
        if self.kind == "phrase":
            return "@" + json.dumps(self.value, ensure_ascii=False)
        if self.kind == "role":
            return f"@{self.value}"
        if isinstance(self.value, tuple):
            return f"@{self.kind}:{self.value[0]}:{self.value[1]}"
        return f"@{self.kind}" if self.value is None else f"@{self.kind}:{self.value}"


def _range(kind: str, start: int, stop: int) -> tuple[int, int]:
    if not 0 <= start < stop:
        raise BadInput(f"the {kind} {start}:{stop} are an empty range; give start:stop with 0 <= start < stop")
    return start, stop


@dataclass(frozen=True)
class Term:
    """One direction and what is done with it.

    Attributes:
        direction: an emotion word, or the name of another lever (a null).
        strength: fraction of the mean residual norm at the block; of an ``ablate``, 0.
        mode: one of :data:`MODES`.
        places: tokens that it applies to, the union of these; () is all tokens.
        blocks: 0-based, each gets the whole strength; () is the block that the caller or the vectors picked.
    """

    direction: str
    strength: float = 0.0
    mode: str = "add"
    places: tuple[Place, ...] = ()
    blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise BadInput(f"unknown mode {self.mode!r}; known: {', '.join(MODES)}")
        if not math.isfinite(self.strength):
            raise BadInput(
                f"strength {self.strength} of {self.direction!r} is not a number; 0.05 is a nudge, 0.5 a shove"
            )
        if self.mode == "ablate" and self.strength != 0:
            raise BadInput(
                f"ablating {self.direction!r} takes no strength, got {self.strength:g}; clamp it to set its projection"
            )
        everywhere = any(place.kind == "all" for place in self.places)
        object.__setattr__(self, "direction", " ".join(self.direction.lower().split()))
        object.__setattr__(self, "places", () if everywhere else tuple(dict.fromkeys(self.places)))
        object.__setattr__(self, "blocks", tuple(sorted(set(self.blocks))))

    @property
    def _head(self) -> str:
        if self.mode == "ablate":
            return f"ablate {self.direction}"
        return f"{'clamp ' if self.mode == 'clamp' else ''}{self.direction}:{number(self.strength)}"


@dataclass(frozen=True)
class Spec:
    """All that is done to a row: additions sum up, then what is ablated or clamped is set, whatever the order of the terms."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def parse(cls, text: str, known: Iterable[str] | None = None) -> Spec:
        """Read an expression such as ``desperate:0.05 - calm:0.05 @assistant`` (grammar: :mod:`emovec.steering.grammar`).

        Args:
            known: names of directions; others are refused with the nearest of these.

        Raises:
            BadInput: if it cannot be read; names the column and the remedy.
            UnknownEmotion: for a direction that is not ``known``.
        """
        from emovec.steering.grammar import parse

        return parse(text, known)

    @classmethod
    def of(cls, what: SpecLike) -> Spec:
        """A spec from what people give: an expression, a spec, a term, doses ``{"calm": 0.1}`` (all tokens), or None (nothing)."""
        if isinstance(what, Spec):
            return what
        if isinstance(what, str):
            return cls.parse(what)
        if isinstance(what, Term):
            return cls((what,))
        return cls(tuple(Term(name, strength) for name, strength in (what or {}).items()))

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of the directions, each once, in order."""
        return tuple(dict.fromkeys(term.direction for term in self.terms))

    def __str__(self) -> str:
        return " ; ".join(
            _group(list(terms), places, blocks)
            for (places, blocks), terms in groupby(self.terms, key=lambda t: (t.places, t.blocks))
        )


#: What may be given where a spec is wanted; see :meth:`Spec.of`.
SpecLike = str | Spec | Term | Mapping[str, float] | None


def number(x: float) -> str:
    """The shortest decimal that reads back as ``x``."""
    short = f"{x:g}"
    return short if float(short) == x else repr(float(x))


def _group(terms: list[Term], places: tuple[Place, ...], blocks: tuple[int, ...]) -> str:
    out = terms[0]._head
    for term in terms[1:]:
        if term.mode == "add" and term.strength < 0:
            out += f" - {term.direction}:{number(-term.strength)}"
        else:
            out += f" + {term._head}"
    parts = [out, *map(str, places)]
    if blocks:
        parts.append("#" + _runs(blocks))
    return " ".join(parts)


def _runs(blocks: tuple[int, ...]) -> str:
    """``18,20-22``: runs of three or more blocks are written with a hyphen."""
    runs: list[list[int]] = []
    for block in blocks:
        if runs and block == runs[-1][-1] + 1:
            runs[-1].append(block)
        else:
            runs.append([block])
    return ",".join(f"{r[0]}-{r[-1]}" if len(r) > 2 else ",".join(map(str, r)) for r in runs)
