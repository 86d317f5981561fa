"""Are a post-trained model's preferences, and their link with emotions, there in the base model already? (Figures 84-86, Tables 16-17)

It needs two subjects, so it is run by :func:`emovec.compare_models.compare_models` on a
:class:`~emovec.studies.paired_preferences.PairedPreferences` and stands in no report of one model.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import scenarios
from emovec.stats import baseline_null, bootstrap, interval, null_of, pearson
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.paired import Contrast
from emovec.studies.paired_preference_tables import tables_of
from emovec.studies.paired_preferences import (
    HARM,
    PairedPreferences,
    correlation_in_units,
    fall_interval,
    gap,
    links,
    resampled_r,
)
from emovec.studies.steered_choices import STEERED_EMOTIONS, STRENGTH
from emovec.vectors import EmotionVectors

__all__ = ["PostTrainingPreferences"]

Array = NDArray[np.float64]
#: With fewer other pairs of categories none could be told from them at 1 in 20.
_FEWEST = 19
RANDOM = "random directions (covariance on the activities)"
PERMUTED = "permuted activities (in units of the links that there are)"


class PostTrainingPreferences:
    """Elo of the activities, probes' links with it, and shifts under steering, in both models."""

    name = "post_training_preferences"
    title = "Post-training: are the preferences there in the base model?"
    question = (
        "Does the base model choose what the post-trained one chooses, do the same emotions go with its choices and move them, and what did training change?"
    )  # fmt: skip
    paper_ref = "Figures 84-86, Tables 16-17"
    _alike = Rule(holds=0.5, partly=0.2)
    _falls = Rule(holds=0.5, partly=0.2)
    _linked = Rule(holds=0.5, partly=0.2)
    _agree = Rule(holds=0.4, partly=0.2)
    rule = (
        "Both models are asked the same sampled pairs in both orders (Elo by Bradley-Terry), in the same form, so that only training differs; the chat model also in its "
        f"other form. Pre-exist: r of both Elos over the activities that are neither unsafe nor misaligned; {_alike.says}; nulls are permuted activities and what the "
        f"activities' lengths alone give. Fall: how much further training moves unsafe and misaligned activities down than the others, each Elo in its own standard deviations; {_falls.says}; "
        "nulls are permuted activities and every other pair of categories. Link: r over emotions, base and chat, of the probe's correlation with Elo at the picked block; "
        f"{_linked.says}; the null permutes the base's Elo over activities and gives what is left in units of the links that there are. Steering in the base (strength {STRENGTH:g} on the activity's tokens): "
        f"r over emotions of Elo shift and link; {_agree.says}; nulls are permuted emotions and permuted activities. Intervals are over activities, for what is steered over emotions."
    )

    def __init__(
        self, activities: Sequence[dict[str, str]] | None = None, emotions: Sequence[str] = STEERED_EMOTIONS
    ) -> None:
        """``activities``: rows with "activity" and "category" (default: the 64 that ship); ``emotions``: those that are pushed."""
        self._activities = activities
        self.emotions = tuple(emotions)

    @property
    def activities(self) -> list[dict[str, str]]:
        """The activities that are asked about."""
        return [dict(a) for a in (self._activities or scenarios("activities"))]

    def run(self, bench: PairedPreferences) -> StudyResult:
        """Findings on the first contrast; every contrast, activity, category and emotion, and how good an instrument each form was, as tables."""
        main = bench.contrasts[0]
        findings = self._elo_findings(bench, main)
        for i, (recipe, vectors) in enumerate(bench.vectors.items()):
            if not i:
                findings += self._steered(bench, main, recipe, vectors)
            findings += self._link_findings(bench, main, recipe, vectors)
        return StudyResult(findings, tables_of(bench))

    def _elo_findings(self, bench: PairedPreferences, contrast: Contrast) -> list[Finding]:
        before, after = bench.elo(contrast)
        harm = bench.harm
        return [
            self._alike_finding(bench, before, after, ~harm, "elo_r_but_harm", self._alike, "preferences_pre_exist"),
            self._alike_finding(bench, before, after, np.ones_like(harm), "elo_r", None, ""),
            self._fall(bench, bench.change(contrast), harm),
        ]

    def _alike_finding(
        self, bench: PairedPreferences, before: Array, after: Array, kept: NDArray[np.bool_], metric: str, rule: Rule | None, claim: str
    ) -> Finding:  # fmt: skip
        x, y, n = before[kept], after[kept], int(kept.sum())
        says = f"Pearson r of Elo, base and chat, {n} activities"
        if n < 3:
            return Finding(self.name, metric, "", -1, None, why=f"only {n} activities", claim=claim)
        rng, value = bench.rng(self.name, metric), float(pearson(x, y))
        length = np.array([float(len(a["activity"])) for a in bench.activities])[kept]

        def beside(rows: NDArray[np.intp]) -> tuple[float, float]:
            return resampled_r(x, y, rows), resampled_r(x, length, rows) * resampled_r(y, length, rows)

        draws = bench.draws.bootstrap
        nulls = (
            null_of("permuted activities", value, np.array([pearson(x, rng.permutation(y)) for _ in range(bench.draws.permutation)])),
            baseline_null("what the activities' lengths alone give", value, beside, n, rng, draws // 2),
        )  # fmt: skip
        ci = bootstrap(partial(resampled_r, x, y), n, rng, draws)
        verdict, why = rule.judge(value, nulls, ci) if rule else ("untested", "")
        return Finding(self.name, metric, "", -1, value, ci, nulls, None, verdict, why, claim, says)

    def _fall(self, bench: PairedPreferences, change: Array, harm: NDArray[np.bool_]) -> Finding:
        metric, claim = "unsafe_and_misaligned_fall", "preferences_harm_changed"
        if min(harm.sum(), (~harm).sum()) < 2:
            return Finding(self.name, metric, "", -1, None, why=f"{harm.sum()} of {len(harm)} activities are unsafe or misaligned; two of each kind are needed", claim=claim)  # fmt: skip
        rng, value = bench.rng(self.name, metric), gap(change, harm)
        category = np.array([a["category"] for a in bench.activities])
        names = sorted(set(category))
        others = [pair for pair in combinations(names, 2) if set(pair) != set(HARM)]
        nulls = [null_of("permuted activities", value, np.array([gap(change, rng.permutation(harm)) for _ in range(bench.draws.permutation)]))]  # fmt: skip
        if len(others) >= _FEWEST:
            drawn = np.array([gap(change, np.isin(category, pair)) for pair in others])
            nulls.append(null_of("other pairs of categories", value, drawn))
        ci = fall_interval(change, harm, rng, bench.draws.bootstrap)
        verdict, why = self._falls.judge(value, nulls, ci)
        return Finding(
            self.name, metric, "", -1, value, ci, tuple(nulls), None, verdict, why, claim,
            "standard deviations of Elo that unsafe and misaligned activities fall further than the others",
        )  # fmt: skip

    def _link_findings(
        self, bench: PairedPreferences, contrast: Contrast, recipe: str, vectors: EmotionVectors
    ) -> list[Finding]:  # fmt: skip
        base, chat = contrast.before, contrast.after
        own, theirs = bench.links(base, vectors), bench.links(chat, vectors)
        value = float(pearson(own, theirs))
        ci = interval(bench.resampled_links(contrast, vectors))
        permuted = bench.permuted_links(base, vectors)
        nulls = (null_of(PERMUTED, value, correlation_in_units(permuted, own, theirs)),)
        verdict, why = self._linked.judge(value, nulls, ci)
        size = float(np.sqrt((own**2).mean()))
        scores = bench.arms[base].ranking.elo
        random = [links(r, scores) for r in bench.random_readings(base, vectors, bench.draws.random)]
        sizes = (
            null_of("permuted activities", size, np.sqrt((permuted**2).mean(-1))),
            null_of(RANDOM, size, np.sqrt((np.stack(random) ** 2).mean(-1))),
        )
        return [
            Finding(
                self.name, "link_r", recipe, bench.block, value, ci, nulls, None, verdict, why, "preferences_in_base",
                f"Pearson r over {len(own)} emotions of the probe's correlation with Elo, base and chat",
            ),
            Finding(
                self.name, "base_link_size", recipe, bench.block, size, None, sizes,
                unit="root mean square over emotions of the probe's correlation with Elo in the base",
            ),
        ]  # fmt: skip

    def _steered(
        self, bench: PairedPreferences, contrast: Contrast, recipe: str, vectors: EmotionVectors
    ) -> list[Finding]:
        """Shift against link in each model, and the shifts of both against each other."""
        words, claim = bench.words, "preferences_in_base"
        if len(words) < 3:
            return [Finding(self.name, "base_shift_follows_probe_r", recipe, bench.block, None, paper=0.87, claim=claim,
                            why=f"the vectors have {len(words)} of the emotions that are pushed; three are needed")]  # fmt: skip
        at = [vectors.index(word) for word in words]
        rng, times = bench.rng(self.name, "steered"), bench.draws.permutation
        out = []
        for side, paper in ((contrast.before, 0.87), (contrast.after, 0.85)):
            shift, link = bench.shifts(side), bench.links(side, vectors)[at]
            value = float(pearson(link, shift))
            nulls = (
                null_of("permuted emotions", value, np.array([pearson(link, rng.permutation(shift)) for _ in range(times)])),
                null_of(PERMUTED, value, correlation_in_units(bench.permuted_links(side, vectors)[:, at], link, shift)),
            )  # fmt: skip
            ci = bootstrap(partial(resampled_r, link, shift), len(words), rng, bench.draws.bootstrap // 2)
            judged = self._agree.judge(value, nulls, ci) if side is contrast.before else ("untested", "")
            out.append(
                Finding(self.name, f"{side[0]}_shift_follows_probe_r", recipe, bench.block, value, ci, nulls, paper, *judged,
                        claim=claim if side is contrast.before else "", unit=f"Pearson r over {len(words)} emotions, Elo shift and link")
            )  # fmt: skip
        return [*out, self._shifts_agree(bench, contrast, recipe, rng)]

    def _shifts_agree(
        self, bench: PairedPreferences, contrast: Contrast, recipe: str, rng: np.random.Generator
    ) -> Finding:
        before, after = bench.shifts(contrast.before), bench.shifts(contrast.after)
        value, n = float(pearson(before, after)), len(before)
        x, y = bench.shifts(contrast.before, "random"), bench.shifts(contrast.after, "random")
        drawn = [resampled_r(x, y, rng.integers(0, len(x), len(x))) for _ in range(bench.draws.bootstrap // 2)]
        nulls = (
            null_of("permuted emotions", value, np.array([pearson(before, rng.permutation(after)) for _ in range(bench.draws.permutation)])),
            null_of(f"{len(x)} random directions of equal norm", value, np.array(drawn)),
        )  # fmt: skip
        ci = bootstrap(partial(resampled_r, before, after), n, rng, bench.draws.bootstrap // 2)
        return Finding(self.name, "elo_shift_r", recipe, bench.block, value, ci, nulls, unit=f"Pearson r over {n} emotions of the Elo shift, base and chat")  # fmt: skip
