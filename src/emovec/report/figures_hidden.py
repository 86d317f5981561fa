"""Figures of the study on hidden and unexpressed emotion: chronic state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.figure import (
    Figure,
    Frame,
    Json,
    Listing,
    floats,
    names_of,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["chronic_state"]

_CONDITIONS = {
    "expressed": "expressed",
    "hidden": "hidden",
    "neutral_topic": "neutral topic",
    "story_of_other": "story of another",
    "discussing_other": "discussing another",
}
_LEGEND: Json = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
#: reader -> (colour, symbol), in the order in which they are drawn
_READERS = {
    "with the preamble": ("@accent", "circle"),
    "without the preamble": ("@warm", "diamond"),
    "trained on all conditions": ("@accent", "circle-open"),
    "bag of words": ("@muted", "square"),
    "static embeddings": ("@muted", "triangle-up"),
    "shuffled labels": ("@muted", "line-ew-open"),
}


def chronic_state(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Accuracy by condition and reader, transfer between conditions, what hidden turns are taken for, natural text."""
    figures: list[Figure | Listing] = []
    if (conditions := tables.get("conditions")) is not None:
        figures.append(_conditions(conditions))
    if (transfer := tables.get("transfer")) is not None:
        figures.append(_transfer(transfer))
    if (says := tables.get("hidden_says")) is not None:
        figures.append(_hidden_says(says))
    if (natural := tables.get("natural")) is not None:
        figures.append(_natural(natural))
    return figures


def _says(condition: object) -> str:
    return plain(_CONDITIONS.get(str(condition), str(condition)))


def _conditions(table: pd.DataFrame) -> Figure:
    order = names_of(table["condition"])
    traces: list[Json] = []
    readers = [r for r in _READERS if r in set(table["reader"])]
    for i, reader in enumerate(readers):
        mine = table[table["reader"] == reader]
        colour, symbol = _READERS[reader]
        at = [order.index(str(c)) + 0.13 * (i - (len(readers) - 1) / 2) for c in mine["condition"]]
        value = mine["accuracy"].to_numpy(dtype=float)
        traces.append({
            "type": "scatter", "mode": "markers", "name": reader, "x": floats(at), "y": floats(value),
            "error_y": {
                "type": "data", "symmetric": False, "array": floats(mine["high"] - value), "arrayminus": floats(value - mine["low"]),
                "color": colour, "thickness": 1.5, "width": 3,
            },
            "marker": {"color": colour, "symbol": symbol, "size": 10 if i < 2 else 8, "line": {"width": 2 if "open" in symbol else 0, "color": colour}},
            "customdata": [f"{reader}, {_says(c)}: {v:.1%} of {int(n)}" for c, v, n in zip(mine["condition"], value, mine["n"], strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
        })  # fmt: skip
    first = table.drop_duplicates("condition")
    traces.append({
        "type": "scatter", "mode": "markers", "name": "the paper (Claude Sonnet 4.5)", "x": [order.index(str(c)) for c in first["condition"]],
        "y": floats(first["paper"]), "marker": {"color": "@ink", "symbol": "line-ew-open", "size": 34, "line": {"width": 1.5, "color": "@ink"}},
        "hovertemplate": "the paper: %{y:.1%}<extra></extra>",
    })  # fmt: skip
    chance = float(table["chance"].iloc[0])
    layout: Json = {
        "xaxis": {"tickvals": list(range(len(order))), "ticktext": [_says(c) for c in order], "range": [-0.5, len(order) - 0.5], "showgrid": False},
        "yaxis": {"range": [0, 1], "tickformat": ".0%", "title": {"text": "accuracy"}},
        "shapes": [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance,
                    "line": {"color": "@muted", "width": 1, "dash": "dash"}}],
        "showlegend": True, "legend": _LEGEND,
    }  # fmt: skip
    return Figure(
        id="chronic_state-conditions",
        title="Whose turns give the stated emotion away",
        caption="Held-out accuracy of naming what A feels from A's turns, by what A does with it; bars: 95 % intervals. Without the preamble,"
        " the words alone are left. Dashed: chance.",
        label="Dot plot of decoding accuracy by condition, for the decoder, its rivals and the paper.",
        frames={"": Frame(traces, layout)},
        tables=("conditions",),
        height=440,
    )


def _transfer(table: pd.DataFrame) -> Figure:
    trained, tested = names_of(table["trained_on"]), names_of(table["tested_on"])
    wide = table.pivot_table(index="trained_on", columns="tested_on", values="accuracy", aggfunc="mean", sort=False)
    z = wide.reindex(index=trained, columns=tested).to_numpy(dtype=float)
    heat: Json = {
        "type": "heatmap", "z": floats(z), "x": [_says(t) for t in tested], "y": [_says(t) for t in trained],
        "colorscale": "@sequential", "zmin": 0, "zmax": max(0.4, float(np.nanmax(z))), "xgap": 2, "ygap": 2,
        "texttemplate": "%{z:.0%}", "textfont": {"size": 12}, "hoverongaps": False,
        "hovertemplate": "trained on %{y}, tested on %{x}: %{z:.1%}<extra></extra>",
        "colorbar": {"thickness": 10, "len": 0.7, "outlinewidth": 0, "tickformat": ".0%"},
    }  # fmt: skip
    return Figure(
        id="chronic_state-transfer",
        title="Trained on one condition, tested on another",
        caption="Accuracy on dialogues left out, each condition centred on itself. A lasting state would carry over from where the emotion shows.",
        label="Heat map of accuracy by the condition trained on and the condition tested on.",
        frames={"": Frame([heat], {
            "xaxis": {"title": {"text": "tested on"}, "type": "category", "automargin": True},
            "yaxis": {"title": {"text": "trained on"}, "type": "category", "autorange": "reversed", "automargin": True},
        })},
        tables=("transfer",),
        height=380,
        span=6,
    )  # fmt: skip


def _hidden_says(table: pd.DataFrame) -> Figure:
    names = [plain(name) for name in table["reader"]]
    traces: list[Json] = [
        {
            "type": "bar", "orientation": "h", "name": name, "y": names, "x": floats(table[column]), "marker": {"color": colour},
            "hovertemplate": f"%{{y}}: {name} %{{x:.1%}}<extra></extra>",
        }
        for column, name, colour in (("felt", "names what is felt", "@accent"), ("shown", "names what is put on", "@warm"))
    ]  # fmt: skip
    chance = float(table["chance"].iloc[0])
    return Figure(
        id="chronic_state-hidden",
        title="What a hidden emotion is taken for",
        caption="Share of the dialogues that hide an emotion in which a reader names the one that is felt, or the one that is put on."
        " Dashed: chance.",
        label="Bar chart of how often each reader names the felt and the shown emotion.",
        frames={"": Frame(traces, {
            "barmode": "group", "xaxis": {"tickformat": ".0%", "rangemode": "tozero"},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
            "shapes": [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": chance, "x1": chance,
                        "line": {"color": "@muted", "width": 1, "dash": "dash"}}],
            "showlegend": True, "legend": _LEGEND,
        })},
        tables=("hidden_says",),
        height=380,
        span=6,
    )  # fmt: skip


def _natural(table: pd.DataFrame) -> Listing:
    return Listing(
        id="chronic_state-natural",
        title="On text without a preamble",
        caption="What decoders of these dialogues say of literary scenes with a known emotion and of neutral dialogues, beside the same for"
        " shuffled labels. \"Halves agree\": both halves of a text are taken for the same emotion.",
        columns=("Decoder of", "Text", "Measure", "Value", "95 % interval", "Null, mean", "Null, 95 %", "p", "Texts"),
        rows={"": [
            (str(r["decoder"]), str(r["text"]), str(r["measure"]), f"{r['value']:.3f}", f"{r['low']:.2f} to {r['high']:.2f}",
             f"{r['null_mean']:.3f}", f"{r['null_p95']:.3f}", f"{r['p']:.3f}", int(r["n"]))
            for r in table.to_dict("records")
        ]},
        tables=("natural",),
    )  # fmt: skip
