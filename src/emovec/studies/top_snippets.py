"""Do the snippets on which a vector reads highest show its emotion? (figure 1)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import Text
from emovec.corpora.blind import read_by_words
from emovec.corpora.corpus import shipped_folder
from emovec.corpora.schema import read_texts
from emovec.reading.sweep.cut import Chunk, tiles
from emovec.stats import bootstrap
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.ranked import Contest, Run, contest, mean_units, neighbours, rival, share_on_top

__all__ = ["TopSnippets"]

Array = NDArray[np.float64]
_WIDTH, _SHOWN = 32, 3
_STATIC, _BAG = "static token embeddings", "bag of words"


class TopSnippets:
    """A sweep of scenes that the vectors were not made from, each written for one emotion."""

    name = "top_snippets"
    title = "Top snippets: what raises a vector most?"
    question = (
        "In a sweep of texts that the vectors were not made from, are the highest snippets from texts that show the vector's emotion?"
    )  # fmt: skip
    paper_ref = "Figure 1"
    _fits = Rule(holds=0.5, partly=0.15)
    _beyond = Rule(holds=0.05)
    _own = Rule(holds=0.75, partly=0.55)
    rule = (
        "Scenes in another style than the stories, one per emotion drawn at random, are swept whole. A snippet is about 32 tokens, scored by its mean cosine; of each "
        "scene only the highest snippet counts. As many scenes as were written for an emotion or a neighbour of it (their forms and listed close synonyms share a word) "
        "are taken from the top of its list: the share of them that was indeed written for one of these, mean over emotions; "
        f"{_fits.says}. Beside it, without a claim: how far that share lies above a bag of words trained on the very texts that the vectors were made from ({_beyond.says}); "
        f"the AUC of the emotion's very own scenes ({_own.says})."
    )

    def __init__(self, cases: Sequence[Text] | None = None, per_emotion: int = 1) -> None:
        """``cases``: labelled texts (default: the shipped literary scenes, ``per_emotion`` of each emotion drawn at random)."""
        self._cases, self._per_emotion = cases, per_emotion

    def run(self, lab: Lab) -> StudyResult:
        """Share of fitting texts on top for every recipe, beside nulls and a bag of words; the snippets themselves as a table."""
        cases = self._drawn(lab)
        label = np.array([lab.emotions.index(c.emotion) for c in cases], dtype=np.intp)
        if len(set(label)) < 2:
            return StudyResult([])

        def cut(chunk: Chunk) -> list[Run]:
            part, window = chunk.part, chunk.window
            return [(part.base + a, a, b) for a, b in tiles(part.turn, window.new, window.stop, _WIDTH)]

        keys, words, means = mean_units(lab, [c.text for c in cases], cut, self.name)
        highest = _Highest(np.array([d for d, _ in keys]), len(cases))
        probes = np.arange(len(lab.emotions))
        near = neighbours(lab.emotions)
        bag = read_by_words(lab.corpus.texts, words)
        bag_scores = bag[0][:, [bag[1].index(e) for e in lab.emotions]]
        shares = {
            _STATIC: share_on_top(highest.of(lab.static_similarity(words)), near[label]),
            _BAG: share_on_top(highest.of(bag_scores), near[label]),
        }
        findings, readers, rows, listing = [], [], [], []
        for recipe, vectors in lab.vectors.items():
            found = contest(
                lab, recipe, lambda d, x=means[recipe]: highest.of(x @ d.T), label, probes,  # type: ignore[misc]
                {_STATIC: shares[_STATIC]}, {_BAG: shares[_BAG]}, self.name,
            )  # fmt: skip
            findings += self._findings(lab, recipe, found, shares[_BAG], f"{len(cases)} texts, {len(keys)} snippets")
            readers += [(recipe, *r) for r in found.readers]
            rows += [
                (recipe, e, int(near[label, i].sum()), found.shares[i], found.aucs[i])
                for i, e in enumerate(lab.emotions)
            ]
            at = highest.where(means[recipe] @ vectors.at("filters", lab.block).T)
            for e, word in enumerate(lab.emotions):
                for rank, d in enumerate(np.argsort(-found.scores[:, e], kind="stable")[:_SHOWN], 1):
                    says = "itself" if label[d] == e else "a neighbour" if near[label[d], e] else "another"
                    snippet = " ".join(words[at[d, e]].split())
                    listing.append((recipe, word, rank, found.scores[d, e], cases[d].emotion, says, snippet))
        columns = ["recipe", "emotion", "rank", "reading", "written_for", "fits", "snippet"]
        return StudyResult(
            findings,
            {
                "readers": pd.DataFrame(readers, columns=["recipe", "reader", "share", "low", "high"]),
                "emotions": pd.DataFrame(rows, columns=["recipe", "emotion", "fitting_texts", "share", "own_auc"]),
                "snippets": pd.DataFrame(listing, columns=columns),
            },
        )

    def _drawn(self, lab: Lab) -> list[Text]:
        if self._cases is not None:
            return [c for c in self._cases if c.emotion in lab.emotions]
        scenes = read_texts(shipped_folder() / "literary.jsonl")
        rng = lab.rng(self.name, "cases")
        out: list[Text] = []
        for word in lab.emotions:
            own = [s for s in scenes if s.emotion == word]
            out += [own[i] for i in sorted(rng.permutation(len(own))[: self._per_emotion])]
        return out

    def _findings(self, lab: Lab, recipe: str, found: Contest, bag: Array, says: str) -> list[Finding]:
        verdict, why = self._fits.judge(found.value, found.nulls, found.ci)
        main = Finding(
            self.name, "fitting_on_top", recipe, lab.block, found.value, found.ci, found.nulls, None, verdict, why, "snippets_show_emotion",
            f"share of texts on top, {says}",
        )  # fmt: skip
        rng = lab.rng(self.name, "beyond words", recipe)
        gap = found.shares - bag
        value = float(np.nanmean(gap))
        ci = bootstrap(lambda rows: float(np.nanmean(gap[rows])), len(gap), rng, lab.draws.bootstrap)
        nulls = (rival(lab, _BAG, found.shares, bag, rng),)
        verdict, why = self._beyond.judge(value, nulls, ci)
        words = Finding(
            self.name, "above_bag_of_words", recipe, lab.block, value, ci, nulls, None, verdict,
            f"{why}; vectors {found.value:.2f}, bag of words {np.nanmean(bag):.2f}", "", "difference of shares",
        )  # fmt: skip
        verdict, why = self._own.judge(found.auc, found.auc_nulls, found.auc_ci)
        own = Finding(
            self.name, "own_text_auc", recipe, lab.block, found.auc, found.auc_ci, found.auc_nulls, None, verdict, why, "",
            "mean one-against-rest AUC",
        )  # fmt: skip
        return [main, words, own]


class _Highest:
    """From readings of snippets (snippets, probes) to those of documents: each document's highest."""

    def __init__(self, documents: NDArray[np.intp], count: int) -> None:
        self.rows = [np.flatnonzero(documents == d) for d in range(count)]

    def where(self, readings: Array) -> NDArray[np.intp]:
        """Which snippet it is, (documents, probes); 0 for a document too short for one."""
        nothing = np.zeros(readings.shape[1], dtype=np.intp)
        return np.array([rows[readings[rows].argmax(0)] if rows.size else nothing for rows in self.rows])

    def of(self, readings: Array) -> Array:
        """(documents, probes); minus infinity for a document too short for a snippet."""
        scores = np.take_along_axis(readings, self.where(readings), axis=0)
        scores[[rows.size == 0 for rows in self.rows]] = -np.inf
        return scores
