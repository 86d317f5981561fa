"""Choosing block and amounts of whitening without looking at any human rating or any evaluation text.

*Reading* is chosen by transfer between registers: make vectors on all registers but one, read the one left out, for every block and
amount; where a corpus has stories only, by leaving topics out instead. *Geometry* uses Ledoit and Wolf's closed-form amount.
The block is where reading transfers best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.progress import Progress
from emovec.stats import unit
from emovec.vectors.activations import Activations
from emovec.vectors.recipes import Recipe, within_emotion

__all__ = ["AMOUNTS", "Selection", "mean_auc", "select", "transfer_table"]

Array = NDArray[np.float64]

#: Amounts of shrinkage that are tried for reading; infinite is no whitening.
AMOUNTS = (0.1, 0.3, 1.0, 3.0, 10.0, float("inf"))


@dataclass(frozen=True)
class Selection:
    """The picked block, the recipe with its amounts set, how it was picked, and the table that it was picked from."""

    block: int
    recipe: Recipe
    why: str
    table: pd.DataFrame


def mean_auc(scores: Array, emotion: NDArray[np.intp]) -> float:
    """Mean over emotions of the one-against-rest AUC of ``scores`` (texts, emotions); ties count one half."""
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=0)
    n = len(scores)
    values = []
    for e in np.unique(emotion):
        rows = emotion == e
        k = int(rows.sum())
        if k < n:
            values.append((ranks[rows, e].sum() - k * (k + 1) / 2) / (k * (n - k)))
    return float(np.mean(values))


def _folds(acts: Activations) -> list[tuple[str, NDArray[np.intp], NDArray[np.intp]]]:
    """(name, rows to make on, rows to read): one per register, or five folds of topics where there is one register."""
    if len(acts.registers) > 1:
        return [
            (name, np.flatnonzero(acts.register != i), np.flatnonzero(acts.register == i))
            for i, name in enumerate(acts.registers)
        ]
    parts = np.arange(acts.topic.max() + 1) % 5
    fold = parts[acts.topic]
    return [(f"topics {i + 1} of 5", np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(5)]


def transfer_table(
    acts: Activations,
    blocks: Sequence[int] | None = None,
    amounts: Sequence[float] = AMOUNTS,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Made on the other registers, read on each: columns ``block, amount, read_on, auc``."""
    rows = []
    folds = _folds(acts)
    blocks = list(blocks or acts.blocks)
    with (progress or Progress()).stage("choosing block and whitening", len(blocks) * len(folds), "fits") as advance:
        for block in blocks:
            for name, make, read in folds:
                effects, covariance, _ = within_emotion(acts, block, make)
                x = acts.at(block)[read]
                x = x - x.mean(0)
                for amount in amounts:
                    filters = unit(covariance.power(effects, amount, -1.0))
                    rows.append((block, amount, name, mean_auc(x @ filters.T, acts.emotion[read])))
                advance(1)
    return pd.DataFrame(rows, columns=["block", "amount", "read_on", "auc"])


def select(acts: Activations, recipe: Recipe, progress: Progress | None = None) -> Selection:
    """Pick block and amounts for a ``whitened`` recipe."""
    table = transfer_table(acts, progress=progress)
    means = table.groupby(["block", "amount"])["auc"].mean()
    keys = list(means.index)
    block, amount = keys[int(np.argmax(means.to_numpy()))]
    rows = acts.rows(*recipe.registers)
    _, covariance, _ = within_emotion(acts, int(block), rows, topic_adjusted=recipe.topic_adjusted)
    kind = "registers of text" if len(acts.registers) > 1 else "topics"
    why = (
        f"block {block} and reading shrinkage {amount:g} transfer best between {kind} (mean AUC {means.max():.3f} over "
        f"{table['read_on'].nunique()} left out in turn); geometry shrinkage by Ledoit-Wolf. No human rating was used."
    )
    chosen = replace(recipe, reading=float(amount), geometry=round(covariance.ledoit_wolf, 6))
    return Selection(int(block), chosen, why, table)
