"""Figures of the study on deflection: vectors of a hidden emotion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.figure import (
    Cell,
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

__all__ = ["deflection"]

_LEGEND: Json = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def deflection(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Cosines with the story vectors, norm kept outside their space, readings on antagonistic messages, steering, words."""
    figures: list[Figure | Listing] = []
    if (vectors := tables.get("vectors")) is not None:
        figures.append(_cosines(vectors))
    if (norm := tables.get("norm")) is not None:
        figures.append(_norm(norm))
    if (firing := tables.get("firing")) is not None:
        figures.append(_firing(firing))
    if (steering := tables.get("steering")) is not None:
        figures.append(_steering(steering))
    if (words := tables.get("words")) is not None:
        figures.append(_words(words))
    return figures


def _cosines(table: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(table))

    def draw(name: str) -> Frame | None:
        mine = table[table["recipe"] == name].sort_values("shown_story", kind="stable")
        if mine.empty:
            return None
        words = [plain(e) for e in mine["emotion"]]
        traces: list[Json] = [
            {
                "type": "scatter", "mode": "markers", "name": label, "y": words, "x": floats(mine[column]),
                "marker": {"color": colour, "symbol": symbol, "size": 9}, "customdata": floats(mine[halves]),
                "hovertemplate": f"%{{y}}, {label}: %{{x:.2f}}<br>its two halves: %{{customdata:.2f}}<extra></extra>",
            }
            for column, halves, label, colour, symbol in (
                ("felt_story", "felt_halves", "felt, hidden", "@accent", "circle"),
                ("shown_story", "shown_halves", "put on", "@warm", "diamond"),
            )
        ]  # fmt: skip
        return Frame(traces, {
            "xaxis": {"title": {"text": "cosine with the story vector"}, "zeroline": True},
            "yaxis": {"type": "category", "automargin": True}, "showlegend": True, "legend": _LEGEND,
        })  # fmt: skip

    return Figure(
        id="deflection-cosines",
        title="Like the story vector of the same emotion?",
        caption="Of the emotion that is felt and hidden, and of the one that is put on. These are as measured; the findings free them of noise.",
        label="Dot plot of cosines with the story vector by emotion, for felt and shown vectors.",
        frames=frames_by([recipe], draw),
        tables=("vectors",),
        choices=(recipe,),
        height=460,
        span=6,
    )


def _norm(table: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(table))

    def draw(name: str) -> Frame | None:
        mine = table[table["recipe"] == name]
        if mine.empty:
            return None
        value = mine["kept"].to_numpy(dtype=float)
        trace: Json = {
            "type": "bar", "orientation": "h", "y": [plain(w) for w in mine["what"]], "x": floats(value), "width": 0.55,
            "marker": {"color": ["@accent" if str(w).startswith("felt") else "@muted/0.5" for w in mine["what"]]},
            "error_x": {"type": "data", "symmetric": False, "array": floats(mine["high"].to_numpy(dtype=float) - value),
                        "arrayminus": floats(value - mine["low"].to_numpy(dtype=float)), "color": "@ink", "thickness": 1.5, "width": 4},
            "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
        }  # fmt: skip
        return Frame([trace], {
            "xaxis": {"range": [0, 1.02], "title": {"text": "share of the norm outside the story space"}},
            "yaxis": {"type": "category", "automargin": True},
            "shapes": [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0.8, "x1": 0.8,
                        "line": {"color": "@warm", "width": 1.5, "dash": "dot"}}],
        })  # fmt: skip

    return Figure(
        id="deflection-norm",
        title="What lies outside the story vectors' space",
        caption="Noise and random directions lie mostly outside any subspace, so the felt vectors must keep more than they do. Dotted: the paper's 0.80.",
        label="Bar chart of the share of the norm outside the story space: felt and shown vectors, shuffled labels, random directions.",
        frames=frames_by([recipe], draw),
        tables=("norm",),
        choices=(recipe,),
        height=460,
        span=6,
    )


_KINDS = {
    "denial": "denials of the emotion",
    "attack_on_ai": "attacks on the AI",
    "witnessed_injustice": "witnessed injustice",
    "control": "matter-of-fact controls",
}


def _firing(table: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(table))
    tests = {"denial": "on the message itself, the denied emotions' vectors", "reply": "before the reply, 'angry'"}
    test = choose("Read", names_of(table["test"]), lambda name: tests.get(name, name))

    def draw(name: str, which: str) -> Frame | None:
        mine = table[(table["recipe"] == name) & (table["test"] == which)]
        if mine.empty:
            return None
        kinds = [k for k in _KINDS if k in set(mine["kind"])]
        vectors = names_of(mine["vector"])
        traces: list[Json] = []
        for v, vector in enumerate(vectors):
            for kind in kinds:
                rows = mine[(mine["vector"] == vector) & (mine["kind"] == kind)]
                at = kinds.index(kind) + 0.3 * (v - (len(vectors) - 1) / 2)
                spread = np.linspace(-0.08, 0.08, len(rows)) if len(rows) > 1 else np.zeros(len(rows))
                traces.append({
                    "type": "scatter", "mode": "markers", "name": f"{vector} vector", "legendgroup": vector, "showlegend": kind == kinds[0],
                    "x": floats(at + spread), "y": floats(rows["reading"]),
                    "marker": {"color": "@accent" if v == 0 else "@warm", "symbol": "circle" if v == 0 else "diamond", "size": 7, "opacity": 0.75},
                    "customdata": [_wrapped(str(m)) for m in rows["message"]],
                    "hovertemplate": "%{customdata}<br>%{y:.3f}<extra></extra>",
                })  # fmt: skip
                traces.append({
                    "type": "scatter", "mode": "lines", "x": [at - 0.12, at + 0.12], "y": [float(rows["reading"].mean())] * 2,
                    "line": {"color": "@ink", "width": 2.5}, "hoverinfo": "skip", "showlegend": False,
                })  # fmt: skip
        return Frame(traces, {
            "xaxis": {"tickvals": list(range(len(kinds))), "ticktext": [_KINDS[k] for k in kinds], "range": [-0.5, len(kinds) - 0.5], "showgrid": False},
            "yaxis": {"title": {"text": "cosine"}, "zeroline": True}, "showlegend": True, "legend": _LEGEND,
        })  # fmt: skip

    return Figure(
        id="deflection-firing",
        title="Where the vectors fire",
        caption="One dot for each message; lines: means. Controls and injustices are read with all the denied emotions' vectors (mean).",
        label="Strip plot of readings of deflection and story vectors by kind of message.",
        frames=frames_by([recipe, test], draw),
        tables=("firing",),
        choices=(recipe, test),
        height=420,
    )


def _wrapped(text: str, width: int = 60) -> str:
    """``text`` over several lines of a hover label."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}"
    return "<br>".join(plain(line.strip()) for line in lines)


def _steering(table: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(table))
    asked = choose("Asked", names_of(table["asked"]))

    def draw(name: str, how: str) -> Frame | None:
        mine = table[(table["recipe"] == name) & (table["asked"] == how)]
        if mine.empty:
            return None
        order = mine[mine["direction"] == "deflection"].sort_values("log_odds", kind="stable")["emotion"]
        traces: list[Json] = []
        groups = {
            "deflection": ("@accent", "circle", 10),
            "story": ("@warm", "diamond", 9),
            "random": ("@muted", "line-ns-open", 9),
        }
        for kind, (colour, symbol, size) in groups.items():
            rows = mine[mine["direction"].astype(str).str.startswith(kind)]
            traces.append({
                "type": "scatter", "mode": "markers", "name": f"{kind} {'directions' if kind == 'random' else 'vector'}",
                "y": [plain(e) for e in rows["emotion"]], "x": floats(rows["log_odds"]),
                "marker": {"color": colour, "symbol": symbol, "size": size, "line": {"width": 1.5 if "line" in symbol else 0, "color": colour}},
                "hovertemplate": f"%{{y}}, {kind}: %{{x:+.2f}} nats<extra></extra>",
            })  # fmt: skip
        return Frame(traces, {
            "xaxis": {"title": {"text": "change of the log-odds of denial against admission, nats"}, "zeroline": True},
            "yaxis": {"type": "category", "categoryorder": "array", "categoryarray": [plain(e) for e in order], "automargin": True},
            "showlegend": True, "legend": _LEGEND,
        })  # fmt: skip

    return Figure(
        id="deflection-steering",
        title="Does adding the vector make a speaker deny?",
        caption='Asked by name: "No, I am not X" against "Yes, I am X". Asked openly: "I\'m fine" against "I\'m X". Right: more denial.',
        label="Dot plot of the change in log-odds of denial by emotion: deflection vector, story vector, random directions.",
        frames=frames_by([recipe, asked], draw),
        tables=("steering",),
        choices=(recipe, asked),
        height=460,
    )


def _words(table: pd.DataFrame) -> Listing:
    recipe = choose("Recipe", recipes_of(table))
    rows: dict[str, list[tuple[Cell, ...]]] = {}
    for name, _ in recipe.options:
        mine = table[table["recipe"] == name].sort_values("rank", kind="stable")
        cells: dict[tuple[str, str], list[Token]] = {}
        for row in mine.to_dict("records"):
            cells.setdefault((str(row["emotion"]), str(row["vector"])), []).append(
                Token(str(row["token"]).strip() or "␣", bool(row["own"]))
            )
        order = names_of(table.loc[table["recipe"] == name, "emotion"])
        rows[name] = [(w, tuple(cells.get((w, "deflection"), ())), tuple(cells.get((w, "story"), ()))) for w in order]
    return Listing(
        id="deflection-words",
        title="What the vectors decode to",
        caption="Whole words that each vector makes most likely through the unembedding. Bold and underlined: the emotion's own words.",
        columns=("Emotion", "Deflection vector", "Story vector"),
        rows=rows,
        tables=("words",),
        choices=(recipe,),
    )
