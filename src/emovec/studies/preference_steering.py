"""Does steering an emotion on an activity's words move the choice of that activity? (Figures 4, 54, 55, Tables 10-11)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import scenarios
from emovec.stats import bootstrap, null_of, pearson
from emovec.steering import Levers, levers_of, null_levers
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.preferences import Preferences
from emovec.studies.results import run_study
from emovec.studies.steered_choices import STEERED_EMOTIONS, STRENGTH, elo_shifts, make_bench, steered_log_odds

__all__ = ["PreferenceSteering"]

Array = NDArray[np.float64]


class PreferenceSteering:
    """Elo shift of steered activities against the probe's correlation with Elo."""

    name = "preference_steering"
    title = "Preference under steering: are the vectors causes?"
    question = "Does adding an emotion on the words of one of two offered activities move the choice, as much as the probe's correlation with preference says?"
    paper_ref = "Figure 4, Figures 54-56, Tables 10-11"
    _shift = Rule(holds=50.0, partly=10.0)
    _agree = Rule(holds=0.4, partly=0.2)
    _middle = Rule(holds=50.0, partly=10.0)
    rule = (
        f"Every second activity is steered on its own tokens at strength {STRENGTH:g} at the picked block, the others are controls. In `paper` each "
        "steered one meets eight controls in both orders; otherwise as many as the preset draws, evenly over the categories, meet one each, standing at A and at B by turns. "
        "Shift: change of the log-odds for the steered activity, averaged over orders and pairs, in Elo points. Blissful (and "
        f"hostile, sign turned): {_shift.says}; the nulls are random directions of equal norm and vectors of shuffled labels. Agreement: over "
        f"{len(STEERED_EMOTIONS)} emotions, r of shift and of the probe's correlation with Elo (study 'preferences'); {_agree.says}. Middle: shift of blissful minus shift of hostile "
        f"at the picked block, less the larger of the same at the earliest and at the latest block; {_middle.says}; the null is pairs of random directions."
    )

    def __init__(
        self, activities: Sequence[dict[str, str]] | None = None, preferences: Preferences | None = None, emotions: Sequence[str] = STEERED_EMOTIONS
    ) -> None:  # fmt: skip
        """``activities``: rows with "activity" and "category" (default: the 64 that ship)."""
        self._activities = activities
        self._preferences = preferences or Preferences(activities)
        self._emotions = tuple(emotions)

    def run(self, lab: Lab) -> StudyResult:
        """Shifts of every emotion and null at the picked block of the headline recipe's patterns; blocks for two emotions."""
        recipe, vectors = next(iter(lab.vectors.items()))
        words = [w for w in self._emotions if w in lab.emotions]
        if len(words) < 3:
            return StudyResult([])
        names = [a["activity"] for a in self._activities or scenarios("activities")]
        bench = make_bench(lab.subject, names, lab.draws.steered, lab.rng(self.name, "pairs"))
        nulls = null_levers(vectors, lab.acts, lab.recipes[recipe], random=5, shuffled=3, seed=lab.seed)
        levers = levers_of(vectors)[words] | nulls
        blocks = sorted({lab.acts.blocks[0], lab.block, lab.acts.blocks[-1]})
        probes = [w for w in ("blissful", "hostile") if w in words]
        few = levers[[*probes, *(n for n, k in zip(levers.names, levers.kinds, strict=True) if k == "random")]]
        rows = (len(levers.names) + (len(blocks) - 1) * len(few.names)) * len(bench.trials)
        with lab.progress.stage("preferences under steering", rows + len(bench.trials), "choices") as advance:
            unsteered = steered_log_odds(lab.subject, None, bench, lab.block, lab.store, advance)
            moved = {
                block: elo_shifts(lab.subject, levers if block == lab.block else few, bench, block, unsteered, lab.store, advance)
                for block in blocks
            }  # fmt: skip
        rng = lab.rng(self.name)
        findings = self._shift_findings(lab, recipe, levers, moved[lab.block], rng)
        linked = run_study(self._preferences, lab).tables["emotions"]
        of = {
            w: v for name, w, v in zip(linked["recipe"], linked["emotion"], linked["r"], strict=True) if name == recipe
        }
        r = np.array([float(of[w]) for w in words])
        shifts = moved[lab.block].mean(1)
        findings.append(self._agreement(lab, recipe, r, shifts[: len(words)], rng))
        findings += self._by_block(
            lab, recipe, moved, {b: levers.names if b == lab.block else few.names for b in blocks}
        )
        low, high = np.percentile(_resampled(moved[lab.block], rng, lab.draws.bootstrap // 4), [2.5, 97.5], axis=1)
        table = pd.DataFrame(
            {
                "direction": levers.names, "kind": levers.kinds, "elo_shift": shifts,
                "low": low, "high": high,
                "probe_elo_r": [*r, *[np.nan] * (len(levers.names) - len(words))],
            }
        )  # fmt: skip
        by_block = [
            (block, name, kind, float(moved[block][i].mean()))
            for block in blocks
            for lot in [levers if block == lab.block else few]
            for i, (name, kind) in enumerate(zip(lot.names, lot.kinds, strict=True))
        ]
        return StudyResult(
            findings, {"shifts": table, "blocks": pd.DataFrame(by_block, columns=["block", "direction", "kind", "elo_shift"])}
        )  # fmt: skip

    def _shift_findings(
        self, lab: Lab, recipe: str, levers: Levers, shifts: Array, rng: np.random.Generator
    ) -> list[Finding]:
        kinds = np.array(levers.kinds)
        means = shifts.mean(1)
        out = []
        for word, sign, claim, paper in (
            ("blissful", 1, "steer_blissful_elo", 212.0),
            ("hostile", -1, "steer_hostile_elo", 303.0),
        ):
            if word not in levers.names:
                continue
            own = sign * shifts[levers.index(word)]
            value = float(own.mean())
            # A direction without meaning may push either way, so its size is what must be beaten.
            drawn = [("random directions of equal norm", "random"), ("vectors of shuffled labels", "shuffled")]
            nulls = tuple(null_of(name, value, self._null(lab, shifts[kinds == kind], rng)) for name, kind in drawn)
            ci = bootstrap(lambda rows, own=own: float(own[rows].mean()), len(own), rng, lab.draws.bootstrap // 2)  # type: ignore[misc]
            verdict, why = self._shift.judge(value, nulls, ci)
            metric = f"{word}_elo_shift" if sign > 0 else f"{word}_elo_fall"
            out.append(
                Finding(
                    self.name,
                    metric,
                    recipe,
                    lab.block,
                    value,
                    ci,
                    nulls,
                    paper,
                    verdict,
                    why,
                    claim,
                    f"Elo points, {len(own)} pairs",
                )
            )
        if "valence" in levers.names:
            value = float(means[levers.index("valence")])
            out.append(
                Finding(self.name, "valence_elo_shift", recipe, lab.block, value, verdict="untested", unit="Elo points",
                        why=f"steering pleasantness alone moves the choice by {value:.0f} Elo: what an emotion does beyond that is its own")
            )  # fmt: skip
        return out

    @staticmethod
    def _null(lab: Lab, shifts: Array, rng: np.random.Generator) -> Array:
        """Draws of the absolute mean shift under directions without meaning: a direction and pairs, both resampled."""
        out = []
        for _ in range(lab.draws.bootstrap // 2):
            row = shifts[rng.integers(len(shifts))]
            out.append(abs(float(row[rng.integers(0, len(row), len(row))].mean())))
        return np.array(out)

    def _agreement(self, lab: Lab, recipe: str, r: Array, shift: Array, rng: np.random.Generator) -> Finding:
        value = float(pearson(r, shift))
        permuted = np.array([float(pearson(r, rng.permutation(shift))) for _ in range(lab.draws.permutation)])
        nulls = (null_of("permuted emotions", value, permuted),)
        ci = bootstrap(lambda rows: float(pearson(r[rows], shift[rows])), len(r), rng, lab.draws.bootstrap // 2)
        verdict, why = self._agree.judge(value, nulls, ci)
        return Finding(
            self.name, "shift_follows_probe_r", recipe, lab.block, value, ci, nulls, 0.85, verdict, why, "steer_elo_agrees",
            f"Pearson r, {len(r)} emotions",
        )  # fmt: skip

    def _by_block(
        self, lab: Lab, recipe: str, moved: dict[int, Array], names: dict[int, tuple[str, ...]]
    ) -> list[Finding]:
        """Blissful minus hostile at the picked block, against the larger of the same at the earliest and the latest."""
        random = [n for n in names[lab.block] if n.startswith("random-")]
        ends = [b for b in moved if b != lab.block]
        if not ends or not {"blissful", "hostile"} <= set(names[lab.block]):
            return []

        def contrast(up: str, down: str) -> float:
            at = {b: float((moved[b][names[b].index(up)] - moved[b][names[b].index(down)]).mean()) for b in moved}
            return at[lab.block] - max(at[b] for b in ends)

        value = contrast("blissful", "hostile")
        drawn = np.array([contrast(a, b) for a in random for b in random if a != b])
        nulls = (null_of("pairs of random directions of equal norm", value, drawn),)
        verdict, why = self._middle.judge(value, nulls)
        return [
            Finding(self.name, "middle_minus_ends_elo", recipe, lab.block, value, None, nulls, None, verdict, why, "steer_middle_layers",
                    f"Elo points, blissful minus hostile, against blocks {' and '.join(map(str, ends))}")
        ]  # fmt: skip


def _resampled(shifts: Array, rng: np.random.Generator, draws: int) -> Array:
    """Mean shifts over resampled pairs, (levers, draws)."""
    n = shifts.shape[1]
    return np.stack([shifts[:, rng.integers(0, n, n)].mean(1) for _ in range(draws)], axis=1)
