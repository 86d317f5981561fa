"""Do the vectors fall into groups that people would name? (figure 6, table 12)"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.geometry import kmeans, plane
from emovec.lexicon import emotion
from emovec.stats import baseline_null, bootstrap, null_of
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab

__all__ = ["PAPER_CLUSTERS", "Clusters"]

#: Core members of the ten groups that the paper describes, chosen by us from its names of them before any run.
PAPER_CLUSTERS: dict[str, tuple[str, ...]] = {
    "joy": ("happy", "joyful", "excited", "ecstatic", "elated", "thrilled", "jubilant", "euphoric", "delighted", "cheerful"),
    "contentment": ("calm", "peaceful", "serene", "relaxed", "at ease", "content", "safe", "refreshed", "patient"),
    "compassion and gratitude": ("compassionate", "empathetic", "sympathetic", "kind", "loving", "grateful", "thankful", "sentimental"),
    "pride": ("proud", "self-confident", "triumphant", "smug", "valiant"),
    "amusement": ("amused", "playful"),
    "depletion": ("tired", "weary", "worn out", "sleepy", "sluggish", "listless", "droopy", "lazy", "bored"),
    "suspicion": ("suspicious", "paranoid", "skeptical"),
    "hostility": ("angry", "furious", "enraged", "hostile", "hateful", "vengeful", "vindictive", "spiteful", "irate", "outraged"),
    "fear and overwhelm": ("afraid", "scared", "terrified", "panicked", "anxious", "nervous", "overwhelmed", "alarmed", "tense", "on edge"),
    "despair and shame": ("sad", "miserable", "depressed", "heartbroken", "grief-stricken", "ashamed", "guilty", "humiliated", "worthless", "lonely"),
}  # fmt: skip


def _agreement(
    labels: NDArray[np.intp], truth: NDArray[np.intp], rows: NDArray[np.intp] | slice = slice(None)
) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(truth[rows], labels[rows]))


class Clusters:
    """k-means groups against the paper's ten."""

    name = "clusters"
    title = "Clusters: ten families of emotion"
    question = "Does k-means with k = 10 find the families of emotion that the paper names?"
    paper_ref = "Figure 6, Table 12"
    _rule = Rule(holds=0.35, partly=0.1)
    rule = (
        "Adjusted Rand index between k-means (k = 10) and core members of the paper's ten families, fixed in advance; "
        + _rule.says
        + "."
    )

    def run(self, lab: Lab) -> StudyResult:
        """Agreement for every recipe; members and a two-dimensional map as a table."""
        findings, rows = [], []
        family = {w: i for i, ws in enumerate(PAPER_CLUSTERS.values()) for w in ws}
        core = np.array([i for i, w in enumerate(lab.emotions) if w in family], dtype=np.intp)
        truth = np.array([family[lab.emotions[i]] for i in core], dtype=np.intp)
        k = min(10, len(lab.emotions))
        static = kmeans(lab.static_embeddings(), k)[core]
        for recipe, vectors in lab.vectors.items():
            geometry = vectors.at("geometry", lab.block)
            labels = kmeans(geometry, k)
            if len(core) > 10:
                rng = lab.rng(self.name, recipe)
                mine = labels[core]

                def agree(r: NDArray[np.intp], mine: NDArray[np.intp] = mine) -> float:
                    return _agreement(mine, truth, r)

                value = _agreement(mine, truth)
                draws = max(20, lab.draws.refit // 4)
                shuffled = [_agreement(kmeans(d.geometry, k)[core], truth) for d in lab.shuffled(recipe)[:draws]]
                random = [_agreement(kmeans(d, k)[core], truth) for d in lab.random_sets(rng, draws)]
                nulls = (
                    null_of("shuffled emotion labels", value, np.array(shuffled)),
                    null_of("random directions (activation covariance)", value, np.array(random)),
                    null_of(
                        "permuted emotion names", value,
                        np.array([_agreement(rng.permutation(mine), truth) for _ in range(lab.draws.permutation // 4)]),
                    ),
                    baseline_null(
                        "static token embeddings of the words", value,
                        lambda r, agree=agree: (agree(r), _agreement(static, truth, r)),  # type: ignore[misc]
                        len(core), rng, lab.draws.bootstrap // 4,
                    ),
                )  # fmt: skip
                ci = bootstrap(agree, len(core), rng, lab.draws.bootstrap // 2)
                verdict, why = self._rule.judge(value, nulls, ci)
                findings.append(
                    Finding(
                        self.name, "families_adjusted_rand", recipe, lab.block, value, ci, nulls, None, verdict, why,
                        "clusters_k10", f"adjusted Rand index, {len(core)} words",
                    )
                )  # fmt: skip
            spot = plane(geometry)
            for c in range(k):
                members = np.flatnonzero(labels == c)
                if not members.size:
                    continue
                centre = geometry[members].mean(0)
                nearest = members[np.argsort(((geometry[members] - centre) ** 2).sum(1), kind="stable")][:3]
                label = ", ".join(lab.emotions[i] for i in nearest)
                rows += [
                    (recipe, lab.emotions[i], c, label, spot[i, 0], spot[i, 1], emotion(lab.emotions[i]).valence)
                    for i in members
                ]
        columns = ["recipe", "emotion", "cluster", "label", "x", "y", "own_valence"]
        return StudyResult(findings, {"members": pd.DataFrame(rows, columns=columns)})
