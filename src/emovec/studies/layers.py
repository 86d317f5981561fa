"""Is the structure of the vectors the same from block to block? (figure 9)"""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.geometry import cosine_matrix, upper
from emovec.stats import bootstrap, null_of, pearson
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab

__all__ = ["Layers"]


class Layers:
    """Representational similarity between blocks."""

    name = "layers"
    title = "Layers: is the structure stable?"
    question = "From early-middle to late blocks, do the vectors keep the same cosine structure?"
    paper_ref = "Figure 9"
    _rule = Rule(holds=0.7, partly=0.4)
    rule = (
        "Mean correlation between the centred cosine matrices of all pairs of blocks in the upper two thirds of the model; "
        + _rule.says + "."
    )  # fmt: skip

    def run(self, lab: Lab) -> StudyResult:
        """Mean similarity over the upper two thirds for every recipe; all pairs as a table."""
        findings, rows = [], []
        for recipe, vectors in lab.vectors.items():
            matrices = {b: cosine_matrix(vectors.at("geometry", b)) for b in vectors.blocks}
            flat = {b: upper(m) for b, m in matrices.items()}
            for a in vectors.blocks:
                for b in vectors.blocks:
                    rows.append((recipe, a, b, float(pearson(flat[a], flat[b]))))
            high = [b for b in vectors.blocks if b >= lab.subject.depth / 3]
            pairs = [(a, b) for i, a in enumerate(high) for b in high[i + 1 :]]
            if not pairs:
                continue
            rng = lab.rng(self.name, recipe)
            value = float(np.mean([pearson(flat[a], flat[b]) for a, b in pairs]))

            def resampled(
                words: np.ndarray, pairs: list[tuple[int, int]] = pairs, matrices: dict[int, np.ndarray] = matrices
            ) -> float:
                words = np.unique(words)  # a word drawn twice would pair with itself at cosine 1
                sub = {b: upper(m[np.ix_(words, words)]) for b, m in matrices.items()}
                return float(np.mean([pearson(sub[a], sub[b]) for a, b in pairs]))

            draws = max(50, lab.draws.bootstrap // 10)
            permuted = []
            for _ in range(draws):
                shuffled = {b: m[np.ix_(o, o)] for b, m in matrices.items() for o in [rng.permutation(len(m))]}
                permuted.append(np.mean([pearson(upper(shuffled[a]), flat[b]) for a, b in pairs]))
            nulls = (null_of("permuted emotion names", value, np.array(permuted)),)
            ci = bootstrap(resampled, len(lab.emotions), rng, draws)
            verdict, why = self._rule.judge(value, nulls, ci)
            findings.append(
                Finding(
                    self.name, "upper_blocks_rsa_r", recipe, -1, value, ci, nulls, None, verdict, why, "layers_stable",
                    f"mean Pearson r over {len(pairs)} pairs of blocks",
                )
            )  # fmt: skip
        return StudyResult(findings, {"rsa": pd.DataFrame(rows, columns=["recipe", "block_a", "block_b", "r"])})
