"""Which figures belong to which study, and the columns that their tables must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from emovec.errors import BadInput
from emovec.report.figure import Figure, Listing
from emovec.report.figures_geometry import circumplex, clusters, layers, similarity
from emovec.report.figures_held_out import held_out
from emovec.report.figures_reading import implicit_scenarios, intensity, logit_lens

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "figures_of"]

_DRAW: Final[dict[str, Callable[[Mapping[str, pd.DataFrame], int], list[Figure | Listing]]]] = {
    "circumplex": circumplex,
    "similarity": similarity,
    "clusters": clusters,
    "layers": layers,
    "logit_lens": logit_lens,
    "implicit_scenarios": implicit_scenarios,
    "intensity": intensity,
    "held_out": held_out,
}

#: (study, table) -> the columns that its figure is drawn from
COLUMNS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("circumplex", "points"): (
        "recipe", "block", "emotion", "pc1", "pc2", "rm77_pleasure", "rm77_arousal", "own_valence", "own_arousal",
        "cluster",
    ),
    ("circumplex", "blocks"): ("recipe", "block", "pc1_pleasure_r", "pc2_arousal_r", "pc1_variance", "pc2_variance"),
    ("similarity", "matrix"): ("recipe", "centred", "emotion", "other", "cosine"),
    ("clusters", "members"): ("recipe", "emotion", "cluster", "label", "x", "y"),
    ("layers", "rsa"): ("recipe", "block_a", "block_b", "r"),
    ("logit_lens", "words"): ("variant", "emotion", "side", "rank", "token", "own"),
    ("logit_lens", "summary"): ("variant", "hits", "total", "null_mean", "null_p95"),
    ("implicit_scenarios", "matrix"): ("recipe", "expected", "probe", "value"),
    ("implicit_scenarios", "scenarios"): ("recipe", "expected", "text", "rank_of_expected", "top_probe"),
    ("intensity", "curves"): (
        "recipe", "template", "emotion", "expected", "value", "x", "reading", "null_low", "null_high",
    ),
    ("held_out", "emotions"): ("recipe", "emotion", "n", "top1", "top5", "auc"),
    ("held_out", "reliability"): ("recipe", "emotion", "split_half", "bootstrap_cosine"),
    ("held_out", "transfer"): ("recipe", "made_on", "read_on", "emotions", "auc", "top1"),
    ("held_out", "summary"): ("recipe", "what", "metric", "value", "null"),
}  # fmt: skip


def figures_of(study: str, tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The figures of one study that its tables allow (none for a study that has no figures).

    Args:
        block: the block picked, which some figures mark.

    Raises:
        BadInput: if a table lacks a column that its figure is drawn from.
    """
    if study not in _DRAW:
        return []
    for name, table in tables.items():
        missing = [column for column in COLUMNS.get((study, name), ()) if column not in table.columns]
        if missing:
            has = ", ".join(map(str, table.columns))
            raise BadInput(f"table {name!r} of study {study!r} lacks {', '.join(missing)}; it has {has}")
    return _DRAW[study]({name: table for name, table in tables.items() if len(table)}, block)
