"""What the other speaker's emotion does to the vectors at hand: is its arousal answered with the opposite? (figures 75-76)"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.lexicon import emotion
from emovec.stats import Null, bootstrap, null_of, pearson, unit
from emovec.studies.base import Finding, Rule
from emovec.studies.speakers.comparisons import Comparisons

__all__ = ["reactions"]

Array = NDArray[np.float64]
_NEAREST = 5
_PRESENT, _OTHER = "chat: present", "chat: other"


def reactions(c: Comparisons, opposed: Rule, unrelated: float) -> tuple[list[Finding], pd.DataFrame]:
    """Ratings of an other-speaker vector's emotion against those of the present-speaker vectors nearest to it, over emotions.

    Other- and present-speaker vectors come from disjoint halves of the dialogues: in one dialogue they would share their noise.

    Args:
        opposed: rule for minus the correlation of arousal.
        unrelated: the correlation of valence counts as none up to this size, as little up to twice it.
    """
    names = c.estimator.sides.emotions
    p, o = c.slot(_PRESENT), c.slot(_OTHER)
    lengths = np.linalg.norm(c.whole[p], axis=-1)
    near = c.crossed.products[o, p] / np.where(lengths == 0, 1.0, lengths)
    directions = [unit(d) @ c.whole[p].T / np.where(lengths == 0, 1.0, lengths) for d in c.random]
    rows, findings = [], []
    why = c.lacking([(_PRESENT, _OTHER)])
    nearest = np.argsort(-near, axis=1, kind="stable")[:, :_NEAREST]
    for scale, claim, paper in (("arousal", "arousal_opposed", 0.47), ("valence", "valence_unrelated", 0.07)):
        rating = np.array([getattr(emotion(name), scale) for name in names])
        answered = rating[nearest].mean(1)
        rows += [
            (c.recipe, scale, name, rating[i], answered[i], ", ".join(names[j] for j in nearest[i]))
            for i, name in enumerate(names)
        ]
        unit_name = f"correlation over {c.size} emotions"
        metric, unit_name = (
            ("minus_arousal_r", f"minus the {unit_name}") if scale == "arousal" else ("valence_r", unit_name)
        )
        if why:
            findings.append(c.finding(metric, None, ("untested", why), claim, unit_name))
            continue
        sign = -1.0 if scale == "arousal" else 1.0

        def r(x: Array, y: Array, sign: float = sign) -> float:
            return sign * float(pearson(x, y))

        value = r(rating, answered)
        permuted = np.array([r(c.rng.permutation(rating), answered) for _ in range(c.lab.draws.permutation)])
        random = np.array(
            [r(rating, rating[np.argsort(-d, axis=1, kind="stable")[:, :_NEAREST]].mean(1)) for d in directions]
        )
        ci = bootstrap(lambda at, x=rating, y=answered: r(x[at], y[at]), c.size, c.rng, c.lab.draws.bootstrap)  # type: ignore[misc]
        nulls: tuple[Null, ...]
        if scale == "arousal":
            nulls = (
                null_of("permuted ratings", value, permuted),
                null_of("random directions in the place of the other-speaker vectors", value, random),
            )
            judged: tuple[str, str] = opposed.judge(value, nulls, ci)
        else:
            # Here chance is no enemy: what is claimed is that there is nothing to see.
            nulls = (null_of("permuted ratings (size)", abs(value), np.abs(permuted)),)
            size = abs(value)
            verdict = "holds" if size <= unrelated else "partly" if size <= 2 * unrelated else "fails"
            says = "at most" if verdict != "fails" else "beyond"
            judged = (
                verdict,
                f"|r| = {size:.2f} [{ci[0]:.2f}, {ci[1]:.2f}] is {says} {unrelated * (1 if verdict == 'holds' else 2):g}",
            )
        findings.append(c.finding(metric, value, judged, claim, unit_name, ci, nulls, paper))
    columns = ["recipe", "scale", "emotion", "rating", "answered", "nearest"]
    return findings, pd.DataFrame(rows, columns=columns)
