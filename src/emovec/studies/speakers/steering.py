"""Does the model answer *to* an emotion that is added as the other speaker's? (tables 13-14)

A small model's replies say little when read as text; the log-odds of how a reply opens (reassurance, apology, comfort, congratulation)
move long before that, and need no judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.stats import Null, baseline_null, null_of, unit
from emovec.steering.apply import plan
from emovec.steering.levers import Levers
from emovec.steering.spec import SpecLike
from emovec.studies.speakers.comparisons import Comparisons
from emovec.subject import encode_chat, encode_plain_chat
from emovec.subject.openings import opening_logprobs

__all__ = ["OPENINGS", "Gains", "Openings", "opening_gains"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Openings:
    """How a reply may open, and which way fits whose emotion.

    Attributes:
        phrases: kind of reply -> openings.
        fitting: the other's emotion -> kind of reply that fits it. Kinds that fit none are controls.
        messages: neutral messages of the user, to which the model replies while steered.
    """

    phrases: Mapping[str, tuple[str, ...]]
    fitting: Mapping[str, str]
    messages: tuple[str, ...] = field(default=())


#: Set down before any of it was measured.
OPENINGS = Openings(
    phrases={
        "reassurance": ("You are safe.", "It's going to be okay.", "Don't worry."),
        "apology": ("I apologize for that.", "My apologies.", "That was my mistake."),
        "comfort": ("I'm sorry to hear that.", "That sounds very hard.", "I'm here for you."),
        "congratulation": ("Congratulations!", "That's wonderful news!", "Well done!"),
        "business": ("Here is a list.", "Sure, here it is.", "Let me explain."),
    },
    fitting={
        "afraid": "reassurance", "nervous": "reassurance", "overwhelmed": "reassurance", "desperate": "reassurance",
        "angry": "apology", "irritated": "apology", "hostile": "apology", "resentful": "apology",
        "sad": "comfort", "hurt": "comfort", "lonely": "comfort",
        "happy": "congratulation", "proud": "congratulation", "excited": "congratulation",
    },
    messages=(
        "I have something to tell you.", "There is something that I wanted to say today.", "I just got home.",
        "Here is what happened this morning.", "I thought I would write to you.", "It is Tuesday evening here.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Gains:
    """How much each kind of opening gains over the other kinds under steering, in nats.

    A kind's log-odds are the mean log-probability of its openings minus that of the other kinds', averaged over the messages.

    Attributes:
        kinds: of openings.
        fitting: (emotions,) index of the kind that fits each.
        other, present: (emotions, kinds) under other- and present-speaker vectors.
        random: (directions, kinds) under random directions of equal norm.
    """

    emotions: tuple[str, ...]
    kinds: tuple[str, ...]
    fitting: NDArray[np.intp]
    other: Array
    present: Array
    random: Array

    @property
    def own(self) -> Array:
        """Gain of the fitting kind under every other-speaker vector, (emotions,)."""
        return np.asarray(self.other[np.arange(len(self.emotions)), self.fitting])

    @property
    def value(self) -> float:
        """Mean of :attr:`own`."""
        return float(self.own.mean())

    def mean(self, rows: NDArray[np.intp]) -> float:
        """The same over some emotions."""
        return float(self.own[rows].mean())

    def nulls(self, rng: np.random.Generator, permutations: int, draws: int) -> tuple[Null, ...]:
        """Random directions (another one for each emotion), permuted emotions, and the present-speaker vectors as rival."""
        at, size = np.arange(len(self.emotions)), len(self.emotions)
        random = [
            self.random[rng.choice(len(self.random), size, replace=len(self.random) < size), self.fitting].mean()
            for _ in range(permutations)
        ]
        permuted = [self.other[at, rng.permutation(self.fitting)].mean() for _ in range(permutations)]
        rival = self.present[at, self.fitting]
        return (
            null_of("random directions of equal norm (activation covariance)", self.value, np.array(random)),
            null_of("permuted emotions", self.value, np.array(permuted)),
            baseline_null(
                "present-speaker vectors",
                self.value,
                lambda rows: (self.mean(rows), float(rival[rows].mean())),
                size,
                rng,
                draws,
            ),
        )

    def table(self, recipe: str) -> pd.DataFrame:
        """One row per emotion, kind of opening and source of the vector, with the middle 95 % of random directions."""
        low, high = np.percentile(self.random, [2.5, 97.5], axis=0)
        rows = [
            (recipe, source, word, kind, k == self.fitting[e], values[e, k], low[k], high[k])
            for source, values in (("other speaker", self.other), ("present speaker", self.present))
            for e, word in enumerate(self.emotions)
            for k, kind in enumerate(self.kinds)
        ]
        columns = ["recipe", "source", "emotion", "kind", "fits", "gain", "null_low", "null_high"]
        return pd.DataFrame(rows, columns=columns)


def opening_gains(c: Comparisons, openings: Openings, strength: float) -> Gains | None:
    """Steer with the other- and present-speaker vectors of the assistant's tokens and with random directions; None where no emotion has a
    fitting kind."""
    lab, known = c.lab, c.estimator.sides.emotions
    emotions = tuple(e for e in openings.fitting if e in known)
    if not emotions:
        return None
    at = [known.index(e) for e in emotions]
    sets = [
        c.estimator.space.clean(c.estimator.pattern(f"chat: {kind}, assistant"))[at] for kind in ("other", "present")
    ]
    rng = lab.rng("speakers", c.recipe, "steering")
    count = max(8, lab.draws.random // 8)
    random = np.concatenate(lab.random_sets(rng, -(-count // len(lab.emotions))))[:count]
    directions = np.concatenate([*sets, random])
    names = tuple(str(i) for i in range(len(directions)))
    norm = np.array([lab.acts.norm_at(lab.block)])
    levers = Levers(names, ("",) * len(names), (lab.block,), unit(directions)[:, None], norm, lab.block, lab.subject.fingerprint)  # fmt: skip
    # The first row is the unsteered one.
    doses: list[SpecLike] = [{names[0]: 0.0}, *({name: strength} for name in names)]
    steering, rows = plan(lab.subject, levers, doses), range(len(doses))
    encode = encode_chat if lab.subject.has_template else encode_plain_chat
    messages = openings.messages[: 6 if lab.draws.random >= 500 else 4 if lab.draws.random >= 100 else 2]
    phrases = [o for kind in openings.phrases.values() for o in kind]
    scores = []
    with lab.progress.stage("openings under steering", len(doses) * len(messages), "prompts") as advance:
        for message in messages:
            prompt = encode(lab.subject, [{"role": "user", "content": message}], reply=True)
            scores.append(opening_logprobs(lab.subject, prompt, phrases, len(doses), lambda: steering.over(rows)))
            advance(len(doses))
    kinds = tuple(openings.phrases)
    gains = _gains(np.stack(scores, axis=1), [len(openings.phrases[k]) for k in kinds])
    cut = len(emotions), 2 * len(emotions)
    fitting = np.array([kinds.index(openings.fitting[e]) for e in emotions])
    return Gains(emotions, kinds, fitting, gains[: cut[0]], gains[cut[0] : cut[1]], gains[cut[1] :])


def _gains(logprobs: Array, counts: Sequence[int]) -> Array:
    """From log-probabilities (1 + steerings, prompts, openings), the first row unsteered, to gains (steerings, kinds)."""
    bounds = np.cumsum([0, *counts])
    mean = np.stack([logprobs[..., a:b].mean(-1) for a, b in pairwise(bounds)], axis=-1)
    moved = (mean[1:] - mean[:1]).mean(1)
    return np.asarray(moved - (moved.sum(-1, keepdims=True) - moved) / (len(counts) - 1))
