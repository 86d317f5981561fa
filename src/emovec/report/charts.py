"""Charts that several studies share: values with intervals, two values of every emotion, lines with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.figure import Choice, Figure, Frame, Json, choose, floats, frames_by, names_of, plain, recipes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["LEGEND", "by_recipe", "cloud", "dots", "lines", "pairs"]

LEGEND: Json = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def by_recipe(table: pd.DataFrame) -> Choice:
    """The choice of a recipe."""
    return choose("Recipe", recipes_of(table))


def dots(
    table: pd.DataFrame, identity: str, names: str, value: str, title: str, caption: str, says: str,
    marks: float | tuple[float, ...] | None, source: str, *, null: bool = False,
) -> Figure:  # fmt: skip
    """A value with its interval for each name; ticks for a null, dashed lines for marks."""
    recipe = by_recipe(table)

    def draw(which: str) -> Frame | None:
        mine = table[table["recipe"] == which]
        if mine.empty:
            return None
        y, x = [plain(n) for n in mine[names]], mine[value].to_numpy(float)
        low, high = mine["low"].to_numpy(float), mine["high"].to_numpy(float)
        traces: list[Json] = [{
            "type": "scatter", "mode": "markers", "name": "measured", "x": floats(x), "y": y,
            "error_x": {"type": "data", "symmetric": False, "array": floats(high - x), "arrayminus": floats(x - low), "thickness": 2, "width": 0,
                        "color": "@accent"},
            "marker": {"color": "@accent", "size": 9}, "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
        }]  # fmt: skip
        if null and (there := mine["null_p95"].notna()).any():
            p95 = mine.loc[there, "null_p95"].to_numpy(float)
            mean = mine.loc[there, "null_mean"].to_numpy(float) if "null_mean" in mine else p95
            traces.append({
                "type": "scatter", "mode": "markers", "name": "null, to its 95th percentile", "x": floats(p95), "y": [plain(n) for n in mine.loc[there, names]],
                "error_x": {"type": "data", "symmetric": False, "array": [0.0] * len(p95), "arrayminus": floats(p95 - mean), "thickness": 2, "width": 0,
                            "color": "@warm"},
                "marker": {"color": "@warm", "symbol": "line-ns-open", "size": 16, "line": {"width": 2}},
                "hovertemplate": "%{y}: null, 95th percentile %{x:.3f}<extra></extra>",
            })  # fmt: skip
        dashed = () if marks is None else (marks,) if isinstance(marks, float) else marks
        shapes = [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": m, "x1": m, "layer": "below",
                   "line": {"color": "@muted", "width": 1, "dash": "dash"}} for m in dashed]  # fmt: skip
        ends = np.concatenate(
            [x, low[np.isfinite(low)], high[np.isfinite(high)], np.array(dashed, float), [0.0 if marks != 0.5 else 0.5]]
        )
        pad = 0.06 * float(ends.max() - ends.min() or 1.0)
        return Frame(traces, {
            "shapes": shapes,
            "xaxis": {"title": {"text": says}, "range": [float(ends.min()) - pad, float(ends.max()) + pad]},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True}, "showlegend": null, "legend": LEGEND,
        })  # fmt: skip

    most = max((int((table["recipe"] == name).sum()) for name, _ in recipe.options), default=0)
    return Figure(
        id=identity,
        title=title,
        caption=caption,
        label=f"Dot chart: {title}, with intervals.",
        frames=frames_by([recipe], draw),
        tables=(source,),
        choices=(recipe,),
        height=150 + 36 * most,
        span=6,
    )


def cloud(
    mine: pd.DataFrame, columns: tuple[str, str], says: tuple[str, str], *, line: bool = True, r: bool = False
) -> Frame:
    """One named dot for each emotion at two values; with the line on which both are equal, and their correlation."""
    x, y = (mine[column].to_numpy(float) for column in columns)
    far = np.argsort(np.argsort(-np.abs(y - y.mean()), kind="stable"), kind="stable")
    trace: Json = {
        "type": "scatter", "mode": "markers+text", "x": floats(x), "y": floats(y), "marker": {"color": "@accent", "size": 6},
        "customdata": [plain(word) for word in mine["emotion"]], "textfont": {"size": 11, "color": "@ink"},
        "hovertemplate": "<b>%{customdata}</b><br>%{x:.3f}, %{y:.3f}<extra></extra>",
        "meta": {"names": [plain(word) for word in mine["emotion"]], "first": False, "rank": far.tolist()},
    }  # fmt: skip
    layout: Json = {"xaxis": {"title": {"text": says[0]}}, "yaxis": {"title": {"text": says[1]}}, "showlegend": False}
    if line:
        low, high = max(x.min(), y.min()), min(x.max(), y.max())
        layout["shapes"] = [{"type": "line", "x0": float(low), "x1": float(high), "y0": float(low), "y1": float(high), "layer": "below",
                             "line": {"color": "@muted", "width": 1, "dash": "dash"}}]  # fmt: skip
    if r:
        varied = len(x) > 2 and x.std() > 0 and y.std() > 0
        text = f"r = {np.corrcoef(x, y)[0, 1]:.2f}" if varied else "no variation"
        layout["annotations"] = [{"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "showarrow": False,
                                  "text": text, "font": {"color": "@muted"}}]  # fmt: skip
    return Frame([trace], layout)


def pairs(
    table: pd.DataFrame, identity: str, columns: tuple[str, str], title: str, caption: str, says: tuple[str, str], *, line: bool = True
) -> Figure:  # fmt: skip
    """:func:`cloud` for each recipe."""
    recipe = by_recipe(table)

    def draw(which: str) -> Frame | None:
        mine = table[(table["recipe"] == which) & table[list(columns)].notna().all(axis=1)]
        return None if mine.empty else cloud(mine, columns, says, line=line)

    return Figure(
        id=identity,
        title=title,
        caption=caption + " Point at a dot for its name.",
        label=f"Scatter plot of all emotions: {says[1]} by {says[0]}.",
        frames=frames_by([recipe], draw),
        tables=("emotions",),
        choices=(recipe,),
        height=420,
        span=6,
    )


def lines(
    table: pd.DataFrame, identity: str, names: str, x: str, y: str, title: str, caption: str, says: Sequence[str], source: str, *,
    doubling: bool = False,
) -> Figure:  # fmt: skip
    """A line with its band for each name; ``doubling``: on a logarithmic axis."""
    recipe = by_recipe(table)
    colours = ("@accent", "@warm", "@muted", "@c2", "@c3", "@c4")
    powers = [2**i for i in range(12)]
    axis: Json = {"type": "log", "tickvals": powers, "ticktext": list(map(str, powers))} if doubling else {"dtick": 1}

    def draw(which: str) -> Frame | None:
        mine = table[table["recipe"] == which]
        if mine.empty:
            return None
        traces: list[Json] = []
        for i, name in enumerate(names_of(mine[names])):
            rows = mine[mine[names].astype(str) == name].sort_values(x)
            edge: Json = {"type": "scatter", "mode": "lines", "x": floats(rows[x]), "hoverinfo": "skip", "showlegend": False,
                          "line": {"width": 0, "color": colours[i % 6]}}  # fmt: skip
            if not np.allclose(rows["low"], rows["high"]):
                traces.append(edge | {"y": floats(rows["low"])})
                traces.append(
                    edge | {"y": floats(rows["high"]), "fill": "tonexty", "fillcolor": f"{colours[i % 6]}/0.16"}
                )
            traces.append({
                "type": "scatter", "mode": "lines+markers" if i == 0 else "lines", "name": plain(name), "x": floats(rows[x]), "y": floats(rows[y]),
                "line": {"color": colours[i % 6], "width": 2.5 if i == 0 else 1.8, "dash": "solid" if i == 0 else ("dash", "dot", "dashdot")[i % 3]},
                "marker": {"size": 6}, "hovertemplate": f"%{{x}}: %{{y:.3f}}<extra>{plain(name)}</extra>",
            })  # fmt: skip
        return Frame(traces, {
            "xaxis": {"title": {"text": says[0]}, **axis},
            "yaxis": {"title": {"text": says[1]}, "zeroline": True},
            "showlegend": True, "legend": {"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        })  # fmt: skip

    return Figure(
        id=identity,
        title=title,
        caption=caption,
        label=f"Line chart: {title}; {says[1]} by {says[0]}, with bands.",
        frames=frames_by([recipe], draw),
        tables=(source,),
        choices=(recipe,),
        height=480,
        span=6,
    )
