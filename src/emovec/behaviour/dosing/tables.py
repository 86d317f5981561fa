"""From rollouts to what a grid says: a rate per dose with its interval, coherent windows, slopes against nulls, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emovec.behaviour.dosing.grid import BASELINE
from emovec.behaviour.dosing.intervals import Resampled, clustered_wilson, resampling
from emovec.behaviour.dosing.paper import PaperCurves
from emovec.behaviour.dosing.rollouts import COHERENCE, Rollouts
from emovec.stats import few_null_scale, few_nulls, interval, rng_for
from emovec.steering import CoherenceRule, coherent_window

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DoseRule", "DoseTables", "dose_tables"]

Array = NDArray[np.float64]
#: Kinds of directions whose slopes an emotion's must exceed.
NULLS = ("random", "shuffled")


@dataclass(frozen=True)
class DoseRule:
    """When a measure moves with an emotion, fixed before any dose was run.

    Attributes:
        alpha: level of the null directions' p.
        rollouts: least number of them at each dose.
        draws: resamples.
    """

    alpha: float = 0.05
    rollouts: int = 10
    draws: int = 1000

    @property
    def says(self) -> str:
        """The rule in words."""
        return (
            "The slope is the least-squares change of a measure per +0.1 of strength over the doses of the emotion's coherent window. It rises or falls "
            "if the slope's 95 % interval (samples, and rollouts within them, resampled) excludes 0 and its size is beyond null directions of equal norm "
            "(random with the activations' covariance, shuffled labels), over the same doses where these are coherent, "
            f"at p < {self.alpha:g}; otherwise it is unclear. Few directions cannot show a small p by rank, so p is from Student's t with as many degrees of freedom as "
            "there are null directions, its scale their root mean square slope (at least the slope's own standard error). "
            f"Untested: no coherent dose but 0, no null, or fewer than {self.rollouts} rollouts at a dose."
        )

    def judge(self, slope: float, ci: tuple[float, float], error: float, nulls: Array) -> tuple[str, float | None, str]:
        """(rises, falls, unclear or untested; p of the nulls; why)."""
        spread = f"{slope:+.3f} per +0.1 [{ci[0]:+.3f}, {ci[1]:+.3f}]"
        if not nulls.size:
            return "untested", None, f"{spread}, but no null direction was run at coherent doses"
        p = min(1.0, 2 * few_nulls("", abs(slope), nulls, error).p)
        if ci[0] <= 0 <= ci[1]:
            return "unclear", p, f"{spread} is not told from 0"
        if p >= self.alpha:
            return "unclear", p, f"{spread} is not told from {len(nulls)} directions of equal norm (p = {p:.2g})"
        return (
            ("rises" if slope > 0 else "falls"),
            p,
            f"{spread}, beyond {len(nulls)} directions of equal norm (p = {p:.2g})",
        )


@dataclass(frozen=True)
class DoseTables:
    """What a grid says.

    Attributes:
        doses: a row per dose and measure: ``direction, kind, strength, measure, what, value, low, high, rollouts, samples``, mean coherence,
            ``coherent`` (None: not known).
        windows: :func:`~emovec.steering.coherent_window`'s; empty if coherence was not measured.
        slopes: a row per direction and measure: ``direction, kind, measure, slope, low, high, doses, null, p, paper`` (``null``: size that the nulls exceed one time in twenty; sign, 0 for none),
            ``verdict, why``.
        paper: ``measure, direction, strength, value``.
        headline: the measure that counts; the others inform.
    """

    doses: pd.DataFrame
    windows: pd.DataFrame
    slopes: pd.DataFrame
    paper: pd.DataFrame
    headline: str


def dose_tables(
    rollouts: Rollouts,
    paper: PaperCurves | None = None,
    *,
    headline: str | None = None,
    rule: DoseRule | None = None,
    coherence: CoherenceRule | None = None,
    seed: int = 0,
) -> DoseTables:
    """Measure a grid. Arguments that are left out are the rules' defaults; ``headline``: the paper's measure, else the first."""
    import pandas as pd

    rule, paper = rule or DoseRule(), paper or PaperCurves()
    table = rollouts.table
    draws = resampling(table["sample"], table["epoch"], rng_for(seed, "doses"), rule.draws)
    cells = {
        (str(d), float(str(s))): part for (d, s), part in table.groupby(["direction", "strength"], sort=False)
    }  # fmt: skip
    windows = _windows(table, coherence or CoherenceRule())
    within = _within(table, windows)
    rows = []
    for (direction, strength), part in cells.items():
        means = {name: float(part[name].mean()) for name in COHERENCE}
        means["perplexity"] = float(np.exp(np.log(part["perplexity"]).mean()))
        for measure, what in rollouts.measures.items():
            there = part[part[measure].notna()]
            if there.empty:
                continue
            values = there[measure].to_numpy(float)
            low, high = (
                clustered_wilson(values, there["sample"].tolist())
                if what == "rate"
                else draws.interval(draws.grid(there["sample"], there["epoch"], values))
            )
            rows.append(
                {
                    "direction": direction, "kind": str(part["kind"].iloc[0]), "strength": strength, "measure": measure, "what": what,
                    "value": float(values.mean()), "low": low, "high": high, "rollouts": len(there), "samples": int(there["sample"].nunique()),
                    **means, "coherent": None if windows.empty else strength in within.get(direction, (0.0,)),
                }
            )  # fmt: skip
    found = [headline, paper.headline, *rollouts.measures]
    return DoseTables(
        pd.DataFrame(rows),
        windows,
        _slopes(rollouts, cells, within, draws, rule, paper),
        pd.DataFrame(
            [(m, e, s, v) for (m, e), points in paper.points.items() for s, v in points.items()],
            columns=["measure", "direction", "strength", "value"],
        ),
        next(name for name in found if name in rollouts.measures),
    )


def _windows(table: pd.DataFrame, rule: CoherenceRule) -> pd.DataFrame:
    """Coherent windows, the unsteered rollouts standing as strength 0 of every direction."""
    import pandas as pd

    measured = table[table["perplexity"].notna()]
    base = measured[measured["direction"] == BASELINE]
    if base.empty:
        return pd.DataFrame()
    parts = []
    for (direction, kind), part in measured[measured["direction"] != BASELINE].groupby(
        ["direction", "kind"], sort=False
    ):
        parts += [base.assign(direction=str(direction), kind=str(kind)), part]
    return coherent_window(pd.concat(parts), rule) if parts else pd.DataFrame()


def _within(table: pd.DataFrame, windows: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    """Per direction its coherent strengths, 0 among them (all strengths where windows are not known)."""
    ends = {r["direction"]: (r["low"], r["high"]) for r in windows.to_dict("records")}
    out = {}
    for direction, part in table[table["direction"] != BASELINE].groupby("direction", sort=False):
        low, high = ends.get(direction, (-np.inf, np.inf) if windows.empty else (0.0, 0.0))
        out[str(direction)] = tuple(sorted({0.0, *(float(s) for s in part["strength"].unique() if low <= s <= high)}))
    return out


def _slopes(
    rollouts: Rollouts, cells: Mapping[tuple[str, float], pd.DataFrame], within: Mapping[str, Sequence[float]], draws: Resampled,
    rule: DoseRule, paper: PaperCurves,
) -> pd.DataFrame:  # fmt: skip
    import pandas as pd
    from scipy.stats import t

    kinds = {d: str(part["kind"].iloc[0]) for (d, _), part in cells.items() if d != BASELINE}
    rows: list[dict[str, Any]] = []
    for measure in rollouts.measures:
        grids = {
            key: draws.grid(part["sample"], part["epoch"], part[measure].to_numpy(float)) for key, part in cells.items()
        }
        exact = {key: float(np.nanmean(g)) if np.isfinite(g).any() else np.nan for key, g in grids.items()}
        drawn = {key: draws.means(g) for key, g in grids.items()}
        for direction, kind in kinds.items():
            own = within[direction]
            row: dict[str, Any] = {"direction": direction, "kind": kind, "measure": measure, "doses": len(own) - 1}
            rows.append(row)
            row |= {"paper": paper.signs.get((measure, direction), 0), "verdict": "", "why": ""}
            fewest = min(int(np.isfinite(grids[_key(direction, s)]).sum()) for s in own)
            if len(own) > 1 and fewest:
                slope, spread = float(_slope(exact, direction, own)), _slope(drawn, direction, own)
                spread = spread[np.isfinite(spread)]
                row["slope"], (row["low"], row["high"]) = slope, interval(spread)
            if kind != "emotion":
                continue
            if len(own) < 2 or fewest < rule.rollouts:
                why = "no dose but 0 is coherent" if len(own) < 2 else f"{fewest} rollouts at a dose are too few"
                row |= {"verdict": "untested", "why": why}
                continue
            nulls, error = (
                _null_slopes(exact, own, within, [n for n, k in kinds.items() if k in NULLS]),
                float(spread.std()),
            )
            row["verdict"], row["p"], row["why"] = rule.judge(slope, (row["low"], row["high"]), error, nulls)
            if nulls.size:
                row["null"] = few_null_scale(nulls, error) * float(t.ppf(1 - rule.alpha / 2, len(nulls)))
    columns = ["direction", "kind", "measure", "slope", "low", "high", "doses", "null", "p", "paper", "verdict", "why"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("slope", "low", "high", "null", "p"), float))


def _key(direction: str, strength: float) -> tuple[str, float]:
    return (direction, strength) if strength else (BASELINE, 0.0)


def _slope(values: Mapping[tuple[str, float], Any], direction: str, strengths: Sequence[float]) -> Any:
    """Least-squares change per +0.1 of strength; of numbers, or of draws side by side."""
    x = np.array(strengths)
    y = np.stack([values[_key(direction, s)] for s in strengths])
    off = x - x.mean()
    return off @ y / float(off @ off) * 0.1


def _null_slopes(
    exact: Mapping[tuple[str, float], float], strengths: Sequence[float], within: Mapping[str, Sequence[float]], nulls: Sequence[str]
) -> Array:  # fmt: skip
    """Slopes of null directions at those of an emotion's doses where they are coherent: (nulls,)."""
    both = {name: [s for s in strengths if s in within[name]] for name in nulls}
    slopes = np.array([float(_slope(exact, name, each)) for name, each in both.items() if len(each) > 1])
    return np.asarray(slopes[np.isfinite(slopes)])
