"""Documents cut into what goes through the model in one pass, and tokens cut into what is ranked as a snippet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput, NoChatTemplate, UnsupportedModel
from emovec.reading.documents import Content
from emovec.subject import Encoded, Subject, encode_chat, encode_plain_chat, encode_text
from emovec.subject.windows import Window, windows_of

__all__ = ["Chunk", "Part", "chunks_of", "parts_of", "pieces", "tiles"]

#: Characters of a text that are tokenized at once, so that a document of any length takes bounded memory beside its text.
_PIECE = 20_000


@dataclass(frozen=True)
class Part:
    """A chat, or a piece of a text, as tokens.

    Attributes:
        turn: (tokens,) index of the turn that a token belongs to; -1 for those that count for nothing: the first, which is an attention
            sink, and the chat template's.
        base: tokens of the document before this part.
        plain: a chat that had to be put in the plain Human:/Assistant: form, because the template refused it or there is none.
    """

    encoded: Encoded
    turn: NDArray[np.int32]
    base: int = 0
    plain: bool = False


@dataclass(frozen=True)
class Chunk:
    """One pass over a part: see :class:`emovec.subject.windows.Window` for which of its tokens are new."""

    part: Part
    window: Window

    def __len__(self) -> int:
        return len(self.window)

    @property
    def ids(self) -> tuple[int, ...]:
        """Token ids of the pass; a later one begins with the part's own first token."""
        ids = self.part.encoded.ids
        return ids[: self.window.start > 0] + ids[self.window.start : self.window.stop]


def pieces(text: str, size: int = _PIECE) -> Iterator[str]:
    """A text in pieces of at most ``size`` characters, cut before white space where there is any."""
    at = 0
    while at < len(text):
        end = at + size
        if end < len(text):
            cut = max(text.rfind(" ", at + 1, end), text.rfind("\n", at + 1, end))
            end = cut if cut > at else end
        yield text[at:end]
        at = end


def parts_of(subject: Subject, content: Content) -> Iterator[Part]:
    """A document as tokens: a chat as one part (native template; the plain form where that fails), a text piece by piece.

    Raises:
        BadInput: if the chat cannot be rendered in any form.
    """
    if isinstance(content, str):
        base = 0
        for piece in pieces(content):
            if piece.strip():
                encoded = encode_text(subject, piece)
                yield Part(encoded, _turns(encoded), base)
                base += len(encoded)
    elif any(message["content"].strip() for message in content):
        plain = False
        try:
            encoded = encode_chat(subject, content)
        except (NoChatTemplate, BadInput, UnsupportedModel):
            encoded, plain = encode_plain_chat(subject, content), True
        yield Part(encoded, _turns(encoded), plain=plain)


def _turns(encoded: Encoded) -> NDArray[np.int32]:
    turn = np.full(len(encoded), -1, dtype=np.int32)
    for i, one in enumerate(encoded.turns):
        turn[slice(*one.tokens)] = i
    turn[:1] = -1
    return turn


def chunks_of(part: Part, size: int, context: int) -> list[Chunk]:
    """The passes over a part, each of at most ``size`` tokens; a later one reads ``context`` tokens again, for context only."""
    return [Chunk(part, window) for window in windows_of(len(part.encoded), size, context)]


def tiles(turn: NDArray[np.int32], start: int, stop: int, width: int) -> list[tuple[int, int]]:
    """Snippets among the tokens ``start`` to ``stop``: non-overlapping, each within one turn, of about ``width`` tokens (2/3 to 3/2 of it).

    What is shorter than a quarter of ``width`` (an "ok" between two turns) is no snippet.
    """
    here = turn[start:stop]
    edges = [0, *(np.flatnonzero(np.diff(here)) + 1), len(here)]
    out = []
    for low, high in pairwise(edges):
        length = int(high - low)
        if length < max(1, width // 4) or here[low] < 0:
            continue
        count = max(1, round(length / width))
        bounds = [start + int(low) + length * i // count for i in range(count + 1)]
        out += list(pairwise(bounds))
    return out
