"""Forced choices between two activities while an emotion is added on the words of one of them (Figures 4, 54, 55)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.steering import Levers, Place, Spec, Term, plan
from emovec.steering.grid import choice_tokens
from emovec.store import Store
from emovec.studies.choices import ELO_PER_LOGIT, Trial, kept_under, trials
from emovec.subject import Subject
from emovec.subject.rows import Advance, choice_logprobs

__all__ = ["STEERED_EMOTIONS", "STRENGTH", "Bench", "elo_shifts", "make_bench", "steered_log_odds"]

Array = NDArray[np.float64]

#: The emotions that are steered: 35, spread over the four quadrants.
STEERED_EMOTIONS = (
    "blissful", "happy", "joyful", "content", "calm", "peaceful", "proud", "hopeful", "grateful", "loving", "excited", "ecstatic", "inspired",
    "playful", "relieved", "compassionate", "satisfied", "hostile", "angry", "furious", "contemptuous", "disgusted", "afraid", "terrified",
    "anxious", "desperate", "sad", "depressed", "lonely", "ashamed", "guilty", "bored", "weary", "vulnerable", "surprised",
)  # fmt: skip
STRENGTH = 0.5
#: Controls that each steered activity meets where all are asked.
_ROUNDS = 8


@dataclass(frozen=True)
class Bench:
    """The trials of a steered activity against a control.

    Attributes:
        tokens: per trial, those of the steered activity.
        sign: (trials,) 1 where the steered activity stands at A, -1 at B.
        share: (trials, pairs): what a trial adds to the mean of its pair.
    """

    trials: tuple[Trial, ...]
    tokens: tuple[tuple[int, int], ...]
    sign: Array
    share: Array


def make_bench(
    subject: Subject, activities: Sequence[str], pairs: int | None, rng: np.random.Generator, *, plain: bool = False
) -> Bench:
    """Every second activity is steered, the others are controls.

    Args:
        pairs: that many steered activities, evenly spread, meet one control each in one order, at A and at B by turns; None: all of them
            meet eight controls each, in both orders.
        plain: ask in the plain form, whether the subject has a template or not.
    """
    # Steered and control activities of one category lie side by side, so every category is on both sides.
    steered, control = np.arange(0, len(activities) - 1, 2), np.arange(1, len(activities), 2)
    if pairs is not None:
        spread = np.linspace(0, len(steered) - 1, min(pairs, len(steered)))
        steered = steered[np.unique(spread.round().astype(int))]
    met = [
        (int(s), int(c))
        for _ in range(1 if pairs is not None else _ROUNDS)
        for s, c in zip(steered, rng.permutation(control), strict=False)
    ]
    at_a = np.tile([True, False], len(met))[: len(met)] if pairs is not None else np.repeat([True, False], len(met))
    pair = np.arange(len(at_a)) % len(met)
    asked = trials(subject, activities, [met[p] if a else met[p][::-1] for p, a in zip(pair, at_a, strict=True)], plain=plain)  # fmt: skip
    share = np.zeros((len(asked), len(met)))
    share[np.arange(len(asked)), pair] = len(met) / len(asked)
    tokens = tuple(t.a_tokens if a else t.b_tokens for t, a in zip(asked, at_a, strict=True))
    return Bench(tuple(asked), tokens, np.where(at_a, 1.0, -1.0), share)


def steered_log_odds(
    subject: Subject, levers: Levers | None, bench: Bench, block: int, store: Store, advance: Advance
) -> Array:
    """Log-odds for the steered activity under every lever (None: unsteered), averaged over the orders of a pair: (levers or 1, pairs).

    They are kept, so that a killed run goes on where it was.
    """
    tokens = choice_tokens(subject, ["A", "B"])

    def ask() -> dict[str, Array]:
        encoded = [t.encoded for t in bench.trials]
        if levers is None:
            scores = choice_logprobs(subject, encoded, tokens, advance=advance)
        else:
            specs = [
                Spec((Term(name, STRENGTH, "add", (Place.tokens(*span),), (block,)),))
                for name in levers.names
                for span in bench.tokens
            ]
            rows = encoded * len(levers.names)
            made = plan(subject, levers, specs, rows)
            scores = choice_logprobs(
                subject, rows, tokens, around=made.over, free=made.free, lowest=made.lowest, advance=advance
            )
        return {"odds": (scores[:, 0] - scores[:, 1]).reshape(-1, len(encoded))}

    dose: list[object] = []
    if levers is not None:
        slot = levers.slot(block)
        dose = [STRENGTH, block, [list(span) for span in bench.tokens], levers.units[:, slot], float(levers.norms[slot])]  # fmt: skip
    odds = store.arrays("steered_choices", kept_under(subject, bench.trials, *dose), ask)["odds"]
    return np.asarray((odds * bench.sign) @ bench.share)


def elo_shifts(
    subject: Subject, levers: Levers, bench: Bench, block: int, unsteered: Array, store: Store, advance: Advance
) -> Array:
    """Elo points by which each lever moves the steered activity of each pair, (levers, pairs); ``unsteered`` is :func:`steered_log_odds` without levers."""
    return (steered_log_odds(subject, levers, bench, block, store, advance) - unsteered) * ELO_PER_LOGIT
