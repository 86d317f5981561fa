"""Stories token by token, read with vectors that were made without their topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Text
from emovec.stats import unit
from emovec.studies.lab import Lab
from emovec.subject import Encoded, encode_text
from emovec.subject.passes import forward_tokens
from emovec.vectors import directions

__all__ = ["PARTS", "Fold", "Story", "folds_of", "harvest", "next_fold", "positive_share", "profile"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

PARTS = 10


def profile(readings: Array) -> Array:
    """Means of the lowest to the highest tenth of the tokens' readings: (tokens, probes) -> (10, probes)."""
    ordered = np.sort(readings, axis=0)
    return np.stack([part.mean(0) for part in np.array_split(ordered, PARTS)])


def positive_share(readings: Array) -> Array:
    """Share of the total positive reading that the highest tenth of the tokens carries: (tokens, probes) -> (probes,)."""
    positive = np.sort(np.clip(readings, 0.0, None), axis=0)
    total = positive.sum(0)
    return np.asarray(np.array_split(positive, PARTS)[-1].sum(0) / np.where(total == 0, np.inf, total))


@dataclass(frozen=True)
class Story:
    """A story, and the states of its tokens from the second on (the first is an attention sink), (tokens, width)."""

    text: Text
    encoded: Encoded
    states: NDArray[np.float32]

    def stretches(self, length: int) -> list[tuple[int, int]]:
        """Its tokens in stretches of equal length, about ``length`` each (rows of ``states``)."""
        count = len(self.states)
        cuts = np.linspace(0, count, max(2, round(count / length)) + 1).astype(int).tolist()
        return list(pairwise(cuts))

    def chars(self, start: int, stop: int) -> str:
        """The characters of some rows of ``states``."""
        if start >= stop:
            return ""
        return self.encoded.text[self.encoded.offsets[start + 1][0] : self.encoded.offsets[stop][1]]


def harvest(lab: Lab, texts: Sequence[Text], count: int, rng: np.random.Generator) -> list[Story]:
    """At most ``count`` of the texts, drawn so that emotions take turns, with their states at the lab's block."""
    order = [texts[i] for i in rng.permutation(len(texts))]
    seen: dict[str, int] = {}
    turns = []
    for text in order:
        turns.append(seen.get(text.emotion, 0))
        seen[text.emotion] = turns[-1] + 1
    picked = [order[i] for i in np.argsort(turns, kind="stable")[:count]]
    stories = []
    with lab.progress.stage("story tokens", len(picked), "stories") as advance:
        for text in sorted(picked, key=lambda t: t.id):
            encoded = encode_text(lab.subject, text.text)
            states = forward_tokens(lab.subject, encoded, [lab.block])[1:, 0]
            if len(states) >= 2 * PARTS:
                stories.append(Story(text, encoded, states))
            advance(1)
    return stories


@dataclass(frozen=True)
class Fold:
    """Stories of some topics, and vectors that were made without those topics.

    Attributes:
        own: (stories,) index of each story's emotion.
        units: per story its states, centred, at unit length, (tokens, width).
        filters: (emotions, width).
    """

    stories: list[Story]
    own: Index
    units: list[Array]
    filters: Array

    def z(self, probes: Array) -> list[Array]:
        """Readings of probes (probes, width) in standard deviations over all tokens of the fold: per story (tokens, probes)."""
        readings = [u @ probes.T for u in self.units]
        every = np.concatenate(readings)
        spread = every.std(0)
        return [(r - every.mean(0)) / np.where(spread == 0, 1.0, spread) for r in readings]

    def rises(self, z: list[Array]) -> Array:
        """Each story's profile minus the other stories' mean profile, probe by probe: (stories, 10, probes)."""
        profiles = np.stack([profile(r) for r in z])
        others = (profiles.sum(0) - profiles) / max(len(profiles) - 1, 1)
        return np.asarray(profiles - others)


def next_fold(fold_of_topic: dict[str, int], fold: int) -> int:
    """The group of topics after this one, in a circle."""
    return (fold + 1) % (max(fold_of_topic.values()) + 1)


def folds_of(
    lab: Lab, recipe: str, stories: Sequence[Story], fold_of_topic: dict[str, int], *, spare: bool = False
) -> list[Fold]:
    """One fold for each group of topics that has stories, its vectors made from all texts of the recipe's registers but those of its topics.

    With ``spare`` the next group's texts are left to others too (see :func:`next_fold`).
    """
    fold = np.array([fold_of_topic.get(t.topic, -1) for t in lab.corpus.texts])
    out = []
    for f in sorted(set(fold_of_topic.values())):
        mine = [s for s in stories if fold_of_topic[s.text.topic] == f]
        if len(mine) < 2:
            continue
        kept = (fold != f) & ((fold != next_fold(fold_of_topic, f)) if spare else True)
        made = directions(lab.acts, lab.recipes[recipe], lab.block, np.flatnonzero(kept))
        own = np.array([lab.emotions.index(s.text.emotion) for s in mine], dtype=np.intp)
        out.append(Fold(mine, own, [unit(s.states - made.centre) for s in mine], made.filters))
    return out
