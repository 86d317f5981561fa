"""Figures of the causal studies: words under steering, preferences, preference under steering."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.figure import (
    Cell,
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

__all__ = ["decisions", "preference_steering", "preferences", "steer_words"]

_FRAMES = {"he": "“He feels …”", "i": "“I feel …”"}


def steer_words(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Direction against word, dose curves with coherent windows, and what is written."""
    figures: list[Figure | Listing] = []
    if (matrix := tables.get("matrix")) is not None:
        figures.append(_matrix(matrix))
    if (curves := tables.get("curves")) is not None:
        figures.append(_curves(curves, tables.get("windows")))
    if (replies := tables.get("replies")) is not None:
        figures.append(_replies(replies))
    return figures


def _matrix(table: pd.DataFrame) -> Figure:
    recipe, frame = (
        choose("Recipe", recipes_of(table)),
        choose("Frame", names_of(table["frame"]), lambda f: _FRAMES.get(f, f)),
    )
    names = names_of(table["direction"])

    def draw(which: str, form: str) -> Frame | None:
        mine = table[(table["recipe"] == which) & (table["frame"] == form)]
        if mine.empty:
            return None
        grid = mine.pivot(index="direction", columns="word", values="shift").loc[names, names].to_numpy()
        top = float(np.abs(grid).max()) or 1.0
        trace: Json = {
            "type": "heatmap", "x": names, "y": names, "z": floats(grid), "zmin": -top, "zmax": top, "colorscale": "@coolwarm",
            "colorbar": {"title": {"text": "log-prob."}, "thickness": 12}, "hovertemplate": "steered %{y}, word %{x}: %{z:.2f}<extra></extra>",
        }  # fmt: skip
        axes = {"type": "category", "automargin": True}
        return Frame(
            [trace],
            {
                "xaxis": {**axes, "title": {"text": "word"}},
                "yaxis": {**axes, "autorange": "reversed", "title": {"text": "steered with"}},
            },
        )

    return Figure(
        "steer_words-matrix", "Which words steering raises",
        "Change of a word's log-probability after the beginning, less its mean change over all directions. The diagonal is the emotion's own word.",
        "Heatmap of the change of each word's log-probability under each direction.",
        frames_by((recipe, frame), draw), ("matrix",), (recipe, frame), height=520, square=True, span=7,
    )  # fmt: skip


def _curves(curves: pd.DataFrame, windows: pd.DataFrame | None) -> Figure:
    recipe = choose("Recipe", recipes_of(curves))

    def draw(which: str) -> Frame | None:
        mine = curves[curves["recipe"] == which]
        if mine.empty:
            return None
        traces: list[Json] = []
        for form, colour in (("he", "@accent"), ("i", "@warm")):
            part = mine[mine["frame"] == form].groupby("strength")["percentile"]
            mid, low, high = part.mean(), part.quantile(0.25), part.quantile(0.75)
            if len(mid):
                traces.append(
                    {"type": "scatter", "mode": "lines+markers", "name": _FRAMES[form], "x": floats(mid.index), "y": floats(mid), "marker": {"color": colour},
                     "line": {"color": colour}, "error_y": {"type": "data", "symmetric": False, "array": floats(high - mid), "arrayminus": floats(mid - low),
                                                           "color": colour, "thickness": 1}}
                )  # fmt: skip
        shapes: list[Json] = [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0.5, "y1": 0.5, "line": {"color": "@muted", "dash": "dot", "width": 1}}
        ]  # fmt: skip
        if windows is not None and len(reach := windows[windows["recipe"] == which]):
            shapes.append(
                {"type": "rect", "yref": "paper", "x0": 0, "x1": float(reach["high"].median()), "y0": 0, "y1": 1, "fillcolor": "@muted/0.15", "line": {"width": 0}, "layer": "below"}
            )  # fmt: skip
        return Frame(
            traces,
            {
                "xaxis": {"title": {"text": "strength"}, "rangemode": "tozero"},
                "yaxis": {"title": {"text": "other words it rises above"}, "range": [0, 1], "tickformat": ".0%"},
                "shapes": shapes,
                "showlegend": True,
                "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            },
        )

    return Figure(
        "steer_words-curves", "Own word by dose",
        "Mean share of other words that the own word rises above (bars: quartiles over emotions). Shaded: the median coherent window.",
        "Line chart of the own word's rank by steering strength, for two frames.",
        frames_by((recipe,), draw), ("curves", "windows"), (recipe,), height=520, span=5,
    )  # fmt: skip


def _replies(replies: pd.DataFrame) -> Listing:
    recipe = choose("Recipe", recipes_of(replies))
    rows: dict[str, list[tuple[Cell, ...]]] = {
        name: [
            (str(r["direction"]), f"{r['strength']:g}", str(r["text"]).strip(), round(float(r["perplexity"]), 1), round(float(r["repetition"]), 2))
            for r in replies[replies["recipe"] == name].to_dict("records")
        ]
        for name, _ in recipe.options
    }  # fmt: skip
    return Listing(
        "steer_words-replies", "What is written under steering", "Replies to “What just happened?”, with their coherence under the unsteered model.",
        ("Direction", "Strength", "Reply", "Perplexity", "Repetition"), rows, ("replies",), (recipe,), search=True,
    )  # fmt: skip


def preferences(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Elo of the activities; the link of every probe with it."""
    figures: list[Figure | Listing] = []
    if (table := tables.get("elo")) is not None:
        figures.append(_elo(table))
    if (emotions := tables.get("emotions")) is not None:
        figures.append(_links(emotions))
    return figures


def _elo(table: pd.DataFrame) -> Figure:
    order = table.groupby("category")["elo"].mean().sort_values().index.tolist()
    traces: list[Json] = [
        {
            "type": "scatter", "mode": "markers", "name": plain(name), "x": floats(mine["elo"]), "y": [plain(name)] * len(mine), "marker": {"color": "@accent", "size": 9, "opacity": 0.75},
            "error_x": {"type": "data", "symmetric": False, "array": floats(mine["high"] - mine["elo"]), "arrayminus": floats(mine["elo"] - mine["low"]),
                        "color": "@muted", "thickness": 1, "width": 0},
            "text": [plain(a) for a in mine["activity"]], "hovertemplate": "%{text}<br>Elo %{x:.0f}<extra></extra>",
        }
        for name in order
        for mine in [table[table["category"] == name]]
    ]  # fmt: skip
    return Figure(
        "preferences-elo", "What it would rather do", "Elo of every activity from forced choices in both orders, with 95 % intervals over pairs.",
        "Strip chart of Elo by category of activity.", {"": Frame(traces, {"xaxis": {"title": {"text": "Elo"}}, "yaxis": {"type": "category", "automargin": True}})},
        ("elo",), height=420, span=6,
    )  # fmt: skip


def _links(table: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(table))

    def draw(which: str) -> Frame | None:
        mine = table[table["recipe"] == which]
        if mine.empty:
            return None
        trace: Json = {
            "type": "scatter", "mode": "markers", "x": floats(mine["own_valence"]), "y": floats(mine["r"]), "marker": {"color": "@accent", "size": 8, "opacity": 0.8},
            "text": [plain(w) for w in mine["emotion"]], "hovertemplate": "%{text}: r = %{y:.2f}<extra></extra>",
        }  # fmt: skip
        return Frame(
            [trace],
            {"xaxis": {"title": {"text": "rated valence"}}, "yaxis": {"title": {"text": "r of probe with Elo"}}},
        )

    return Figure(
        "preferences-links", "Whose probe predicts the choice", "Each emotion's valence and its probe's correlation with Elo, on activities that did not choose the block.",
        "Scatter of valence against the correlation of each emotion's probe with Elo.", frames_by((recipe,), draw), ("emotions",), (recipe,), height=420, span=6,
    )  # fmt: skip


def preference_steering(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Elo shift under steering against the probe's correlation; the shift by block."""
    figures: list[Figure | Listing] = []
    if (table := tables.get("shifts")) is not None:
        figures += [_shift_scatter(table), _shift_bars(table)]
    return figures


def _shift_scatter(table: pd.DataFrame) -> Figure:
    mine = table[table["kind"] == "emotion"]
    null = table[table["kind"].isin(["random", "shuffled"])]["elo_shift"].abs()
    trace: Json = {
        "type": "scatter", "mode": "markers+text", "x": floats(mine["probe_elo_r"]), "y": floats(mine["elo_shift"]), "text": [plain(w) for w in mine["direction"]],
        "textposition": "top center", "textfont": {"size": 10}, "marker": {"color": "@accent", "size": 8},
        "hovertemplate": "%{text}: r = %{x:.2f}, shift %{y:.0f}<extra></extra>",
    }  # fmt: skip
    shapes: list[Json] = []
    if len(null):
        top = float(null.max())
        shapes.append({"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": -top, "y1": top, "fillcolor": "@muted/0.15", "line": {"width": 0}, "layer": "below"})  # fmt: skip
    return Figure(
        "preference_steering-scatter", "Steering follows reading?", "Correlation of each probe with Elo, and the Elo shift when the same emotion is added. Shaded: the largest shift of any null.",
        "Scatter of probe-Elo correlation against Elo shift under steering.",
        {"": Frame([trace], {"xaxis": {"title": {"text": "r of probe with Elo"}}, "yaxis": {"title": {"text": "Elo shift"}}, "shapes": shapes})},
        ("shifts",), height=480, span=7,
    )  # fmt: skip


def _shift_bars(table: pd.DataFrame) -> Figure:
    order = [plain(w) for w in table.sort_values("elo_shift", kind="stable")["direction"]]
    lots = (
        ("emotions", ["emotion"], "@accent"),
        ("valence alone", ["valence"], "@warm"),
        ("nulls", ["random", "shuffled"], "@muted"),
    )
    traces: list[Json] = [
        {
            "type": "bar", "orientation": "h", "name": name, "y": [plain(w) for w in mine["direction"]], "x": floats(mine["elo_shift"]), "marker": {"color": colour},
            "error_x": {"type": "data", "symmetric": False, "array": floats(mine["high"] - mine["elo_shift"]),
                        "arrayminus": floats(mine["elo_shift"] - mine["low"]), "color": "@ink", "thickness": 1, "width": 0},
            "hovertemplate": "%{y}: %{x:.0f}<extra></extra>",
        }
        for name, kinds, colour in lots
        for mine in [table[table["kind"].isin(kinds)]]
    ]  # fmt: skip
    layout: Json = {
        "yaxis": {"type": "category", "categoryorder": "array", "categoryarray": order, "automargin": True, "tickfont": {"size": 9}},
        "xaxis": {"title": {"text": "Elo shift"}}, "barmode": "overlay", "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }  # fmt: skip
    return Figure(
        "preference_steering-bars", "Shift by direction", "Elo shift of the steered activity, with intervals over pairs. Nulls push equally hard.",
        "Bar chart of the Elo shift of every direction.", {"": Frame(traces, layout)}, ("shifts",), height=180 + 14 * len(table), span=5,
    )  # fmt: skip


def decisions(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """One chart per behaviour: change of the log-odds by dose, with the band of the nulls; the slopes of all directions."""
    if (curves := tables.get("curves")) is None:
        return [_slopes(tables["slopes"])] if "slopes" in tables else []
    out: list[Figure | Listing] = []
    for i, behaviour in enumerate(names_of(curves["behaviour"])):
        mine = curves[curves["behaviour"] == behaviour]
        null = mine[mine["kind"].isin(["random", "shuffled"])].groupby("strength")["change"]
        low, high = null.min(), null.max()
        traces: list[Json] = [
            {"type": "scatter", "mode": "lines", "x": floats([*low.index, *reversed(high.index)]), "y": floats([*low, *reversed(high.tolist())]), "fill": "toself",
             "fillcolor": "@muted/0.2", "line": {"width": 0}, "name": "nulls of equal norm", "hoverinfo": "skip"}
        ]  # fmt: skip
        for name, part in mine[mine["kind"].isin(["emotion", "valence"])].groupby("direction", sort=False):
            part = part.sort_values("strength")
            traces.append(
                {"type": "scatter", "mode": "lines+markers", "name": plain(name), "x": floats(part["strength"]), "y": floats(part["change"]),
                 "line": {"dash": "dot"} if name == "valence" else {}}
            )  # fmt: skip
        out.append(
            Figure(
                f"decisions-{behaviour}",
                behaviour.capitalize(),
                "Change of the log-odds between the offered answers, by strength. Band: all nulls." if not i else "",
                f"Line chart of the change of log-odds of {behaviour} by steering strength.",
                {
                    "": Frame(
                        traces,
                        {
                            "xaxis": {"title": {"text": "strength"}},
                            "yaxis": {"title": {"text": "log-odds, change"}},
                            "showlegend": True,
                        },
                    )
                },
                ("curves",) if not i else (),
                height=380,
                span=4,
            )
        )
    return [*out, _slopes(tables["slopes"])] if "slopes" in tables else out


def _slopes(table: pd.DataFrame) -> Listing:
    behaviour = choose("Behaviour", names_of(table["behaviour"]))
    says = {1: "rises", -1: "falls"}
    rows: dict[str, list[tuple[Cell, ...]]] = {
        name: [
            (str(r["direction"]), str(r["kind"]), says.get(int(r["expected"]), ""), round(float(r["slope"]), 3))
            for r in table[table["behaviour"] == name].to_dict("records")
        ]
        for name, _ in behaviour.options
    }
    return Listing(
        "decisions-slopes", "Slopes of all directions", "Change of the log-odds per +0.1 of strength, and the way that the paper found for rates.",
        ("Direction", "Kind", "The paper", "Slope"), rows, ("slopes",), (behaviour,),
    )  # fmt: skip
