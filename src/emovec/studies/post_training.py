"""What does post-training do to the readings before a reply? One set of vectors on a base and a post-trained model (figures 36-39).

It needs two subjects, so it is run by :func:`emovec.compare_models.compare_models` on a :class:`~emovec.studies.paired.Pair` and stands in
no report of one model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.stats import Null, interval, null_of, pearson
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.paired import TURNED, Pair
from emovec.studies.paired_shift import BOTH, CHALLENGING, LEAST, NEUTRAL, PairedShift, size_of

__all__ = ["PostTraining"]

Array = NDArray[np.float64]
EXCHANGED = "subjects exchanged prompt by prompt"


def _r(x: Array, y: Array) -> Array:
    return np.asarray(pearson(x, y))


def _neutral(before: Array, after: Array) -> Array:
    """Correlation of profiles (..., groups, emotions) on neutral prompts."""
    return _r(before[..., NEUTRAL, :], after[..., NEUTRAL, :])


def _challenging(before: Array, after: Array) -> Array:
    return _r(before[..., CHALLENGING, :], after[..., CHALLENGING, :])


def _drop(before: Array, after: Array) -> Array:
    return _neutral(before, after) - _challenging(before, after)


def _agree(before: Array, after: Array) -> Array:
    """Correlation of the shifts on the two kinds of prompt."""
    shift = after - before
    return _r(shift[..., NEUTRAL, :], shift[..., CHALLENGING, :])


class PostTraining:
    """Profiles of both models, and the shift between them."""

    name = "post_training"
    title = "Post-training: what does it change before the reply?"
    question = (
        "Read with one set of vectors at A:, are a base model and its post-trained form alike, and which emotions does the training raise or lower?"
    )  # fmt: skip
    paper_ref = "Figures 36-39"
    _alike = Rule(holds=0.7, partly=0.4)
    _falls = Rule(holds=0.1)
    _agree = Rule(holds=0.7, partly=0.4)
    _growth = Rule(holds=0.33)
    _subdued = Rule(holds=1.0, partly=0.5)
    rule = (
        "Cosine with every vector at A:, averaged over 40 neutral and 40 challenging prompts; the shift is chat minus base. Claims are judged where both "
        "models read the very same text, so that only training differs; the chat template is told apart as a contrast of its own. "
        f"Profiles: correlation over emotions, neutral prompts; {_alike.says}. Drop: that correlation minus the one on challenging prompts; {_falls.says}. "
        f"Agreement: correlation of the shifts on the two kinds; {_agree.says}. Growth: (late - early) / (late + early) of the root mean square shift in the "
        f"last and the first third of the blocks, 0.33 being a doubling; {_growth.says}. Subdued: mean shift of the paper's five most raised emotions minus that of its five "
        f"most lowered, in standard deviations over all emotions; {_subdued.says}. Shifts below {LEAST:g} (root mean square) count as none. An emotion counts as moved if its "
        "shift is told from zero at family-wise 5 % (subjects exchanged prompt by prompt, largest t of all emotions)."
    )

    def __init__(
        self,
        raised: Sequence[str] = ("brooding", "reflective", "vulnerable", "gloomy", "sad"),
        lowered: Sequence[str] = ("spiteful", "playful", "exuberant", "enthusiastic", "smug"),
    ) -> None:
        """``raised`` and ``lowered``: the emotions that the paper found most raised and most lowered."""
        self.raised, self.lowered = tuple(raised), tuple(lowered)

    def run(self, pair: Pair) -> StudyResult:
        """Findings for every recipe; the shift of every emotion, its size by block, and every contrast as tables."""
        findings: list[Finding] = []
        emotions, contrasts, blocks = [], [], []
        main = pair.contrasts[0]
        for recipe, vectors in pair.vectors.items():
            measured = PairedShift(pair, main, vectors)
            findings += self._findings(measured, recipe)
            training = measured.shift[BOTH]
            for contrast in pair.contrasts:
                mine = measured if contrast is main else PairedShift(pair, contrast, vectors)
                emotions.append(mine.emotions(recipe))
                contrasts += mine.summary(recipe, training)
                blocks += mine.by_block(recipe)
        columns = ["recipe", "contrast", "says", "metric", "value", "low", "high"]
        curve = ["recipe", "contrast", "kind", "block", "rms", "low", "high", "null_mean", "null_p95"]
        return StudyResult(
            findings,
            {
                "emotions": pd.concat(emotions, ignore_index=True),
                "contrasts": pd.DataFrame(contrasts, columns=columns),
                "blocks": pd.DataFrame(blocks, columns=curve),
            },
        )

    def _findings(self, m: PairedShift, recipe: str) -> list[Finding]:
        """Everything that is said of the contrast that claims are judged on."""
        pair, weights, rng = m.pair, m.weights, m.pair.rng(self.name, recipe)
        before, after = m.profiles(weights.resampled(rng, pair.draws.bootstrap))
        exchanged = weights.exchanged(rng, pair.draws.permutation) @ (m.all_after - m.all_before)
        r = "Pearson r over emotions, base and chat"
        neutral, challenging, drop, agree = (
            float(f(m.before, m.after)) for f in (_neutral, _challenging, _drop, _agree)
        )
        relabelled = _drop(*m.profiles(weights.relabelled(rng, pair.draws.permutation)))
        growth, grown, growth_nulls = m.growth(rng, EXCHANGED)
        return [
            self._judged(m, recipe, "neutral_profile_r", neutral, _neutral(before, after), m.against(_neutral), self._alike, 0.83, "profiles_neutral", r),
            self._judged(m, recipe, "challenging_profile_r", challenging, _challenging(before, after), m.against(_challenging), None, 0.67, "", r),
            self._judged(
                m, recipe, "challenging_profile_drop", drop, _drop(before, after),
                [null_of("permuted kinds of prompt", drop, relabelled), *m.against(_drop)], self._falls, 0.16, "profiles_challenging",
                "r on neutral minus r on challenging prompts",
            ),
            self._judged(
                m, recipe, "shift_r", agree, _agree(before, after),
                [null_of(EXCHANGED, agree, _agree(np.zeros_like(exchanged), exchanged)), *m.against(_agree)], self._agree, 0.90, "shifts_agree",
                "Pearson r over emotions, shift on neutral and on challenging prompts",
            ),
            self._judged(
                m, recipe, "shift_growth", growth, grown, growth_nulls, self._growth, None, "shifts_grow",
                "(late - early) / (late + early), root mean square shift",
            ),
            self._subdue(m, recipe, before, after, exchanged),
            *self._shares(m, recipe),
            self._prompts(m, recipe),
        ]  # fmt: skip

    def _judged(
        self, m: PairedShift, recipe: str, metric: str, value: float, draws: Array, nulls: Sequence[Null], rule: Rule | None,
        paper: float | None, claim: str, unit: str,
    ) -> Finding:  # fmt: skip
        """A finding with the interval of its bootstrap ``draws``; without a rule it only informs."""
        found = Finding(
            self.name, metric, recipe, m.pair.block, value, interval(draws), tuple(nulls), paper, claim=claim, unit=unit
        )
        if rule is None:
            return found
        verdict, why = rule.judge(value, nulls, found.ci)
        if claim.startswith("shifts") and (size := float(size_of(m.shift[BOTH]))) < LEAST:
            verdict, why = "fails", f"nothing shifted: {size:.2g} root mean square over emotions is below {LEAST:g}"
        return replace(found, verdict=verdict, why=why)

    def _shares(self, m: PairedShift, recipe: str) -> list[Finding]:
        """How many emotions moved at all, and how many further than nearly all random directions."""
        told, far = m.moved[BOTH], m.p_random[BOTH] < 0.05
        return [
            Finding(self.name, metric, recipe, m.pair.block, float(share.mean()), unit=f"share of {len(share)} emotions {unit}")
            for metric, share, unit in (
                ("emotions_moved", told, "told from no shift (family-wise 5 %)"),
                ("emotions_beyond_random", far, "that shift more than 95 % of random directions"),
            )
        ]  # fmt: skip

    def _subdue(self, m: PairedShift, recipe: str, before: Array, after: Array, exchanged: Array) -> Finding:
        """The paper's five most raised emotions against its five most lowered."""
        known = m.vectors.emotions
        missing = [word for word in (*self.raised, *self.lowered) if word not in known]
        if missing:
            why = f"the vectors have no {', '.join(missing)}"
            return Finding(self.name, "subdued", recipe, m.pair.block, None, why=why, claim="shifts_subdue")
        signs = np.zeros(len(known))
        for side, sign in ((self.raised, 1.0), (self.lowered, -1.0)):
            signs[[known.index(word) for word in side]] = sign / len(side)

        def spread(shift: Array) -> Array:
            return np.asarray(np.maximum(shift[..., BOTH, :].std(-1), 1e-12))

        def scaled(shift: Array) -> Array:
            return np.asarray(shift[..., BOTH, :] @ signs / spread(shift))

        value = float(scaled(m.shift))
        rng = m.pair.rng(self.name, recipe, "others")
        others = np.array([m.shift[BOTH] @ rng.permutation(signs) for _ in range(m.pair.draws.permutation)])
        nulls = [
            # Exchanged subjects leave no shift to be a pattern of; so what they leave is given in units of the shift that there is.
            null_of(EXCHANGED, value, exchanged[..., BOTH, :] @ signs / spread(m.shift)),
            null_of("other emotions in their place", value, others / spread(m.shift)),
            # The emotions' places in a set turned at random are as alike as the emotions are.
            null_of(TURNED, value, scaled(m.drawn(TURNED))),
        ]
        return self._judged(
            m, recipe, "subdued", value, scaled(after - before), nulls, self._subdued, None, "shifts_subdue",
            "mean shift of the paper's raised minus its lowered emotions, in SD over emotions",
        )  # fmt: skip

    def _prompts(self, m: PairedShift, recipe: str) -> Finding:
        """Do both models tell prompts apart alike? Profiles of single prompts, each model's mean taken off."""
        before, after = (x - x.mean(0) for x in (m.all_before, m.all_after))
        value = float(np.mean(pearson(before, after)))
        rng = m.pair.rng(self.name, recipe, "prompts")
        draws = m.pair.draws.permutation // 4
        permuted = np.array([np.mean(pearson(before, after[rng.permutation(len(after))])) for _ in range(draws)])
        each = np.asarray(pearson(before, after))
        resampled = each[rng.integers(0, len(each), (m.pair.draws.bootstrap, len(each)))].mean(-1)
        nulls = (null_of("permuted prompts", value, permuted),)
        return Finding(
            self.name, "single_prompt_r", recipe, m.pair.block, value, interval(resampled), nulls,
            unit="mean over prompts of Pearson r over emotions, each model's mean profile taken off",
        )  # fmt: skip
