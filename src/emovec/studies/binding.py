"""Does a second mention of a person bring back that person's emotion, and not the other's? (figure 15)"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Binding as Case
from emovec.corpora.scenario_sets import load_scenarios
from emovec.studies.base import Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.shifts import (
    DEPTHS,
    FEWEST,
    OTHERS,
    RANDOM,
    Asked,
    Quantities,
    Shifts,
    behind,
    early,
    late,
    no_cases,
    tables,
)
from emovec.studies.spans import Passage, Probes, locate, phrase_states, token_table

__all__ = ["Binding"]

Array = NDArray[np.float64]

_OWN: Final = "own emotion"
_OTHER: Final = "the other's"
_BOUND: Final = "own - other's"
_PLACES: Final = ("emotion word", "second mention")


class Binding:
    """Whose emotion is read at a name that is mentioned again."""

    name = "binding"
    title = "Binding: whose emotion comes back with a name?"
    question = (
        "A text says that one person feels one thing and another person another, then mentions both again in passing. Is each one's own emotion "
        "read at the second mention in late blocks, above the other's, and not yet in early ones?"
    )
    paper_ref = "Figure 15"
    _bound = Rule(holds=0.1)
    rule = (
        "Each text is read four times: as it is, with the two emotion words exchanged, with the two second mentions exchanged, and with both. So "
        "either name stands in either place with either emotion, and neither the name nor the order of emotions and mentions can pass for binding. "
        "Binding: cosine at the token that completes the second mention with the person's own emotion minus with the other's, mean over both "
        f"persons and the four texts, as a share of the same difference at the emotion words themselves in the same blocks. {DEPTHS} Two findings: the share late, and late minus early; for each, {_bound.says}. The second cannot hold where the first fails."
    )

    def __init__(self, cases: Sequence[Case] | None = None) -> None:
        self._cases = cases

    def run(self, lab: Lab) -> StudyResult:
        """Binding for every recipe; curves over depth, every scenario, and the first ones token by token."""
        known = list(load_scenarios("binding") if self._cases is None else self._cases)
        cases: list[Case] = [c for c in known if {c.a_emotion, c.b_emotion} <= set(lab.emotions)]
        if len(cases) < FEWEST:
            return no_cases(lab, self.name, "late_binding_share", "binding_person", len(cases))
        passages = [passage for case in cases for passage in _passages(case)]
        states = phrase_states(lab, passages, "binding: two persons")
        # cases, assignments of emotions, orders of mentions, places, persons, blocks, width
        states = states.reshape(len(cases), 2, 2, len(_PLACES), 2, *states.shape[2:])
        probes = Probes(lab, self.name)
        own = np.array([[lab.emotions.index(e) for e in (case.a_emotion, case.b_emotion)] for case in cases])

        def quantities(read: Array, columns: NDArray[np.intp]) -> Quantities:
            picked = np.stack([read[c][..., pair] for c, pair in enumerate(columns)])
            both = picked.mean(2)
            # Person p has emotion p in the text as it is, and the other one where the emotion words are exchanged.
            has = [both[:, arm, :, person, :, person ^ arm] for arm in (0, 1) for person in (0, 1)]
            lacks = [both[:, arm, :, person, :, 1 - (person ^ arm)] for arm in (0, 1) for person in (0, 1)]
            mine, theirs = np.mean(has, axis=0), np.mean(lacks, axis=0)
            lines = {_OWN: mine, _OTHER: theirs, _BOUND: mine - theirs}
            return {(line, place): v[:, i] for line, v in lines.items() for i, place in enumerate(_PLACES)}

        findings, shifts, unit = [], {}, "share of the difference at the emotion words"
        for recipe, vectors in lab.vectors.items():
            rng, draws = lab.rng(self.name, recipe), lab.draws.permutation
            # Against the same vector in all texts, so that own and other's can be seen apart; their difference is not changed by it.
            read, chance = (
                x - x.mean((0, 1, 2, 4), keepdims=True)
                for x in (probes.read(vectors, states), probes.chance(vectors, states))
            )
            nulls = {
                name: map(partial(quantities, x), _pairs(rng, x.shape[-1], draws, len(cases)))
                for name, x in ((RANDOM, chance), (OTHERS, read))
            }
            shifts[recipe] = s = Shifts.gather(quantities(read, own), nulls, probes.blocks, lab.subject.depth)
            word, mention = ((_BOUND, place) for place in _PLACES)
            first, growth = (
                s.finding(lab, self.name, recipe, Asked(metric, terms, self._bound, unit, "binding_person", word))
                for metric, terms in (
                    ("late_binding_share", (late(mention),)),
                    ("binding_late_minus_early", (late(mention), early(mention))),
                )
            )
            findings += [first, behind(first, growth)]
        pairs = [(c.id, exchanged(c), c.text) for c in cases]
        tokens = token_table(lab, probes, pairs, lambda shift, i: (shift[..., own[i, 0]] - shift[..., own[i, 1]]) / 2)
        return StudyResult(findings, tables(shifts, [c.id for c in cases], tokens, lab, self.name))


def exchanged(case: Case) -> str:
    """The text with the two emotion words exchanged."""
    words = {case.a_emotion: case.b_emotion, case.b_emotion: case.a_emotion}
    either = "|".join(re.escape(word) for word in words)
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", lambda found: words[found.group()], case.text)


def remarked(case: Case, text: str) -> str:
    """``text`` with the second mentions of the two persons exchanged."""
    mentions = sorted(
        ((locate(text, name, 1), other) for name, other in ((case.a, case.b), (case.b, case.a))),
        key=lambda mention: -mention[0].start,
    )
    for place, name in mentions:
        text = text[: place.start] + name + text[place.end :]
    return text


def _passages(case: Case) -> list[Passage]:
    """The four texts; in each A's emotion word, B's, A's second mention, B's."""
    made = []
    for plain, words in (
        (case.text, (case.a_emotion, case.b_emotion)),
        (exchanged(case), (case.b_emotion, case.a_emotion)),
    ):
        for text in (plain, remarked(case, plain)):
            found = [locate(text, word, last=True) for word in words]
            mentions = [locate(text, name, 1, last=True) for name in (case.a, case.b)]
            made.append(Passage(text, (*found, *mentions)))
    return made


def _pairs(rng: np.random.Generator, count: int, draws: int, cases: int) -> NDArray[np.intp]:
    """Two different columns for each case of every draw, (draws, cases, 2)."""
    first = rng.integers(0, count, (draws, cases))
    return np.stack([first, (first + rng.integers(1, count, (draws, cases))) % count], axis=-1)
