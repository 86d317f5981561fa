"""Dose-response grids: directions x strengths x prompts x seeds as rows of common batches.

Strength 0 is the same for every direction and is run once; the start of a prompt that no dose touches is computed once; everything else shares
batches, under per-row strengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emovec.errors import BadInput
from emovec.progress import Progress
from emovec.steering.apply import Plan, plan
from emovec.steering.coherence import coherence, columns_of
from emovec.steering.grammar import parse_where
from emovec.steering.levers import Levers, levers_of
from emovec.steering.spec import Spec, Term
from emovec.store import digest
from emovec.subject import Encoded, Subject
from emovec.subject.decode import decode
from emovec.subject.rows import choice_logprobs
from emovec.vectors import EmotionVectors

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["choice_tokens", "dose_choices", "dose_grid"]


@dataclass(frozen=True)
class _Cell:
    """One cell of the grid: lever, strength, prompt and (for what is sampled) seed."""

    lever: int
    strength: float
    prompt: int
    seed: int = 0


class _Grid:
    """The cells, and the distinct rows that have to be run for them."""

    def __init__(
        self,
        subject: Subject,
        levers: Levers,
        prompts: Sequence[Encoded],
        strengths: Iterable[float],
        seeds: Sequence[int],
        where: str,
    ) -> None:
        strengths = sorted({float(s) + 0.0 for s in strengths})
        if not (levers.names and strengths and prompts and seeds):
            raise BadInput(
                f"an empty grid: {len(levers.names)} directions, {len(strengths)} strengths, {len(prompts)} prompts, {len(seeds)} seeds"
            )
        self.levers, self.prompts = levers, prompts
        places, blocks = parse_where(where)
        self.cells = [
            _Cell(lever, strength, prompt, seed)
            for lever in range(len(levers.names))
            for strength in strengths
            for prompt in range(len(prompts))
            for seed in seeds
        ]
        run: dict[_Cell, int] = {}
        #: Per cell the row that answers it.
        self.row = [run.setdefault(c if c.strength else _Cell(0, 0.0, c.prompt, c.seed), len(run)) for c in self.cells]
        self.runs = list(run)
        self.texts = [prompts[c.prompt] for c in self.runs]
        specs = [Spec((Term(levers.names[c.lever], c.strength, "add", places, blocks),)) for c in self.runs]
        self.plan: Plan = plan(subject, levers, specs, self.texts)

    def table(self) -> pd.DataFrame:
        """The first columns, one row per cell."""
        import pandas as pd

        return pd.DataFrame(
            {
                "direction": [self.levers.names[c.lever] for c in self.cells],
                "kind": [self.levers.kinds[c.lever] for c in self.cells],
                "strength": [c.strength for c in self.cells],
                "prompt": [c.prompt for c in self.cells],
                "seed": [c.seed for c in self.cells],
            }
        )


def dose_grid(
    subject: Subject,
    vectors: EmotionVectors | Levers,
    prompts: Sequence[Encoded],
    strengths: Iterable[float],
    *,
    directions: Sequence[str] | None = None,
    where: str = "@all",
    seeds: Sequence[int] = (0,),
    temperature: float = 0.0,
    max_new_tokens: int = 64,
    measure: bool = True,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """What is written under every dose, with its coherence.

    Args:
        vectors: emotion vectors, or levers (emotions and nulls: ``levers_of(vectors) | null_levers(...)``).
        strengths: fractions of the mean residual norm; with 0 among them there is a baseline.
        directions: names (default: all of ``vectors``).
        where: places and blocks as in the steering expression, e.g. ``"@assistant #18"``.
        seeds: samples per prompt (one is enough at temperature 0). The noise of a sample depends on prompt and seed only, so doses are compared on
            the same noise, and a row does not depend on its batch.
        measure: add perplexity, repetition and distinct n-grams.

    Returns:
        One row per cell: ``direction, kind, strength, prompt, seed, text, tokens, ended`` and, if measured, ``perplexity, repetition, distinct_1,
        distinct_2``.

    Raises:
        BadInput: if the grid is empty or a place cannot be found.
        UnknownEmotion: for a direction that is not there.
        ForeignSubject: if the vectors were made from another model.
    """
    levers = levers_of(vectors)
    grid = _Grid(subject, levers[directions] if directions is not None else levers, prompts, strengths, seeds, where)
    progress = progress or Progress()
    noise = [int(digest(list(prompts[c.prompt].ids), c.seed), 16) >> 1 for c in grid.runs]
    with progress.stage("writing under doses", len(grid.runs), "replies") as advance:
        replies = decode(
            subject,
            grid.texts,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            seeds=noise,
            around=grid.plan.over,
            free=grid.plan.free,
            advance=advance,
        )
    table = grid.table()
    table["text"] = [replies[r].text for r in grid.row]
    table["tokens"] = [len(replies[r].ids) for r in grid.row]
    table["ended"] = [replies[r].ended for r in grid.row]
    if measure:
        with progress.stage("coherence of what was written", len(grid.runs), "replies") as advance:
            found = columns_of(coherence(subject, grid.texts, replies, advance))
        for name, values in found.items():
            table[name] = [values[r] for r in grid.row]
    return table


def dose_choices(
    subject: Subject,
    vectors: EmotionVectors | Levers,
    prompts: Sequence[Encoded],
    choices: Sequence[str],
    strengths: Iterable[float],
    *,
    directions: Sequence[str] | None = None,
    where: str = "@all",
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Next-token log-probabilities of choices under every dose.

    Args:
        choices: each a single token of the subject's, with its leading space where it has one (``" sad"``).
        vectors, strengths, directions, where: as in :func:`dose_grid`.

    Returns:
        One row per cell and choice: ``direction, kind, strength, prompt, choice, logprob``.

    Raises:
        BadInput: if a choice is not a single token, the grid is empty or a place cannot be found.
        UnknownEmotion: for a direction that is not there.
        ForeignSubject: if the vectors were made from another model.
    """
    tokens = choice_tokens(subject, choices)
    levers = levers_of(vectors)
    grid = _Grid(subject, levers[directions] if directions is not None else levers, prompts, strengths, (0,), where)
    with (progress or Progress()).stage("choices under doses", len(grid.runs), "prompts") as advance:
        scores = choice_logprobs(
            subject,
            grid.texts,
            tokens,
            around=grid.plan.over,
            free=grid.plan.free,
            lowest=grid.plan.lowest,
            advance=advance,
        )
    import pandas as pd

    table = grid.table().drop(columns="seed")
    parts = [table.assign(choice=choice, logprob=scores[grid.row, i]) for i, choice in enumerate(choices)]
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def choice_tokens(subject: Subject, choices: Sequence[str]) -> list[int]:
    """The token of each choice.

    Raises:
        BadInput: if one is not a single token.
    """
    out = []
    for choice in choices:
        ids = subject.tokenizer(choice, add_special_tokens=False)["input_ids"]
        if len(ids) != 1:
            raise BadInput(
                f"the choice {choice!r} is {len(ids)} tokens for {subject.name}; give single tokens, or score whole texts with reply_logprobs"
            )
        out.append(int(ids[0]))
    return out
