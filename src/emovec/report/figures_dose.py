"""Figures of a dose grid: a curve per emotion with its coherent window, nulls and the paper's points; coherence; monitoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emovec.report.charts import LEGEND
from emovec.report.figure import Cell, Choice, Figure, Frame, Json, Listing, choose, floats, frames_by, names_of, plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["coherence_figures", "curve_figures", "monitor_items", "slope_listing"]

_NULLS = ["random", "shuffled"]
_PLACES = {"prompt": "prompt", "colon": "at A:", "reply": "rollout"}


def measures_choice(doses: pd.DataFrame, headline: str) -> Choice:
    """The headline first."""
    return choose("Measure", sorted(names_of(doses["measure"]), key=lambda name: name != headline))


def curve_figures(tables: Mapping[str, pd.DataFrame], headline: str) -> list[Figure]:
    """One figure for each emotion, one frame for each measure."""
    doses, windows, paper = tables["doses"], tables["windows"], tables["paper"]
    measure = measures_choice(doses, headline)
    return [
        Figure(
            f"dose-{i}", emotion,
            "With 95 % intervals. Band: null directions of equal norm. Shaded: the coherent window." if i == 0 else "",
            f"Line chart of the chosen measure by strength of {emotion}, with nulls.",
            frames_by((measure,), lambda m, e=emotion: _curve(doses[doses["measure"] == m], windows, paper[paper["measure"] == m], e)),
            (), (measure,), height=400, span=6,
        )
        for i, emotion in enumerate(names_of(doses.loc[doses["kind"] == "emotion", "direction"]))
    ]  # fmt: skip


def _curve(mine: pd.DataFrame, windows: pd.DataFrame, paper: pd.DataFrame, emotion: str) -> Frame | None:
    import pandas as pd

    base = mine[mine["kind"] == "baseline"]
    own = pd.concat([mine[mine["direction"] == emotion], base]).sort_values("strength")
    if len(own) < 2:
        return None
    traces: list[Json] = []
    nulls = mine[mine["kind"].isin(_NULLS)]
    if len(nulls):
        each = pd.concat([nulls, base]).groupby("strength")["value"]
        low, high = each.min(), each.max()
        traces.append(
            {"type": "scatter", "mode": "lines", "x": floats([*low.index, *reversed(high.index)]), "y": floats([*low, *reversed(high.tolist())]),
             "fill": "toself", "fillcolor": "@muted/0.25", "line": {"width": 0, "color": "@muted"}, "name": f"{nulls['direction'].nunique()} nulls", "hoverinfo": "skip"}
        )  # fmt: skip
    valence = mine[mine["kind"] == "valence"]
    if len(valence):
        valence = pd.concat([valence, base]).sort_values("strength")
        traces.append(
            {"type": "scatter", "mode": "lines", "name": "pleasantness alone", "x": floats(valence["strength"]), "y": floats(valence["value"]),
             "line": {"color": "@muted", "dash": "dot", "width": 1.6}, "hovertemplate": "%{x:+}: %{y:.3f}<extra>pleasantness</extra>"}
        )  # fmt: skip
    y = own["value"].to_numpy(float)
    traces.append(
        {"type": "scatter", "mode": "lines+markers", "name": plain(emotion), "x": floats(own["strength"]), "y": floats(y),
         "line": {"color": "@accent", "width": 2.5}, "marker": {"color": "@accent", "size": 7},
         "error_y": {"type": "data", "symmetric": False, "array": floats(own["high"] - y), "arrayminus": floats(y - own["low"]), "color": "@accent",
                     "thickness": 1.2, "width": 0},
         "customdata": [f"{n} rollouts" for n in own["rollouts"]], "hovertemplate": "%{x:+}: %{y:.3f}, %{customdata}<extra></extra>"}
    )  # fmt: skip
    points = paper[paper["direction"] == emotion].sort_values("strength")
    if len(points):
        traces.append(
            {"type": "scatter", "mode": "lines+markers", "name": "the paper", "x": floats(points["strength"]), "y": floats(points["value"]),
             "line": {"color": "@warm", "dash": "dash", "width": 1.4}, "marker": {"color": "@warm", "symbol": "diamond-open", "size": 9}}
        )  # fmt: skip
    rate = (own["what"] == "rate").all()
    layout: Json = {
        "shapes": _window(windows, emotion), "showlegend": True, "legend": LEGEND, "margin": {"t": 44},
        "xaxis": {"title": {"text": "strength"}, "tickformat": "~g"}, "yaxis": {"title": {"text": "rate" if rate else "mean"}},
    }  # fmt: skip
    if rate:
        layout["yaxis"] |= {"range": [-0.02, 1.02], "tickformat": ".0%"}
    return Frame(traces, layout)


def _window(windows: pd.DataFrame, emotion: str) -> list[Json]:
    """The coherent strengths as a shaded rectangle."""
    mine = windows[windows["direction"] == emotion] if len(windows) else windows
    return [
        {"type": "rect", "yref": "paper", "x0": float(r["low"]), "x1": float(r["high"]), "y0": 0, "y1": 1, "fillcolor": "@muted/0.1", "line": {"width": 0}, "layer": "below"}
        for r in mine.to_dict("records")
    ]  # fmt: skip


def slope_listing(slopes: pd.DataFrame, measure: Choice) -> Listing:
    """All slopes, one body for each measure."""
    arrows = {1: "rises", -1: "falls"}

    def body(mine: pd.DataFrame) -> list[tuple[Cell, ...]]:
        return [
            (str(r["direction"]), str(r["kind"]), _number(r["slope"], "+.3f"), f"{_number(r['low'], '+.3f')} to {_number(r['high'], '+.3f')}",
             _number(r["null"], ".3f"), _number(r["p"], ".2g"), arrows.get(int(r["paper"]), ""), str(r["verdict"]))
            for r in mine.to_dict("records")
        ]  # fmt: skip

    rows = {name: body(slopes[slopes["measure"] == name]) for name, _ in measure.options}
    return Listing(
        "dose-slopes", "Slopes", "Change per +0.1 of strength over the coherent doses; “beyond”: the size that null directions exceed one time in twenty.",
        ("Direction", "Kind", "Slope", "95 % interval", "Beyond", "p", "The paper", "Verdict"), rows, (), (measure,),
    )  # fmt: skip


def _number(value: float, form: str) -> str:
    return format(float(value), form).replace("-", "−") if np.isfinite(value) else "–"


def coherence_figures(doses: pd.DataFrame) -> list[Figure]:
    """Perplexity and repetition by strength; none if they were not measured."""
    import pandas as pd

    one = doses.drop_duplicates(["direction", "strength"])
    if not np.isfinite(one["perplexity"]).any():
        return []
    base, out = one[one["kind"] == "baseline"], []
    for column, title, axis in (
        ("perplexity", "Perplexity under the unsteered model", {"type": "log", "title": {"text": "perplexity"}}),
        ("repetition", "Repeated 4-grams", {"title": {"text": "share"}, "tickformat": ".0%", "rangemode": "tozero"}),
    ):
        traces: list[Json] = []
        for i, name in enumerate(names_of(one.loc[one["kind"] != "baseline", "direction"])):
            part = pd.concat([one[one["direction"] == name], base]).sort_values("strength")
            own = part["kind"].eq("emotion").any()
            colour = f"@c{i % 10}" if own else "@muted"
            traces.append(
                {"type": "scatter", "mode": "lines+markers" if own else "lines", "name": plain(name), "x": floats(part["strength"]), "y": floats(part[column]),
                 "line": {"color": colour, "width": 2 if own else 1, "dash": "solid" if own else "dot"}, "marker": {"color": colour, "size": 5}, "showlegend": bool(own)}
            )  # fmt: skip
        layout = {
            "xaxis": {"title": {"text": "strength"}, "tickformat": "~g"},
            "yaxis": axis,
            "showlegend": True,
            "legend": LEGEND,
            "margin": {"t": 44},
        }
        out.append(
            Figure(
                f"dose-{column}", title, "Of the replies, mean over rollouts. Dotted: nulls." if column == "perplexity" else "",
                f"Line chart: {title} by strength.", {"": Frame(traces, layout)}, (), height=340, span=6,
            )
        )  # fmt: skip
    return out


def monitor_items(table: pd.DataFrame, headline: str) -> list[Figure | Listing]:
    """Correlations of the steered emotions' readings with each measure, and the list of all emotions."""
    table = table[table["r"].notna()]
    if table.empty:
        return []
    measure, scope = measures_choice(table, headline), choose("Samples", names_of(table["scope"]))

    def draw(which: str, where: str) -> Frame | None:
        mine = table[(table["measure"] == which) & (table["scope"] == where) & table["steered"].astype(bool)]
        if mine.empty:
            return None
        traces: list[Json] = []
        for i, (place, part) in enumerate(mine.groupby("place", sort=False)):
            x, colour = part["r"].to_numpy(float), f"@c{i}"
            traces.append(
                {"type": "scatter", "mode": "markers", "name": _PLACES.get(str(place), str(place)), "x": floats(x), "y": [f"{plain(e)}, {_PLACES.get(str(place), place)}" for e in part["emotion"]],
                 "error_x": {"type": "data", "symmetric": False, "array": floats(part["r_high"] - x), "arrayminus": floats(x - part["r_low"]), "color": colour, "thickness": 2, "width": 0},
                 "marker": {"color": colour, "size": 9}, "hovertemplate": "%{y}: r = %{x:.2f}<extra></extra>"}
            )  # fmt: skip
            for sign in (-1, 1):
                traces.append(
                    {"type": "scatter", "mode": "markers", "x": floats(sign * part["r_null"]), "y": traces[-1 if sign < 0 else -2]["y"], "hoverinfo": "skip",
                     "marker": {"color": "@ink", "symbol": "line-ns-open", "size": 14, "line": {"width": 2}}, "showlegend": i == 0 and sign < 0, "name": "shuffled outcomes, 95 %"}
                )  # fmt: skip
        zero = {
            "type": "line",
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "x0": 0,
            "x1": 0,
            "layer": "below",
            "line": {"color": "@muted", "width": 1, "dash": "dash"},
        }
        return Frame(traces, {
            "shapes": [zero], "showlegend": True, "legend": LEGEND, "margin": {"t": 44}, "xaxis": {"title": {"text": "r of the reading with the measure"}},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
        })  # fmt: skip

    def rows(which: str, where: str) -> list[tuple[Cell, ...]]:
        mine = table[(table["measure"] == which) & (table["scope"] == where)].sort_values("p", kind="stable")
        return [
            (str(r["emotion"]), _PLACES.get(r["place"], r["place"]), _number(r["r"], "+.2f"), f"{_number(r['r_low'], '+.2f')} to {_number(r['r_high'], '+.2f')}",
             _number(r["auc"], ".2f"), f"{_number(r['auc_low'], '.2f')} to {_number(r['auc_high'], '.2f')}", _number(r["p"], ".2g"), _number(r["p_any"], ".2g"))
            for r in mine.head(150).to_dict("records")
        ]  # fmt: skip

    steered = table.loc[table["steered"].astype(bool), "emotion"].nunique()
    return [
        Figure(
            "monitor-steered", "Steered emotions", "With 95 % intervals (samples, and rollouts within them, resampled); ticks: 95 % of shuffled outcomes.",
            "Dot chart of correlations of readings with the chosen measure.", frames_by((measure, scope), draw), (), (measure, scope), height=170 + 90 * steered, span=8,
        ),
        Listing(
            "monitor-all", "All emotions", "By p of the correlation against shuffled outcomes; “any”: p of the largest among all emotions.",
            ("Emotion", "Read", "r", "95 % interval", "AUC", "95 % interval", "p", "any"),
            {f"{m}|{s}": rows(m, s) for m, _ in measure.options for s, _ in scope.options}, (), (measure, scope), search=True,
        ),
    ]  # fmt: skip


def headline_rows(slopes: pd.DataFrame, headline: str, words: Sequence[str]) -> list[dict[str, str]]:
    """What stands at the top of the page: an emotion each, on the headline measure."""
    mine = slopes[slopes["measure"] == headline]
    valence = mine.loc[mine["kind"] == "valence", "slope"]
    out = []
    for r in mine[mine["direction"].isin(list(words))].to_dict("records"):
        expected = {1: "rises", -1: "falls"}.get(int(r["paper"]), "")
        out.append(
            {
                "emotion": str(r["direction"]), "slope": _number(r["slope"], "+.3f"), "spread": f"{_number(r['low'], '+.3f')} to {_number(r['high'], '+.3f')}",
                "null": _number(r["null"], ".3f"), "valence": _number(valence.iloc[0], "+.3f") if len(valence) else "–", "paper": expected or "–",
                "verdict": str(r["verdict"]), "why": str(r["why"]),
                "agrees": "" if not expected or r["verdict"] not in ("rises", "falls") else "as in the paper" if r["verdict"] == expected else "against the paper",
            }
        )  # fmt: skip
    return out
