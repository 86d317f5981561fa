"""The steering expression: a small grammar for people.

::

    spec   := group (";" group)*                   groups may go to different places and blocks
    group  := term (("+" | "-") term)* where*      what stands after the terms applies to all of them
    term   := name ":" number                      add: desperate:0.05
            | "ablate" name                        project out: ablate calm
            | "clamp" name ":" number              set the projection: clamp happy:0.1
    where  := "@all" | "@generated" | "@user" | "@assistant" | "@system" | "@tool"
            | "@from:" N                           token N and all after it; -1 is the prompt's last token
            | "@tokens:" A ":" B                   tokens A to B, B exclusive
            | "@chars:" A ":" B                    characters of the prompt's text, B exclusive
            | "@" "a phrase in double quotes"      wherever it stands in the prompt
            | "#" blocks | "block" blocks          #18 or #18,20-22 (20-22 includes both ends)

Several places are a union. A hyphen inside a word belongs to it (``grief-stricken``); names may have spaces (``at ease``).
A strength is a fraction of the mean residual norm at the block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from emovec.errors import BadInput, UnknownEmotion
from emovec.steering.spec import ROLES, Place, Spec, Term

__all__ = ["parse", "parse_where"]

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[^\W\d_](?:[\w'’]|-(?=\w))*)
      | (?P<mark>[-−+:;@#,])""",
    re.VERBOSE,
)
_PLACES = ("all", "generated", *ROLES, "from:N", "tokens:A:B", "chars:A:B", '"a phrase"')


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def _lex(text: str) -> list[_Token]:
    out, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            what = "a quotation mark that is never closed" if text[at] == '"' else f"unexpected {text[at]!r}"
            _fail(at + 1, what, 'write for example: calm:0.1 @"my exam"')
        if match.lastgroup != "space":
            out.append(_Token(str(match.lastgroup), match.group().replace("−", "-"), at + 1))
        at = match.end()
    return [*out, _Token("end", "", len(text) + 1)]


def _fail(column: int, what: str, remedy: str) -> NoReturn:
    raise BadInput(f"steering expression, column {column}: {what}; {remedy}")


class _Parser:
    """Recursive descent over the tokens; one method per rule of the grammar."""

    def __init__(self, text: str, known: Iterable[str] | None) -> None:
        self.tokens = _lex(text)
        self.known = None if known is None else list(known)
        self.at = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self, text: str) -> bool:
        if self.here.kind in ("mark", "word") and self.here.text == text:
            self.at += 1
            return True
        return False

    def fail(self, wanted: str, remedy: str) -> NoReturn:
        found = "the expression ends" if self.here.kind == "end" else f"found {self.here.text!r}"
        _fail(self.here.column, f"{found} where {wanted} should stand", remedy)

    def spec(self) -> Spec:
        terms = self.group()
        while self.take(";"):
            terms += self.group()
        if self.here.kind != "end":
            self.fail("the end", "put ';' before terms that go to other places, '+' or '-' between terms")
        return Spec(tuple(terms))

    def group(self) -> list[Term]:
        sign = -1.0 if self.take("-") else 1.0
        terms = [self.term(sign)]
        while self.here.text in ("+", "-") and self.here.kind == "mark":
            sign = -1.0 if self.here.text == "-" else 1.0
            self.at += 1
            terms.append(self.term(sign))
        places, blocks = self.where()
        return [Term(t.direction, t.strength, t.mode, places, blocks) for t in terms]

    def term(self, sign: float) -> Term:
        start = self.here
        mode = "add"
        if self.here.text in ("ablate", "clamp") and self.tokens[self.at + 1].kind == "word":
            mode = self.here.text
            self.at += 1
            if sign < 0:
                _fail(
                    start.column, f"{mode!r} cannot be subtracted", f"join it with '+', as in calm:0.1 + {mode} happy"
                )
        name = self.name()
        if mode == "ablate":
            if self.here.text == ":":
                _fail(self.here.column, "'ablate' takes no strength", f"write 'ablate {name}', or 'clamp {name}:0.1'")
            return Term(name, mode=mode)
        if not self.take(":"):
            self.fail(f"':' and a strength for {name!r}", f"write {name}:0.05 (0.05 is a nudge, 0.5 a shove)")
        return Term(name, sign * self.number(), mode)

    def name(self) -> str:
        start = self.here
        words: list[str] = []
        while self.here.kind == "word" and not (words and self.here.text in ("block", "blocks")):
            words.append(self.here.text)
            self.at += 1
        if not words:
            self.fail("the name of an emotion", "write for example: desperate:0.05 - calm:0.05 @assistant")
        name = " ".join(words).lower()
        if self.known is not None and name not in self.known:
            error = UnknownEmotion(name, self.known)
            error.args = (f"steering expression, column {start.column}: {error}",)
            raise error
        return name

    def number(self) -> float:
        sign = -1.0 if self.take("-") else 1.0
        if self.here.kind != "number":
            self.fail("a number", "a strength is a fraction of the mean residual norm, as in calm:0.05")
        self.at += 1
        return sign * float(self.tokens[self.at - 1].text)

    def whole(self, wanted: str) -> int:
        if self.here.kind != "number" or not self.here.text.isdigit():
            self.fail(wanted, "give a whole number, counted from 0")
        self.at += 1
        return int(self.tokens[self.at - 1].text)

    def where(self) -> tuple[tuple[Place, ...], tuple[int, ...]]:
        places: list[Place] = []
        blocks: list[int] = []
        while True:
            if self.take("@"):
                places.append(self.place())
            elif self.take("#") or self.take("block") or self.take("blocks"):
                blocks += self.blocks()
            else:
                return tuple(places), tuple(blocks)

    def place(self) -> Place:
        token = self.here
        self.at += token.kind != "end"
        if token.kind == "string":
            try:
                return Place.phrase(json.loads(token.text))
            except (json.JSONDecodeError, BadInput):
                _fail(token.column, f"the phrase {token.text} cannot be read", r"quote words, with \" and \\ inside")
        if token.text in ("all", "generated"):
            return Place(token.text)
        if token.text in ROLES:
            return Place.role(token.text)
        if token.text == "from":
            self.colon(token)
            sign = -1 if self.take("-") else 1
            return Place.since(sign * self.whole("the first token"))
        if token.text in ("tokens", "chars"):
            self.colon(token)
            start = self.whole("the first of the range")
            self.colon(token)
            try:
                return (Place.tokens if token.text == "tokens" else Place.chars)(start, self.whole("its end"))
            except BadInput as error:
                _fail(token.column, *str(error).split("; ", 1))
        _fail(token.column, f"no place is called {token.text!r}", f"known: {', '.join('@' + p for p in _PLACES)}")

    def colon(self, token: _Token) -> None:
        if not self.take(":"):
            example = "from:12" if token.text == "from" else f"{token.text}:3:8"
            self.fail(f"':' after '{token.text}'", f"write @{example}")

    def blocks(self) -> list[int]:
        out: list[int] = []
        while True:
            column = self.here.column
            first = self.whole("a block")
            last = self.whole("the last block") if self.take("-") else first
            if last < first:
                _fail(column, f"the blocks {first}-{last} run backwards", f"write #{last}-{first}")
            out += range(first, last + 1)
            if not self.take(","):
                return out


def parse(text: str, known: Iterable[str] | None = None) -> Spec:
    """Read an expression; see :meth:`emovec.steering.spec.Spec.parse`."""
    return _Parser(text, known).spec()


def parse_where(text: str) -> tuple[tuple[Place, ...], tuple[int, ...]]:
    """Read places and blocks alone, such as ``@assistant #18``: (places, blocks).

    Raises:
        BadInput: if they cannot be read; names the column and the remedy.
    """
    parser = _Parser(text, None)
    found = parser.where()
    if parser.here.kind != "end":
        parser.fail("a place or block", "write for example: @assistant #18,20-22")
    return found
