"""Reading and writing: harvest (pooled activations), states of one text's tokens, generate.

Texts are sorted by length and batched under a token budget, padded on the right; positions are counted from each text's own
first token, so padding never shifts them. Harvest stops after the deepest block asked for and never runs the unembedding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.subject.chat import Encoded
from emovec.subject.subject import Subject
from emovec.subject.taps import capture, stopped_after

__all__ = [
    "Batch",
    "Harvest",
    "Pool",
    "batches_of",
    "forward_tokens",
    "generate",
    "harvest",
]

#: Half-open range of token positions over which a text's activations are averaged.
Pool = tuple[int, int]
#: Called after every batch with (texts done, real tokens done).
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Batch:
    """Rows of the work list that run together: padded ids and mask, both (rows, tokens)."""

    rows: tuple[int, ...]
    ids: torch.Tensor
    mask: torch.Tensor


def token_budget(subject: Subject) -> int:
    """Padded tokens per batch. Small batches win on CPUs (four stories at a time: 1.37 times sixteen, see PERF)."""
    return 1024 if subject.device.type == "cpu" else 32768


def batches_of(
    subject: Subject, encoded: Sequence[Encoded], budget: int | None = None, *, side: str = "right"
) -> Iterator[Batch]:
    """Length-sorted batches under a token budget. The same list always gives the same batches."""
    budget = budget or token_budget(subject)
    order = sorted(range(len(encoded)), key=lambda i: (len(encoded[i]), i))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and len(encoded[order[stop]]) * (stop + 1 - start) <= budget:
            stop += 1
        rows = tuple(order[start:stop])
        longest = len(encoded[rows[-1]])
        ids = torch.full((len(rows), longest), subject.pad_id, dtype=torch.long)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for r, row in enumerate(rows):
            n = len(encoded[row])
            where = slice(0, n) if side == "right" else slice(longest - n, longest)
            ids[r, where] = torch.tensor(encoded[row].ids, dtype=torch.long)
            mask[r, where] = 1
        yield Batch(rows, ids.to(subject.device), mask.to(subject.device))
        start = stop


def _run_decoder(subject: Subject, batch: Batch) -> None:
    positions = (batch.mask.cumsum(-1) - 1).clamp(min=0)
    arguments = {"input_ids": batch.ids, "attention_mask": batch.mask, "use_cache": False}
    if subject.takes_positions:
        arguments["position_ids"] = positions
    subject.anatomy.decoder(**arguments)


@dataclass(frozen=True)
class Harvest:
    """Pooled activations.

    Attributes:
        means: (texts, pools, blocks, width) float32.
        blocks: the blocks, in order.
        norm_sums, norm_counts: per block the sum of residual norms over real tokens, and how many; the first token of a text is
            left out (it is an attention sink with a norm many times the others').
    """

    means: NDArray[np.float32]
    blocks: tuple[int, ...]
    norm_sums: NDArray[np.float64]
    norm_counts: int

    @property
    def mean_norms(self) -> NDArray[np.float64]:
        """Mean residual norm per block, (blocks,): the unit of steering strength."""
        return self.norm_sums / max(self.norm_counts, 1)


def harvest(
    subject: Subject,
    encoded: Sequence[Encoded],
    pools: Sequence[Sequence[Pool]],
    blocks: Sequence[int],
    *,
    budget: int | None = None,
    side: str = "right",
    progress: Progress | None = None,
) -> Harvest:
    """Mean residual activations of every text over its pools at all asked blocks, in one pass for all of them.

    Args:
        encoded: the texts.
        pools: per text the token ranges to average over; all texts need equally many.
        blocks: 0-based; the pass stops after the deepest.
        budget: padded tokens per batch (default: by device). Halved and tried again when memory runs out.
        side: padding side ("left" exists so that tests can show that it makes no difference).

    Raises:
        BadInput: if a pool is empty or reaches beyond its text, or a block does not exist.
    """
    blocks = tuple(sorted(set(blocks)))
    if not blocks:
        raise BadInput("no block asked for")
    counts = {len(p) for p in pools}
    if len(pools) != len(encoded) or len(counts) > 1:
        raise BadInput("every text needs the same number of pools")
    for i, (item, ranges) in enumerate(zip(encoded, pools, strict=True)):
        for low, high in ranges:
            if not 0 <= low < high <= len(item):
                raise BadInput(f"text {i} has {len(item)} tokens; the pool {low}:{high} is empty or reaches beyond it")
    n_pools = counts.pop() if counts else 0
    means = np.zeros((len(encoded), n_pools, len(blocks), subject.width), dtype=np.float32)
    norm_sums = np.zeros(len(blocks), dtype=np.float64)
    done = tokens = norm_count = 0

    def run(batch: Batch) -> None:
        nonlocal done, tokens, norm_count
        weights = torch.zeros((len(batch.rows), n_pools, batch.ids.shape[1]), dtype=torch.float32)
        for r, row in enumerate(batch.rows):
            shift = 0 if side == "right" else batch.ids.shape[1] - len(encoded[row])
            for k, (low, high) in enumerate(pools[row]):
                weights[r, k, shift + low : shift + high] = 1.0 / (high - low)
        weights = weights.to(subject.device)
        first = batch.mask.cumsum(-1) == 1
        counted = (batch.mask.bool() & ~first).to(torch.float32)
        got: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

        def read(block: int, residual: torch.Tensor) -> None:
            residual = residual.float()
            got[block] = (torch.bmm(weights, residual), (residual.norm(dim=-1) * counted).sum())

        with torch.no_grad(), capture(subject.anatomy, blocks, read), stopped_after(subject.anatomy, blocks[-1]):
            _run_decoder(subject, batch)
        for b, block in enumerate(blocks):
            pooled, norms = got[block]
            means[list(batch.rows), :, b] = pooled.cpu().numpy()
            norm_sums[b] += float(norms)
        done += len(batch.rows)
        tokens += int(batch.mask.sum())
        norm_count += int(counted.sum())
        if progress:
            progress(done, tokens)

    def attempt(rows: list[int], budget: int) -> None:
        """Run the batches of some rows; where memory runs out, the same rows again in smaller batches."""
        for batch in batches_of(subject, [encoded[r] for r in rows], budget, side=side):
            batch = Batch(tuple(rows[r] for r in batch.rows), batch.ids, batch.mask)
            try:
                run(batch)
            except torch.OutOfMemoryError:
                if len(batch.rows) == 1:
                    raise
                torch.cuda.empty_cache()
                attempt(list(batch.rows), max(1, budget // 2))

    attempt(list(range(len(encoded))), budget or token_budget(subject))
    return Harvest(means, blocks, norm_sums, norm_count)


def forward_tokens(subject: Subject, encoded: Encoded, blocks: Sequence[int]) -> NDArray[np.float32]:
    """Every token's residual of one text: (tokens, blocks, width) float32.

    Raises:
        BadInput: if a block does not exist.
    """
    blocks = tuple(sorted(set(blocks)))
    got: dict[int, NDArray[np.float32]] = {}
    ids = torch.tensor([encoded.ids], dtype=torch.long, device=subject.device)
    batch = Batch((0,), ids, torch.ones_like(ids))

    def read(block: int, residual: torch.Tensor) -> None:
        got[block] = residual[0].float().cpu().numpy()

    with torch.no_grad(), capture(subject.anatomy, blocks, read), stopped_after(subject.anatomy, blocks[-1]):
        _run_decoder(subject, batch)
    return np.stack([got[b] for b in blocks], axis=1)


def generate(
    subject: Subject,
    encoded: Sequence[Encoded],
    *,
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[str]:
    """Continue each text (greedy at temperature 0), with the KV cache, in left-padded batches; returns the new text only."""
    out = [""] * len(encoded)
    for batch in batches_of(subject, encoded, side="left"):
        torch.manual_seed(seed)
        sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
        with torch.no_grad():
            tokens = subject.model.generate(
                input_ids=batch.ids,
                attention_mask=batch.mask,
                max_new_tokens=max_new_tokens,
                pad_token_id=subject.pad_id,
                **sampling,
            )
        for row, new in zip(batch.rows, tokens[:, batch.ids.shape[1] :], strict=True):
            out[row] = subject.tokenizer.decode(new, skip_special_tokens=True)
    return out
