"""Whose emotion stands on whose tokens? Present-speaker and other-speaker vectors (figures 17-19, 59, 75-76, tables 13-14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.sets import SpeakerDialogue, load_speakers
from emovec.stats import bootstrap
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.speakers.comparisons import KINDS, Comparisons
from emovec.studies.speakers.dialogues import SETS, balanced_rounds, read_sides, usable, word_sides
from emovec.studies.speakers.reactions import reactions
from emovec.studies.speakers.readings import implicit_states, probe_agreement
from emovec.studies.speakers.sets import Estimator, Stories, space_of
from emovec.studies.speakers.steering import OPENINGS, Openings, opening_gains
from emovec.studies.speakers.tables import depth_table, grid_table, structure_table

__all__ = ["Speakers"]

Array = NDArray[np.float64]


class Speakers:
    """The two-by-two grid, Person 1 and 2, reactions, and the push."""

    name = "speakers"
    title = "Speakers: whose emotion is on whose tokens?"
    question = (
        "In a dialogue of two speakers with an emotion each, does the residual stream on one speaker's tokens hold that speaker's emotion, the other's, or "
        "both; as the same vectors for human and assistant, and as other vectors for the present and for the other speaker?"
    )
    paper_ref = "Figures 17-19, 59, 75-76, Tables 13-14"
    _agree = Rule(holds=0.5, partly=0.2)
    _apart = Rule(holds=0.75, partly=0.5)
    _structure = Rule(holds=0.5, partly=0.2)
    _person = Rule(holds=0.7, partly=0.4)
    _r2 = Rule(holds=0.5, partly=0.2)
    _opposed = Rule(holds=0.3)
    _unrelated = 0.2
    _responds = Rule(holds=0.5, partly=0.1)
    strength = 0.2
    rule = (
        "On either side's tokens, mean activation = A's emotion + B's emotion + rest, by least squares; A's first turn is left out. Sets of vectors are compared between "
        "disjoint halves of the dialogues, corrected for noise; a set whose halves agree no better than shuffled labels' is not there: it agrees with no other of its kind, and what else is asked of it is left untested. "
        f"Present with present, other with other, present with story: cosine of like emotions; {_agree.says}. "
        f"Present with other: 1 - |cosine|; {_apart.says} (the null: sets of one kind). The same structure: correlation of the two cosine matrices; {_structure.says}. "
        f"Person 1/2 with chat: cosine of like emotions; {_person.says}. Implicit scenarios: mean R2 of present-speaker and story readings over probes; {_r2.says}. "
        f"Arousal: minus the correlation of an emotion's arousal with that of the {5} present-speaker vectors nearest to its other-speaker vector; {_opposed.says}. "
        f"Valence: the same correlation is at most {_unrelated:g} in size (in part: {2 * _unrelated:g}). "
        f"Steering: an other-speaker vector of the assistant's tokens is added to all tokens at strength {strength:g}; gain of the openings that fit the other's emotion "
        f"over other openings, in nats; {_responds.says} (the nulls: random directions of equal norm, permuted emotions, the present-speaker vector)."
    )

    def __init__(self, cases: Sequence[SpeakerDialogue] | None = None, openings: Openings | None = OPENINGS) -> None:
        """``cases``: dialogues (default: those that ship). ``openings``: of replies, for the steering (None: leave it out)."""
        self._cases = cases
        self._openings = openings

    def run(self, lab: Lab) -> StudyResult:
        """All claims for every recipe (steering: for the first); grid, depth, structure, reactions, probes and openings as tables."""
        dialogues, emotions = usable(load_speakers() if self._cases is None else self._cases, lab.emotions)
        rounds = balanced_rounds(dialogues)
        if len(emotions) < 6 or len(rounds) < 4:
            return StudyResult([])
        sample = sample_of(lab, len(rounds))
        blocks = [b for b in lab.acts.blocks if b <= lab.block]
        chat = read_sides(lab, dialogues, rounds[: sample.chat], emotions, "chat", blocks)
        person = read_sides(lab, dialogues, rounds[: sample.person], emotions, "person", [lab.block])
        words = word_sides(lab, dialogues, rounds[: sample.chat], emotions)
        states = implicit_states(lab, sample.messages)
        findings: list[Finding] = []
        tables: dict[str, list[pd.DataFrame]] = {}
        for recipe, parameters in lab.recipes.items():
            stories = Stories.of(lab.acts, parameters, lab.block, emotions)
            forms = {"chat": chat.at(lab.block), "person": person.at(lab.block)}
            c = Comparisons.of(lab, recipe, Estimator(forms, chat, space_of(lab.acts, parameters, lab.block), stories))
            reacted, reaction_table = reactions(c, self._opposed, self._unrelated)
            agreed, probe_table = self._probes(c, states)
            findings += [*c.reliabilities(), *self._grid(c), agreed, *reacted]
            made = {"grid": grid_table(c), "structure": structure_table(c), "probes": probe_table}
            made |= {"reactions": reaction_table, "depth": depth_table(lab, c, chat, words)}
            if self._openings and recipe == next(iter(lab.recipes)):
                responded, openings_table = self._steering(c, self._openings)
                findings += responded
                made |= {} if openings_table is None else {"openings": openings_table}
            for name, table in made.items():
                tables.setdefault(name, []).append(table)
        return StudyResult(findings, {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()})

    def _grid(self, c: Comparisons) -> list[Finding]:
        person = [(f"chat: {name}", f"person: {name}") for name in SETS]
        return [
            c.agreement("present_across_roles", KINDS["present with present"], self._agree, "present_agrees"),
            c.agreement("present_with_story", KINDS["present with story"], self._agree, "present_agrees"),
            c.agreement("other_across_roles", KINDS["other with other"], self._agree, "other_agrees"),
            c.apart("present_other_apart", self._apart, "present_other_orthogonal"),
            c.same_structure("present_other_structure", self._structure, "present_other_orthogonal"),
            c.agreement("present_person_form", person[:2], self._person, "not_bound_to_roles"),
            c.agreement("other_person_form", person[2:], self._person, "not_bound_to_roles"),
        ]

    def _probes(self, c: Comparisons, states: Array) -> tuple[Finding, pd.DataFrame]:
        pattern = c.estimator.pattern("chat: present")
        value, ci, nulls, table = probe_agreement(
            c.lab, c.recipe, c.estimator.space.read(pattern), c.estimator.sides.emotions, states, c.rng
        )
        judged = self._r2.judge(value, nulls, ci)
        unit_name = f"mean R2 over {c.size} probes, {len(states)} messages"
        return c.finding("present_story_r2", value, judged, "present_story_r2", unit_name, ci, nulls, 0.66), table

    def _steering(self, c: Comparisons, openings: Openings) -> tuple[list[Finding], pd.DataFrame | None]:
        unit_name = f"nats gained by fitting openings at strength {self.strength:g}"
        if why := c.lacking([("chat: other, assistant", "chat: other, assistant")]):
            return [c.finding("steered_response", None, ("untested", why), "steer_other_responds", unit_name)], None
        gains = opening_gains(c, openings, self.strength)
        if gains is None:
            return [], None
        nulls = gains.nulls(c.rng, c.lab.draws.permutation, c.lab.draws.bootstrap)
        ci = bootstrap(gains.mean, len(gains.emotions), c.rng, c.lab.draws.bootstrap)
        judged = self._responds.judge(gains.value, nulls, ci)
        found = c.finding("steered_response", gains.value, judged, "steer_other_responds", unit_name, ci, nulls)
        return [found], gains.table(c.recipe)


@dataclass(frozen=True)
class _Sample:
    chat: int
    person: int
    messages: int | None


def sample_of(lab: Lab, rounds: int) -> _Sample:
    """How much is read: rounds of dialogues in the chat form, rounds as Person 1 and 2, implicit messages of each emotion.

    Everything in the ``paper`` preset; in ``standard`` a third of the dialogues, and half of these as Person 1 and 2; in ``quick`` a quarter.
    """
    if lab.draws.random >= 500:
        return _Sample(rounds, rounds, None)
    share, messages = (3, 5) if lab.draws.random >= 100 else (4, 3)
    return _Sample(max(4, -(-rounds // share)), max(2, -(-rounds // (2 * share))), messages)
