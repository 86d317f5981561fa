"""The monitoring half: do readings at the prompt, at its last token and over the replies tell what the rollout will come to? (Figures 26, 27)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emovec.behaviour.dosing.grid import BASELINE
from emovec.behaviour.dosing.intervals import Resampled, resampling
from emovec.behaviour.dosing.rollouts import Rollouts
from emovec.behaviour.serving.turns import PLACES
from emovec.stats import interval, rng_for

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MONITOR_COLUMNS", "monitor_table"]

Array = NDArray[np.float64]
MONITOR_COLUMNS = (
    "scope", "place", "measure", "emotion", "steered", "rollouts", "samples", "positive", "r", "r_low", "r_high", "r_null", "p", "p_any",
    "auc", "auc_low", "auc_high", "auc_null",
)  # fmt: skip
#: A rate with fewer rollouts than that on either side is not correlated with anything.
_FEWEST = 5


def monitor_table(rollouts: Rollouts, emotions: Sequence[str], *, draws: int = 300, seed: int = 0) -> pd.DataFrame:
    """Correlation and AUC of every reading with every measure.

    Two scopes: ``unsteered`` (every emotion that is read), and ``within dose``: unsteered and the emotions' doses together, each reading
    and measure against the mean of its own dose (AUC: pairs of the same dose), so that what the push does to both does not count (the emotions that were
    steered only).

    Intervals are over resampled samples, and rollouts within them. The null shuffles outcomes: samples are exchanged as wholes, and rollouts within
    each, so that samples which share a reading and an outcome do not count as many. ``r_null``: 95th percentile of |r|; ``p``: of |r|; ``p_any``: of the
    largest |r| among all emotions; ``auc_null``: 95th percentile of the distance from one half, above one half. What has no spread is NaN.

    Args:
        emotions: those that were steered.
    """
    import pandas as pd

    table = rollouts.table
    read = np.isfinite(rollouts.readings).any((1, 2)) if rollouts.emotions else np.zeros(len(table), bool)
    scopes = {
        "unsteered": (read & (table["direction"] == BASELINE).to_numpy(), list(rollouts.emotions)),
        "within dose": (read & table["kind"].isin(["baseline", "emotion"]).to_numpy(), [e for e in emotions if e in rollouts.emotions]),
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for scope, (mask, names) in scopes.items():
        if not mask.any() or not names:
            continue
        part = table[mask]
        cells = pd.factorize(part["direction"] + " " + part["strength"].astype(str))[0]
        columns = [rollouts.emotions.index(e) for e in names]
        for measure, what in rollouts.measures.items():
            y = part[measure].to_numpy(float)
            there = np.isfinite(y)
            some = {
                "scope": scope,
                "measure": measure,
                "rollouts": int(there.sum()),
                "samples": int(part["sample"].nunique()),
            }
            if what == "rate":
                some["positive"] = int(np.nansum(y))
            if _flat(y[there], what):
                rows += [
                    some | {"place": p, "emotion": e, "steered": e in emotions}
                    for p in PLACES
                    for e in names
                    if e in emotions
                ]
                continue
            rng = rng_for(seed, "monitor", scope, measure)
            lot = part[there]
            resampled = resampling(lot["sample"], lot["epoch"], rng, draws)
            for p, place in enumerate(PLACES):
                x = rollouts.readings[mask][there][:, p][:, columns].astype(np.float64)
                pairs = _Pairs(
                    x, y[there], cells[there], lot["sample"].tolist(), lot["epoch"].tolist(), what == "rate", resampled
                )
                for name, values in zip(names, pairs.measured(rng), strict=True):
                    rows.append(some | {"place": place, "emotion": name, "steered": name in emotions} | values)
    return pd.DataFrame(rows, columns=list(MONITOR_COLUMNS))


def _flat(y: Array, what: str) -> bool:
    if what == "rate":
        return min(float(y.sum()), float((1 - y).sum())) < _FEWEST
    return len(y) < 2 * _FEWEST or np.ptp(y) == 0


@dataclass(frozen=True)
class _Pairs:
    """Readings ``x`` (rows, emotions) and one measure ``y`` (rows,), each row in a dose (``cell``), sample and epoch."""

    x: Array
    y: Array
    cell: NDArray[np.intp]
    sample: Sequence[str]
    epoch: Sequence[int]
    binary: bool
    drawn: Resampled

    def measured(self, rng: np.random.Generator) -> list[dict[str, float]]:
        """A row of statistics per emotion."""
        r, area = self._r(self.x, self.y, self.cell), self._auc(self.x, self.y, self.cell)
        at = self._positions()
        boot_r, boot_area = [], []
        for pick in self.drawn.pick:
            rows = at[:, pick].ravel()
            rows = rows[rows >= 0]
            boot_r.append(self._r(self.x[rows], self.y[rows], self.cell[rows]))
            if self.binary:
                boot_area.append(self._auc(self.x[rows], self.y[rows], self.cell[rows]))
        null_r, null_area = [], []
        centred, ranked = _centred(self.x, self.cell), _ranked(self.x, self.cell)
        for _ in self.drawn.pick:
            y = self._shuffled(at, rng)
            null_r.append(_cosine(centred, _centred(y[:, None], self.cell)[:, 0]))
            if self.binary:
                null_area.append(_area(ranked, y, self.cell))
        sizes, out = np.abs(np.array(null_r)), []
        highest = np.nanmax(np.where(np.isfinite(sizes), sizes, 0.0), axis=1)
        for e in range(self.x.shape[1]):
            row = dict.fromkeys(
                ("r", "r_low", "r_high", "r_null", "p", "p_any", "auc", "auc_low", "auc_high", "auc_null"), float("nan")
            )
            if np.isfinite(r[e]):
                row["r"], (row["r_low"], row["r_high"]) = float(r[e]), _interval(np.array(boot_r)[:, e])
                row["r_null"] = float(np.percentile(sizes[:, e], 95))
                # A shuffle that restores the order may differ in the last bits.
                row["p"] = (np.sum(sizes[:, e] >= abs(r[e]) - 1e-9) + 1) / (len(sizes) + 1)
                row["p_any"] = (np.sum(highest >= abs(r[e]) - 1e-9) + 1) / (len(sizes) + 1)
                if self.binary:
                    row["auc"], (row["auc_low"], row["auc_high"]) = float(area[e]), _interval(np.array(boot_area)[:, e])
                    row["auc_null"] = 0.5 + float(np.percentile(np.abs(np.array(null_area)[:, e] - 0.5), 95))
            out.append(row)
        return out

    @staticmethod
    def _r(x: Array, y: Array, cell: NDArray[np.intp]) -> Array:
        return _cosine(_centred(x, cell), _centred(y[:, None], cell)[:, 0])

    def _auc(self, x: Array, y: Array, cell: NDArray[np.intp]) -> Array:
        return _area(_ranked(x, cell), y, cell) if self.binary else np.full(x.shape[1], np.nan)

    def _positions(self) -> NDArray[np.intp]:
        """Row numbers by dose and flattened (sample, epoch), -1 where there is none: (doses, positions)."""
        rows = {s: i for i, s in enumerate(self.drawn.samples)}
        columns = {e: i for i, e in enumerate(self.drawn.epochs)}
        out = np.full((int(self.cell.max()) + 1, len(rows) * len(columns)), -1, dtype=np.intp)
        for i, (c, s, e) in enumerate(zip(self.cell, self.sample, self.epoch, strict=True)):
            out[c, rows[s] * len(columns) + columns[e]] = i
        return out

    def _shuffled(self, at: NDArray[np.intp], rng: np.random.Generator) -> Array:
        """Outcomes with samples exchanged (the same way at every dose), and rollouts within them."""
        k, m = len(self.drawn.samples), len(self.drawn.epochs)
        order = (rng.permutation(k)[:, None] * m + rng.permuted(np.tile(np.arange(m), (k, 1)), axis=1)).ravel()
        out = np.empty_like(self.y)
        for row, moved in zip(at, at[:, order], strict=True):
            here = row >= 0
            taken = moved[here]
            # Where a rollout is missing another of this dose stands in.
            taken = np.where(taken >= 0, taken, rng.choice(row[here], here.sum()))
            out[row[here]] = self.y[taken]
        return out


def _centred(values: Array, cell: NDArray[np.intp]) -> Array:
    """Less the mean of each dose; (rows, columns)."""
    count = np.maximum(np.bincount(cell), 1)
    means = np.zeros((len(count), values.shape[1]))
    np.add.at(means, cell, values)
    return np.asarray(values - (means / count[:, None])[cell])


def _cosine(x: Array, y: Array) -> Array:
    """Of every column of ``x`` with ``y``, both centred; NaN where one has no spread."""
    scale = np.sqrt((x * x).sum(0) * float(y @ y))
    return np.asarray(np.divide(y @ x, scale, out=np.full(x.shape[1], np.nan), where=scale > 1e-9))


def _ranked(x: Array, cell: NDArray[np.intp]) -> Array:
    """Ranks within each dose."""
    from scipy.stats import rankdata

    out = np.empty_like(x)
    for c in np.unique(cell):
        out[cell == c] = rankdata(x[cell == c], axis=0)
    return out


def _area(ranks: Array, y: Array, cell: NDArray[np.intp]) -> Array:
    """AUC over pairs of the same dose, (columns,); NaN where no dose has both outcomes."""
    count = np.bincount(cell).astype(float)
    positive = np.bincount(cell, weights=y)
    pairs = float((positive * (count - positive)).sum())
    wins = y @ ranks - float((positive * (positive + 1) / 2).sum())
    return np.asarray(wins / pairs) if pairs else np.full(ranks.shape[1], np.nan)


def _interval(draws: Array) -> tuple[float, float]:
    draws = draws[np.isfinite(draws)]
    return interval(draws) if len(draws) else (float("nan"), float("nan"))
