"""How readings shift between two arms of a message, early and late in the model, and what the shift would be by chance.

The token x layer studies share it: each measures a few quantities, (cases, blocks) each, for the vectors and for whatever stands in for
them under a null, and judges differences of their means over early and late blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.stats import Null, baseline_null, bootstrap, interval, null_of
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab

__all__ = ["A_COLON", "DEPTHS", "EARLY", "FEWEST", "LATE", "OTHERS", "RANDOM", "Asked", "Key", "Quantities", "Shifts", "Term", "behind", "early", "late", "no_cases", "picks", "tables"]  # fmt: skip

Array = NDArray[np.float64]
Group = Literal["early", "late"]
#: What is read, and where: (line, place).
Key = tuple[str, str]
Quantities = dict[Key, Array]
#: A mean over the early or the late blocks, with its sign.
Term = tuple[Key, Group, float]

#: Early blocks lie in the first quarter of the depth, late ones beyond three fifths.
EARLY, LATE = 0.25, 0.6
DEPTHS = f"Early: blocks in the first {EARLY:.0%} of the depth; late: beyond {LATE:.0%}."
_GROUPS: tuple[Group, ...] = ("early", "late")
A_COLON = "A:"
RANDOM = "random directions (activation covariance)"
OTHERS = "other emotions' vectors"
#: With fewer cases no exchange of arms is rarer than 1 in 20.
FEWEST = 6


def late(key: Key, sign: float = 1.0) -> Term:
    """A quantity's mean over the late blocks."""
    return key, "late", sign


def early(key: Key, sign: float = -1.0) -> Term:
    """A quantity's mean over the early blocks, taken away."""
    return key, "early", sign


def picks(rng: np.random.Generator, count: int, draws: int, per_draw: int) -> NDArray[np.intp]:
    """``per_draw`` different columns out of ``count`` for each draw (repeated only where there are not enough): (draws, per_draw)."""
    again = per_draw > count
    return np.stack([rng.choice(count, per_draw, replace=again) for _ in range(draws)])


@dataclass(frozen=True)
class Asked:
    """What is asked of the shifts.

    Attributes:
        metric, claim, unit: as in :class:`emovec.studies.base.Finding`.
        terms: what is summed. A shift that should be there counts +1, one that should not -1.
        rule: the verdict rule for the sum.
        share_of: a quantity in whose units (its own mean over the same blocks) every term is given; where it is not told from random
            directions there is nothing to give shares of, and the finding is untested.
        rivals: name of a null -> what stands in for which quantity: the same on control messages, resampled with the cases.
    """

    metric: str
    terms: tuple[Term, ...]
    rule: Rule
    unit: str
    claim: str = ""
    share_of: Key | None = None
    rivals: Mapping[str, Mapping[Key, Key]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shifts:
    """What one recipe shows.

    Attributes:
        observed: per quantity (cases, blocks).
        drawn: null -> quantity -> mean over cases and over early and late blocks, (draws, 2).
        bands: per quantity the middle 95 % of its mean over cases under random directions, (2, blocks).
        blocks: the blocks, and ``depth`` the number of all blocks.
    """

    observed: Quantities
    drawn: Mapping[str, Quantities]
    bands: Quantities
    blocks: tuple[int, ...]
    depth: int

    @classmethod
    def gather(
        cls, observed: Quantities, nulls: Mapping[str, Iterable[Quantities]], blocks: tuple[int, ...], depth: int
    ) -> Shifts:
        """From the observed quantities and, for each null (:data:`RANDOM` among them), those of every draw."""
        groups = [_members(blocks, depth, name) for name in _GROUPS]
        drawn, bands = {}, {}
        for name, draws in nulls.items():
            means: dict[Key, list[Array]] = {key: [] for key in observed}
            for quantities in draws:
                for key, values in quantities.items():
                    means[key].append(values.mean(0))
            curves = {key: np.stack(m) for key, m in means.items()}
            drawn[name] = {key: np.stack([_mean(c, g) for g in groups], axis=1) for key, c in curves.items()}
            if name == RANDOM:
                bands = {key: np.percentile(c, [2.5, 97.5], axis=0) for key, c in curves.items()}
        return cls(observed, drawn, bands, blocks, depth)

    def at(self, key: Key, group: Group) -> Array:
        """One quantity's mean over the early or late blocks, (cases,) (NaN where there are no such blocks)."""
        return _mean(self.observed[key], _members(self.blocks, self.depth, group))

    def finding(self, lab: Lab, study: str, recipe: str, asked: Asked) -> Finding:
        """The sum asked for, over all cases, with its interval, its nulls and the verdict."""
        if reason := self._untested(asked):
            return Finding(study, asked.metric, recipe, -1, None, why=reason, claim=asked.claim, unit=asked.unit)
        rng, draws = lab.rng(study, recipe, asked.metric), lab.draws.bootstrap
        parts = self._parts(asked, {})
        scores = np.sum([top / bottom.mean() for top, bottom in parts], axis=0)
        value = float(scores.mean())
        nulls = []
        for name, drawn in self.drawn.items():
            sums = [
                sign * drawn[key][:, _GROUPS.index(group)] / bottom.mean()
                for (key, group, sign), (_, bottom) in zip(asked.terms, parts, strict=True)
            ]
            nulls.append(null_of(name, value, np.sum(sums, axis=0)))
        nulls.append(_exchanged(value, scores, rng, lab.draws.permutation))
        for name, swap in asked.rivals.items():
            both = partial(_pair, parts, self._parts(asked, swap))
            nulls.append(baseline_null(name, value, both, len(scores), rng, draws))
        ci = bootstrap(partial(_total, parts), len(scores), rng, draws)
        verdict, why = asked.rule.judge(value, nulls, ci)
        return Finding(study, asked.metric, recipe, -1, value, ci, tuple(nulls), None, verdict, why, asked.claim, asked.unit)  # fmt: skip

    def _parts(self, asked: Asked, swap: Mapping[Key, Key]) -> list[tuple[Array, Array]]:
        """What is summed, each with the unit that it is given in: both (cases,)."""
        parts = []
        for key, group, sign in asked.terms:
            top = sign * self.at(swap.get(key, key), group)
            parts.append((top, np.ones(len(top)) if asked.share_of is None else self.at(asked.share_of, group)))
        return parts

    def _untested(self, asked: Asked) -> str:
        """Why there is nothing to judge ("" if there is)."""
        for group in dict.fromkeys(group for _, group, _ in asked.terms):
            if not _members(self.blocks, self.depth, group):
                return (
                    f"the vectors have no {group} block: they have {', '.join(map(str, self.blocks))} of {self.depth}"
                )
            if asked.share_of is not None:
                value = float(self.at(asked.share_of, group).mean())
                null = null_of(RANDOM, value, self.drawn[RANDOM][asked.share_of][:, _GROUPS.index(group)])
                if null.p >= asked.rule.alpha:
                    line, place = asked.share_of
                    return (
                        f"there is nothing to take a share of: in {group} blocks '{line}' at '{place}' is {value:.3f}, and random directions "
                        f"reach {null.p95:.3f}"
                    )
        return ""

    def curves(self, recipe: str, rng: np.random.Generator, draws: int) -> pd.DataFrame:
        """Every quantity by block: mean over cases, its 95 % interval and the band of random directions."""
        rows = []
        for (line, place), values in self.observed.items():
            resampled = values[rng.integers(0, len(values), (draws, len(values)))].mean(1)
            low, high = self.bands[line, place]
            for i, block in enumerate(self.blocks):
                rows.append((recipe, place, line, block, values[:, i].mean(), *interval(resampled[:, i]), low[i], high[i]))  # fmt: skip
        columns = ["recipe", "place", "line", "block", "value", "ci_low", "ci_high", "null_low", "null_high"]
        return pd.DataFrame(rows, columns=columns)

    def table(self, recipe: str, names: Sequence[str]) -> pd.DataFrame:
        """Every quantity of every case, early and late."""
        rows = [
            (recipe, names[c], place, line, early, late)
            for line, place in self.observed
            for c, (early, late) in enumerate(zip(self.at((line, place), "early"), self.at((line, place), "late"), strict=True))
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["recipe", "case", "place", "line", "early", "late"])


def tables(
    shifts: Mapping[str, Shifts], names: Sequence[str], tokens: pd.DataFrame, lab: Lab, study: str
) -> dict[str, pd.DataFrame]:
    """The tables of a study: every quantity by block, every case, and the token by token picture of the first cases."""
    curves = [s.curves(recipe, lab.rng(study, recipe, "curves"), lab.draws.bootstrap) for recipe, s in shifts.items()]
    cases = [s.table(recipe, names) for recipe, s in shifts.items()]
    return {"curves": pd.concat(curves), "cases": pd.concat(cases), "tokens": tokens}


def no_cases(lab: Lab, study: str, metric: str, claim: str, found: int) -> StudyResult:
    """The result where too few cases name emotions that the vectors have."""
    why = f"{found} scenarios name emotions that the vectors have; {FEWEST} are needed"
    return StudyResult([Finding(study, metric, recipe, -1, None, why=why, claim=claim) for recipe in lab.vectors])


def behind(first: Finding, second: Finding) -> Finding:
    """``second`` refines ``first`` (more of it late, most of it here): it cannot hold where there is nothing to refine."""
    if first.verdict == "fails" and second.verdict != "untested":
        return replace(second, verdict="fails", why=f"{first.metric} does not hold; beside it: {second.why}")
    return second


def _members(blocks: Sequence[int], depth: int, group: Group) -> list[int]:
    """Positions of the early or late blocks; after block *i* the state has gone through *i* + 1 of them."""
    fractions = [(block + 1) / depth for block in blocks]
    return [i for i, f in enumerate(fractions) if (f <= EARLY if group == "early" else f >= LATE)]


def _mean(values: Array, group: list[int]) -> Array:
    return np.asarray(values[..., group].mean(-1)) if group else np.full(values.shape[:-1], np.nan)


def _total(parts: Sequence[tuple[Array, Array]], rows: NDArray[np.intp]) -> float:
    """The sum over some cases, its units resampled with them."""
    return float(sum(top[rows].mean() / bottom[rows].mean() for top, bottom in parts))


def _pair(
    parts: Sequence[tuple[Array, Array]], rival: Sequence[tuple[Array, Array]], rows: NDArray[np.intp]
) -> tuple[float, float]:
    return _total(parts, rows), _total(rival, rows)


def _exchanged(observed: float, scores: Array, rng: np.random.Generator, draws: int) -> Null:
    """The two arms of each case exchanged at random (all ways of doing so where they are few)."""
    n = len(scores)
    signs = np.array(list(product((1.0, -1.0), repeat=n))) if n <= 10 else rng.choice((-1.0, 1.0), (draws, n))
    return null_of("arms exchanged within cases", observed, (signs * scores).mean(1))
