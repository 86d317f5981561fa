"""Does steering an emotion on an activity's words move the choice of that activity? (Figures 4, 54, 55, Tables 10-11)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import scenarios
from emovec.stats import bootstrap, null_of, pearson
from emovec.steering import Levers, Place, Spec, Term, levers_of, null_levers, plan
from emovec.steering.grid import choice_tokens
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.choices import ELO_PER_LOGIT, Trial, trials
from emovec.studies.lab import Lab
from emovec.studies.preferences import Preferences
from emovec.studies.results import run_study
from emovec.subject.rows import Advance, choice_logprobs

__all__ = ["STEERED_EMOTIONS", "PreferenceSteering"]

Array = NDArray[np.float64]

#: The emotions that are steered: 35, spread over the four quadrants.
STEERED_EMOTIONS = (
    "blissful", "happy", "joyful", "content", "calm", "peaceful", "proud", "hopeful", "grateful", "loving", "excited", "ecstatic", "inspired",
    "playful", "relieved", "compassionate", "satisfied", "hostile", "angry", "furious", "contemptuous", "disgusted", "afraid", "terrified",
    "anxious", "desperate", "sad", "depressed", "lonely", "ashamed", "guilty", "bored", "weary", "vulnerable", "surprised",
)  # fmt: skip
STRENGTH = 0.5


@dataclass(frozen=True)
class _Bench:
    """The trials: activity ``steered[i]`` meets a control in both orders; ``tokens`` are the steered one's."""

    trials: tuple[Trial, ...]
    tokens: tuple[tuple[int, int], ...]
    pair: NDArray[np.intp]
    sign: Array


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
        f"Every second activity is steered on its own tokens at strength {STRENGTH:g} at the picked block, the others are controls; each steered one meets a "
        "control in both orders. Shift: change of the log-odds for the steered activity, averaged over orders and pairs, in Elo points. Blissful (and "
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
        bench = self._bench(lab)
        nulls = null_levers(vectors, lab.acts, lab.recipes[recipe], random=5, shuffled=3, seed=lab.seed)
        levers = levers_of(vectors)[words] | nulls
        blocks = sorted({lab.acts.blocks[0], lab.block, lab.acts.blocks[-1]})
        probes = [w for w in ("blissful", "hostile") if w in words]
        few = levers[[*probes, *(n for n, k in zip(levers.names, levers.kinds, strict=True) if k == "random")]]
        rows = (len(levers.names) + (len(blocks) - 1) * len(few.names)) * len(bench.trials)
        with lab.progress.stage("preferences under steering", rows + len(bench.trials), "choices") as advance:
            base = self._odds(lab, bench, None, lab.block, advance)
            moved = {lab.block: self._shifts(lab, bench, levers, lab.block, base, advance)}
            for block in blocks:
                if block != lab.block:
                    moved[block] = self._shifts(lab, bench, few, block, base, advance)
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

    def _bench(self, lab: Lab) -> _Bench:
        rows = self._activities or scenarios("activities")
        names = [a["activity"] for a in rows]
        rng = lab.rng(self.name, "pairs")
        steered, control = np.arange(0, len(names) - 1, 2), np.arange(1, len(names), 2)
        # Steered and control activities of one category lie side by side, so every category is on both sides.
        rounds = 1 if lab.draws.meetings is not None else 8
        pairs = [
            (int(s), int(c)) for _ in range(rounds) for s, c in zip(steered, rng.permutation(control), strict=False)
        ]
        asked = trials(lab.subject, names, [*pairs, *((c, s) for s, c in pairs)])
        first = len(pairs)
        return _Bench(
            tuple(asked),
            tuple(t.a_tokens if i < first else t.b_tokens for i, t in enumerate(asked)),
            np.tile(np.arange(first), 2),
            np.repeat([1.0, -1.0], first),
        )

    def _odds(self, lab: Lab, bench: _Bench, levers: Levers | None, block: int, advance: Advance) -> Array:
        """Log-odds for the steered activity, averaged over both orders: (levers or 1, pairs)."""
        specs: list[Spec] = []
        for name in levers.names if levers is not None else ("",):
            specs += [
                Spec((Term(name, STRENGTH, "add", (Place.tokens(*span),), (block,)),)) if name else Spec()
                for span in bench.tokens
            ]
        count = len(specs) // len(bench.trials)
        encoded = [t.encoded for _ in range(count) for t in bench.trials]
        made = plan(lab.subject, levers if levers is not None else next(iter(lab.vectors.values())), specs, encoded)
        tokens = choice_tokens(lab.subject, ["A", "B"])
        scores = choice_logprobs(lab.subject, encoded, tokens, around=made.over, free=made.free, advance=advance)
        odds = (scores[:, 0] - scores[:, 1]).reshape(count, -1) * bench.sign
        half = odds.shape[1] // 2
        return np.asarray((odds[:, :half] + odds[:, half:]) / 2)

    def _shifts(self, lab: Lab, bench: _Bench, levers: Levers, block: int, base: Array, advance: Advance) -> Array:
        """Elo points by which each lever moves the steered activity of each pair, (levers, pairs)."""
        return (self._odds(lab, bench, levers, block, advance) - base) * ELO_PER_LOGIT

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
