"""Figures of the study on held-out text: naming, reliability, transfer between registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.figure import Figure, Frame, Json, Listing, choose, floats, frames_by, names_of, plain, recipes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["held_out"]


def held_out(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Summary against chance, transfer between registers, and every emotion's AUC and reliability."""
    figures: list[Figure | Listing] = []
    if (summary := tables.get("summary")) is not None:
        figures.append(_summary(summary))
    if (transfer := tables.get("transfer")) is not None:
        figures.append(_transfer(transfer))
    if (pooling := tables.get("pooling")) is not None:
        figures.append(_pooling(pooling))
    if (emotions := tables.get("emotions")) is not None:
        figures.append(_sorted_dots(
            emotions, "emotions", "auc", "AUC", 0.5,
            "Every emotion, from worst told to best",
            "Area under the ROC curve of the emotion's own vector, its held-out texts against all others;"
            " 0.5 (dashed) is chance.",
            ("n", "top1", "top5"),
        ))  # fmt: skip
    if (reliability := tables.get("reliability")) is not None:
        figures.append(_sorted_dots(
            reliability, "reliability", "split_half", "cosine of the two halves", None,
            "How reliable each vector is",
            "Cosine of the vectors from two halves of the emotion's texts, from least to most reliable.",
            ("bootstrap_cosine",),
        ))  # fmt: skip
    return figures


def _summary(summary: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(summary))

    def draw(name: str) -> Frame | None:
        mine = summary[summary["recipe"] == name]
        if mine.empty:
            return None
        names = [f"{plain(row.what)}, {plain(row.metric)}" for row in mine.itertuples(index=False)]
        traces: list[Json] = [
            {
                "type": "bar", "orientation": "h", "name": "measured", "y": names, "x": floats(mine["value"]),
                "marker": {"color": "@accent"}, "width": 0.5, "text": [f"{v:.2f}" for v in mine["value"]],
                "textposition": "auto", "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
            },
            {
                "type": "scatter", "mode": "markers", "name": "null", "y": names, "x": floats(mine["null"]),
                "marker": {"symbol": "line-ns-open", "size": 18, "color": "@warm", "line": {"width": 3}},
                "hovertemplate": "%{y}: null %{x:.3f}<extra></extra>",
            },
        ]  # fmt: skip
        return Frame(traces, {
            "xaxis": {"range": [min(0.0, float(mine["value"].min())), 1]},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        })  # fmt: skip

    most = max((int((summary["recipe"] == name).sum()) for name, _ in recipe.options), default=0)
    return Figure(
        id="held_out-summary",
        title="On text that the vectors were not made from",
        caption="Bars: measured. Ticks: the same under the null.",
        label="Bar chart of each measurement on held-out text, with its null.",
        frames=frames_by([recipe], draw),
        tables=("summary",),
        choices=(recipe,),
        height=140 + 36 * most,
        span=6,
    )


def _transfer(transfer: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(transfer))

    def draw(name: str) -> Frame | None:
        mine = transfer[transfer["recipe"] == name]
        if mine.empty:
            return None
        made, read = names_of(mine["made_on"]), names_of(mine["read_on"])
        z = np.full((len(made), len(read)), np.nan)
        says = [["" for _ in read] for _ in made]
        for row in mine.to_dict("records"):
            i, j = made.index(str(row["made_on"])), read.index(str(row["read_on"]))
            z[i, j] = row["auc"]
            says[i][j] = f"top-1 {row['top1']:.1%}, {int(row['emotions'])} emotions"
        heat: Json = {
            "type": "heatmap", "z": floats(z), "x": [plain(r) for r in read], "y": [plain(m) for m in made],
            "colorscale": "@sequential", "zmin": 0.5, "zmax": 1, "xgap": 2, "ygap": 2,
            "texttemplate": "%{z:.2f}", "textfont": {"size": 13}, "customdata": says, "hoverongaps": False,
            "hovertemplate": "made on %{y}, read on %{x}<br>AUC %{z:.3f}; %{customdata}<extra></extra>",
            "colorbar": {"thickness": 10, "len": 0.7, "outlinewidth": 0, "title": {"text": "AUC"}},
        }  # fmt: skip
        boxes = [
            {"type": "rect", "x0": read.index(m) - 0.5, "x1": read.index(m) + 0.5, "y0": i - 0.5, "y1": i + 0.5,
             "line": {"color": "@ink", "width": 1.5}}
            for i, m in enumerate(made) if m in read
        ]  # fmt: skip
        return Frame([heat], {
            "shapes": boxes,
            "xaxis": {"title": {"text": "read on"}, "type": "category"},
            "yaxis": {"title": {"text": "made on"}, "type": "category", "autorange": "reversed", "automargin": True},
        })  # fmt: skip

    return Figure(
        id="held_out-transfer",
        title="From one register to another",
        caption="Mean AUC of vectors made on one register, read on another. Box: the same register, other texts.",
        label="Heat map of AUC by the register that vectors were made on and the register that they read.",
        frames=frames_by([recipe], draw),
        tables=("transfer",),
        choices=(recipe,),
        height=380,
        span=6,
    )


def _sorted_dots(
    table: pd.DataFrame, name: str, column: str, says: str, chance: float | None, title: str, caption: str,
    more: tuple[str, ...],
) -> Figure:  # fmt: skip
    """Every emotion as a dot, sorted by one column; the names nearest the ends come first when space is short."""
    recipe = choose("Recipe", recipes_of(table))

    def draw(which: str) -> Frame | None:
        mine = table[table["recipe"] == which].sort_values([column, "emotion"]).reset_index(drop=True)
        if mine.empty:
            return None
        cards = [
            f"<b>{plain(row['emotion'])}</b><br>{says}: {row[column]:.3f}"
            + "".join(f"<br>{key}: {row[key]:.3g}" for key in more if row.get(key) is not None)
            for row in mine.to_dict("records")
        ]
        n = len(mine)
        trace: Json = {
            "type": "scatter", "mode": "markers+text", "x": list(range(1, n + 1)), "y": floats(mine[column]),
            "customdata": cards, "hovertemplate": "%{customdata}<extra></extra>",
            "marker": {"color": "@accent", "size": 6}, "textfont": {"size": 11, "color": "@ink"},
            "meta": {"names": [plain(word) for word in mine["emotion"]], "first": False,
                     "rank": [min(i, n - 1 - i) for i in range(n)]},
        }  # fmt: skip
        layout: Json = {"xaxis": {"title": {"text": "emotions, sorted"}, "range": [-n * 0.02, n * 1.04]},
                        "yaxis": {"title": {"text": says}}}  # fmt: skip
        if chance is not None:
            layout["shapes"] = [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance,
                                 "line": {"color": "@muted", "width": 1, "dash": "dash"}}]  # fmt: skip
        return Frame([trace], layout)

    return Figure(
        id=f"held_out-{name}",
        title=title,
        caption=caption + " Point at a dot for its name.",
        label=f"Dot plot of all emotions, sorted by {says}.",
        frames=frames_by([recipe], draw),
        tables=(name,),
        choices=(recipe,),
        height=420,
        span=6,
    )


def _pooling(pooling: pd.DataFrame) -> Listing:
    how = choose("Read", names_of(pooling["pooling"]))
    rows: dict[str, list[tuple[str | float, ...]]] = {}
    registers = names_of(pooling["read_on"])
    for name, mine in pooling.groupby("pooling", sort=False):
        wide = mine.pivot(index="amount", columns="read_on", values="auc").loc[names_of(mine["amount"]), registers]
        rows[str(name)] = [
            (str(amount), *(round(float(v), 3) for v in values), round(float(values.mean()), 3))
            for amount, values in zip(wide.index, wide.to_numpy(), strict=True)
        ]  # fmt: skip
    return Listing(
        id="held_out-pooling",
        title="What the choice of whitening goes by",
        caption="Mean AUC of vectors made on all other registers, by amount of shrinkage (large: little whitening), at the picked block. No other text and no human rating enters the choice.",
        columns=("Shrinkage", *registers, "mean"),
        rows={key: list(group) for key, group in rows.items()},
        tables=("pooling",),
        choices=(how,),
    )
