"""Where deflection vectors fire, and what a speaker says under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Antagonistic
from emovec.reading.probe import colon_states
from emovec.stats import auc, unit
from emovec.studies.hidden_dialogues import read_pools
from emovec.studies.lab import Lab
from emovec.subject import encode_text
from emovec.subject.openings import opening_logprobs
from emovec.subject.taps import added

__all__ = ["SCRIPTS", "STRENGTH", "Provoked", "denial_shifts", "read_provoked"]

Array = NDArray[np.float64]

#: Fixed before it was run, in units of the mean residual norm.
STRENGTH = 0.2
#: What goes before, a denial, an admission. Both ways of the first name the emotion; of the second only the admission does.
SCRIPTS = (
    ("B: You have hardly said a word since lunch. Are you {emotion}?\n\nA:", " No, I am not {emotion}.", " Yes, I am {emotion}."),
    ("B: How are you feeling about all this?\n\nA:", " I'm fine.", " I'm {emotion}."),
)  # fmt: skip


@dataclass(frozen=True)
class Provoked:
    """The antagonistic messages as read.

    Attributes:
        cases: the messages.
        said: (messages, width) mean over the message said by A, as in the dialogues.
        colon: (messages, width) at the assistant colon, the message being the user's.
    """

    cases: tuple[Antagonistic, ...]
    said: Array
    colon: Array

    def rows(self, *kinds: str) -> NDArray[np.intp]:
        """Messages of some kinds."""
        return np.array([i for i, case in enumerate(self.cases) if case.kind in kinds], dtype=np.intp)

    def denials(self, names: Sequence[str]) -> dict[int, int]:
        """Row of every denial of an emotion at hand -> that emotion's index."""
        return {
            i: names.index(c.emotion) for i, c in enumerate(self.cases) if c.kind == "denial" and c.emotion in names
        }

    def denial_areas(self, directions: Array, names: Sequence[str]) -> Array:
        """AUC of every denied emotion's own vector: messages that deny it against all others. (denials,)"""
        z = unit(self.said - self.said.mean(0)) @ directions.T
        at = self.denials(names)
        return np.array([auc(z[:, e], np.arange(len(z)) == i) for i, e in at.items()])

    def attack_rise(self, direction: Array, against: str, rows: NDArray[np.intp] | None = None) -> float:
        """By how much a vector's reading (cosine) before the reply is higher for attacks on the AI than for another kind of message.

        Args:
            rows: messages to compare (default: all of both kinds).
        """
        z = unit(self.colon - self.colon.mean(0)) @ direction
        picked = self.rows("attack_on_ai", against) if rows is None else rows
        attack = np.array([self.cases[i].kind == "attack_on_ai" for i in picked], dtype=bool)
        return float(z[picked][attack].mean() - z[picked][~attack].mean())


def read_provoked(lab: Lab, cases: Sequence[Antagonistic]) -> Provoked:
    """Read every message twice: as said by A, and as a user's message at the assistant colon."""
    encoded = [encode_text(lab.subject, f"A: {case.text.strip()}") for case in cases]
    pools = [[e.tokens_of(3, len(e.text))] for e in encoded]
    said = read_pools(lab, encoded, pools, "antagonistic messages")[:, 0]
    chats = [[{"role": "user", "content": case.text}] for case in cases]
    colon = colon_states(lab.subject, chats, [lab.block])[:, 0].astype(np.float64)
    return Provoked(tuple(cases), said, colon)


def denial_shifts(lab: Lab, names: Sequence[str], directions: Mapping[str, Array]) -> dict[str, Array]:
    """By how much each direction, added at every token, raises the log-odds of denial against admission: name -> (emotions, scripts), in nats.

    Args:
        directions: name -> (emotions, width); of each row only the direction counts, the strength is :data:`STRENGTH`.
    """
    subject = lab.subject
    size = STRENGTH * lab.acts.norm_at(lab.block)
    out = {name: np.zeros((len(names), len(SCRIPTS))) for name in directions}
    with lab.progress.stage("steering denials", len(names) * len(SCRIPTS), "prompts") as advance:
        for i, word in enumerate(names):
            # The first row is not steered; each of the others has a direction of its own.
            added_rows = np.stack([np.zeros(subject.width), *(size * unit(rows[i]) for rows in directions.values())])
            for j, (before, *ways) in enumerate(SCRIPTS):
                prompt = encode_text(subject, before.format(emotion=word))
                openings = [way.format(emotion=word) for way in ways]
                scores = opening_logprobs(
                    subject, prompt, openings, len(added_rows), lambda v=added_rows: added(subject.anatomy, {lab.block: v[:, None]})  # type: ignore[misc]
                )  # fmt: skip
                odds = scores[:, 0] - scores[:, 1]
                for name, value in zip(directions, odds[1:] - odds[0], strict=True):
                    out[name][i, j] = value
                advance(1)
    return out
