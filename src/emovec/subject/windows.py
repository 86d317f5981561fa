"""Every token's residual of a text of any length: one pass where it fits, overlapping windows where it does not.

A window after the first starts with the text's own first token (the attention sink, which every later token leans on; without it the
window's first token would become one) and ``context`` tokens that are read for context only; the tokens after those are new. So every token
that the first window does not hold is read with at least ``context`` tokens before it, and no pass is longer than ``size``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.subject.chat import Encoded
from emovec.subject.passes import forward_tokens
from emovec.subject.subject import Subject

__all__ = ["Window", "forward_windows", "max_positions", "windows_of"]

#: Default length of a pass, where the model takes that many tokens: attention over more costs more than the rest of the model.
SIZE = 4096


@dataclass(frozen=True)
class Window:
    """One pass: the tokens ``start`` to ``stop``, of which those from ``new`` on are read (``start`` > 0: the first token of the text goes before them)."""

    start: int
    new: int
    stop: int

    def __len__(self) -> int:
        """Tokens that the pass takes."""
        return self.stop - self.start + (self.start > 0)


def max_positions(subject: Subject) -> int | None:
    """How many tokens the model was made for, as its configuration says (None: it says nothing)."""
    config = subject.model.config.get_text_config()
    found = getattr(config, "max_position_embeddings", None)
    return int(found) if isinstance(found, int) and found > 0 else None


def windows_of(length: int, size: int, context: int) -> list[Window]:
    """The passes that cover ``length`` tokens, each at most ``size`` long.

    Raises:
        BadInput: if nothing new fits beside the context.
    """
    if size < 2 or not 0 <= context <= size - 2:
        raise BadInput(f"a window of {size} tokens has no room for {context} tokens of context and a new one")
    out = [Window(0, 0, min(size, length))]
    while (new := out[-1].stop) < length:
        start = max(1, new - context)
        out.append(Window(start, new, min(length, start + size - 1)))
    return out


def forward_windows(
    subject: Subject, encoded: Encoded, blocks: Sequence[int], *, size: int | None = None, context: int | None = None
) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """Residuals of every token, piece by piece: (first token, last + 1, (tokens, blocks, width) float32), blocks in ascending order.

    A text of at most ``size`` tokens is one pass, exactly as :func:`emovec.subject.passes.forward_tokens` runs it.

    Args:
        size: tokens per pass. Default: 4,096, or fewer where the model takes fewer.
        context: tokens before each new one. Default: a quarter of ``size``.

    Raises:
        BadInput: if ``size`` is more than the model takes, or a block does not exist.
    """
    limit = max_positions(subject)
    if size is not None and limit is not None and size > limit:
        raise BadInput(f"{subject.name} takes {limit} tokens at once; a window of {size} is too long")
    size = size or min(SIZE, limit or SIZE)
    context = size // 4 if context is None else context
    for window in windows_of(len(encoded), size, context):
        sink = encoded.ids[:1] if window.start else ()
        part = replace(encoded, ids=sink + encoded.ids[window.start : window.stop])
        states = forward_tokens(subject, part, blocks)
        yield window.new, window.stop, states[len(sink) + window.new - window.start :]
