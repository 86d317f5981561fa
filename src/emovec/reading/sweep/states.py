"""Chunks through the model: length-sorted batches, residuals of the new tokens at one block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from emovec.reading.sweep.cut import Chunk
from emovec.subject import Encoded, Subject
from emovec.subject.passes import Batch, _run_decoder, batches_of, token_budget
from emovec.subject.taps import capture, stopped_after

__all__ = ["chunk_states"]


def chunk_states(subject: Subject, chunks: Sequence[Chunk], block: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(index of the chunk, residuals of its new tokens (tokens, width)) for every chunk, in the order of the batches.

    The pass stops after the block. Where memory runs out, the same chunks are run again in smaller batches.

    Raises:
        BadInput: if the block does not exist.
    """
    work = [Encoded(chunk.ids, "", (), ()) for chunk in chunks]

    def run(rows: list[int], budget: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        for batch in batches_of(subject, [work[r] for r in rows], budget):
            mine = [rows[r] for r in batch.rows]
            try:
                residual = _residual(subject, batch, block)
            except torch.OutOfMemoryError:
                if len(mine) == 1:
                    raise
                torch.cuda.empty_cache()
                yield from run(mine, max(1, budget // 2))
                continue
            for r, row in enumerate(mine):
                window = chunks[row].window
                yield row, residual[r, len(window) - (window.stop - window.new) : len(window)]

    yield from run(list(range(len(work))), token_budget(subject))


def _residual(subject: Subject, batch: Batch, block: int) -> NDArray[np.float32]:
    """(rows, tokens, width) at one block."""
    got: list[torch.Tensor] = []
    reader = lambda _block, residual: got.append(residual)
    with torch.no_grad(), capture(subject.anatomy, [block], reader), stopped_after(subject.anatomy, block):
        _run_decoder(subject, batch)
    return got[0].float().cpu().numpy()
