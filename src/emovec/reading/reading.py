"""Readings of one text: tokens x emotions, and their means over turns and over chosen words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.reading.segments import Segment, segments
from emovec.subject import Encoded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Reading"]


@dataclass(frozen=True)
class Reading:
    """Readings of one text: tokens x emotions.

    Attributes:
        encoded: the tokens and their spans.
        emotions: column names.
        values: (tokens, emotions). The first token is an attention sink whose residual says nothing of the text: its row is NaN.
        block: where it was read.
        measure: ``cosine``, ``projection`` (in units of the mean residual norm) or ``zscore`` (of the cosine).
        reference: what a z-score is relative to, in words ("" for the others).
    """

    encoded: Encoded
    emotions: tuple[str, ...]
    values: NDArray[np.float64]
    block: int
    measure: str
    reference: str = ""

    @property
    def tokens(self) -> list[str]:
        """The characters that each token covers."""
        return [self.encoded.text[a:b] for a, b in self.encoded.offsets]

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The turns that have tokens, an assistant's thinking apart from what it says."""
        return segments(self.encoded)

    def over(self, start: int, stop: int) -> NDArray[np.float64]:
        """Mean over tokens ``start`` to ``stop`` (exclusive; the text's first token is left out), (emotions,).

        Raises:
            BadInput: if that leaves no token.
        """
        start = max(start, 1)
        if not start < stop <= len(self.encoded):
            raise BadInput(
                f"no token to read between {start} and {stop} of {len(self.encoded)} (the first is left out)"
            )
        return np.asarray(self.values[start:stop].mean(0))

    def mean(self, turn: int | None = None) -> NDArray[np.float64]:
        """Mean over the tokens of a turn's content (or of all turns), (emotions,)."""
        turns = self.encoded.turns if turn is None else (self.encoded.turns[turn],)
        spans = [t.tokens for t in turns]
        rows = [i for a, b in spans for i in range(max(a, 1), b)]
        return np.asarray(self.values[rows].mean(0))

    def top(self, count: int = 10, turn: int | None = None) -> list[tuple[str, float]]:
        """The emotions that read highest on average, with their values."""
        mean = self.mean(turn)
        return [(self.emotions[i], float(mean[i])) for i in np.argsort(-mean)[:count]]

    def table(self) -> pd.DataFrame:
        """One row per token: position, token, role (``thinking`` for an assistant's thinking, "" for the template's tokens), then a column per emotion."""
        roles = [""] * len(self.encoded)
        for part in self.segments:
            roles[slice(*part.tokens)] = [part.role] * (part.tokens[1] - part.tokens[0])
        head = {"position": range(len(roles)), "token": self.tokens, "role": roles}
        return self._frame(head, self.values)

    def by_turn(self) -> pd.DataFrame:
        """One row per turn, or part of one: turn, role, start and number of its tokens, text, then the mean of each emotion."""
        parts = [p for p in self.segments if p.tokens[1] > max(1, p.tokens[0])]
        head = self._places(parts) | {"text": [self.encoded.text[slice(*p.chars)] for p in parts]}
        return self._frame(head, [self.over(*p.tokens) for p in parts])

    def by_span(self, phrases: Sequence[str]) -> pd.DataFrame:
        """One row per occurrence of each phrase, found by its characters, whatever tokens it falls into.

        Columns: span, occurrence (from 1), then as :meth:`by_turn` (turn -1 and role "" for what stands in no turn).

        Raises:
            BadInput: for a phrase that does not occur, or only as the text's first token.
        """
        spans, numbers, parts, means = [], [], [], []
        for phrase in phrases:
            for number, span in enumerate(self._occurrences(phrase), 1):
                spans.append(phrase)
                numbers.append(number)
                at = next((p for p in self.segments if p.tokens[0] <= span[0] < p.tokens[1]), None)
                parts.append(Segment(at.turn if at else -1, at.role if at else "", (0, 0), span))
                means.append(self.over(*span))
        head = {"span": spans, "occurrence": numbers}
        return self._frame(head | self._places(parts), means)

    def _occurrences(self, phrase: str) -> list[tuple[int, int]]:
        """Token ranges of all occurrences but one that is nothing but the text's first token."""
        if not phrase.strip():
            raise BadInput("a span is empty; give the words as they stand in the text")
        text, found, at = self.encoded.text, [], -1
        while (at := text.find(phrase, at + 1)) >= 0:
            found.append(self.encoded.tokens_of(at, at + len(phrase)))
        if not found:
            raise BadInput(f"{phrase!r} does not occur in the text; give the words exactly as they stand there")
        readable = [span for span in found if span[1] > 1]
        if not readable:
            raise BadInput(f"{phrase!r} is the text's first token, an attention sink that cannot be read")
        return readable

    def _places(self, parts: Sequence[Segment]) -> dict[str, list[object]]:
        return {
            "turn": [p.turn for p in parts],
            "role": [p.role for p in parts],
            "start": [p.tokens[0] for p in parts],
            "tokens": [p.tokens[1] - p.tokens[0] for p in parts],
        }

    def _frame(self, head: Mapping[str, object], values: object) -> pd.DataFrame:
        import pandas as pd

        rows = np.asarray(values, dtype=np.float64).reshape(-1, len(self.emotions))
        return pd.concat([pd.DataFrame(head), pd.DataFrame(rows, columns=list(self.emotions))], axis=1)
