"""Writing replies for many rows at once: greedy or sampled, each row with its own taps and its own seed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch

from emovec.errors import BadInput
from emovec.subject.chat import Encoded
from emovec.subject.rows import Advance, Around, each_batch, prefill
from emovec.subject.subject import Subject

__all__ = ["Reply", "decode", "end_tokens"]


@dataclass(frozen=True)
class Reply:
    """What was written after one prompt.

    Attributes:
        ids: its tokens, the one that ended it included.
        text: without special tokens, and without the stop string that ended it.
        ended: by a token or a stop string, rather than by running out of tokens.
    """

    ids: tuple[int, ...]
    text: str
    ended: bool


def end_tokens(subject: Subject) -> frozenset[int]:
    """Tokens that end a reply, as the model's generation settings and the tokenizer say."""
    found: set[int] = set()
    for owner in (getattr(subject.model, "generation_config", None), subject.tokenizer):
        value = getattr(owner, "eos_token_id", None)
        found.update(value if isinstance(value, (list, tuple)) else [] if value is None else [value])
    return frozenset(found)


class _Noise:
    """Gumbel noise for sampling by argmax, one vector of a vocabulary's size per seed and step.

    It depends on nothing but seed and step, so a row's sample does not depend on its batch, and the same seed under two doses
    meets the same noise: what differs between the two texts comes from the dose.
    """

    def __init__(self, seeds: Sequence[int], vocabulary: int, device: torch.device) -> None:
        self._makers = {seed: torch.Generator().manual_seed(seed) for seed in dict.fromkeys(seeds)}
        self._vocabulary, self._device = vocabulary, device

    def next(self, seeds: Sequence[int]) -> torch.Tensor:
        """(rows, vocabulary) for the rows that still write, given by their seeds."""
        wanted = list(dict.fromkeys(seeds))
        # In double precision: in single, one draw in 16 million is exactly 0 and would win whatever the model says.
        drawn = [torch.empty(self._vocabulary, dtype=torch.float64) for _ in wanted]
        for seed, row in zip(wanted, drawn, strict=True):
            row.exponential_(generator=self._makers[seed])
        noise = -torch.log(torch.stack(drawn)).float()
        return noise[torch.tensor([wanted.index(s) for s in seeds])].to(self._device)


def decode(
    subject: Subject,
    prompts: Sequence[Encoded],
    *,
    max_new_tokens: int = 128,
    temperature: float = 0.0,
    seeds: Sequence[int] | None = None,
    stop: Sequence[str] = (),
    around: Around | None = None,
    free: Sequence[int] | None = None,
    most: int | None = None,
    advance: Advance | None = None,
) -> list[Reply]:
    """Continue every prompt.

    Unlike transformers' ``generate`` it takes nothing from the model's own generation settings but the end tokens: no top-k, no top-p,
    no repetition penalty.

    Args:
        temperature: 0 is greedy; else the plain softmax at this temperature is sampled.
        seeds: one per row, for sampling (default: the row's number). Rows with the same seed meet the same noise.
        stop: strings that end a reply.
        around: from row numbers to taps; see :data:`~emovec.subject.rows.Around`.
        free: per row, leading tokens of the prompt that the taps leave alone; they are computed once per distinct prompt.
        most: rows in a batch at most.

    Raises:
        BadInput: if a prompt is empty, or numbers do not fit.
    """
    if max_new_tokens < 1 or temperature < 0:
        raise BadInput(f"max_new_tokens {max_new_tokens} and temperature {temperature} must be at least 1 and 0")
    seeds = list(range(len(prompts))) if seeds is None else list(seeds)
    for name, values in (("seeds", seeds), ("free", free)):
        if values is not None and len(values) != len(prompts):
            raise BadInput(f"{len(values)} {name} for {len(prompts)} prompts; give one each")
    if any(len(p) == 0 for p in prompts):
        raise BadInput("a prompt has no tokens; give at least one word")
    ends = end_tokens(subject)
    replies: list[list[int]] = [[] for _ in prompts]
    closed = [False] * len(prompts)

    def run(batch: list[int]) -> None:
        rows = list(batch)  # those that still write
        for row in rows:
            replies[row], closed[row] = [], False
        with torch.no_grad(), ExitStack() as taps:
            done = prefill(
                subject,
                [prompts[r] for r in rows],
                around(rows) if around is not None else None,
                [free[r] for r in rows] if free is not None else None,
            )
            if around is not None:
                taps.enter_context(around(rows))
            noise = _Noise([seeds[r] for r in rows], done.logits.shape[-1], subject.device) if temperature else None
            for step in range(max_new_tokens):
                scores = done.logits
                if noise is not None:
                    scores = scores / temperature + noise.next([seeds[r] for r in rows])
                tokens = scores.argmax(-1)
                for row, token in zip(rows, tokens.tolist(), strict=True):
                    if not closed[row]:
                        replies[row].append(token)
                        closed[row] = token in ends or _stopped(subject, replies[row], stop)
                writing = [i for i, row in enumerate(rows) if not closed[row]]
                if not writing or step == max_new_tokens - 1:
                    break
                # Rows that have ended are dropped once they are an eighth of the batch: dropping copies the cache.
                if len(rows) - len(writing) >= max(1, len(rows) // 8):
                    done.select(writing)
                    rows, tokens = [rows[i] for i in writing], tokens[writing]
                    if around is not None:
                        taps.pop_all().close()
                        taps.enter_context(around(rows))
                done.feed(subject, tokens[:, None])

    each_batch(subject, prompts, [max_new_tokens] * len(prompts), run, most=most, advance=advance)
    return [Reply(tuple(ids), _text(subject, ids, stop), ended) for ids, ended in zip(replies, closed, strict=True)]


def _stopped(subject: Subject, ids: Sequence[int], stop: Sequence[str]) -> bool:
    if not stop:
        return False
    # A string of n bytes has at most n tokens.
    tail = subject.tokenizer.decode(ids[-max(len(s.encode()) for s in stop) - 1 :], skip_special_tokens=True)
    return any(s in tail for s in stop)


def _text(subject: Subject, ids: Sequence[int], stop: Sequence[str]) -> str:
    text: str = subject.tokenizer.decode(list(ids), skip_special_tokens=True)
    return text[: min((at for s in stop if (at := text.find(s)) >= 0), default=len(text))]
