"""Is it still language? Measured beside every dose, because averages over doses that break the model say nothing.

Perplexity is that of the steered text under the *unsteered* model. Repetition lowers perplexity, so it is measured too: a text that says one word
again and again can be very likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from emovec.errors import BadInput
from emovec.subject import Encoded, Subject
from emovec.subject.decode import Reply
from emovec.subject.rows import Advance, reply_logprobs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Coherence", "CoherenceRule", "coherence", "coherent_window", "distinct"]


@dataclass(frozen=True)
class Coherence:
    """Of one reply.

    Attributes:
        perplexity: exp of the mean negative log-probability of its tokens under the unsteered model, given the prompt; the token that ended it counts.
        repetition: share of its 4-grams of tokens that occurred in it before (seq-rep-4); 0 for fewer than 4 tokens.
        distinct_1, distinct_2: distinct over all 1- and 2-grams of tokens; 1 for fewer tokens than that.
    """

    perplexity: float
    repetition: float
    distinct_1: float
    distinct_2: float


def distinct(ids: Sequence[int], n: int) -> float:
    """Distinct n-grams over all n-grams; 1 where there are none."""
    grams = [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 1.0


def coherence(
    subject: Subject, prompts: Sequence[Encoded], replies: Sequence[Reply], advance: Advance | None = None
) -> list[Coherence]:
    """Coherence of every reply; equal pairs of prompt and reply are read once. Call it outside of any steering."""
    keys = [(p.ids, r.ids) for p, r in zip(prompts, replies, strict=True)]
    first = {key: i for i, key in reversed(list(enumerate(keys)))}
    at = sorted(first.values())
    scored = reply_logprobs(subject, [prompts[i] for i in at], [replies[i].ids for i in at], advance=advance)
    perplexity = {keys[i]: float(np.exp(-np.mean(scores))) for i, scores in zip(at, scored, strict=True)}
    return [
        Coherence(perplexity[key], 1.0 - distinct(key[1], 4), distinct(key[1], 1), distinct(key[1], 2)) for key in keys
    ]


@dataclass(frozen=True)
class CoherenceRule:
    """When a dose counts as coherent, fixed before any dose was run.

    Attributes:
        perplexity: geometric mean of perplexity at most this many times that of strength 0.
        repetition: mean repetition at most this much above that of strength 0.
    """

    perplexity: float = 3.0
    repetition: float = 0.2

    @property
    def says(self) -> str:
        """The rule in words."""
        return (
            f"perplexity under the unsteered model at most {self.perplexity:g} times, and the share of repeated 4-grams at most "
            f"{self.repetition:g} above, that of strength 0"
        )

    def holds(self, perplexity_ratio: float, more_repetition: float) -> bool:
        """Whether what stands so to strength 0 is coherent."""
        return perplexity_ratio <= self.perplexity and more_repetition <= self.repetition


def coherent_window(table: pd.DataFrame, rule: CoherenceRule | None = None) -> pd.DataFrame:
    """The strengths around 0, without a gap, at which each direction leaves language whole.

    Args:
        table: of :func:`~emovec.steering.grid.dose_grid`, with strength 0 among the strengths.
        rule: default :class:`CoherenceRule`.

    Returns:
        One row per direction: ``direction, kind, low, high, low_open, high_open``; open where the outermost strength that was tried is still
        coherent, so that the window may reach further.

    Raises:
        BadInput: if strength 0 was not run.
    """
    import pandas as pd

    rule = rule or CoherenceRule()
    rows = []
    for (direction, kind), part in table.groupby(["direction", "kind"], sort=False):
        means = part.assign(log=np.log(part["perplexity"])).groupby("strength")[["log", "repetition"]].mean()
        at = dict(zip(map(float, means.index), means.to_numpy(), strict=True))
        if 0.0 not in at:
            raise BadInput("the coherent window needs strength 0 as its baseline; add 0 to the strengths")
        base_log, base_repetition = at[0.0]
        good = {
            s: rule.holds(np.exp(log - base_log), repetition - base_repetition) for s, (log, repetition) in at.items()
        }
        ends = []
        for side in (sorted((s for s in good if s < 0), reverse=True), sorted(s for s in good if s > 0)):
            broken = next((i for i, s in enumerate(side) if not good[s]), len(side))
            ends.append((side[broken - 1] if broken else 0.0, broken == len(side)))
        (low, low_open), (high, high_open) = ends
        rows.append((direction, kind, low, high, low_open, high_open))
    return pd.DataFrame(rows, columns=["direction", "kind", "low", "high", "low_open", "high_open"])


def columns_of(found: Sequence[Coherence]) -> dict[str, list[float]]:
    """As columns of a table."""
    each = [asdict(c) for c in found]
    return {name: [e[name] for e in each] for name in Coherence.__dataclass_fields__}
