"""Everything that a sweep knows so far: counts, distributions, the top lists, and the document that it is in the middle of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emovec.reading.documents import Content, Document
from emovec.reading.sweep.cut import Chunk, tiles
from emovec.reading.sweep.histogram import Histogram
from emovec.reading.sweep.settings import Settings
from emovec.reading.sweep.top import Snippet, Top, Transcript
from emovec.store import digest

__all__ = ["COUNTS", "Open", "Tally"]

#: Characters of text kept around a snippet, and of a document's beginning.
_AROUND, _OPENING = 160, 280
COUNTS = ("documents", "chats", "plain_chats", "empty", "skipped", "tokens", "counted_tokens", "averaged_tokens")


@dataclass
class Open:
    """A document while it is read.

    Attributes:
        ordinal: its place among all documents.
        chunks: passes done so far.
        sums, averaged: (emotions,) sum of readings over the tokens that its mean is taken over, and how many.
        best: per emotion its highest snippet so far; only filled where a document is spread over several buffers.
    """

    ordinal: int
    document: str
    source: str
    number: int
    kind: str
    opening: str
    key: str
    sums: NDArray[np.float64]
    plain: bool = False
    chunks: int = 0
    tokens: int = 0
    counted: int = 0
    averaged: int = 0
    best: list[Snippet | None] = field(default_factory=list)

    @classmethod
    def of(cls, document: Document, ordinal: int, emotions: int) -> Open:
        """A document before its first token."""
        content = document.content
        kind = "skipped" if content is None else "text" if isinstance(content, str) else "chat"
        return cls(
            ordinal, document.id, document.source, document.place[1], kind, _opening(content),
            digest(content) if content is not None else "", np.zeros(emotions), best=[None] * emotions,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Exact: floats go through JSON unchanged."""
        best = [s.to_json() if s else None for s in self.best]
        return {**vars(self), "sums": self.sums.tolist(), "best": best}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Open:
        """From :meth:`to_json`."""
        best = [Snippet.from_json(s) if s else None for s in data["best"]]
        return cls(**{**data, "sums": np.array(data["sums"]), "best": best})


def _opening(content: Content | None) -> str:
    if content is None:
        return ""
    text = content if isinstance(content, str) else "\n".join(f"{m['role']}: {m['content']}" for m in content[:4])
    return " ".join(text[: 2 * _OPENING].split())[:_OPENING]


@dataclass(frozen=True)
class _Tile:
    """A snippet not yet written out: tokens ``start`` to ``stop`` of a chunk's part, and their readings (tokens, emotions)."""

    chunk: Chunk
    start: int
    stop: int
    readings: NDArray[np.float32]


class Tally:
    """Running results of a sweep over ``emotions`` emotions."""

    def __init__(self, emotions: int, settings: Settings) -> None:
        self.settings = settings
        self.histogram = Histogram(emotions, settings.how)
        self.snippets: list[Top[Snippet]] = [Top(settings.top, settings.per_document) for _ in range(emotions)]
        self.transcripts: list[Top[Transcript]] = [Top(settings.top, 1) for _ in range(emotions)]
        self.counts = dict.fromkeys(COUNTS, 0)

    def add(self, item: Open, chunks: Sequence[Chunk], readings: Sequence[NDArray[np.float32]], last: bool) -> None:
        """Take in some passes of a document, in order, with the readings of their new tokens (tokens, emotions)."""
        found: list[_Tile] = []
        for chunk, values in zip(chunks, readings, strict=True):
            found += self._count(item, chunk, values)
        scores = np.array([t.readings.mean(0, dtype=np.float64) for t in found]).reshape(len(found), len(item.sums))
        self._offer_snippets(item, found, scores)
        if not last:
            for e in range(len(item.best)):
                item.best[e] = self._best(item, found, scores, e)
            return
        self._close(item, found, scores)

    def _count(self, item: Open, chunk: Chunk, values: NDArray[np.float32]) -> list[_Tile]:
        window, part = chunk.window, chunk.part
        turn = part.turn[window.new : window.stop]
        counted = turn >= 0
        self.histogram.add(values[counted])
        roles = [t.role for t in part.encoded.turns]
        over = counted
        if item.kind == "chat" and self.settings.over != "all":
            over = counted & np.isin(turn, [i for i, role in enumerate(roles) if role == self.settings.over])
        item.sums += values[over].sum(0, dtype=np.float64)
        item.averaged += int(over.sum())
        item.counted += int(counted.sum())
        item.tokens += window.stop - window.new
        item.chunks += 1
        item.plain |= part.plain
        return [
            _Tile(chunk, a, b, values[a - window.new : b - window.new])
            for a, b in tiles(part.turn, window.new, window.stop, self.settings.snippet)
        ]

    def _offer_snippets(self, item: Open, found: list[_Tile], scores: NDArray[np.float64]) -> None:
        if not found:
            return
        bars = np.array([top.bar for top in self.snippets])
        # Of one document no more than so many can get in: the others need not be written out.
        most = min(self.settings.per_document, len(found))
        nth = np.partition(scores, len(found) - most, axis=0)[len(found) - most]
        for t, e in np.argwhere((scores >= bars) & (scores >= nth)):
            if scores[t, e] >= self.snippets[e].bar:
                self.snippets[e].offer(_written(item, found[t], int(e), float(scores[t, e])))

    def _best(self, item: Open, found: list[_Tile], scores: NDArray[np.float64], e: int) -> Snippet | None:
        before = item.best[e]
        if not found:
            return before
        t = int(scores[:, e].argmax())
        if before is not None and before.score >= scores[t, e]:
            return before
        return _written(item, found[t], e, float(scores[t, e]))

    def _close(self, item: Open, found: list[_Tile], scores: NDArray[np.float64]) -> None:
        counts = self.counts
        if item.kind == "skipped":
            counts["skipped"] += 1
            return
        counts["documents"] += 1
        counts["chats"] += item.kind == "chat"
        counts["plain_chats"] += item.plain
        counts["empty"] += item.counted == 0
        counts["tokens"] += item.tokens
        counts["counted_tokens"] += item.counted
        counts["averaged_tokens"] += item.averaged
        if item.averaged < self.settings.least:
            return
        means = item.sums / item.averaged
        for e in np.flatnonzero(means >= np.array([top.bar for top in self.transcripts])):
            self.transcripts[e].offer(
                Transcript(
                    float(means[e]), item.ordinal, 0, item.key, item.document, item.source, item.number, item.kind,
                    item.tokens, item.averaged, item.opening, self._best(item, found, scores, int(e)),
                )
            )  # fmt: skip


def _written(item: Open, tile: _Tile, e: int, score: float) -> Snippet:
    part = tile.chunk.part
    text, offsets = part.encoded.text, part.encoded.offsets
    turn = part.encoded.turns[int(part.turn[tile.start])]
    at = offsets[tile.start][0]
    tokens, end = [], at
    for _, stop in offsets[tile.start : tile.stop]:
        # Tokens that share a character (pieces of an emoji) show it once; what no token covers goes with the next.
        tokens.append(text[end : max(stop, end)])
        end = max(stop, end)
    low, high = max(turn.chars[0], at - _AROUND), min(turn.chars[1], end + _AROUND)
    return Snippet(
        score=score, ordinal=item.ordinal, start=part.base + tile.start, key=digest(" ".join("".join(tokens).split()).lower()),
        document=item.document, source=item.source, number=item.number, role=turn.role, tokens=tuple(tokens),
        values=tuple(round(float(v), 4) for v in tile.readings[:, e]), before=text[low:at], after=text[end:high],
    )  # fmt: skip
