"""Do messages that imply an emotion, and never name it, raise its vector at the assistant colon? (table 2, figure 2)"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import scenarios
from emovec.reading.probe import colon_states, measure
from emovec.stats import bootstrap, mean_auc, null_of, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab

__all__ = ["ImplicitScenarios", "standardised"]

Array = NDArray[np.float64]


def standardised(values: Array) -> Array:
    """Columns with mean 0 and standard deviation 1 over rows: what each probe says of a message, against what it says of the others."""
    spread = values.std(0)
    return np.asarray((values - values.mean(0)) / np.where(spread == 0, 1.0, spread))


class ImplicitScenarios:
    """The diagonal of scenario against probe."""

    name = "implicit_scenarios"
    title = "Implicit scenarios: is an emotion read where it is only implied?"
    question = (
        "At the assistant colon, does a message that implies an emotion raise that emotion's vector above the others?"
    )
    paper_ref = "Table 2, Figure 2"
    _diagonal = Rule(holds=0.75, partly=0.55)
    _loving = Rule(holds=0.3)
    rule = (
        "Cosine with every probe at A:, each probe standardised over the messages. Diagonal: mean one-against-rest AUC of the implied emotion's probe; "
        f"{_diagonal.says}. Loving: share of the messages (those that imply love left out) whose 'loving' reading is above that of a "
        "matter-of-fact request, minus one half; "
        f"{_loving.says}."
    )

    def run(self, lab: Lab) -> StudyResult:
        """Diagonal and the rise of 'loving' for every recipe; the matrix and every message as tables."""
        cases = [c for c in scenarios("implicit") if c["emotion"] in lab.emotions]
        findings, matrix, listing = [], [], []
        if not cases:
            return StudyResult([])
        neutral = [
            d.messages[-2]["content"]
            for d in lab.corpus.neutral
            if len(d.messages) > 1 and d.messages[-2]["role"] == "user"
        ][:60]
        with lab.progress.stage("implicit scenarios", len(cases) + len(neutral), "messages") as advance:
            states = colon_states(lab.subject, [[{"role": "user", "content": c["text"]}] for c in cases], [lab.block])[
                :, 0
            ]
            advance(len(cases))
            plain = colon_states(lab.subject, [[{"role": "user", "content": t}] for t in neutral], [lab.block])[:, 0]
            advance(len(neutral))
        probes = sorted({c["emotion"] for c in cases}, key=lab.emotions.index)
        columns = np.array([lab.emotions.index(p) for p in probes])
        truth = np.array([probes.index(c["emotion"]) for c in cases])
        for recipe, vectors in lab.vectors.items():
            rng = lab.rng(self.name, recipe)
            raw = measure(states, vectors, lab.block)[:, columns]
            z = standardised(raw)
            value = mean_auc(z, truth)
            x = unit(states - states.mean(0))
            random = [
                mean_auc(standardised(x @ d[: len(probes)].T), truth) for d in lab.random_sets(rng, lab.draws.random)
            ]
            shuffled = [mean_auc(standardised(x @ d.filters[columns].T), truth) for d in lab.shuffled(recipe)]
            permuted = [mean_auc(z, rng.permutation(truth)) for _ in range(lab.draws.permutation // 4)]
            nulls = (
                null_of("permuted scenario labels", value, np.array(permuted)),
                null_of("shuffled emotion labels", value, np.array(shuffled)),
                null_of("random directions (activation covariance)", value, np.array(random)),
            )
            ci = bootstrap(
                lambda rows, z=z: mean_auc(z[rows], truth[rows]), len(cases), rng, lab.draws.bootstrap // 2  # type: ignore[misc]
            )  # fmt: skip
            verdict, why = self._diagonal.judge(value, nulls, ci)
            findings.append(
                Finding(
                    self.name, "diagonal_auc", recipe, lab.block, value, ci, nulls, None, verdict, why, "implicit_diagonal",
                    f"mean one-against-rest AUC, {len(probes)} emotions, {len(cases)} messages",
                )
            )  # fmt: skip
            if "loving" in vectors.emotions and len(plain) > 5:
                findings.append(
                    self._loving_finding(lab, recipe, states, plain, np.array([c["emotion"] for c in cases]), rng)
                )
            order = np.argsort(-z, axis=1, kind="stable")
            for c, case in enumerate(cases):
                rank = int(np.flatnonzero(order[c] == truth[c])[0]) + 1
                listing.append((recipe, case["emotion"], case["text"], rank, probes[order[c, 0]]))
            for i, expected in enumerate(probes):
                for j, probe in enumerate(probes):
                    matrix.append((recipe, expected, probe, float(z[truth == i, j].mean())))
        return StudyResult(
            findings,
            {
                "matrix": pd.DataFrame(matrix, columns=["recipe", "expected", "probe", "value"]),
                "scenarios": pd.DataFrame(
                    listing, columns=["recipe", "expected", "text", "rank_of_expected", "top_probe"]
                ),
            },
        )

    def _loving_finding(
        self,
        lab: Lab,
        recipe: str,
        states: NDArray[np.floating],
        plain: NDArray[np.floating],
        emotions: NDArray[np.str_],
        rng: np.random.Generator,
    ) -> Finding:
        vectors = lab.vectors[recipe]
        column = vectors.index("loving")
        keep = emotions != "loving"
        readings = measure(states, vectors, lab.block)[keep, column]
        level = np.median(measure(plain, vectors, lab.block)[:, column])
        value = float((readings > level).mean() - 0.5)
        both = np.concatenate([states[keep], plain])
        random = []
        for d in lab.random_sets(rng, max(1, lab.draws.random // len(lab.emotions) + 1)):
            r = unit(both - vectors.centre[vectors.slot(lab.block)]) @ d.T
            n = int(keep.sum())
            random += list((r[:n] > np.median(r[n:], axis=0)).mean(0) - 0.5)
        others = measure(states, vectors, lab.block)[keep] > np.median(measure(plain, vectors, lab.block), axis=0)
        nulls = (
            null_of("random directions (activation covariance)", value, np.array(random)),
            null_of("the other emotions' vectors", value, np.delete(others.mean(0) - 0.5, column)),
        )
        ci = bootstrap(
            lambda rows: float((readings[rows] > level).mean() - 0.5), len(readings), rng, lab.draws.bootstrap
        )
        verdict, why = self._loving.judge(value, nulls, ci)
        return Finding(
            self.name, "loving_raised_share", recipe, lab.block, value, ci, nulls, 0.5, verdict, why, "loving_raised",
            "share of messages above neutral, minus 0.5",
        )  # fmt: skip
