"""Choosing block and amounts of whitening without looking at any human rating or any evaluation text.

*Reading* is chosen by transfer between registers: make vectors on all registers but one, read the one left out, for every block and
amount; where a corpus has stories only, by leaving topics out instead. Of the blocks where reading transfers as well as anywhere, the one whose map replicates
best is picked; the amount is the largest that transfers nearly as well there. *Geometry* is chosen by replication: as little whitening as still lets the plane of the first two components replicate
between random halves of the texts, because whitening leaves the model's own metric behind. The map is made of the recipe's own registers for it (stories);
where there are too few of those for their plane to replicate, of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.progress import Progress
from emovec.stats import mean_auc, rng_for, unit
from emovec.vectors.activations import Activations
from emovec.vectors.recipes import Recipe, geometry_rows, map_effects_of, within_emotion

__all__ = ["AMOUNTS", "Selection", "plane_replication", "select", "transfer_table"]

Array = NDArray[np.float64]

#: Amounts of shrinkage that are tried; infinite is no whitening.
AMOUNTS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, float("inf"))
#: A loss of AUC that is worth more shrinkage: the registers of one corpus share their writer, and so flatter directions that are fitted closely to it.
_NEARLY = 0.005
#: Least canonical correlation between halves at which a plane is said to replicate.
_REPLICATES = 0.8
#: Where none reaches that: a difference in canonical correlation that few texts do not tell.
_SAME = 0.05


@dataclass(frozen=True)
class Selection:
    """The picked block, the recipe with its amounts set, how it was picked, and the table that it was picked from."""

    block: int
    recipe: Recipe
    why: str
    table: pd.DataFrame


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
    recipe: Recipe,
    blocks: Sequence[int] | None = None,
    amounts: Sequence[float] = AMOUNTS,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Made on the other registers, read on each: columns ``block, amount, read_on, auc``."""
    rows = []
    folds = _folds(acts)
    source = acts.when_asked() if recipe.asked else acts
    blocks = list(blocks or acts.blocks)
    with (progress or Progress()).stage("choosing block and whitening", len(blocks) * len(folds), "fits") as advance:
        for block in blocks:
            for name, make, read in folds:
                effects, covariance, _ = within_emotion(source, block, make, recipe)
                x = source.at(block)[read]
                x = x - x.mean(0)
                for amount in amounts:
                    filters = unit(covariance.power(effects, amount, -1.0))
                    rows.append((block, amount, name, mean_auc(x @ filters.T, acts.emotion[read])))
                advance(1)
    return pd.DataFrame(rows, columns=["block", "amount", "read_on", "auc"])


def select(
    acts: Activations,
    recipe: Recipe,
    blocks: Sequence[int] | None = None,
    progress: Progress | None = None,
    *,
    map_of: Selection | None = None,
) -> Selection:
    """Pick block (of ``blocks``; default: all harvested ones) and amounts for a ``whitened`` recipe.

    With ``map_of`` the settings of the map are that one's, and the block is the one that reads best.
    """
    table = transfer_table(acts, recipe, blocks, progress=progress)
    means = table.groupby(["block", "amount"])["auc"].mean()
    best = means.groupby("block").max()
    kind = "registers of text" if len(acts.registers) > 1 else "topics"
    over = f"{table['read_on'].nunique()} left out in turn"
    if map_of is None:
        candidates = [int(b) for b in best.index if best[b] >= best.max() - _NEARLY]
        block, recipe, replicates = _pick_map(acts, recipe, candidates, progress)
        why = (
            f"{len(candidates)} of {len(best)} blocks transfer between {kind} as well as any (mean AUC {best[block]:.3f} over {over}, to {_NEARLY:g}); of these, "
            f"the plane of the first two components replicates best at block {block} between random halves of the {replicates}"
        )
    else:
        block, made = int(best.index[int(best.to_numpy().argmax())]), map_of.recipe
        recipe = replace(recipe, geometry=made.geometry, geometry_registers=made.geometry_registers)
        why = f"block {block} transfers best between {kind} (mean AUC {best[block]:.3f} over {over})"
    amount = max(a for a, found in means[block].items() if found >= means[block].max() - _NEARLY)
    why += (
        f". Reading shrinkage {amount:g} is the largest that loses no more than {_NEARLY:g}. No human rating was used."
    )
    return Selection(block, replace(recipe, reading=float(amount)), why, table)


def _pick_map(
    acts: Activations, recipe: Recipe, candidates: Sequence[int], progress: Progress | None
) -> tuple[int, Recipe, str]:
    """The block whose map replicates best, the recipe with the settings of the map, and how it replicates, in words."""
    maps = {}
    with (progress or Progress()).stage("does the map replicate", len(candidates), "blocks") as advance:
        for b in candidates:
            maps[b] = _map_registers(acts, recipe, b)
            advance(1)
    block = max(maps, key=lambda b: max(maps[b][1].values()))
    recipe, found = maps[block]
    geometry = max(a for a, r in found.items() if r >= min(_REPLICATES, max(found.values()) - _SAME))
    made_of = "stories" if recipe.geometry_registers == ("story",) else "texts"
    says = f"{made_of}; geometry shrinkage {geometry:g} is the largest at which it still does (least canonical correlation {found[geometry]:.2f})"
    return block, replace(recipe, geometry=float(geometry)), says


def _map_registers(acts: Activations, recipe: Recipe, block: int) -> tuple[Recipe, dict[float, float]]:
    """The recipe with the registers that its map is made of, and how well the plane replicates: all registers where its own for the map do not suffice."""
    replication = plane_replication(acts, recipe, block)
    if max(replication.values()) >= _REPLICATES or not recipe.geometry_registers:
        return recipe, replication
    wide = replace(recipe, geometry_registers=())
    return wide, plane_replication(acts, wide, block)


def plane_replication(
    acts: Activations, recipe: Recipe, block: int, amounts: Sequence[float] = AMOUNTS, splits: int = 6, seed: int = 0
) -> dict[float, float]:
    """Amount of whitening -> how alike the planes of the first two components of two random halves are.

    Likeness is the smaller canonical correlation of the emotions' coordinates on the two planes, averaged over ``splits`` halvings.
    """
    rng = rng_for(seed, "plane replication")
    found: dict[float, list[float]] = {amount: [] for amount in amounts}
    rows = geometry_rows(acts, recipe, acts.rows(*recipe.registers))
    _, covariance, _ = map_effects_of(acts, recipe, block, rows)
    for _ in range(splits):
        half = rng.permutation(len(rows)) % 2 == 0
        effects = [map_effects_of(acts, recipe, block, rows[side])[0] for side in (half, ~half)]
        for amount in amounts:
            planes = []
            for side in effects:
                x = unit(covariance.power(side, amount, -0.5))
                planes.append(np.linalg.svd(x - x.mean(0), full_matrices=False)[0][:, :2])
            found[amount].append(float(np.linalg.svd(planes[0].T @ planes[1])[1].min()))
    return {amount: float(np.mean(values)) for amount, values in found.items()}
