"""The highest snippets and transcripts of one emotion, kept while the rest streams by."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Snippet", "Top", "Transcript"]


@dataclass(frozen=True)
class _Ranked:
    """What both kinds share: ``score`` ranks; ``ordinal`` and ``start`` say where (and break ties, the earlier first); ``key`` is equal for equal texts."""

    score: float
    ordinal: int
    start: int
    key: str
    document: str
    source: str
    number: int

    @property
    def rank(self) -> tuple[float, int, int]:
        """Sorts the best first."""
        return (-self.score, self.ordinal, self.start)


@dataclass(frozen=True)
class Snippet(_Ranked):
    """A run of tokens within one turn.

    Attributes:
        score: mean reading over its tokens.
        ordinal: its document's place among all (from 0); ``start``: its first token in it.
        document, source, number: id of the document, its file, its row there.
        role: of its turn ("text" for plain text).
        tokens: the characters that each token adds.
        values: reading per token.
        before, after: some of the text around it.
    """

    role: str
    tokens: tuple[str, ...]
    values: tuple[float, ...]
    before: str
    after: str

    def to_json(self) -> dict[str, Any]:
        """The JSONL object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snippet:
        """From :meth:`to_json`."""
        return cls(**{**data, "tokens": tuple(data["tokens"]), "values": tuple(data["values"])})


@dataclass(frozen=True)
class Transcript(_Ranked):
    """A whole document.

    Attributes:
        score: mean reading over ``averaged`` tokens.
        tokens: of the whole document.
        opening: how it begins.
        peak: its highest snippet (None where no turn is long enough for one).
    """

    kind: str
    tokens: int
    averaged: int
    opening: str
    peak: Snippet | None

    def to_json(self) -> dict[str, Any]:
        """The JSONL object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Transcript:
        """From :meth:`to_json`."""
        return cls(**{**data, "peak": Snippet.from_json(data["peak"]) if data["peak"] else None})


T = TypeVar("T", bound=_Ranked)


class Top(Generic[T]):
    """The best ``count``: equal texts once (where they read highest), at most ``per_document`` of one document.

    Without equal texts this is exactly what sorting everything would give, in whatever order the items come.
    """

    def __init__(self, count: int, per_document: int) -> None:
        self.count, self.per_document = count, per_document
        self.items: list[T] = []

    @property
    def bar(self) -> float:
        """No item with a score below this gets in."""
        return self.items[-1].score if len(self.items) == self.count else float("-inf")

    def offer(self, item: T) -> None:
        """Take the item if it belongs here."""
        rest = [other for other in self.items if other.key != item.key]
        if any(other.key == item.key and other.rank <= item.rank for other in self.items):
            return
        mine = [other for other in rest if other.ordinal == item.ordinal]
        if len(mine) >= self.per_document:
            if mine[-1].rank <= item.rank:
                return
            rest.remove(mine[-1])
        insort(rest, item, key=lambda other: other.rank)
        self.items = rest[: self.count]
