"""Do the vectors decode to the emotion's own words through the unembedding? (table 1)"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.lexicon import emotion
from emovec.reading.lens import LENS_VARIANTS, logit_lens, own_words
from emovec.stats import bootstrap, null_of
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab

__all__ = ["LogitLens"]


def _hits(lab: Lab, directions: NDArray[np.floating], variant: str) -> NDArray[np.bool_]:
    """(directions, emotions): is a form or synonym of the emotion in the direction's top ten?"""
    named = _named_by(lab.emotions)
    hits = np.zeros((len(directions), len(lab.emotions)), dtype=bool)
    for i, row in enumerate(logit_lens(lab.subject, directions, count=10, variant=variant).top):
        for token in row:
            hits[i, named.get(token.strip().lower(), [])] = True
    return hits


@lru_cache(maxsize=1)
def _named_by(emotions: tuple[str, ...]) -> dict[str, list[int]]:
    """Word -> the emotions of which it is a form or listed synonym."""
    named: dict[str, list[int]] = {}
    for i, word in enumerate(emotions):
        for own in {*emotion(word).forms, *emotion(word).synonyms}:
            named.setdefault(own, []).append(i)
    return named


class LogitLens:
    """Own words among the top ten tokens."""

    name = "logit_lens"
    title = "Logit lens: do the vectors say their names?"
    question = "Is a form or close synonym of an emotion's word among the ten tokens that its vector raises most?"
    paper_ref = "Table 1"
    _rule = Rule(holds=0.5, partly=0.1)
    rule = (
        "Share of the emotions with a form or listed synonym of their own word in the top ten tokens. Direction (pattern or filter), "
        "block and variant of the lens are picked on every second emotion and counted on the others, and the other way round, so that picking "
        "does not flatter; " + _rule.says + "."
    )  # fmt: skip

    def run(self, lab: Lab) -> StudyResult:
        """Held-out share for every recipe; each variant's hits and the words themselves as tables."""
        findings, summary, words = [], [], []
        n = len(lab.emotions)
        even = np.arange(n) % 2 == 0
        for recipe, vectors in lab.vectors.items():
            rng = lab.rng(self.name, recipe)
            kinds = ("patterns",) if recipe == "paper" else ("patterns", "filters", "geometry")
            late = [b for b in vectors.blocks if b >= lab.subject.depth // 2]
            blocks = sorted({lab.block, *late[:: max(1, len(late) // 6)], vectors.blocks[-1]})
            matrices: dict[tuple[str, int, str], NDArray[np.bool_]] = {}
            for kind in kinds:
                for block in blocks:
                    for variant in LENS_VARIANTS:
                        matrices[kind, block, variant] = _hits(lab, vectors.at(kind, block), variant)
            for (kind, block, variant), m in matrices.items():
                permuted = np.array([m[np.arange(n), rng.permutation(n)].sum() for _ in range(lab.draws.permutation)])
                label = f"{recipe}, {kind}, block {block}, {variant}"
                summary.append((label, int(m.diagonal().sum()), n, permuted.mean(), np.percentile(permuted, 95)))
            picks = {}
            for half in (True, False):
                picks[half] = max(matrices, key=lambda key: int(matrices[key].diagonal()[even == half].sum()))
            chosen = np.where(even, matrices[picks[False]].diagonal(), matrices[picks[True]].diagonal())
            value = float(chosen.mean())
            # Which direction gets which emotion's word list, permuted: words that any direction raises count for chance.
            null_labels = []
            for _ in range(lab.draws.permutation):
                order = rng.permutation(n)
                null_labels.append(
                    np.where(
                        even, matrices[picks[False]][np.arange(n), order], matrices[picks[True]][np.arange(n), order]
                    ).mean()
                )
            shuffled = [np.diagonal(_hits(lab, d.patterns, picks[True][2])).mean() for d in lab.shuffled(recipe)[:20]]
            random = [np.diagonal(_hits(lab, d, picks[True][2])).mean() for d in lab.random_sets(rng, 20)]
            nulls = (
                null_of("permuted emotion names", value, np.array(null_labels)),
                null_of("shuffled emotion labels", value, np.array(shuffled)),
                null_of("random directions (activation covariance)", value, np.array(random)),
            )
            ci = bootstrap(lambda rows, c=chosen: float(c[rows].mean()), n, rng, lab.draws.bootstrap)  # type: ignore[misc]
            verdict, why = self._rule.judge(value, nulls, ci)
            picked = " and ".join(sorted({f"{k} at block {b} ({v})" for k, b, v in picks.values()}))
            findings.append(
                Finding(
                    self.name, "top10_lens_words", recipe, picks[True][1], value, ci, nulls, None, verdict,
                    f"{why} ({int(chosen.sum())} of {n} emotions; lens: {picked})", "lens_names_emotion", f"share of {n} emotions",
                )
            )  # fmt: skip
            kind, block, variant = picks[True]
            lens = logit_lens(lab.subject, vectors.at(kind, block), count=10, variant=variant)
            for i, word in enumerate(lab.emotions):
                for side, rows in (("top", lens.top[i]), ("bottom", lens.bottom[i])):
                    for rank, (token, own) in enumerate(zip(rows, own_words(word, rows), strict=True), 1):
                        words.append((f"{recipe}, {kind}, block {block}, {variant}", word, side, rank, token, own))
        return StudyResult(
            findings,
            {
                "words": pd.DataFrame(words, columns=["variant", "emotion", "side", "rank", "token", "own"]),
                "summary": pd.DataFrame(summary, columns=["variant", "hits", "total", "null_mean", "null_p95"]),
            },
        )
