"""Which of two activities does the model choose, and does what its vectors read in an activity predict it? (Table 9, Figures 4, 56)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import scenarios
from emovec.lexicon import emotion
from emovec.progress import Progress
from emovec.reading.probe import measure
from emovec.stats import Null, baseline_null, bootstrap, null_of, pearson, spearman, unit
from emovec.store import Store
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.choices import elo, kept_log_odds, sampled_pairs, trials
from emovec.studies.lab import Lab
from emovec.subject import Subject, encode_chat, encode_plain_chat
from emovec.subject.passes import harvest

__all__ = ["TIERS", "Preferences", "Ranking", "activity_states", "rank_activities"]

Array = NDArray[np.float64]

#: category -> tier; the paper's model ranks the tiers in this order
TIERS = {
    "unsafe": 0, "misaligned": 0, "aversive": 0, "neutral": 1, "social": 2, "self-curiosity": 2, "engaging": 2, "helpful": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Ranking:
    """Choices between activities, order bias removed.

    Attributes:
        activities: rows ``{"activity", "category"}``.
        pairs: (pairs, 2) activities that met.
        margin: (pairs,) log-odds that the first is chosen, averaged over both orders.
        bias: mean log-odds for whatever stands at A.
        elo: (activities,).
    """

    activities: tuple[dict[str, str], ...]
    pairs: NDArray[np.intp]
    margin: Array
    bias: float
    elo: Array

    def elo_of(self, rows: NDArray[np.intp]) -> Array:
        """Elo from some of the pairs (repeats allowed, for resampling)."""
        left, right = self.pairs[rows].T
        return elo(left, right, 1 / (1 + np.exp(-self.margin[rows])), len(self.activities))


def rank_activities(
    subject: Subject, activities: Sequence[dict[str, str]], rounds: int | None, rng: np.random.Generator, store: Store, progress: Progress,
    *, plain: bool = False, stage: str = "preferences",
) -> Ranking:  # fmt: skip
    """Ask every sampled pair in both orders and fit Elo.

    Args:
        rounds: meetings of every activity; None is all pairs.
        plain: ask in the plain form, whether the subject has a template or not.
    """
    pairs = sampled_pairs(len(activities), rounds, rng)
    names = [a["activity"] for a in activities]
    asked = trials(subject, names, [*pairs, *((j, i) for i, j in pairs)], plain=plain)
    odds = kept_log_odds(subject, asked, store, progress, stage)
    straight, turned = odds[: len(pairs)], odds[len(pairs) :]
    margin = (straight - turned) / 2
    met = np.array(pairs, dtype=np.intp)
    scores = elo(met[:, 0], met[:, 1], 1 / (1 + np.exp(-margin)), len(activities))
    return Ranking(tuple(activities), met, margin, float(odds.mean()), scores)


def activity_states(
    subject: Subject, activities: Sequence[str], blocks: Sequence[int], *, plain: bool = False
) -> NDArray[np.float32]:
    """Mean residual over an activity's tokens in "How would you feel about ...?": (activities, blocks, width)."""
    encode = encode_chat if subject.has_template and not plain else encode_plain_chat
    encoded = [encode(subject, [{"role": "user", "content": f"How would you feel about this: {a}?"}], reply=True) for a in activities]  # fmt: skip
    spans = [[e.find(a, 0)] for e, a in zip(encoded, activities, strict=True)]
    return harvest(subject, encoded, spans, blocks).means[:, 0]


class Preferences:
    """Elo of the activities against the probes' readings of them."""

    name = "preferences"
    title = "Preferences: do emotion vectors predict what the model chooses?"
    question = "Is an activity on which a pleasant emotion reads high chosen over others, and one on which an unpleasant emotion reads high avoided?"
    paper_ref = "Table 9, Figures 4, 56"
    _order = Rule(holds=0.5, partly=0.2)
    _link = Rule(holds=0.4, partly=0.2)
    _valence = Rule(holds=0.4, partly=0.2)
    rule = (
        "Every sampled pair is asked in both orders and the log-odds averaged, so whatever stands first gains nothing. Elo by maximum likelihood "
        f"(Bradley-Terry). Order: Spearman of Elo with the category's tier; {_order.says}. Blissful, hostile: Pearson r of Elo and the reading on the "
        "activity's tokens, at the block that links best over all emotions on one half of the activities, judged on the other half, both ways round and "
        f"averaged (for hostile the sign is turned); {_link.says}. Valence: over all emotions, r between an emotion's rated valence and its "
        f"probe's r with Elo; {_valence.says}. Arousal: holds if |r| is below 0.3."
    )

    def __init__(self, activities: Sequence[dict[str, str]] | None = None, rounds: int | None = 0) -> None:
        """``activities``: rows with "activity" and "category" (default: the 64 that ship); ``rounds``: meetings of each (0: by the lab's draws)."""
        self._activities = activities
        self._rounds = rounds

    def ranking(self, lab: Lab) -> Ranking:
        """The ranking of a lab's subject; the same pairs for the same seed."""
        rows = [dict(a) for a in (self._activities or scenarios("activities"))]
        rounds = self._rounds if self._rounds != 0 else lab.draws.meetings
        return rank_activities(lab.subject, rows, rounds, lab.rng(self.name, "pairs"), lab.store, lab.progress)

    def run(self, lab: Lab) -> StudyResult:
        """Elo with intervals; the link of every probe with Elo, for every recipe and block."""
        ranked = self.ranking(lab)
        rng = lab.rng(self.name)
        blocks = lab.acts.blocks
        states = activity_states(lab.subject, [a["activity"] for a in ranked.activities], blocks)
        resampled = [
            ranked.elo_of(rng.integers(0, len(ranked.pairs), len(ranked.pairs)))
            for _ in range(lab.draws.bootstrap // 4)
        ]
        low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
        findings = [self._order_finding(ranked, lab, rng)]
        scale = float(np.std(ranked.margin)) or 1.0
        findings.append(
            Finding(self.name, "order_bias_sd", "", -1, ranked.bias / scale, verdict="untested", unit="log-odds for A, in spreads of the margins",
                    why=f"whatever stands at A is favoured by {ranked.bias:.2f} in log-odds; removed by asking both orders")
        )  # fmt: skip
        emotions, links = [], []
        half = np.arange(len(ranked.activities)) % 2 == 0
        for recipe, vectors in lab.vectors.items():
            readings = np.stack([measure(states[:, i], vectors, b) for i, b in enumerate(blocks)])
            r = links_of(readings, ranked.elo)
            for b, block in enumerate(blocks):
                links += [(recipe, block, word, float(r[b, e])) for e, word in enumerate(lab.emotions)]
            best = [best_block(readings[:, side], ranked.elo[side]) for side in (half, ~half)]
            judged = [links_of(readings[b][None, other], ranked.elo[other])[0] for b, other in zip(best, (~half, half), strict=True)]  # fmt: skip
            mean = np.mean(judged, axis=0)
            for word, sign, claim, paper in (
                ("blissful", 1, "preferences_blissful", 0.71), ("hostile", -1, "preferences_hostile", 0.74),
            ):  # fmt: skip
                if word in lab.emotions:
                    findings.append(
                        self._link_finding(lab, recipe, states, readings, ranked, half, best, lab.emotions.index(word), sign, claim, paper, rng)
                    )  # fmt: skip
            findings += self._affect(lab, recipe, mean, blocks[best[0]], rng)
            picked = blocks.index(lab.block)
            for e, word in enumerate(lab.emotions):
                emotions.append(
                    (recipe, word, float(mean[e]), float(r[picked, e]), emotion(word).valence, emotion(word).arousal)
                )
        table = pd.DataFrame(ranked.activities)[["activity", "category"]]
        table = table.assign(elo=ranked.elo, low=low, high=high)
        return StudyResult(
            findings,
            {
                "elo": table.sort_values("elo", ascending=False, kind="stable").reset_index(drop=True),
                "emotions": pd.DataFrame(emotions, columns=["recipe", "emotion", "r", "r_at_block", "own_valence", "own_arousal"]),
                "blocks": pd.DataFrame(links, columns=["recipe", "block", "emotion", "r"]),
            },
        )  # fmt: skip

    def _order_finding(self, ranked: Ranking, lab: Lab, rng: np.random.Generator) -> Finding:
        tier = np.array([TIERS.get(a["category"], 1) for a in ranked.activities], dtype=float)
        value = spearman(ranked.elo, tier)
        permuted = np.array([spearman(ranked.elo, rng.permutation(tier)) for _ in range(lab.draws.permutation)])
        nulls = (null_of("permuted categories", value, permuted),)
        ci = bootstrap(lambda rows: spearman(ranked.elo[rows], tier[rows]), len(tier), rng, lab.draws.bootstrap // 2)
        verdict, why = self._order.judge(value, nulls, ci)
        return Finding(
            self.name, "elo_tier_rho", "", -1, value, ci, nulls, None, verdict, why, "preferences_order",
            f"Spearman, {len(tier)} activities, {len(ranked.pairs)} pairs in both orders",
        )  # fmt: skip

    def _link_finding(
        self, lab: Lab, recipe: str, states: NDArray[np.float32], readings: Array, ranked: Ranking, half: NDArray[np.bool_],
        best: list[int], e: int, sign: int, claim: str, paper: float, rng: np.random.Generator,
    ) -> Finding:  # fmt: skip
        sides = (~half, half)

        def linked(columns: Sequence[Array], scores: Array) -> float:
            return sign * float(np.mean([pearson(c[s], scores[s]) for c, s in zip(columns, sides, strict=True)]))

        own = [readings[b][:, e] for b in best]
        value = linked(own, ranked.elo)
        permuted = [linked(own, rng.permutation(ranked.elo)) for _ in range(lab.draws.permutation)]
        random = []
        for _ in range(max(1, lab.draws.random // 20)):
            drawn = []
            for b in best:
                (directions,) = lab.random_sets(rng, 1, lab.acts.blocks[b])
                drawn.append(unit(states[:, b] - states[:, b].mean(0)) @ directions.T)
            random += [linked([d[:, i] for d in drawn], ranked.elo) for i in range(min(20, drawn[0].shape[1]))]
        words = lab.static_similarity([a["activity"] for a in ranked.activities])[:, e]
        n = len(ranked.elo)
        nulls: tuple[Null, ...] = (
            null_of("permuted activities", value, np.array(permuted)),
            null_of("random directions (activation covariance)", value, np.array(random)),
            baseline_null(
                "static token embeddings of activity and word", value,
                lambda rows: (sign * float(np.mean([pearson(c[rows], ranked.elo[rows]) for c in own])),
                              sign * float(pearson(words[rows], ranked.elo[rows]))),
                n, rng, lab.draws.bootstrap // 2,
            ),
        )  # fmt: skip
        ci = bootstrap(
            lambda rows: sign * float(np.mean([pearson(c[rows], ranked.elo[rows]) for c in own])), n, rng, lab.draws.bootstrap // 2
        )  # fmt: skip
        verdict, why = self._link.judge(value, nulls, ci)
        metric = f"{lab.emotions[e]}_elo_r" if sign > 0 else f"{lab.emotions[e]}_elo_minus_r"
        return Finding(self.name, metric, recipe, lab.acts.blocks[best[0]], value, ci, nulls, paper, verdict, why, claim, f"Pearson r, {n} activities")  # fmt: skip

    def _affect(self, lab: Lab, recipe: str, r: Array, block: int, rng: np.random.Generator) -> list[Finding]:
        out = []
        for scale, claim, paper in (("valence", "preference_valence", 0.76), ("arousal", "preference_arousal", None)):
            ratings = np.array([getattr(emotion(w), scale) for w in lab.emotions])
            value = float(pearson(r, ratings))
            permuted = np.array([float(pearson(r, rng.permutation(ratings))) for _ in range(lab.draws.permutation)])
            both = np.stack([r, ratings])
            ci = bootstrap(partial(_r_of, both), len(r), rng, lab.draws.bootstrap // 2)
            nulls = (null_of("permuted ratings", value, permuted),)
            if scale == "valence":
                verdict, why = self._valence.judge(value, nulls, ci)
            elif abs(value) < 0.3:
                verdict, why = "holds", f"{value:.2f} [{ci[0]:.2f}, {ci[1]:.2f}]: arousal hardly matters"
            else:
                verdict, why = "fails", f"{value:.2f} [{ci[0]:.2f}, {ci[1]:.2f}]: arousal matters"
            out.append(
                Finding(self.name, f"elo_r_with_{scale}", recipe, block, value, ci, nulls, paper, verdict, why, claim, f"Pearson r, {len(r)} emotions")
            )  # fmt: skip
        return out


def _r_of(both: Array, rows: NDArray[np.intp]) -> float:
    return float(pearson(both[0, rows], both[1, rows]))


def links_of(readings: Array, scores: Array) -> Array:
    """Pearson r of readings (blocks, activities, emotions) with scores (activities,): (blocks, emotions)."""
    return np.asarray(pearson(np.swapaxes(readings, -1, -2), scores))


def best_block(readings: Array, scores: Array) -> int:
    """Index of the block whose probes correlate most with the scores, by mean |r| over emotions."""
    return int(np.abs(links_of(readings, scores)).mean(-1).argmax())
