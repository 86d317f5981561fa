"""Figures of the studies on geometry: circumplex (and the model's own ratings), similarity, clusters, layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.charts import cloud
from emovec.report.figure import (
    Choice,
    Figure,
    Frame,
    Json,
    Listing,
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

__all__ = ["circumplex", "clusters", "layers", "own_ratings", "similarity"]

_SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "triangle-down",
    "pentagon", "cross", "x", "star", "hexagon",
)  # fmt: skip
_SQUARE: Json = {"xaxis": {"constrain": "domain"}, "yaxis": {"scaleanchor": "x", "constrain": "domain"}}


def circumplex(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The emotions in the plane of the first two components; correlation with human ratings by block."""
    figures: list[Figure | Listing] = []
    if (points := tables.get("points")) is not None:
        figures.append(_plane(points, block))
    if (blocks := tables.get("blocks")) is not None:
        figures.append(_by_block(blocks, block))
    return figures


def _plane(points: pd.DataFrame, block: int) -> Figure:
    recipe = choose("Recipe", recipes_of(points))

    def draw(name: str) -> Frame | None:
        mine = points[points["recipe"] == name]
        mine = mine[mine["block"] == (block if (mine["block"] == block).any() else mine["block"].iloc[0])]
        if mine.empty:
            return None
        rated = mine["rm77_pleasure"].notna().to_numpy()
        own = (mine["own_valence"].to_numpy(dtype=float) - 4) / 3
        colour = np.where(rated, mine["rm77_pleasure"].to_numpy(dtype=float), own)
        bar = {"title": {"text": "pleasure"}, "tickvals": [-1, 0, 1], "ticktext": ["unpleasant", "0", "pleasant"],
               "thickness": 10, "len": 0.6, "outlinewidth": 0}  # fmt: skip
        traces: list[Json] = []
        for human in (False, True):
            kept = mine[rated == human]
            if kept.empty:
                continue
            marker: Json = {"color": floats(colour[rated == human]), "colorscale": "@pleasure", "cmin": -1, "cmax": 1,
                            "symbol": "circle" if human else "circle-open", "size": 10 if human else 7,
                            "line": {"width": 0.5 if human else 1.6, "color": "@paper"}}  # fmt: skip
            if not human:
                del marker["line"]["color"]
            if human or not rated.any():
                marker["colorbar"] = bar
            traces.append({
                "type": "scatter", "mode": "markers+text",
                "name": "rated by people (1977)" if human else "emovec's own rating",
                "x": floats(kept["pc1"]), "y": floats(kept["pc2"]),
                "customdata": [_card(row) for row in kept.to_dict("records")],
                "hovertemplate": "%{customdata}<extra></extra>",
                "textfont": {"size": 11, "color": "@ink" if human else "@muted"},
                "meta": {"names": [plain(word) for word in kept["emotion"]], "first": human},
                "marker": marker,
            })  # fmt: skip
        return Frame(traces, {
            "xaxis": {"title": {"text": "PC 1"}, "zeroline": True},
            "yaxis": {"title": {"text": "PC 2"}, "zeroline": True},
            "showlegend": True,
        })  # fmt: skip

    return Figure(
        id="circumplex-plane",
        title="The emotions in the plane of their first two principal components",
        caption="Filled: pleasure as people rated it (Russell & Mehrabian 1977). Rings: emovec's own rating, where"
        " people's is missing. No rating went into the vectors. Names give way to each other; zoom in to see more.",
        label="Scatter plot of emotion words by first and second principal component, from unpleasant to pleasant.",
        frames=frames_by([recipe], draw),
        tables=("points",),
        choices=(recipe,),
        height=600,
        span=8,
    )


def _card(row: Mapping[str, object]) -> str:
    lines = [f"<b>{plain(row['emotion'])}</b>"]
    if row.get("cluster") not in (None, "") and row["cluster"] == row["cluster"]:
        lines.append(f"cluster: {plain(row['cluster'])}")
    for says, key in (
        ("people's pleasure", "rm77_pleasure"),
        ("people's arousal", "rm77_arousal"),
        ("own valence (1-7)", "own_valence"),
        ("own arousal (1-7)", "own_arousal"),
    ):
        value = row.get(key)
        if isinstance(value, (int, float)) and np.isfinite(value):
            lines.append(f"{says}: {value:.2f}")
    return "<br>".join(lines)


def _by_block(blocks: pd.DataFrame, block: int) -> Figure:
    recipe = choose("Recipe", recipes_of(blocks))

    def draw(name: str) -> Frame | None:
        mine = blocks[blocks["recipe"] == name].sort_values("block")
        if mine.empty:
            return None
        traces: list[Json] = []
        lines = (
            ("pc1_pleasure_r", "PC 1 with pleasure", "@accent", "solid", "circle"),
            ("pc2_arousal_r", "PC 2 with arousal", "@warm", "solid", "square"),
            ("pc1_variance", "variance of PC 1", "@accent", "dot", ""),
            ("pc2_variance", "variance of PC 2", "@warm", "dot", ""),
        )
        for column, says, colour, dash, symbol in lines:
            traces.append({
                "type": "scatter", "mode": "lines+markers" if symbol else "lines", "name": says,
                "x": mine["block"].tolist(), "y": floats(mine[column]),
                "line": {"color": colour, "dash": dash, "width": 2 if symbol else 1.5},
                "marker": {"symbol": symbol or "circle", "size": 6},
                "hovertemplate": f"block %{{x}}: %{{y:.2f}}<extra>{says}</extra>",
            })  # fmt: skip
        return Frame(traces, _picked(block) | {
            "xaxis": {"title": {"text": "block"}},
            "yaxis": {"title": {"text": "correlation; share of variance"}, "rangemode": "tozero"},
            "legend": {"orientation": "h", "y": -0.16, "x": 0, "yanchor": "top"},
            "showlegend": True,
        })  # fmt: skip

    return Figure(
        id="circumplex-blocks",
        title="... at every block",
        caption="Pearson correlation with human ratings (solid), share of variance (dotted)."
        f" The picked block, {block}, is marked.",
        label="Line chart of the correlation of the components with human ratings, by block.",
        frames=frames_by([recipe], draw),
        tables=("blocks",),
        choices=(recipe,),
        height=600,
        span=4,
    )


def _picked(block: int) -> Json:
    line = {"type": "line", "x0": block, "x1": block, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
            "line": {"color": "@muted", "width": 1, "dash": "dash"}}  # fmt: skip
    note = {"x": block, "y": 1, "yref": "paper", "yanchor": "bottom", "text": f"block {block}", "showarrow": False,
            "font": {"size": 11, "color": "@muted"}}  # fmt: skip
    return {"shapes": [line], "annotations": [note]}


def own_ratings(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The model's ratings of the words by people's, on both scales."""
    if (ratings := tables.get("ratings")) is None or ratings.empty:
        return []
    return [
        Figure(
            id=f"own_ratings-{scale}",
            title=f"{scale.capitalize()}: the model's ratings and people's",
            caption=f"Expected rating from 1 to 7 by Russell and Mehrabian's {norm}, averaged over both directions of the scale. Point at a dot for its word.",
            label=f"Scatter plot of the model's ratings of {scale} by people's.",
            frames={
                "": cloud(
                    ratings[ratings["scale"] == scale], ("people", "model"), ("people", "the model"), line=False, r=True
                )
            },
            tables=("ratings",),
            height=420,
            span=6,
        )
        for scale, norm in (("valence", "pleasure"), ("arousal", "arousal"))
    ]


def similarity(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Cosine of every two emotions, in the order of their hierarchical clustering."""
    if (matrix := tables.get("matrix")) is None:
        return []
    recipe = choose("Recipe", recipes_of(matrix))
    flags = sorted({bool(flag) for flag in matrix["centred"]}, reverse=True)
    centring = Choice("Centring", tuple((("centred", "centred"), ("raw", "as they are"))[not flag] for flag in flags))

    def draw(name: str, how: str) -> Frame | None:
        mine = matrix[(matrix["recipe"] == name) & (matrix["centred"].astype(bool) == (how == "centred"))]
        if mine.empty:
            return None
        return Frame([_heat(mine, "emotion", "other", "cosine", "@coolwarm", (-1.0, 1.0))], _SQUARE | {
            "yaxis": _SQUARE["yaxis"] | {"autorange": "reversed", "type": "category", "tickfont": {"size": 10}},
            "xaxis": _SQUARE["xaxis"] | {"type": "category", "tickangle": -90, "tickfont": {"size": 10}},
        })  # fmt: skip

    return [
        Figure(
            id="similarity-matrix",
            title="Cosine of every two emotion vectors",
            caption="Red: the same way; blue: opposite ways. Centred on the grand mean, and as they are. "
            "Drag to zoom in until every name shows; double-click to zoom out.",
            label="Heat map of cosines between all emotion vectors, in the order of a hierarchical clustering.",
            frames=frames_by([recipe, centring], draw),
            tables=("matrix",),
            choices=(recipe, centring),
            square=True,
        )
    ]


def _heat(
    table: pd.DataFrame, row: str, column: str, value: str, scale: str, limits: tuple[float | None, float | None]
) -> Json:
    """A heat map of a long table; rows and columns in order of first appearance."""
    rows, columns = names_of(table[row]), names_of(table[column])
    if set(rows) == set(columns):
        columns = rows
    z = np.full((len(rows), len(columns)), np.nan)
    at = {name: i for i, name in enumerate(rows)}, {name: i for i, name in enumerate(columns)}
    z[[at[0][str(name)] for name in table[row]], [at[1][str(name)] for name in table[column]]] = table[value]
    return {
        "type": "heatmap",
        "z": floats(z),
        "x": [plain(name) for name in columns],
        "y": [plain(name) for name in rows],
        "colorscale": scale,
        "zmin": limits[0],
        "zmax": limits[1],
        "hovertemplate": "%{y} / %{x}: %{z:.2f}<extra></extra>",
        "colorbar": {"thickness": 10, "len": 0.6, "outlinewidth": 0, "title": {"text": plain(value)}},
    }


def clusters(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The clusters on a two-dimensional map, and as lists of members."""
    if (members := tables.get("members")) is None:
        return []
    recipe = choose("Recipe", recipes_of(members))

    def draw(name: str) -> Frame | None:
        traces: list[Json] = []
        for i, (_, mine) in enumerate(members[members["recipe"] == name].groupby("cluster", sort=True)):
            label = plain(mine["label"].iloc[0])
            traces.append({
                "type": "scatter", "mode": "markers+text", "name": f"{label} ({len(mine)})",
                "x": floats(mine["x"]), "y": floats(mine["y"]),
                "customdata": [plain(word) for word in mine["emotion"]],
                "hovertemplate": f"<b>%{{customdata}}</b><extra>{label}</extra>",
                "meta": {"names": [plain(word) for word in mine["emotion"]], "first": False},
                "textfont": {"size": 11, "color": "@ink"},
                "marker": {"color": f"@c{i % 10}", "symbol": _SYMBOLS[i % len(_SYMBOLS)], "size": 9,
                           "line": {"width": 0.5, "color": "@paper"}},
            })  # fmt: skip
        hidden = {"showticklabels": False, "showgrid": False, "zeroline": False, "showline": False, "ticks": ""}
        return Frame(traces, {"xaxis": hidden, "yaxis": hidden, "showlegend": True}) if traces else None

    rows: dict[str, list[tuple[str | int, ...]]] = {}
    for name, _ in recipe.options:
        mine = members[members["recipe"] == name]
        rows[name] = [
            (str(group["label"].iloc[0]), len(group), ", ".join(map(str, group["emotion"])))
            for _, group in mine.groupby("cluster", sort=True)
        ]
    return [
        Figure(
            id="clusters-map",
            title="The clusters on a map",
            caption="Each cluster has its colour and its mark. Only neighbourhood means something on such a map;"
            " distances between far points do not. Zoom in for more names.",
            label="Two-dimensional map of the emotion words, one colour and one mark per cluster.",
            frames=frames_by([recipe], draw),
            tables=("members",),
            choices=(recipe,),
            height=620,
        ),
        Listing(
            id="clusters-list",
            title="Who is in which cluster",
            caption="A cluster is called by its members nearest to its centre.",
            columns=("Cluster", "Size", "Members"),
            rows={key: list(group) for key, group in rows.items()},
            tables=("members",),
            choices=(recipe,),
        ),
    ]


def layers(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """How alike the structure of cosines is at every two blocks."""
    if (rsa := tables.get("rsa")) is None:
        return []
    import pandas as pd

    recipe = choose("Recipe", recipes_of(rsa))

    def draw(name: str) -> Frame | None:
        mine = rsa.loc[rsa["recipe"] == name, ["block_a", "block_b", "r"]]
        if mine.empty:
            return None
        mirrored = pd.concat([mine, mine.rename(columns={"block_a": "block_b", "block_b": "block_a"})])
        mine = mirrored.drop_duplicates(["block_a", "block_b"]).sort_values(["block_a", "block_b"])
        low = min(0.0, float(mine["r"].min()))
        heat = _heat(mine, "block_a", "block_b", "r", "@sequential", (low, 1.0))
        heat["hovertemplate"] = "blocks %{y} and %{x}: r = %{z:.2f}<extra></extra>"
        return Frame([heat], {
            "xaxis": _SQUARE["xaxis"] | {"title": {"text": "block"}, "type": "category"},
            "yaxis": _SQUARE["yaxis"] | {"title": {"text": "block"}, "type": "category"},
        })  # fmt: skip

    return [
        Figure(
            id="layers-rsa",
            title="How alike the structure is at every two blocks",
            caption="Correlation of the two blocks' cosine matrices (representational similarity).",
            label="Heat map of the correlation between the cosine matrices of every two blocks.",
            frames=frames_by([recipe], draw),
            tables=("rsa",),
            choices=(recipe,),
            square=True,
            span=8,
        )
    ]
