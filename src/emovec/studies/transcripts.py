"""Do the transcripts on which a vector reads highest, over the assistant's tokens, fit its emotion? (figures 20-25, 80-83)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.blind import read_by_words
from emovec.corpora.sets import SpeakerDialogue, load_speakers
from emovec.reading.sweep.cut import Chunk
from emovec.stats import bootstrap
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.ranked import Run, contest, mean_units, neighbours, rival, share_on_top
from emovec.subject import Message

__all__ = ["Transcripts"]

Array = NDArray[np.float64]
_ROLES = ("user", "assistant")
_SHOWN = 3
_STATIC, _BAG = "static token embeddings", "bag of words"
_USER_TEXT, _USER_LABEL = "the same vectors on the user's tokens", "the user's emotion in place of the assistant's"


class Transcripts:
    """Dialogues of a user and an assistant, each given an emotion; ranked by the mean reading over the assistant's tokens."""

    name = "transcripts"
    title = "Transcripts: which ones does a vector put on top?"
    question = "Ranked by the mean reading over the assistant's tokens, are the highest transcripts those in which the assistant speaks with that emotion?"
    paper_ref = "Figures 20-25, 80-83"
    _fits = Rule(holds=0.5, partly=0.2)
    _beyond = Rule(holds=0.05)
    _own = Rule(holds=0.75, partly=0.55)
    rule = (
        "Dialogues in which user and assistant were each given an emotion that neither names, in the chat template, ranked for every emotion that an assistant was given. As many "
        "transcripts as have an assistant with that emotion or a neighbour (their forms and listed close synonyms share a word) are taken from the top: the share that indeed has, mean "
        f"over emotions; {_fits.says}. Two of the nulls: the ranking by the user's tokens, and the user's emotion in place of the assistant's. Beside it, without a claim: how far that share lies above a bag "
        f"of words trained on the very texts that the vectors were made from ({_beyond.says}); the AUC of the transcripts with the very emotion ({_own.says})."
    )

    def __init__(self, cases: Sequence[SpeakerDialogue] | None = None) -> None:
        """``cases``: dialogues of setting ``human-assistant`` (default: the shipped ones); B is the assistant."""
        self._cases = cases

    def run(self, lab: Lab) -> StudyResult:
        """Share of fitting transcripts on top for every recipe; the transcripts on top as a table."""
        shipped = load_speakers() if self._cases is None else self._cases
        cases = [c for c in shipped if c.setting == "human-assistant" and set(c.emotions) <= set(lab.emotions)]
        user, label = (np.array([lab.emotions.index(c.emotions[s]) for c in cases], dtype=np.intp) for s in (0, 1))
        if len(set(label)) < 2:
            return StudyResult([])
        keys, words, means = mean_units(lab, [_messages(c) for c in cases], _by_role, self.name)
        rows = {role: [keys.index((d, r)) for d in range(len(cases))] for r, role in enumerate(_ROLES)}
        spoken = [words[i] for i in rows["assistant"]]
        probes = np.unique(label)
        near = neighbours(lab.emotions)
        fits = near[label][:, probes]
        by_words, names = read_by_words(lab.corpus.texts, spoken)
        bag = share_on_top(by_words[:, [names.index(lab.emotions[p]) for p in probes]], fits)
        static = share_on_top(lab.static_similarity(spoken)[:, probes], fits)
        findings, readers, listing = [], [], []
        for recipe, vectors in lab.vectors.items():
            x = means[recipe][rows["assistant"]]
            filters = vectors.at("filters", lab.block)[probes]
            rivals = {
                _STATIC: static,
                _USER_TEXT: share_on_top(means[recipe][rows["user"]] @ filters.T, fits),
                # An emotion that no user was given has no share of its own: what it would be by chance is no more than 0.
                _USER_LABEL: np.nan_to_num(share_on_top(x @ filters.T, near[user][:, probes])),
            }
            found = contest(lab, recipe, lambda d, x=x: x @ d.T, label, probes, rivals, {_BAG: bag}, self.name)  # type: ignore[misc]
            verdict, why = self._fits.judge(found.value, found.nulls, found.ci)
            says = f"share of transcripts on top, {len(probes)} emotions, {len(cases)} transcripts"
            findings.append(
                Finding(
                    self.name, "fitting_on_top", recipe, lab.block, found.value, found.ci, found.nulls, None, verdict, why, "transcripts_fit", says
                )
            )  # fmt: skip
            rng = lab.rng(self.name, "beyond words", recipe)
            gap = found.shares - bag
            value, nulls = float(gap.mean()), (rival(lab, _BAG, found.shares, bag, rng),)
            ci = bootstrap(lambda r, gap=gap: float(gap[r].mean()), len(gap), rng, lab.draws.bootstrap)  # type: ignore[misc]
            verdict, why = self._beyond.judge(value, nulls, ci)
            findings.append(
                Finding(
                    self.name, "above_bag_of_words", recipe, lab.block, value, ci, nulls, None, verdict,
                    f"{why}; vectors {found.value:.2f}, bag of words {bag.mean():.2f}", "", "difference of shares",
                )
            )  # fmt: skip
            verdict, why = self._own.judge(found.auc, found.auc_nulls, found.auc_ci)
            findings.append(
                Finding(
                    self.name, "own_transcript_auc", recipe, lab.block, found.auc, found.auc_ci, found.auc_nulls, None, verdict, why, "",
                    "mean one-against-rest AUC",
                )
            )  # fmt: skip
            readers += [(recipe, *r) for r in found.readers]
            for i, p in enumerate(probes):
                for rank, d in enumerate(np.argsort(-found.scores[:, i], kind="stable")[:_SHOWN], 1):
                    fit = "itself" if label[d] == p else "a neighbour" if near[label[d], p] else "another"
                    a, u = lab.emotions[label[d]], lab.emotions[user[d]]
                    listing.append(
                        (recipe, lab.emotions[p], rank, found.scores[d, i], a, fit, u, cases[d].turns[1].text)
                    )
        columns = ["recipe", "emotion", "rank", "reading", "assistant_given", "fits", "user_given", "first_reply"]
        return StudyResult(
            findings,
            {
                "readers": pd.DataFrame(readers, columns=["recipe", "reader", "share", "low", "high"]),
                "transcripts": pd.DataFrame(listing, columns=columns),
            },
        )


def _messages(case: SpeakerDialogue) -> tuple[Message, ...]:
    return tuple({"role": _ROLES["AB".index(t.speaker)], "content": t.text} for t in case.turns)


def _by_role(chunk: Chunk) -> list[Run]:
    """The new tokens of a chunk, turn by turn, under the index of their role."""
    part, window = chunk.part, chunk.window
    out = []
    for i, turn in enumerate(part.encoded.turns):
        rows = np.flatnonzero(part.turn[window.new : window.stop] == i)
        if rows.size:
            out.append((_ROLES.index(turn.role), window.new + int(rows[0]), window.new + int(rows[-1]) + 1))
    return out
