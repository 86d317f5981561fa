"""Figures of the study of two models' preferences: what each would rather do, which categories moved, and whose probes and pushes agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.charts import LEGEND, pairs
from emovec.report.figure import Choice, Figure, Frame, Json, Listing, choose, floats, frames_by, names_of, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["post_training_preferences"]

_HARM = ("unsafe", "misaligned")


def post_training_preferences(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Elo of both models, the change by category, probes' links and shifts of both, the contrasts, the forms, every activity."""
    figures: list[Figure | Listing] = []
    if (activities := tables.get("activities")) is not None:
        figures.append(_elo(activities))
    if (categories := tables.get("categories")) is not None:
        figures.append(_categories(categories))
    if (emotions := tables.get("emotions")) is not None:
        main = emotions[emotions["contrast"] == emotions["contrast"].iloc[0]]
        figures.append(
            pairs(
                main, "post_training_preferences-links", ("r_before", "r_after"), "Whose probe goes with the choice",
                "Correlation over activities of each emotion's reading with Elo, in both models (the same text to both). Dashed: equal.",
                ("base", "chat"),
            )
        )  # fmt: skip
        if main[["shift_before", "shift_after"]].notna().all(axis=1).any():
            figures.append(
                pairs(
                    main, "post_training_preferences-shifts", ("shift_before", "shift_after"), "What pushing an emotion does to the choice",
                    "Elo points by which an activity gains when the emotion is added on its words, in both models. Dashed: equal.",
                    ("base (Elo)", "chat (Elo)"),
                )
            )  # fmt: skip
    if (contrasts := tables.get("contrasts")) is not None:
        figures.append(_contrasts(contrasts))
    if (forms := tables.get("forms")) is not None:
        figures.append(_forms(forms))
    if activities is not None:
        figures.append(_activities(activities))
    return figures


def _contrast(table: pd.DataFrame) -> Choice:
    return choose("Contrast", names_of(table["contrast"]))


def _elo(table: pd.DataFrame) -> Figure:
    contrast = _contrast(table)

    def draw(which: str) -> Frame | None:
        mine = table[table["contrast"] == which]
        if mine.empty:
            return None
        harm = mine["category"].isin(_HARM)
        traces: list[Json] = [
            {
                "type": "scatter", "mode": "markers", "name": name, "x": floats(rows["before"]), "y": floats(rows["after"]),
                "customdata": [f"{plain(a)} ({plain(c)})" for a, c in zip(rows["activity"], rows["category"], strict=True)],
                "hovertemplate": "%{customdata}<br>%{x:.0f}, %{y:.0f}<extra></extra>",
                "marker": {"color": colour, "size": 8, "symbol": symbol, "opacity": 0.85},
            }
            for name, rows, colour, symbol in (
                ("other activities", mine[~harm], "@accent", "circle"),
                ("unsafe or misaligned", mine[harm], "@warm", "diamond"),
            )
            if len(rows)
        ]  # fmt: skip
        both = mine[["before", "after"]].to_numpy(float)
        low, high = float(both.max(0).min()), float(both.min(0).max())
        line = {"type": "line", "x0": min(low, high), "y0": min(low, high), "x1": max(low, high), "y1": max(low, high), "layer": "below",
                "line": {"color": "@muted", "width": 1, "dash": "dash"}}  # fmt: skip
        r = float(np.corrcoef(both.T)[0, 1]) if len(both) > 2 and both.std(0).min() > 0 else float("nan")
        note = {"xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right", "yanchor": "bottom", "showarrow": False,
                "text": f"r = {r:.2f}" if np.isfinite(r) else "no variation", "font": {"color": "@muted"}}  # fmt: skip
        return Frame(traces, {
            "shapes": [line], "annotations": [note],
            "xaxis": {"title": {"text": "Elo before"}}, "yaxis": {"title": {"text": "Elo after"}},
            "showlegend": True, "legend": LEGEND,
        })  # fmt: skip

    return Figure(
        id="post_training_preferences-elo",
        title="What each would rather do",
        caption="Elo of every activity in both models, from the same pairs in both orders. Dashed: equal.",
        label="Scatter plot of every activity's Elo before and after, unsafe and misaligned ones marked.",
        frames=frames_by([contrast], draw),
        tables=("activities",),
        choices=(contrast,),
        height=440,
        span=6,
    )


def _categories(table: pd.DataFrame) -> Figure:
    contrast = _contrast(table)

    def draw(which: str) -> Frame | None:
        mine = table[table["contrast"] == which].sort_values("change_sd", kind="stable")
        if mine.empty:
            return None
        harm = mine["category"].isin(_HARM)
        traces: list[Json] = []
        for rows, colour in ((mine[~harm], "@accent"), (mine[harm], "@warm")):
            x = rows["change_sd"].to_numpy(float)
            traces.append({
                "type": "scatter", "mode": "markers", "x": floats(x), "y": [plain(name) for name in rows["category"]],
                "error_x": {"type": "data", "symmetric": False, "array": floats(rows["change_high"].to_numpy(float) - x),
                            "arrayminus": floats(x - rows["change_low"].to_numpy(float)), "thickness": 2, "width": 0, "color": colour},
                "marker": {"color": colour, "size": 10},
                "customdata": [f"{b:.0f} to {a:.0f}" for b, a in zip(rows["before"], rows["after"], strict=True)],
                "hovertemplate": "%{y}: %{x:+.2f} SD<br>mean Elo %{customdata}<extra></extra>",
            })  # fmt: skip
        zero = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0, "x1": 0, "layer": "below",
                "line": {"color": "@muted", "width": 1, "dash": "dash"}}  # fmt: skip
        return Frame(traces, {
            "shapes": [zero],
            "xaxis": {"title": {"text": "change (SD of Elo)"}},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "categoryorder": "array",
                      "categoryarray": [plain(name) for name in mine["category"]]},
            "showlegend": False,
        })  # fmt: skip

    most = max((int((table["contrast"] == name).sum()) for name, _ in contrast.options), default=0)
    return Figure(
        id="post_training_preferences-categories",
        title="Which categories moved",
        caption="Mean change of the activities of a category, each model's Elo in its own standard deviations, with 95 % intervals over activities.",
        label="Dot chart of the mean change of every category, with intervals; unsafe and misaligned are marked by colour.",
        frames=frames_by([contrast], draw),
        tables=("categories",),
        choices=(contrast,),
        height=170 + 34 * most,
        span=6,
    )


def _contrasts(table: pd.DataFrame) -> Listing:
    rows = [
        (str(r["contrast"]), str(r["says"]), str(r["metric"]), str(r["recipe"] or ""), round(float(r["value"]), 3), f"{r['low']:.3f} to {r['high']:.3f}")
        for r in table.to_dict("records")
    ]  # fmt: skip
    return Listing(
        id="post_training_preferences-contrasts",
        title="Training told apart from the form of the chat",
        caption="Claims are judged on the first contrast: the same text, two models.",
        columns=("Contrast", "What differs", "Measured", "Recipe", "Value", "95 % interval"),
        rows={"": list(rows)},
        tables=("contrasts",),
    )


def _forms(table: pd.DataFrame) -> Listing:
    rows = [
        (str(r["model"]), str(r["form"]), int(r["pairs"]), round(float(r["order_bias"]), 2), round(float(r["elo_sd"]), 1), round(float(r["reliability"]), 2))
        for r in table.to_dict("records")
    ]  # fmt: skip
    return Listing(
        id="post_training_preferences-forms",
        title="How good an instrument each form is",
        caption="Log-odds for whatever stands at A (removed by asking both orders), spread of Elo, and how well other pairs would give the same Elo.",
        columns=("Model", "Form", "Pairs", "For A", "SD of Elo", "Reliability"),
        rows={"": list(rows)},
        tables=("forms",),
    )


def _activities(table: pd.DataFrame) -> Listing:
    contrast = _contrast(table)
    rows = {
        name: [
            (str(r["activity"]), str(r["category"]), round(float(r["before"])), round(float(r["after"])), f"{r['change_sd']:+.2f}")
            for r in table[table["contrast"] == name].sort_values("change_sd", kind="stable").to_dict("records")
        ]
        for name, _ in contrast.options
    }  # fmt: skip
    return Listing(
        id="post_training_preferences-list",
        title="Every activity",
        caption="From what fell most to what rose most; the change is in standard deviations of each model's Elo.",
        columns=("Activity", "Category", "Elo before", "Elo after", "Change (SD)"),
        rows={name: list(group) for name, group in rows.items()},
        tables=("activities",),
        choices=(contrast,),
        search=True,
    )
