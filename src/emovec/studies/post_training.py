"""What does post-training do to the readings before a reply? One set of vectors on a base and a post-trained model (figures 36-39).

It needs two subjects, so it is run by :func:`emovec.compare_models.compare_models` on a :class:`~emovec.studies.paired.Pair` and stands in
no report of one model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.stats import Null, interval, null_of, pearson
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.paired import GROUPS, TURNED, Pair
from emovec.studies.paired_shift import BOTH, CHALLENGING, LEAST, NEUTRAL, PairedShift, size_of

__all__ = ["PostTraining"]

Array = NDArray[np.float64]


class PostTraining:
    """Profiles of both models, and the shift between them."""

    name = "post_training"
    title = "Post-training: what does it change before the reply?"
    question = (
        "Read with one set of vectors at A:, are a base model and its post-trained form alike, and which emotions does the training raise or lower?"
    )  # fmt: skip
    paper_ref = "Figures 36-39, Tables 16-17"
    _alike = Rule(holds=0.7, partly=0.4)
    _drop = Rule(holds=0.1)
    _agree = Rule(holds=0.7, partly=0.4)
    _growth = Rule(holds=1 / 3)
    _subdued = Rule(holds=1.0, partly=0.5)
    rule = (
        "Cosine with every vector at A:, averaged over 40 neutral and 40 challenging prompts; the shift is chat minus base. Claims are judged where both "
        "models read the very same text, so that only training differs; the chat template is told apart as a contrast of its own. "
        f"Profiles: correlation over emotions, neutral prompts; {_alike.says}. Drop: that correlation minus the one on challenging prompts; {_drop.says}. "
        f"Agreement: correlation of the shifts on the two kinds; {_agree.says}. Growth: (late - early) / (late + early) of the root mean square shift in the "
        f"last and the first third of the blocks, 0.33 being a doubling; {_growth.says}. Subdued: mean shift of the paper's five most raised emotions minus that of its five "
        f"most lowered, in standard deviations over all emotions; {_subdued.says}. Shifts below {LEAST:g} (root mean square) count as none. An emotion counts as moved if its "
        "shift is told from zero at family-wise 5 % (subjects exchanged prompt by prompt, largest t of all emotions) and exceeds, at 5 %, the largest of a set of vectors "
        "turned at random; the same holds of the mean shift around an emotion (the tenth of the words nearest to it in valence and arousal)."
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
        findings.append(
            Finding(
                self.name, "preference_steering_r", "", -1, None, paper=0.87, claim="preferences_in_base",
                why="preferences are not measured on two models yet",
            )
        )  # fmt: skip
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
        pair, block = m.pair, m.pair.block

        def finding(
            metric: str, value: float, draws: Array, nulls: Sequence[Null], rule: Rule | None, paper: float | None, claim: str, unit: str
        ) -> Finding:  # fmt: skip
            ci = interval(draws)
            if rule is None:
                return Finding(self.name, metric, recipe, block, value, ci, tuple(nulls), paper, unit=unit)
            verdict, why = rule.judge(value, nulls, ci)
            if claim.startswith("shifts") and (size := float(size_of(m.shift[BOTH]))) < LEAST:
                verdict, why = "fails", f"nothing shifted: {size:.2g} root mean square over emotions is below {LEAST:g}"
            return Finding(self.name, metric, recipe, block, value, ci, tuple(nulls), paper, verdict, why, claim, unit)

        def chance(statistic: Callable[[Array, Array], Array], value: float) -> list[Null]:
            return [null_of(name, value, statistic(before, after)) for name, (before, after) in m.chance.items()]

        weights, rng = m.weights, pair.rng(self.name, recipe)
        before, after = m.profiles(weights.resampled(rng, pair.draws.bootstrap))
        shift = after - before
        found = []
        per_kind = {k: (lambda b, a, k=k: pearson(b[..., k, :], a[..., k, :])) for k in (NEUTRAL, CHALLENGING)}
        drop = lambda b, a: np.asarray(per_kind[NEUTRAL](b, a)) - np.asarray(per_kind[CHALLENGING](b, a))
        for kind, rule, paper, claim in (
            (NEUTRAL, self._alike, 0.83, "profiles_neutral"),
            (CHALLENGING, None, 0.67, ""),
        ):
            value = float(per_kind[kind](m.before, m.after))
            found.append(
                finding(f"{GROUPS[kind]}_profile_r", value, per_kind[kind](before, after), chance(per_kind[kind], value), rule, paper, claim,
                        "Pearson r over emotions, base and chat"),
            )  # fmt: skip
        value = float(drop(m.before, m.after))
        relabelled = drop(*m.profiles(weights.relabelled(rng, pair.draws.permutation)))
        found.append(
            finding("challenging_profile_drop", value, drop(before, after),
                    [null_of("permuted kinds of prompt", value, relabelled), *chance(drop, value)], self._drop, 0.16, "profiles_challenging",
                    "r on neutral minus r on challenging prompts"),
        )  # fmt: skip
        exchanged = weights.exchanged(rng, pair.draws.permutation) @ (m.all_after - m.all_before)
        swapped = "subjects exchanged prompt by prompt"
        agree = lambda s: pearson(s[..., NEUTRAL, :], s[..., CHALLENGING, :])
        value = float(agree(m.shift))
        found.append(
            finding("shift_r", value, agree(shift),
                    [null_of(swapped, value, agree(exchanged)), *chance(lambda b, a: agree(a - b), value)], self._agree, 0.90, "shifts_agree",
                    "Pearson r over emotions, shift on neutral and on challenging prompts"),
        )  # fmt: skip
        value, curves, nulls = m.growth(rng, swapped)
        found.append(
            finding("shift_growth", value, curves, nulls, self._growth, None, "shifts_grow", "(late - early) / (late + early), root mean square shift")
        )  # fmt: skip
        found.append(self._subdue(m, recipe, shift, exchanged, swapped, finding))
        moved = m.moved[BOTH]
        found.append(
            Finding(self.name, "emotions_moved", recipe, block, float(moved.mean()), unit=f"share of {len(moved)} emotions, family-wise")
        )  # fmt: skip
        found.append(self._prompts(m, recipe))
        return found

    def _subdue(
        self, m: PairedShift, recipe: str, shift: Array, exchanged: Array, swapped: str, finding: Callable[..., Finding]
    ) -> Finding:
        known = m.vectors.emotions
        missing = [word for word in (*self.raised, *self.lowered) if word not in known]
        if missing:
            why = f"the vectors have no {', '.join(missing)}"
            return Finding(self.name, "subdued", recipe, m.pair.block, None, why=why, claim="shifts_subdue")
        up, down = ([known.index(word) for word in side] for side in (self.raised, self.lowered))

        def contrast(s: Array, up: Sequence[int] = up, down: Sequence[int] = down) -> Array:
            s = s[..., BOTH, :]
            spread = np.maximum(s.std(-1), 1e-12)
            return np.asarray((s[..., up].mean(-1) - s[..., down].mean(-1)) / spread)

        value = float(contrast(m.shift))
        rng = m.pair.rng(self.name, recipe, "others")
        picks = [rng.permutation(len(known))[: len(up) + len(down)] for _ in range(m.pair.draws.permutation)]
        others = np.array([contrast(m.shift, p[: len(up)], p[len(up) :]) for p in picks])
        nulls = [null_of(swapped, value, contrast(exchanged)), null_of("other emotions in their place", value, others)]
        # The emotions' places in a set turned at random are as alike as the emotions are.
        nulls.append(null_of(TURNED, value, contrast(m.turned)))
        return finding(
            "subdued", value, contrast(shift), nulls, self._subdued, None, "shifts_subdue",
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
