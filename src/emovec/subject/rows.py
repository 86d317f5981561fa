"""Rows: many continuations of few prompts in common batches, each row with taps of its own.

A dose-response grid asks the same prompts again and again under other doses. Here every such question is a row: rows of equal or similar length
run together, what the taps leave alone at the start of a prompt is computed once for all rows that share it, and its cache is
handed to each. A row's result does not depend on the batch that it sits in, sampled ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.subject.chat import Encoded
from emovec.subject.passes import token_budget
from emovec.subject.subject import Subject
from emovec.subject.taps import split_at

__all__ = ["Around", "Prefilled", "choice_logprobs", "each_batch", "prefill", "reply_logprobs"]

#: From row numbers to a context in which passes over exactly these rows, in this order, are tapped.
Around = Callable[[Sequence[int]], AbstractContextManager[None]]
#: Called with the number of rows finished since the last call.
Advance = Callable[[float], None]
#: From so many rows a prompt on, rows of other prompts are kept out of its batches, so that it is read once below the taps.
_ROWS_EACH = 4


@dataclass
class Prefilled:
    """Prompts in the cache, one row each, padded on the left.

    Attributes:
        cache: keys and values of every token so far.
        mask: (rows, tokens so far), 0 at padding.
        logits: after each row's last token, (rows, vocabulary) float32.
    """

    cache: Any
    mask: torch.Tensor
    logits: torch.Tensor

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows, in this order (repeats allowed)."""
        index = torch.tensor(list(rows), dtype=torch.long, device=self.mask.device)
        self.cache.reorder_cache(index)
        self.mask, self.logits = self.mask[index], self.logits[index]

    def widen(self, rows: int, start: int, stop: int) -> bool:
        """Give the cache of one row ``rows`` rows in the blocks from ``start`` to before ``stop``; False (and nothing done) where it keeps other things than keys and values."""
        layers = getattr(self.cache, "layers", None)
        if layers is None or not all(isinstance(getattr(one, "keys", None), torch.Tensor) for one in layers):
            return False
        for one in layers[start:stop]:
            one.keys = one.keys.expand(rows, -1, -1, -1)
            one.values = one.values.expand(rows, -1, -1, -1)
        return True

    def feed(
        self, subject: Subject, ids: torch.Tensor, real: torch.Tensor | None = None, keep: int = 1
    ) -> torch.Tensor:
        """Append tokens (rows, tokens) to every row (``real`` is 0 at padding); logits after the last ``keep``, (rows, keep, vocabulary)."""
        self.mask = torch.cat([self.mask, torch.ones_like(ids) if real is None else real], dim=1)
        arguments = {
            "input_ids": ids,
            "attention_mask": self.mask,
            "past_key_values": self.cache,
            "use_cache": True,
            "logits_to_keep": keep,
        }
        if subject.takes_positions:
            arguments["position_ids"] = (self.mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        out = subject.model(**arguments)
        self.cache = out.past_key_values
        logits: torch.Tensor = out.logits
        self.logits = logits[:, -1].float()
        return logits


def prefill(
    subject: Subject,
    prompts: Sequence[Encoded],
    around: AbstractContextManager[None] | None = None,
    free: Sequence[int] | None = None,
    lowest: int | None = None,
) -> Prefilled:
    """Run the prompts of one batch.

    Args:
        lowest: ``around`` changes nothing below this block, so rows of one prompt are one row up to it.
        free: per row, leading tokens that ``around`` leaves alone: they are computed once per distinct prompt, untapped (default: none; without
            ``around`` all are).
    """
    lengths = [len(p) for p in prompts]
    if around is None:
        free = lengths
    longest = max(lengths)
    distinct = list(dict.fromkeys(p.ids for p in prompts))
    # All rows hold back the same number of last tokens, so that they stay aligned at the prompt's end.
    rest = max(n - min(f, n) for n, f in zip(lengths, free, strict=True)) if free is not None else longest
    if len(distinct) == len(prompts) and rest:
        rest = longest
    done = Prefilled(None, torch.zeros((0, 0), dtype=torch.long, device=subject.device), torch.zeros((0, 0)))
    if rest < longest:
        ids, mask = _left_padded(subject, [d[: max(len(d) - rest, 0)] for d in distinct], longest - rest)
        done.mask = mask[:, :0]
        done.feed(subject, ids, mask)
        if rest and len(distinct) == 1 < len(prompts) and _split_off(subject, done, prompts, rest, around, lowest):
            return done
        done.select([distinct.index(p.ids) for p in prompts])
    else:
        done.mask = torch.zeros((len(prompts), 0), dtype=torch.long, device=subject.device)
    if rest:
        ids, mask = _left_padded(subject, [p.ids[max(len(p) - rest, 0) :] for p in prompts], rest)
        with around or nullcontext():
            done.feed(subject, ids, mask)
    return done


def _split_off(
    subject: Subject,
    done: Prefilled,
    prompts: Sequence[Encoded],
    rest: int,
    around: AbstractContextManager[None] | None,
    lowest: int | None,
) -> bool:
    """Feed the last ``rest`` tokens of a prompt that all rows share, once below the block ``lowest`` and once per row above; False where that cannot be done."""
    depth, rows = subject.depth, len(prompts)
    if lowest is None or around is None or not done.widen(rows, lowest + 1, depth):
        return False
    ids = torch.tensor([prompts[0].ids[-rest:]], dtype=torch.long, device=subject.device)
    with split_at(subject.anatomy, lowest, rows), around:
        done.feed(subject, ids)
    done.widen(rows, 0, lowest + 1)
    done.mask = done.mask.expand(rows, -1)
    return True


def _left_padded(subject: Subject, rows: Sequence[Sequence[int]], width: int) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.full((len(rows), width), subject.pad_id, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for r, row in enumerate(rows):
        if row:
            ids[r, -len(row) :] = torch.tensor(row, dtype=torch.long)
            mask[r, -len(row) :] = 1
    return ids.to(subject.device), mask.to(subject.device)


def each_batch(
    subject: Subject,
    prompts: Sequence[Encoded],
    extra: Sequence[int],
    run: Callable[[list[int]], None],
    *,
    most: int | None = None,
    apart: bool = False,
    advance: Advance | None = None,
) -> None:
    """Call ``run`` with the row numbers of every batch: rows with the same prompt side by side, lengths alike.

    Args:
        extra: tokens that each row will add to its prompt.
        apart: rows of different prompts never share a batch.
        most: rows in a batch at most (default: by device; a step costs a CPU 44 ms for one row of the embedded default and 325 ms for 128).

    Where memory runs out, the same rows run again in halves.
    """
    cpu = subject.device.type == "cpu"
    most, budget = most or (128 if cpu else 512), 16384 if cpu else 262144

    def attempt(rows: list[int]) -> None:
        try:
            run(rows)
        except torch.OutOfMemoryError:
            if len(rows) == 1:
                raise
            torch.cuda.empty_cache()
            for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                attempt(half)
        else:
            if advance:
                advance(len(rows))

    for rows in _batches([len(p) for p in prompts], [p.ids for p in prompts], extra, most, budget, apart):
        attempt(rows)


def _batches(
    lengths: Sequence[int], ids: Sequence[tuple[int, ...]], extra: Sequence[int], most: int, budget: int, apart: bool
) -> Iterator[list[int]]:
    order = sorted(range(len(ids)), key=lambda i: (lengths[i], ids[i], extra[i], i))
    batch: list[int] = []
    longest = 0
    for i in order:
        # Prompts of very different lengths are not padded to each other: that would cost more than it saves.
        size = max(longest, lengths[i] + extra[i])
        if batch and (
            len(batch) >= most
            or (len(batch) + 1) * size > budget
            or lengths[i] > 1.5 * lengths[batch[0]] + 16
            or (apart and ids[i] != ids[batch[0]])
        ):
            yield batch
            batch, size = [], lengths[i] + extra[i]
        batch.append(i)
        longest = size
    if batch:
        yield batch


def choice_logprobs(
    subject: Subject,
    prompts: Sequence[Encoded],
    choices: Sequence[int],
    *,
    around: Around | None = None,
    free: Sequence[int] | None = None,
    lowest: int | None = None,
    advance: Advance | None = None,
) -> NDArray[np.float64]:
    """Log-probabilities of single-token ``choices`` right after each prompt, each row tapped: (rows, choices).

    Args:
        lowest: ``around`` changes nothing below this block: rows that share their prompt run as one up to it.
    """
    out = np.zeros((len(prompts), len(choices)))
    picked = torch.tensor(list(choices), dtype=torch.long, device=subject.device)

    def run(rows: list[int]) -> None:
        with torch.no_grad():
            done = prefill(subject, [prompts[r] for r in rows], _tap(around, rows), _picked(free, rows), lowest)
            out[rows] = torch.log_softmax(done.logits.double(), -1)[:, picked].cpu().numpy()

    # Nothing is written, so a batch is worth its size only where the rows share most of their prompt.
    lengths = [len(p) for p in prompts]
    first = lengths if around is None else free or [0] * len(prompts)
    distinct = len({p.ids for p in prompts})
    shares = distinct < len(prompts)
    rest = max((n - min(f, n) if shares else n for n, f in zip(lengths, first, strict=True)), default=1)
    apart = lowest is not None and around is not None and len(prompts) >= _ROWS_EACH * distinct
    most = min(128, max(1, (2 if apart else 1) * token_budget(subject) // max(rest, 1)))
    each_batch(subject, prompts, [0] * len(prompts), run, most=most, apart=apart, advance=advance)
    return out


def reply_logprobs(
    subject: Subject,
    prompts: Sequence[Encoded],
    replies: Sequence[Sequence[int]],
    *,
    around: Around | None = None,
    free: Sequence[int] | None = None,
    advance: Advance | None = None,
) -> list[NDArray[np.float64]]:
    """Log-probability of every token of each row's reply, given its prompt: one array (tokens,) per row.

    Raises:
        BadInput: if there are not as many replies as prompts.
    """
    if len(prompts) != len(replies):
        raise BadInput(f"{len(prompts)} prompts but {len(replies)} replies; give one each")
    out: list[NDArray[np.float64]] = [np.zeros(len(reply)) for reply in replies]

    def run(rows: list[int]) -> None:
        with torch.no_grad():
            done = prefill(subject, [prompts[r] for r in rows], _tap(around, rows), _picked(free, rows))
            longest = max(len(replies[r]) for r in rows)
            target = torch.full((len(rows), longest), subject.pad_id, dtype=torch.long)
            real = torch.zeros_like(target)
            for i, r in enumerate(rows):
                target[i, : len(replies[r])] = torch.tensor(replies[r], dtype=torch.long)
                real[i, : len(replies[r])] = 1
            target, real = target.to(subject.device), real.to(subject.device)
            logits = done.logits[:, None]
            if longest > 1:
                with _tap(around, rows) or nullcontext():
                    after = done.feed(subject, target[:, :-1], real[:, :-1], keep=longest - 1)
                logits = torch.cat([logits, after.float()], dim=1)
            for i, r in enumerate(rows):
                n = len(replies[r])
                each = torch.log_softmax(logits[i, :n].double(), -1)
                out[r] = each.gather(-1, target[i, :n, None])[:, 0].cpu().numpy()

    # The logits of every token of a reply are held at once, so batches are small where replies are long.
    most = max(1, 1024 // max(1, max((len(r) for r in replies), default=1)))
    filled = [i for i, reply in enumerate(replies) if len(reply)]
    each_batch(
        subject, [prompts[i] for i in filled], [len(replies[i]) for i in filled],
        lambda rows: run([filled[r] for r in rows]), most=most, advance=advance,
    )  # fmt: skip
    return out


def _tap(around: Around | None, rows: list[int]) -> AbstractContextManager[None] | None:
    return around(rows) if around is not None else None


def _picked(values: Sequence[int] | None, rows: list[int]) -> list[int] | None:
    return [values[r] for r in rows] if values is not None else None
