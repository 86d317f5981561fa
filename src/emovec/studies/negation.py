"""Does "not feeling X" lose the emotion on the way up through the model? (figure 14)"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Negation as Case
from emovec.corpora.scenario_sets import load_scenarios
from emovec.studies.base import Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.shifts import (
    A_COLON,
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
from emovec.studies.spans import COLON, Passage, Phrase, Probes, locate, phrase_states, token_table

__all__ = ["Negation"]

Array = NDArray[np.float64]

_FEELING: Final = "feeling X"
_NOT: Final = "not feeling X"
_REALLY: Final = "really feeling X"
_LOST: Final = "lost to 'not'"
_LOST_REALLY: Final = "lost to 'really'"
_PLACES: Final = ("word", "after the word", A_COLON)


class Negation:
    """What the word "not" leaves of an emotion, by depth."""

    name = "negation"
    title = 'Negation: does "not" take the emotion away?'
    question = (
        "In early blocks 'I am not happy' names happiness as 'I am happy' does. Is the reading of the negated emotion gone in late blocks, at "
        "the word itself and after it?"
    )
    paper_ref = "Figure 14"
    _lost = Rule(holds=0.75, partly=0.25)
    _growth = Rule(holds=0.5, partly=0.1)
    rule = (
        "Amplitude: cosine with the named emotion's vector minus the mean of the same vector over the other scenarios of the same arm, so that "
        "neither the word 'not' nor the place counts. Loss: share of the affirmed amplitude that the negated sentence lacks, in the same blocks. "
        f"{DEPTHS} Two findings at the word: the loss late ({_lost.says}), and late minus early ({_growth.says}; it cannot hold where the first "
        "fails). One of the nulls is what an inserted 'really' takes away. The losses after the word and at A: only inform."
    )

    def __init__(self, cases: Sequence[Case] | None = None) -> None:
        self._cases = cases

    def run(self, lab: Lab) -> StudyResult:
        """Losses for every recipe; curves over depth, every scenario, and the first ones token by token."""
        known = list(load_scenarios("negation") if self._cases is None else self._cases)
        cases: list[Case] = [case for case in known if case.emotion in lab.emotions]
        if len(cases) < FEWEST:
            return no_cases(lab, self.name, "late_loss_at_word", "negation_late", len(cases))
        passages = [_passage(c, text) for c in cases for text in (c.affirmed, c.negated, with_really(c))]
        states = phrase_states(lab, passages, "negation: affirmed and negated")
        states = states.reshape(len(cases), 3, *states.shape[1:])
        probes = Probes(lab, self.name)
        own = np.array([lab.emotions.index(case.emotion) for case in cases])

        def quantities(amplitude: Array, columns: NDArray[np.intp]) -> Quantities:
            picked = np.stack([amplitude[c, ..., column] for c, column in enumerate(columns)])
            out: Quantities = {}
            for i, place in enumerate(_PLACES):
                affirmed, negated, really = (picked[:, arm, i] for arm in range(3))
                out |= {(_FEELING, place): affirmed, (_NOT, place): negated, (_REALLY, place): really}
                out |= {(_LOST, place): affirmed - negated, (_LOST_REALLY, place): affirmed - really}
            return out

        findings, shifts, unit = [], {}, "share of the affirmed amplitude"
        for recipe, vectors in lab.vectors.items():
            rng = lab.rng(self.name, recipe)
            read, chance = (_amplitude(x) for x in (probes.read(vectors, states), probes.chance(vectors, states)))
            count, size = len(lab.emotions), (lab.draws.permutation, len(cases))
            nulls = {
                RANDOM: map(partial(quantities, chance), rng.integers(0, chance.shape[-1], size)),
                OTHERS: map(partial(quantities, read), (own + rng.integers(1, count, size)) % count),
            }
            shifts[recipe] = s = Shifts.gather(quantities(read, own), nulls, probes.blocks, lab.subject.depth)
            rivals = {"an inserted 'really'": {(_LOST, place): (_LOST_REALLY, place) for place in _PLACES}}
            lost = {place: (_LOST, place) for place in _PLACES}
            first, growth, after, colon = (
                s.finding(lab, self.name, recipe, Asked(metric, terms, rule, unit, claim, (_FEELING, place), rivals))
                for metric, place, terms, rule, claim in (
                    ("late_loss_at_word", "word", (late(lost["word"]),), self._lost, "negation_late"),
                    ("loss_at_word_late_minus_early", "word", (late(lost["word"]), early(lost["word"])), self._growth, "negation_late"),
                    ("late_loss_after_word", "after the word", (late(lost["after the word"]),), self._lost, ""),
                    ("late_loss_at_colon", A_COLON, (late(lost[A_COLON]),), self._lost, ""),
                )
            )  # fmt: skip
            findings += [first, behind(first, growth), after, colon]
        pairs = [(c.id, c.negated, c.affirmed) for c in cases]
        tokens = token_table(lab, probes, pairs, lambda shift, number: shift[..., own[number]])
        return StudyResult(findings, tables(shifts, [c.id for c in cases], tokens, lab, self.name))


def _amplitude(read: Array) -> Array:
    """Each reading minus the mean of the other cases': (cases, arms, places, blocks, columns) in and out."""
    n = len(read)
    return np.asarray((read - read.mean(0)) * n / (n - 1))


def with_really(case: Case) -> str:
    """The affirmed sentence with "really" where the negated one has its "not" (or right before the word, where more differs than an insertion)."""
    affirmed, negated = case.affirmed.split(" "), case.negated.split(" ")
    start = next((i for i, (a, b) in enumerate(zip(affirmed, negated)) if a != b), len(affirmed))
    if affirmed[start:] != negated[len(negated) - len(affirmed) + start :]:
        at = case.affirmed.index(case.word)
        return f"{case.affirmed[:at]}really {case.affirmed[at:]}"
    return " ".join([*affirmed[:start], "really", *affirmed[start:]])


def _passage(case: Case, text: str) -> Passage:
    word = locate(text, case.word, last=True)
    return Passage(text, (word, Phrase(word.end, len(text)), COLON))
