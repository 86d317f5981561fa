"""Do late layers carry the mood of earlier words into an identical suffix? (figure 12)"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Context as Case
from emovec.corpora.scenario_sets import load_scenarios
from emovec.studies.base import Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.shifts import (  # fmt: skip
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
    picks,
    tables,
)
from emovec.studies.spans import COLON, Passage, Phrase, Probes, phrase_states, token_table

__all__ = ["Context"]

Array = NDArray[np.float64]

_GAP: Final = "{hard_or_good}"
_LINE: Final = "good - bad"
_PLACES: Final = ("circumstance", "suffix", A_COLON)


class Context:
    """The difference that a good or bad circumstance makes to the words after it, which are the same."""

    name = "context"
    title = "Context: does the mood of earlier words reach the words after them?"
    question = (
        "Two messages differ in one circumstance, good or bad, and end with the same matter-of-fact request. Do late blocks read the "
        "circumstance in the words of the request and before the reply, where early blocks read it at the circumstance only?"
    )
    paper_ref = "Figure 12"
    pleasant = ("happy", "cheerful", "content", "delighted", "hopeful", "relieved")
    unpleasant = ("sad", "desperate", "distressed", "unhappy", "upset", "worried")
    _carried = Rule(holds=0.1)
    rule = (
        f"Reading: mean cosine with {', '.join(pleasant)} minus mean cosine with {', '.join(unpleasant)}. Shift: the same words after a good "
        f"circumstance minus after a bad one, as a share of the shift at the circumstance itself in the same blocks. {DEPTHS} Three findings: the "
        "share in the suffix late, the share at A: late, and the share in the suffix late minus early; for each, "
        f"{_carried.says}. The third cannot hold where the first fails."
    )

    def __init__(self, cases: Sequence[Case] | None = None) -> None:
        self._cases = cases

    def run(self, lab: Lab) -> StudyResult:
        """Carried shares for every recipe; curves over depth, every scenario, and the first ones token by token."""
        cases: list[Case] = list(load_scenarios("context") if self._cases is None else self._cases)
        plus, minus = (
            [lab.emotions.index(e) for e in side if e in lab.emotions] for side in (self.pleasant, self.unpleasant)
        )
        if len(cases) < FEWEST or not plus or not minus:
            found = len(cases) if plus and minus else 0
            return no_cases(lab, self.name, "late_suffix_share", "context_carried", found)
        passages = [_passage(case, word) for case in cases for word in (case.bad, case.good)]
        states = phrase_states(lab, passages, "context: good and bad circumstances")
        states = states.reshape(len(cases), 2, *states.shape[1:])
        probes, own = Probes(lab, self.name), np.array([*plus, *minus])

        def contrast(shift: Array, columns: NDArray[np.intp]) -> Array:
            return np.asarray(shift[..., columns[: len(plus)]].mean(-1) - shift[..., columns[len(plus) :]].mean(-1))

        def quantities(shift: Array, columns: NDArray[np.intp]) -> Quantities:
            values = contrast(shift, columns)
            return {(_LINE, place): values[:, i] for i, place in enumerate(_PLACES)}

        findings, shifts, unit = [], {}, "share of the shift at the circumstance"
        word, suffix, colon = ((_LINE, place) for place in _PLACES)
        for recipe, vectors in lab.vectors.items():
            rng, draws = lab.rng(self.name, recipe), lab.draws.permutation
            read, chance = probes.read(vectors, states), probes.chance(vectors, states)
            read, chance = read[:, 1] - read[:, 0], chance[:, 1] - chance[:, 0]
            nulls = {
                name: map(partial(quantities, values), picks(rng, values.shape[-1], draws, len(own)))
                for name, values in ((RANDOM, chance), (OTHERS, read))
            }
            shifts[recipe] = s = Shifts.gather(quantities(read, own), nulls, probes.blocks, lab.subject.depth)
            carried, at_colon, growth = (
                s.finding(lab, self.name, recipe, Asked(metric, terms, self._carried, unit, "context_carried", word))
                for metric, terms in (
                    ("late_suffix_share", (late(suffix),)),
                    ("late_colon_share", (late(colon),)),
                    ("suffix_late_minus_early", (late(suffix), early(suffix))),
                )
            )
            findings += [carried, at_colon, behind(carried, growth)]
        pairs = [(c.id, c.template.replace(_GAP, c.bad), c.template.replace(_GAP, c.good)) for c in cases]
        tokens = token_table(lab, probes, pairs, lambda shift, _: contrast(shift, own))
        return StudyResult(findings, tables(shifts, [c.id for c in cases], tokens, lab, self.name))


def _passage(case: Case, word: str) -> Passage:
    text = case.template.replace(_GAP, word)
    start = case.template.index(_GAP)
    return Passage(text, (Phrase(start, start + len(word)), Phrase(len(text) - len(case.suffix), len(text)), COLON))
