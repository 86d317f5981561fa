"""What a base and a post-trained model choose, read in the activities, and choose under steering: the bench of ``post_training_preferences``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emovec.progress import Progress
from emovec.reading.probe import measure
from emovec.stats import covariance_factor, interval, pearson, random_directions, rng_for, unit
from emovec.steering import Levers, levers_of
from emovec.store import Store
from emovec.studies.lab import Draws
from emovec.studies.paired import Contrast, contrasts_of
from emovec.studies.preferences import Ranking, activity_states, rank_activities
from emovec.studies.steered_choices import elo_shifts, make_bench, steered_log_odds
from emovec.subject import Subject
from emovec.vectors import EmotionVectors

__all__ = [
    "HARM",
    "Arm",
    "PairedPreferences",
    "correlation_in_units",
    "fall_interval",
    "gap",
    "levers_for",
    "links",
    "measure_arm",
    "resampled_r",
]

Array = NDArray[np.float64]
#: Categories whose preference the paper finds training to change.
HARM = ("unsafe", "misaligned")
#: Random directions that are pushed beside the emotions.
RANDOM_LEVERS = 8


@dataclass(frozen=True)
class Arm:
    """One model asked in one form.

    Attributes:
        ranking: its choices and their Elo.
        states: residuals on the activities at the picked block, (activities, width).
        shifts: Elo points by which each lever moves the steered activity of each pair, (levers, pairs).
    """

    ranking: Ranking
    states: NDArray[np.float32]
    shifts: Array


@dataclass(frozen=True)
class PairedPreferences:
    """Both models, and one set of vectors.

    Attributes:
        arms: (subject, form) -> what it chose; the subjects are ``base`` and ``chat``.
        form: in which the base is asked.
        vectors: recipe -> artifact; the patterns of the first were pushed.
        levers: that were pushed; emotions first.
    """

    arms: Mapping[tuple[str, str], Arm]
    form: str
    vectors: Mapping[str, EmotionVectors]
    block: int
    levers: Levers
    seed: int = 0
    draws: Draws = field(default_factory=Draws)

    @cached_property
    def contrasts(self) -> tuple[Contrast, ...]:
        """What can be compared; claims are judged on the first."""
        return contrasts_of(self.form, self.arms)

    @property
    def activities(self) -> tuple[dict[str, str], ...]:
        """Rows ``{"activity", "category"}``."""
        return next(iter(self.arms.values())).ranking.activities

    @property
    def words(self) -> list[str]:
        """The emotions that were pushed."""
        return [n for n, kind in zip(self.levers.names, self.levers.kinds, strict=True) if kind == "emotion"]

    def rng(self, *names: str) -> np.random.Generator:
        """A generator for one purpose."""
        return rng_for(self.seed, *names)

    def readings(self, side: tuple[str, str], vectors: EmotionVectors) -> Array:
        """Cosines with every emotion on every activity, (activities, emotions)."""
        return measure(self.arms[side].states, vectors, self.block)

    def random_readings(self, side: tuple[str, str], vectors: EmotionVectors, count: int) -> list[Array]:
        """The same with sets of random directions of the states' own covariance: ``count`` times (activities, emotions)."""
        offsets = unit(self.arms[side].states - vectors.centre[vectors.slot(self.block)].astype(np.float64))
        factor, rng = covariance_factor(offsets), self.rng("preferences", "random directions", *side, vectors.name)
        return [offsets @ random_directions(factor, len(vectors.emotions), rng).T for _ in range(count)]

    @cached_property
    def harm(self) -> NDArray[np.bool_]:
        """(activities,) which are unsafe or misaligned."""
        return np.array([a["category"] in HARM for a in self.activities])

    def elo(self, contrast: Contrast) -> tuple[Array, Array]:
        """Elo before and after, both (activities,)."""
        return self.arms[contrast.before].ranking.elo, self.arms[contrast.after].ranking.elo

    def change(self, contrast: Contrast) -> Array:
        """What training moved, each Elo in its own standard deviations (a model that is surer of everything has moved nothing): (activities,)."""
        before, after = ((e - e.mean()) / (e.std() or 1.0) for e in self.elo(contrast))
        return np.asarray(after - before)

    def links(self, side: tuple[str, str], vectors: EmotionVectors) -> Array:
        """r over activities of every emotion's readings with Elo, (emotions,)."""
        return links(self.readings(side, vectors), self.arms[side].ranking.elo)

    def resampled_links(self, contrast: Contrast, vectors: EmotionVectors) -> Array:
        """r over emotions of both models' links, activities drawn anew: (draws,)."""
        sides = [(self.readings(s, vectors), self.arms[s].ranking.elo) for s in (contrast.before, contrast.after)]
        rng, n = self.rng("preferences", "links", contrast.name, vectors.name), len(self.activities)
        out = []
        for _ in range(self.draws.bootstrap):
            rows = rng.integers(0, n, n)
            before, after = (links(read[rows], scores[rows]) for read, scores in sides)
            out.append(float(pearson(before, after)))
        return np.array(out)

    def permuted_links(self, side: tuple[str, str], vectors: EmotionVectors) -> Array:
        """Links of one model with its Elo permuted over activities, (draws, emotions); the same permutations for every recipe."""
        rng, scores = self.rng("preferences", "permuted"), self.arms[side].ranking.elo
        permuted = np.stack([rng.permutation(scores) for _ in range(self.draws.permutation)])
        return links(self.readings(side, vectors), permuted)

    def shifts(self, side: tuple[str, str], kind: str = "emotion") -> Array:
        """Mean Elo shift of every lever of a kind, (levers,)."""
        kinds = np.array(self.levers.kinds)
        return np.asarray(self.arms[side].shifts[kinds == kind].mean(1))


def links(readings: Array, scores: Array) -> Array:
    """Pearson r over activities of readings (activities, emotions) with scores (..., activities): (..., emotions)."""
    across = unit(readings - readings.mean(0), axis=0)
    return np.asarray(unit(scores - scores.mean(-1, keepdims=True)) @ across)


def correlation_in_units(drawn: Array, observed: Array, other: Array) -> Array:
    """Covariance of drawn links (..., emotions) with another column (emotions,), over the spreads of the *observed* links and of that column: (...,).

    For the observed links it is Pearson r. Links that are there by chance lie along few axes too, as vectors are alike, so their r is often
    near 1 or -1; but they are small, and that is what tells them from links that are real.
    """
    centred, mine, theirs = (x - x.mean(-1, keepdims=True) for x in (drawn, observed, other))
    scale = float(np.linalg.norm(mine) * np.linalg.norm(theirs))
    return np.asarray(centred @ theirs / (scale or 1.0))


def gap(change: Array, down: NDArray[np.bool_]) -> float:
    """How much further those ``down`` fall than the others."""
    return float(change[~down].mean() - change[down].mean())


def fall_interval(change: Array, down: NDArray[np.bool_], rng: np.random.Generator, draws: int) -> tuple[float, float]:
    """Of :func:`gap`, activities drawn anew within both kinds."""
    rest, fallen = (change[rows][rng.integers(0, rows.sum(), (draws, rows.sum()))].mean(1) for rows in (~down, down))
    return interval(rest - fallen)


def resampled_r(x: Array, y: Array, rows: NDArray[np.intp]) -> float:
    """Pearson r over some rows (repeats allowed)."""
    return float(pearson(x[rows], y[rows]))


def levers_for(
    vectors: EmotionVectors, emotions: Sequence[str], block: int, states: NDArray[np.float32], seed: int
) -> Levers:
    """Patterns of the emotions at the picked block, and random directions with the covariance of the states (activities, width) on the activities."""
    every = levers_of(vectors)
    chosen = every[[word for word in emotions if word in every.names]]
    slot = every.slot(block)
    drawn = random_directions(covariance_factor(states), RANDOM_LEVERS, rng_for(seed, "preferences", "random levers"))
    return Levers(
        names=(*chosen.names, *(f"random-{i + 1}" for i in range(RANDOM_LEVERS))),
        kinds=(*chosen.kinds, *["random"] * RANDOM_LEVERS),
        blocks=(block,),
        units=np.concatenate([chosen.units[:, [slot]], drawn[:, None]]),
        norms=every.norms[[slot]],
        block=block,
        subject=every.subject,
    )


def measure_arm(
    subject: Subject, side: tuple[str, str], activities: Sequence[dict[str, str]], vectors: EmotionVectors, block: int, emotions: Sequence[str],
    levers: Levers | None, draws: Draws, seed: int, store: Store, progress: Progress,
) -> tuple[Arm, Levers]:  # fmt: skip
    """Ask one model in one form: choices, states on the activities, choices under steering. The same seed asks every arm the same pairs.

    Args:
        side: (subject, form).
        levers: that the other arms were pushed with (None: made now, and given back).

    Everywhere else levers refuse every model but their own. Here that rule is passed over on purpose, as for the readings
    (:func:`emovec.compare_models.check_family`): both models are pushed with the very same vectors.
    """
    role, form = side
    plain, names = form == "plain", [a["activity"] for a in activities]
    ranking = rank_activities(
        subject, activities, draws.meetings, rng_for(seed, "preferences", "pairs"), store, progress, plain=plain,
        stage=f"preferences, {role} ({form})",
    )  # fmt: skip
    states = activity_states(subject, names, [block], plain=plain)[:, 0]
    levers = levers or levers_for(vectors, emotions, block, states, seed)
    bench = make_bench(subject, names, draws.steered, rng_for(seed, "preference_steering", "pairs"), plain=plain)
    with progress.stage(f"preferences under steering, {role} ({form})", (len(levers.names) + 1) * len(bench.trials), "choices") as advance:  # fmt: skip
        unsteered = steered_log_odds(subject, None, bench, block, store, advance)
        mine = replace(levers, subject=subject.fingerprint)
        shifts = elo_shifts(subject, mine, bench, block, unsteered, store, advance)
    return Arm(ranking, states, shifts), levers
