"""Can a speaker's emotion, stated beforehand, be decoded from turns that show it, hide it or speak of other things? (table 5, figure 16)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import Text
from emovec.corpora.sets import CONDITIONS, HiddenDialogue, load_hidden
from emovec.stats import baseline_null, bootstrap, null_of
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.chronic_data import (
    UNEXPRESSED,
    ChronicData,
    accuracy_table,
    chronic_data,
    confusions,
    shuffled_within,
    transfer_matrix,
)
from emovec.studies.chronic_natural import NATURAL_COLUMNS, natural_rule, on_natural_text
from emovec.studies.decoder import cross_validated, train, words_decoder
from emovec.studies.hidden_dialogues import known, sample_cells
from emovec.studies.lab import Lab

__all__ = ["ChronicState"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Hits = NDArray[np.bool_]
Rows = list[tuple[object, ...]]

_FOLDS = 5
#: condition -> (claim, the paper's accuracy)
_PAPER = {
    "expressed": ("chronic_natural", 0.713),
    "hidden": ("chronic_hidden", 0.760),
    "neutral_topic": ("chronic_unexpressed", 0.386),
    "story_of_other": ("chronic_story", 0.760),
    "discussing_other": ("chronic_other", 0.826),
}
_OURS, _BARE, _WORDS, _STATIC = "with the preamble", "without the preamble", "bag of words", "static embeddings"
_TOGETHER = "trained on all conditions"


class ChronicState:
    """Held-out accuracy by condition, what the preamble adds to it, transfer between conditions, and natural text."""

    name = "chronic_state"
    title = "Chronic state: does a stated emotion last through turns that do not show it?"
    question = (
        "A preamble states what a speaker feels. Can that be decoded from the speaker's own turns when they show it, hide it, or speak of "
        "other things; is it in the words alone; and does the decoder find anything in natural text?"
    )
    paper_ref = "Table 5, Figure 16"
    _decoded = Rule(holds=0.25, partly=0.12)
    _less = Rule(holds=0.05)
    rule = (
        "Multinomial logistic regression on the mean activation of A's turns, one for each condition, five folds of dialogues; accuracy "
        f"(chance 1 in 15); {_decoded.says}. Nulls: shuffled labels (refitted), a bag of words and static embeddings of the same turns and, where the emotion is "
        "not expressed, the same turns read without the preamble. Neutral topic: besides, accuracy below the mean of the other conditions; "
        f"{_less.says}. {natural_rule}"
    )

    def __init__(self, dialogues: Sequence[HiddenDialogue] | None = None, texts: Sequence[Text] | None = None) -> None:
        """Dialogues and labelled scenes in place of the shipped ones (hidden.jsonl, literary.jsonl)."""
        self._dialogues, self._texts = dialogues, texts

    def run(self, lab: Lab) -> StudyResult:
        """Findings by condition, of transfer and of natural text; every reader's accuracy, transfer, turns and confusions as tables."""
        dialogues = known(load_hidden() if self._dialogues is None else self._dialogues, lab.emotions)
        rng = lab.rng(self.name)
        picked = sample_cells(dialogues, lab.draws.hidden, rng)
        if len(picked) < 2 * _FOLDS or len({d.felt for d in picked}) < 3:
            why = f"{len(picked)} dialogues have emotions that the vectors know; too few to train a decoder"
            return StudyResult([
                Finding(self.name, f"accuracy_{c}", "", lab.block, None, why=why, claim=claim) for c, (claim, _) in _PAPER.items()
            ])  # fmt: skip
        data = chronic_data(lab, picked, _FOLDS, rng)
        shuffled = [shuffled_within(data, rng) for _ in range(max(lab.draws.refit // 2, 20))]
        readers, fakes, turns = self._decode(data, shuffled)
        hits = {name: heard == data.felt for name, heard in readers.items()}
        findings = []
        for condition in CONDITIONS:
            findings += self._condition(lab, data, condition, hits, fakes)
        findings.append(self._less_on_neutral(lab, data, hits[_OURS]))
        transfer, expressed_says = self._transfer(lab, data, shuffled)
        findings += [transfer, self._taken_for(lab, data, expressed_says)]
        natural, natural_rows = on_natural_text(lab, data, shuffled, self._texts)
        tables = {
            "conditions": (
                accuracy_table(lab, data, hits, fakes, {c: paper for c, (_, paper) in _PAPER.items()}),
                ["condition", "reader", "accuracy", "low", "high", "paper", "chance", "n"],
            ),
            "transfer": (transfer_matrix(data), ["trained_on", "tested_on", "accuracy", "n"]),
            "turns": (turns, ["condition", "turn", "accuracy", "n"]),
            "hidden_says": (
                confusions(data, {**readers, "trained where expressed": expressed_says}),
                ["reader", "felt", "shown", "chance", "n"],
            ),
            "natural": (natural_rows, list(NATURAL_COLUMNS)),
        }
        return StudyResult(
            [*findings, *natural], {name: pd.DataFrame(rows, columns=head) for name, (rows, head) in tables.items()}
        )

    def _decode(self, data: ChronicData, shuffled: Sequence[Index]) -> tuple[dict[str, Index], Hits, Rows]:
        """What every reader says of every dialogue, whether decoders of shuffled labels are right by their labels, and accuracy by turn."""
        n, size = len(data.felt), len(data.names)
        readers = {name: np.zeros(n, dtype=np.intp) for name in (_OURS, _BARE, _WORDS, _STATIC)}
        fakes = np.zeros((len(shuffled), n), dtype=bool)
        turns: Rows = []
        for condition in CONDITIONS:
            rows = data.of(condition)
            if not len(rows):
                continue
            felt, folds, stated = data.felt[rows], data.folds[rows], data.stated
            drawn = [s[rows] for s in shuffled]
            also = [stated.means[rows, i] for i in range(2)]
            said, *by_turn = cross_validated(stated.whole[rows], [felt, *drawn], size, folds, also)
            readers[_OURS][rows] = said[0]
            fakes[:, rows] = said[1:] == np.array(drawn)
            readers[_BARE][rows] = cross_validated(data.bare.whole[rows], [felt], size, folds)[0][0]
            readers[_STATIC][rows] = cross_validated(stated.embeddings[rows], [felt], size, folds)[0][0]
            readers[_WORDS][rows] = words_decoder([data.texts[i] for i in rows], felt, size, folds)[0]
            turns += [(condition, i + 1, float((t[0] == felt).mean()), len(rows)) for i, t in enumerate(by_turn)]
        readers[_TOGETHER] = cross_validated(data.stated.whole, [data.felt], size, data.folds)[0][0]
        return readers, fakes, turns

    def _condition(
        self, lab: Lab, data: ChronicData, condition: str, hits: dict[str, Hits], fakes: Hits
    ) -> list[Finding]:
        rows = data.of(condition)
        claim, paper = _PAPER[condition]
        if not len(rows):
            return [
                Finding(
                    self.name,
                    f"accuracy_{condition}",
                    "",
                    lab.block,
                    None,
                    paper=paper,
                    why="no such dialogues",
                    claim=claim,
                )
            ]
        rng = lab.rng(self.name, condition)
        ours = hits[_OURS][rows].astype(float)
        value = float(ours.mean())
        rivals = [_WORDS, _STATIC] if condition == "expressed" else [_WORDS, _STATIC, _BARE]
        nulls = [null_of("shuffled labels (refitted)", value, fakes[:, rows].mean(1))]
        for rival in rivals:
            theirs = hits[rival][rows].astype(float)
            nulls.append(baseline_null(
                f"the same turns: {rival}", value, lambda at, t=theirs: (float(ours[at].mean()), float(t[at].mean())),  # type: ignore[misc]
                len(rows), rng, lab.draws.bootstrap,
            ))  # fmt: skip
        ci = bootstrap(lambda at: float(ours[at].mean()), len(rows), rng, lab.draws.bootstrap)
        verdict, why = self._decoded.judge(value, nulls, ci)
        gain = ours - hits[_BARE][rows]
        flips = rng.choice([-1.0, 1.0], (lab.draws.permutation, len(rows)))
        gain_null = null_of("with and without swapped", float(gain.mean()), (flips * gain).mean(1))
        gain_ci = bootstrap(lambda at: float(gain[at].mean()), len(rows), rng, lab.draws.bootstrap)
        gain_verdict, gain_why = self._less.judge(float(gain.mean()), [gain_null], gain_ci)
        return [
            Finding(
                self.name, f"accuracy_{condition}", "", lab.block, value, ci, tuple(nulls), paper, verdict,
                f"{why}; without the preamble {hits[_BARE][rows].mean():.2f}", claim,
                f"accuracy among {len(data.names)}, {len(rows)} held-out dialogues",
            ),
            Finding(
                self.name, f"preamble_gain_{condition}", "", lab.block, float(gain.mean()), gain_ci, (gain_null,), None, gain_verdict,
                gain_why, "", "accuracy with minus without the preamble",
            ),
        ]  # fmt: skip

    def _less_on_neutral(self, lab: Lab, data: ChronicData, hits: Hits) -> Finding:
        rng = lab.rng(self.name, "neutral topic")
        claim = _PAPER["neutral_topic"][0]
        neutral = data.condition == "neutral_topic"
        if neutral.all() or not neutral.any():
            return Finding(
                self.name, "neutral_topic_deficit", "", lab.block, None, why="no dialogues to compare", claim=claim
            )
        x = hits.astype(float)
        value = float(x[~neutral].mean() - x[neutral].mean())
        orders = [rng.permutation(neutral) for _ in range(lab.draws.permutation)]
        null = null_of("permuted conditions", value, np.array([x[~o].mean() - x[o].mean() for o in orders]))
        a, b = x[~neutral], x[neutral]
        ci = bootstrap(
            lambda at: float(a[rng.integers(0, len(a), len(a))].mean() - b[at].mean()), len(b), rng, lab.draws.bootstrap
        )
        verdict, why = self._less.judge(value, [null], ci)
        return Finding(
            self.name, "neutral_topic_deficit", "", lab.block, value, ci, (null,), 0.379, verdict, why, claim,
            "accuracy of the other conditions minus that on a neutral topic",
        )  # fmt: skip

    def _transfer(self, lab: Lab, data: ChronicData, shuffled: Sequence[Index]) -> tuple[Finding, Index]:
        """Trained where the emotion is expressed, tested where it is not: what a lasting state would allow."""
        size, x = len(data.names), data.stated.whole
        source, target = data.of("expressed"), data.of(*UNEXPRESSED)
        nothing = np.full(len(data.felt), -1, dtype=np.intp)
        if not len(source) or not len(target):
            why = "no dialogues to train or to test on"
            return Finding(self.name, "transfer_to_unexpressed", "", lab.block, None, why=why), nothing
        rng = lab.rng(self.name, "transfer")
        decoders = train(x[source], [data.felt[source], *(s[source] for s in shuffled)], size)
        truth = data.felt[target]
        said = np.array([d.says(x[target], x[target].mean(0)) for d in decoders])
        ours = (said[0] == truth).astype(float)
        bare = train(data.bare.whole[source], [data.felt[source]], size)[0]
        theirs = (bare.says(data.bare.whole[target], data.bare.whole[target].mean(0)) == truth).astype(float)
        heard = words_decoder(
            [data.texts[i] for i in source], data.felt[source], size, data.folds[source], [data.texts[i] for i in target]
        )[1].argmax(1)  # fmt: skip
        worded = (heard == truth).astype(float)
        value = float(ours.mean())
        nulls = [null_of("shuffled labels (refitted)", value, (said[1:] == truth).mean(1))]
        for name, rival in ((_BARE, theirs), (_WORDS, worded)):
            nulls.append(baseline_null(
                f"the same turns: {name}", value, lambda at, r=rival: (float(ours[at].mean()), float(r[at].mean())),  # type: ignore[misc]
                len(target), rng, lab.draws.bootstrap,
            ))  # fmt: skip
        ci = bootstrap(lambda at: float(ours[at].mean()), len(target), rng, lab.draws.bootstrap)
        verdict, why = self._decoded.judge(value, nulls, ci)
        hidden = data.of("hidden")
        nothing[hidden] = decoders[0].says(x[hidden], x[hidden].mean(0)) if len(hidden) else -1
        return Finding(
            self.name, "transfer_to_unexpressed", "", lab.block, value, ci, tuple(nulls), None, verdict, why, "",
            f"accuracy among {size}, trained on {len(source)} expressed, tested on {len(target)} unexpressed",
        ), nothing  # fmt: skip

    def _taken_for(self, lab: Lab, data: ChronicData, said: Index) -> Finding:
        """Does a decoder of expressed emotion hear, in hidden ones, what is felt or what is put on?"""
        rows = data.of("hidden")
        if not len(rows) or (said[rows] < 0).all():
            return Finding(
                self.name, "hidden_felt_minus_shown", "", lab.block, None, why="no dialogues that hide an emotion"
            )
        rng = lab.rng(self.name, "taken for")
        felt, shown = (said[rows] == data.felt[rows]).astype(float), (said[rows] == data.shown[rows]).astype(float)
        gap = felt - shown
        value = float(gap.mean())
        flips = rng.choice([-1.0, 1.0], (lab.draws.permutation, len(rows)))
        null = null_of("felt and shown swapped", value, (flips * gap).mean(1))
        ci = bootstrap(lambda at: float(gap[at].mean()), len(rows), rng, lab.draws.bootstrap)
        verdict, why = self._less.judge(value, [null], ci)
        return Finding(
            self.name, "hidden_felt_minus_shown", "", lab.block, value, ci, (null,), None, verdict,
            f"{why}: trained where emotions are expressed, it names the felt one in {felt.mean():.0%} and the shown one in {shown.mean():.0%}",
            "", f"share of {len(rows)} hidden-emotion dialogues",
        )  # fmt: skip
