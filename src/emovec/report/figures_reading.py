"""Figures of the studies on reading: logit lens, implicit scenarios, intensity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.figure import (
    Figure,
    Frame,
    Json,
    Listing,
    Token,
    choose,
    floats,
    frames_by,
    names_of,
    plain,
    recipes_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["implicit_scenarios", "intensity", "logit_lens"]


def logit_lens(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """How many emotions are named by their vector's top tokens, and the tokens."""
    figures: list[Figure | Listing] = []
    if (summary := tables.get("summary")) is not None:
        figures.append(_hits(summary))
    if (words := tables.get("words")) is not None:
        figures.append(_words(words))
    return figures


def _hits(summary: pd.DataFrame) -> Figure:
    share = summary[["hits", "null_mean", "null_p95"]].div(summary["total"], axis=0)
    names = [plain(name) for name in summary["variant"]]
    low = share["null_mean"].to_numpy()
    traces: list[Json] = [
        {
            "type": "bar", "orientation": "h", "name": "named by its own word", "y": names, "x": floats(share["hits"]),
            "marker": {"color": "@accent"}, "width": 0.5,
            "text": [f"{int(h)} of {int(t)}" for h, t in zip(summary["hits"], summary["total"], strict=True)],
            "textposition": "auto", "hovertemplate": "%{y}: %{text}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "markers", "name": "null: mean to 95th percentile", "y": names, "x": floats(low),
            "marker": {"color": "@warm", "symbol": "line-ns-open", "size": 16, "line": {"width": 2}},
            "error_x": {"type": "data", "symmetric": False, "array": floats(share["null_p95"].to_numpy() - low),
                        "arrayminus": [0.0] * len(names), "color": "@warm", "thickness": 2, "width": 7},
            "customdata": floats(share["null_p95"]),
            "hovertemplate": "%{y}: null mean %{x:.1%}, 95th percentile %{customdata:.1%}<extra></extra>",
        },
    ]  # fmt: skip
    layout = {
        "xaxis": {"range": [0, 1], "tickformat": ".0%", "title": {"text": "share of emotions"}},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
    return Figure(
        id="logit_lens-hits",
        title="Emotions that their own vector names",
        caption="Share of emotions with one of their own words among the top tokens, and the same for shuffled names.",
        label="Bar chart of the share of emotions named by their vector's top tokens, by variant, with the null.",
        frames={"": Frame(traces, layout)},
        tables=("summary",),
        height=150 + 58 * len(names),
    )


def _words(words: pd.DataFrame) -> Listing:
    variant = choose("Variant", names_of(words["variant"]))
    rows: dict[str, list[tuple[str | tuple[Token, ...], ...]]] = {}
    for name, mine in words.sort_values("rank", kind="stable").groupby("variant", sort=False):
        tokens: dict[tuple[str, str], list[Token]] = {}
        for row in mine.itertuples(index=False):
            tokens.setdefault((str(row.emotion), str(row.side)), []).append(Token(_visible(row.token), bool(row.own)))
        order = names_of(words.loc[words["variant"] == name, "emotion"])
        sides = {side: [tuple(tokens.get((word, side), ())) for word in order] for side in ("top", "bottom")}
        rows[str(name)] = list(zip(order, sides["top"], sides["bottom"], strict=True))
    return Listing(
        id="logit_lens-words",
        title="Top and bottom tokens of every vector",
        caption="The tokens that the vector makes most and least likely, strongest first."
        " Bold and underlined: the emotion's own words.",
        columns=("Emotion", "Top tokens", "Bottom tokens"),
        rows={key: list(group) for key, group in rows.items()},
        tables=("words",),
        choices=(variant,),
        search=True,
    )


def _visible(token: object) -> str:
    """A token with its line breaks and tabs made visible and its leading space dropped."""
    text = str(token).replace("\n", "⏎").replace("\r", "␍").replace("\t", "⇥")
    return text.lstrip(" ▁Ġ") or "␣"


def implicit_scenarios(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Readings before the reply, by the emotion that the message implies; and the messages."""
    figures: list[Figure | Listing] = []
    if (matrix := tables.get("matrix")) is not None:
        figures.append(_diagonal(matrix))
    if (scenarios := tables.get("scenarios")) is not None:
        recipe = choose("Recipe", recipes_of(scenarios))
        figures.append(
            Listing(
                id="implicit_scenarios-list",
                title="The messages",
                caption="Rank 1: the implied emotion's vector reads highest of all.",
                columns=("Implied", "Message", "Rank", "Highest"),
                rows={
                    name: [
                        (str(row["expected"]), str(row["text"]), int(row["rank_of_expected"]), str(row["top_probe"]))
                        for row in scenarios[scenarios["recipe"] == name].to_dict("records")
                    ]
                    for name, _ in recipe.options
                },
                tables=("scenarios",),
                choices=(recipe,),
            )
        )
    return figures


def _diagonal(matrix: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(matrix))

    def draw(name: str) -> Frame | None:
        mine = matrix[matrix["recipe"] == name]
        if mine.empty:
            return None
        probes, expected = names_of(mine["probe"]), names_of(mine["expected"])
        wide = mine.pivot_table(index="expected", columns="probe", values="value", aggfunc="mean", sort=False)
        z = wide.reindex(index=expected, columns=probes).to_numpy(dtype=float)
        top = float(np.nanmax(np.abs(z))) or 1.0
        heat: Json = {
            "type": "heatmap", "z": floats(z), "x": [plain(p) for p in probes], "y": [plain(e) for e in expected],
            "colorscale": "@coolwarm", "zmin": -top, "zmax": top, "xgap": 1, "ygap": 1,
            "hovertemplate": "message implies %{y}<br>reading of %{x}: %{z:.3f}<extra></extra>",
            "colorbar": {"thickness": 10, "len": 0.6, "outlinewidth": 0, "title": {"text": "reading"}},
        }  # fmt: skip
        best = [plain(probes[int(np.nanargmax(row))]) for row in z]
        dots: Json = {
            "type": "scatter", "mode": "markers", "name": "highest of its row", "x": best, "y": heat["y"],
            "marker": {"symbol": "circle", "size": 7, "color": "@ink", "line": {"width": 1.5, "color": "@paper"}},
            "hoverinfo": "skip",
        }  # fmt: skip
        boxes = [
            {"type": "rect", "x0": probes.index(e) - 0.5, "x1": probes.index(e) + 0.5, "y0": i - 0.5, "y1": i + 0.5,
             "line": {"color": "@ink", "width": 1.5}}
            for i, e in enumerate(expected) if e in probes
        ]  # fmt: skip
        return Frame([heat, dots], {
            "shapes": boxes,
            "xaxis": {"title": {"text": "vector"}, "type": "category", "tickangle": -45, "constrain": "domain"},
            "yaxis": {"title": {"text": "message implies"}, "type": "category", "autorange": "reversed"},
        })  # fmt: skip

    return Figure(
        id="implicit_scenarios-matrix",
        title="What is read before the reply",
        caption="Box: the emotion that the message implies without naming it. Dot: the highest reading of the row.",
        label="Heat map of readings before the reply: implied emotion by vector, with the diagonal outlined.",
        frames=frames_by([recipe], draw),
        tables=("matrix",),
        choices=(recipe,),
        square=True,
        span=9,
    )


def intensity(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """One small chart per template: readings by the number in the message, with the band of random directions."""
    if (curves := tables.get("curves")) is None:
        return []
    recipe = choose("Recipe", recipes_of(curves))
    return [
        Figure(
            id=f"intensity-{i}",
            title=template,
            caption="" if i else "▲ ▼: the way that the paper expects the reading to go. Band: random directions.",
            label=f"Line chart of readings by the number in the message, {template}, with random directions as a band.",
            frames=frames_by([recipe], lambda name, template=template: _curve(curves, name, template)),
            tables=() if i else ("curves",),
            choices=(recipe,),
            height=300,
            span=4,
        )
        for i, template in enumerate(names_of(curves["template"]))
    ]


def _curve(curves: pd.DataFrame, recipe: str, template: str) -> Frame | None:
    mine = curves[(curves["recipe"] == recipe) & (curves["template"].astype(str) == template)]
    if mine.empty:
        return None
    traces: list[Json] = []
    bands: set[tuple[tuple[float, ...], tuple[float, ...]]] = set()
    seen = {1: 0, -1: 0}
    for emotion in names_of(mine["emotion"]):
        rows = mine[mine["emotion"].astype(str) == emotion].sort_values("value")
        up = int(rows["expected"].iloc[0]) > 0
        turn, x = seen[1 if up else -1], [plain(label) for label in rows["x"]]
        seen[1 if up else -1] += 1
        colour = "@warm" if up else "@accent"
        name = f"{plain(emotion)} {'▲' if up else '▼'}"
        band = (tuple(rows["null_low"]), tuple(rows["null_high"]))
        edge: Json = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "showlegend": False,
                      "line": {"width": 0, "color": colour}}  # fmt: skip
        if band not in bands:
            bands.add(band)
            traces.append(edge | {"y": floats(rows["null_low"])})
            traces.append(edge | {"y": floats(rows["null_high"]), "fill": "tonexty", "fillcolor": "@muted/0.16"})
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": floats(rows["reading"]),
            "line": {"color": colour, "width": 2, "dash": ("solid", "dash", "dot")[turn % 3]},
            "marker": {"symbol": "triangle-up" if up else "triangle-down", "size": 8},
            "hovertemplate": f"%{{x}}: %{{y:.3f}}<extra>{name} expected</extra>",
        })  # fmt: skip
    return Frame(traces, {
        "xaxis": {"type": "category"},
        "yaxis": {"title": {"text": "reading"}, "zeroline": True},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    })  # fmt: skip
