"""Does a dangerous number, told cheerfully, raise "terrified" late, and most before the reply? (figure 13)"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Dosage as Case
from emovec.corpora.scenario_sets import load_scenarios
from emovec.studies.base import Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.shifts import (
    A_COLON,
    DEPTHS,
    FEWEST,
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

__all__ = ["Dosage"]

Array = NDArray[np.float64]

_GAP: Final = "{x}"
_LINE: Final = "dangerous - safe"
_FAMILY: Final = "the same, all words of fear"
_HARMLESS: Final = "the same numbers, harmless"
_PLACES: Final = ("number", "rest of the message", A_COLON)
_UNRELATED: Final = "vectors of emotions other than fear"


class Dosage:
    """The difference that a number makes which only knowledge of the world tells to be dangerous."""

    name = "dosage"
    title = "Dosage: is danger read that only a number gives away?"
    question = (
        "In a cheerful message only a number says whether somebody is in danger. Does the dangerous number raise 'terrified' in late blocks and "
        "not in early ones, and most of all before the reply?"
    )
    paper_ref = "Figure 13"
    fear = ("terrified", "panicked", "afraid", "scared", "frightened", "horrified", "alarmed")
    carrier = "The order number of the lamp is {x}."
    _shift = Rule(holds=0.0)
    rule = (
        "Shift: cosine with 'terrified' after the dangerous number minus after the safe one, at the same words. "
        f"{DEPTHS} Three findings: the shift at A: late; that minus the shift at A: early; that minus the shift over the words between the number and "
        f"A:, late. For each, {_shift.says}. One of the nulls is what the same two numbers do where they are harmless (the number of an "
        "order). The second and third cannot hold where the first fails."
    )

    def __init__(self, cases: Sequence[Case] | None = None, carrier: str | None = None) -> None:
        self._cases = cases
        self.carrier = carrier or self.carrier

    def run(self, lab: Lab) -> StudyResult:
        """Shifts for every recipe; curves over depth, every scenario, and the first ones token by token."""
        cases: list[Case] = list(load_scenarios("dosage") if self._cases is None else self._cases)
        family = [lab.emotions.index(e) for e in self.fear if e in lab.emotions]
        if len(cases) < FEWEST or not family:
            return no_cases(lab, self.name, "late_colon_shift", "dosage_late", len(cases) if family else 0)
        passages = [
            _passage(template, number)
            for case in cases
            for template in (case.template, self._harmless(case))
            for number in (case.safe, case.dangerous)
        ]
        states = phrase_states(lab, passages, "dosage: safe and dangerous numbers")
        states = states.reshape(len(cases), 2, 2, *states.shape[1:])
        probes = Probes(lab, self.name)
        unrelated = np.array([i for i in range(len(lab.emotions)) if i not in family])

        def quantities(shift: Array, column: int, columns: Sequence[int]) -> Quantities:
            lines = {
                _LINE: shift[:, 0, ..., column],
                _FAMILY: shift[:, 0][..., columns].mean(-1),
                _HARMLESS: shift[:, 1, ..., column],
            }
            return {(line, place): v[:, i] for line, v in lines.items() for i, place in enumerate(_PLACES)}

        findings, shifts, unit = [], {}, f"cosine with '{lab.emotions[family[0]]}'"
        for recipe, vectors in lab.vectors.items():
            rng = lab.rng(self.name, recipe)
            read, chance = probes.read(vectors, states), probes.chance(vectors, states)
            read, chance = read[:, :, 1] - read[:, :, 0], chance[:, :, 1] - chance[:, :, 0]
            drawn = picks(rng, chance.shape[-1], lab.draws.permutation, len(family))
            nulls = {
                RANDOM: (quantities(chance, int(c[0]), c.tolist()) for c in drawn),
                _UNRELATED: (quantities(read, int(e), [int(e)]) for e in unrelated),
            }
            shifts[recipe] = s = Shifts.gather(
                quantities(read, family[0], family), nulls, probes.blocks, lab.subject.depth
            )
            rest, colon = ((_LINE, place) for place in _PLACES[1:])
            rivals = {f"{_HARMLESS} message": {(_LINE, place): (_HARMLESS, place) for place in _PLACES}}
            first, growth, most = (
                s.finding(lab, self.name, recipe, Asked(metric, terms, self._shift, unit, "dosage_late", None, rivals))
                for metric, terms in (
                    ("late_colon_shift", (late(colon),)),
                    ("colon_late_minus_early", (late(colon), early(colon))),
                    ("late_colon_minus_rest", (late(colon), late(rest, -1))),
                )
            )
            of_all = f"mean cosine with {len(family)} words of fear"
            wide = Asked("late_colon_shift_all_fear", (late((_FAMILY, A_COLON)),), self._shift, of_all)
            findings += [first, behind(first, growth), behind(first, most), s.finding(lab, self.name, recipe, wide)]
        pairs = [(c.id, c.template.replace(_GAP, c.safe), c.template.replace(_GAP, c.dangerous)) for c in cases]
        tokens = token_table(lab, probes, pairs, lambda shift, _: shift[..., family[0]])
        return StudyResult(findings, tables(shifts, [c.id for c in cases], tokens, lab, self.name))

    def _harmless(self, case: Case) -> str:
        """The number in a sentence in which it matters to nobody, then what follows the sentence with the number."""
        after = case.template.index(_GAP) + len(_GAP)
        end = re.search(r"[.!?](?=\s|$)", case.template[after:])
        return (self.carrier + (case.template[after + end.end() :] if end else "")).strip()


def _passage(template: str, number: str) -> Passage:
    start = template.index(_GAP)
    text = template.replace(_GAP, number)
    return Passage(text, (Phrase(start, start + len(number)), Phrase(start + len(number), len(text)), COLON))
