"""Are opposites opposite and synonyms near in the cosine matrix of the vectors? (figure 5)"""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.geometry import cluster_order, cosine_matrix
from emovec.lexicon import emotion
from emovec.stats import baseline_null, bootstrap, null_of
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab

__all__ = ["OPPOSITES", "Similarity", "synonym_pairs"]

#: Pairs fixed in advance: opposite in valence, of one kind otherwise.
OPPOSITES = (
    ("happy", "sad"), ("joyful", "miserable"), ("calm", "panicked"), ("relaxed", "tense"), ("proud", "ashamed"),
    ("hopeful", "resigned"), ("grateful", "resentful"), ("loving", "hateful"), ("kind", "spiteful"), ("safe", "afraid"),
    ("self-confident", "self-conscious"), ("energized", "worn out"), ("enthusiastic", "bored"), ("content", "envious"),
    ("relieved", "worried"), ("serene", "hysterical"), ("optimistic", "gloomy"), ("triumphant", "humiliated"),
    ("at ease", "on edge"), ("cheerful", "grumpy"),
)  # fmt: skip


def synonym_pairs(emotions: tuple[str, ...]) -> list[tuple[int, int]]:
    """Pairs of emotions of which one is listed as a close synonym of the other in the lexicon."""
    at = {word: i for i, word in enumerate(emotions)}
    pairs = {tuple(sorted((at[w], at[s]))) for w in emotions for s in emotion(w).synonyms if s in at and s != w}
    return sorted((a, b) for a, b in pairs)


class Similarity:
    """Cosine structure."""

    name = "similarity"
    title = "Similarity: opposites and synonyms"
    question = "Do vectors of opposite emotions point apart, and vectors of near-synonyms together?"
    paper_ref = "Figure 5"
    _opposite_rule = Rule(holds=0.1)
    _synonym_rule = Rule(holds=0.3, partly=0.05)
    rule = (
        "Centred cosines. Opposites: minus the mean cosine of 20 pairs fixed in advance; "
        f"{_opposite_rule.says}. Synonyms: mean cosine of pairs that the lexicon lists as synonyms, minus the mean of all pairs; "
        f"{_synonym_rule.says}."
    )

    def run(self, lab: Lab) -> StudyResult:
        """Both contrasts for every recipe; the matrices as a table."""
        findings, frames = [], []
        at = {word: i for i, word in enumerate(lab.emotions)}
        opposites = [(at[a], at[b]) for a, b in OPPOSITES if a in at and b in at]
        synonyms = synonym_pairs(lab.emotions)
        static = cosine_matrix(lab.static_embeddings())
        for recipe, vectors in lab.vectors.items():
            geometry = vectors.at("geometry", lab.block)
            matrix = cosine_matrix(geometry)
            rng = lab.rng(self.name, recipe)
            shuffled = [cosine_matrix(d.geometry) for d in lab.shuffled(recipe)]
            random = [cosine_matrix(d) for d in lab.random_sets(rng, lab.draws.random // 2)]
            for metric, claim, pairs, sign, rule in (
                ("opposites_minus_cosine", "opposites_negative", opposites, -1.0, self._opposite_rule),
                ("synonyms_excess_cosine", "synonyms_near", synonyms, 1.0, self._synonym_rule),
            ):
                if not pairs:
                    continue
                a, b = np.array(pairs).T

                def stat(m: np.ndarray, rows: np.ndarray | slice = slice(None), a: np.ndarray = a, b: np.ndarray = b,
                         sign: float = sign) -> float:  # fmt: skip
                    rest = (m.sum() - len(m)) / (len(m) * (len(m) - 1))
                    return float(sign * m[a[rows], b[rows]].mean() - (rest if sign > 0 else 0.0))

                value = stat(matrix)
                names = []
                for _ in range(lab.draws.permutation // 4):
                    order = rng.permutation(len(matrix))
                    names.append(stat(matrix[np.ix_(order, order)]))
                nulls = (
                    null_of("permuted emotion names", value, np.array(names)),
                    null_of("shuffled emotion labels", value, np.array([stat(m) for m in shuffled])),
                    null_of("random directions (activation covariance)", value, np.array([stat(m) for m in random])),
                    baseline_null(
                        "static token embeddings of the words", value,
                        lambda rows, stat=stat, m=matrix: (stat(m, rows), stat(static, rows)),  # type: ignore[misc]
                        len(pairs), rng, lab.draws.bootstrap // 2,
                    ),
                )  # fmt: skip
                ci = bootstrap(lambda rows, stat=stat, m=matrix: stat(m, rows), len(pairs), rng, lab.draws.bootstrap)  # type: ignore[misc]
                verdict, why = rule.judge(value, nulls, ci)
                findings.append(
                    Finding(
                        self.name,
                        metric,
                        recipe,
                        lab.block,
                        value,
                        ci,
                        nulls,
                        None,
                        verdict,
                        why,
                        claim,
                        f"cosine, {len(pairs)} pairs",
                    )
                )
            order = cluster_order(geometry)
            names_in_order = np.array(lab.emotions)[order]
            for centred in (True, False):
                # Un-centred, what is compared are the emotions' mean activations themselves.
                means = vectors.at("patterns", lab.block) + vectors.centre[vectors.slot(lab.block)]
                m = cosine_matrix(geometry if centred else means, centred=centred)
                m = m[np.ix_(order, order)]
                frames.append(
                    pd.DataFrame(
                        {
                            "recipe": recipe,
                            "centred": centred,
                            "emotion": np.repeat(names_in_order, len(order)),
                            "other": np.tile(names_in_order, len(order)),
                            "cosine": m.ravel().round(4),
                        }
                    )
                )
        return StudyResult(findings, {"matrix": pd.concat(frames, ignore_index=True)})
