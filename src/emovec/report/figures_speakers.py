"""Figures of the studies on whose emotion it is: speakers, self and other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from emovec.report.figure import Figure, Frame, Json, Listing, choose, floats, frames_by, names_of, plain, recipes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["self_other", "speakers"]

_LEGEND: Json = {"showlegend": True, "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}}
_HEAT: Json = {"xaxis": {"constrain": "domain"}, "yaxis": {"scaleanchor": "x", "constrain": "domain"}}
_MEASURES = {
    "corrected": "cosine, corrected for noise",
    "raw": "cosine as it is",
    "structure": "correlation of structures",
}
_LINES = {
    "present with present": ("@accent", "solid", "circle"),
    "other with other": ("@warm", "solid", "square"),
    "present with other": ("@muted", "solid", "x"),
    "present with story": ("@accent", "dot", "diamond"),
}


def speakers(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The grid of sets, the same by block, structures side by side, reactions, probes and openings."""
    figures: list[Figure | Listing] = []
    if (grid := tables.get("grid")) is not None:
        figures.append(_grid(grid))
    if (depth := tables.get("depth")) is not None:
        figures.append(_depth(depth, block))
    if (structure := tables.get("structure")) is not None:
        figures += [_structure(structure, name) for name in names_of(structure["set"])[:2]]
    if (reactions := tables.get("reactions")) is not None:
        figures.append(_reactions(reactions))
    if (probes := tables.get("probes")) is not None:
        figures.append(_probes(probes))
    if (openings := tables.get("openings")) is not None:
        figures.append(_openings(openings))
    return figures


def _grid(grid: pd.DataFrame) -> Figure:
    recipe, form = choose("Recipe", recipes_of(grid)), choose("Form", names_of(grid["form"]), _form)
    measure = choose("Measure", list(_MEASURES), _MEASURES.__getitem__)

    def draw(name: str, kind: str, column: str) -> Frame | None:
        mine = grid[(grid["recipe"] == name) & (grid["form"] == kind)]
        if mine.empty:
            return None
        sets = names_of(mine["a"])
        wide = mine.pivot_table(index="a", columns="b", values=column, aggfunc="mean", sort=False, dropna=False)
        z = wide.reindex(index=sets, columns=sets).to_numpy(dtype=float)
        labels = [plain(name).replace(", ", "<br>on ") for name in sets]
        heat: Json = {
            "type": "heatmap", "z": floats(z), "x": labels, "y": labels, "colorscale": "@coolwarm", "zmin": -1, "zmax": 1, "xgap": 2, "ygap": 2,
            "text": [["" if not np.isfinite(v) else f"{v:.2f}".replace("-", "−") for v in row] for row in z],
            "texttemplate": "%{text}", "hovertemplate": "%{y} / %{x}: %{z:.2f}<extra></extra>", "hoverongaps": False,
            "colorbar": {"thickness": 10, "len": 0.6, "outlinewidth": 0},
        }  # fmt: skip
        axis = {"type": "category", "tickfont": {"size": 11}}
        return Frame(
            [heat], {"xaxis": _HEAT["xaxis"] | axis, "yaxis": _HEAT["yaxis"] | axis | {"autorange": "reversed"}}
        )

    return Figure(
        id="speakers-grid",
        title="Whose emotion, on whose tokens",
        caption="Present: the emotion of the speaker whose tokens they are; other: the partner's. 1: the same vectors; 0: orthogonal. An empty cell: a set whose "
        "split halves agree no better than chance.",
        label="Heat map of the similarity of every two sets of speakers' vectors and the story vectors.",
        frames=frames_by([recipe, form, measure], draw),
        tables=("grid",),
        choices=(recipe, form, measure),
        square=True,
        span=6,
    )


def _form(name: str) -> str:
    return {"chat": "chat template", "person": "Person 1 / Person 2"}.get(name, name)


def _depth(depth: pd.DataFrame, block: int) -> Figure:
    recipe = choose("Recipe", recipes_of(depth))

    def draw(name: str) -> Frame | None:
        mine = depth[depth["recipe"] == name]
        if mine.empty:
            return None
        blocks = sorted({int(b) for b in mine["block"]})
        ticks = {b: "words" if b < 0 else str(b) for b in blocks}
        traces: list[Json] = []
        for kind in names_of(mine["kind"]):
            rows = mine[mine["kind"] == kind].sort_values("block")
            colour, dash, symbol = _LINES.get(kind, ("@muted", "dot", "circle"))
            traces.append({
                "type": "scatter", "mode": "lines+markers", "name": plain(kind), "x": [ticks[int(b)] for b in rows["block"]], "y": floats(rows["cosine"]),
                "line": {"color": colour, "dash": dash, "width": 2}, "marker": {"symbol": symbol, "size": 8},
                "hovertemplate": f"block %{{x}}: %{{y:.2f}}<extra>{plain(kind)}</extra>",
            })  # fmt: skip
        return Frame(traces, _LEGEND | {
            "xaxis": {"title": {"text": "block"}, "type": "category", "categoryorder": "array", "categoryarray": list(ticks.values())},
            "yaxis": {"title": {"text": "cosine, corrected for noise"}, "zeroline": True},
        })  # fmt: skip

    return Figure(
        id="speakers-depth",
        title="... at every block",
        caption=f"Up to block {block}, where all else is measured. Words: mean token embeddings of the same turns, which no model has read. "
        "A gap: a set that is only noise there.",
        label="Line chart of the similarity of sets of speakers' vectors, by block.",
        frames=frames_by([recipe], draw),
        tables=("depth",),
        choices=(recipe,),
        height=520,
        span=6,
    )


def _structure(structure: pd.DataFrame, which: str) -> Figure:
    recipe = choose("Recipe", recipes_of(structure))

    def draw(name: str) -> Frame | None:
        mine = structure[(structure["recipe"] == name) & (structure["set"] == which)]
        if mine.empty:
            return None
        words = names_of(mine["emotion"])
        z = mine["cosine"].to_numpy(dtype=float).reshape(len(words), -1)
        labels = [plain(word) for word in words]
        heat: Json = {
            "type": "heatmap", "z": floats(z), "x": labels, "y": labels, "colorscale": "@coolwarm", "zmin": -1, "zmax": 1,
            "hovertemplate": "%{y} / %{x}: %{z:.2f}<extra></extra>",
            "colorbar": {"thickness": 10, "len": 0.6, "outlinewidth": 0, "title": {"text": "cosine"}},
        }  # fmt: skip
        axis = {"type": "category", "tickfont": {"size": 9}, "dtick": 1}
        return Frame([heat], {
            "xaxis": _HEAT["xaxis"] | axis | {"tickangle": -90}, "yaxis": _HEAT["yaxis"] | axis | {"autorange": "reversed"},
        })  # fmt: skip

    return Figure(
        id=f"speakers-structure-{which.split()[0]}",
        title=f"Emotions among themselves: {which}",
        caption="Cosine of every two emotions' vectors, human's and assistant's taken together, in one order (a clustering of the story vectors) for both.",
        label=f"Heat map of cosines between emotion vectors of the {which}.",
        frames=frames_by([recipe], draw),
        tables=("structure",),
        choices=(recipe,),
        square=True,
        span=6,
    )


def _reactions(reactions: pd.DataFrame) -> Figure:
    recipe, scale = choose("Recipe", recipes_of(reactions)), choose("Scale", names_of(reactions["scale"]))

    def draw(name: str, which: str) -> Frame | None:
        mine = reactions[(reactions["recipe"] == name) & (reactions["scale"] == which)]
        if mine.empty:
            return None
        x, y = mine["rating"].to_numpy(dtype=float), mine["answered"].to_numpy(dtype=float)
        slope, start = np.polyfit(x, y, 1) if np.ptp(x) > 0 else (0.0, float(y.mean()))
        ends = np.array([x.min(), x.max()])
        dots: Json = {
            "type": "scatter", "mode": "markers+text", "x": floats(x), "y": floats(y), "meta": {"names": [plain(w) for w in mine["emotion"]], "first": True},
            "customdata": [plain(w) for w in mine["nearest"]], "text": [plain(w) for w in mine["emotion"]], "textposition": "top center",
            "textfont": {"size": 10, "color": "@muted"}, "marker": {"color": "@accent", "size": 8},
            "hovertemplate": "the other is %{text}<br>nearest: %{customdata}<extra></extra>", "showlegend": False,
        }  # fmt: skip
        line: Json = {"type": "scatter", "mode": "lines", "x": floats(ends), "y": floats(start + slope * ends), "hoverinfo": "skip",
                      "line": {"color": "@warm", "width": 2, "dash": "dash"}, "showlegend": False}  # fmt: skip
        return Frame([line, dots], {
            "xaxis": {"title": {"text": f"{which} of the other speaker's emotion (1-7)"}},
            "yaxis": {"title": {"text": f"mean {which} of the nearest present-speaker vectors"}},
        })  # fmt: skip

    return Figure(
        id="speakers-reactions",
        title="What the other's emotion is answered with",
        caption="Every other-speaker vector: its emotion's rating, and the mean rating of the five present-speaker vectors nearest to it. A falling line: "
        "the one calms down where the other is excited.",
        label="Scatter plot of the rating of the other speaker's emotion against that of the nearest present-speaker vectors.",
        frames=frames_by([recipe, scale], draw),
        tables=("reactions",),
        choices=(recipe, scale),
        height=480,
        span=6,
    )


def _probes(probes: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(probes))

    def draw(name: str) -> Frame | None:
        mine = probes[probes["recipe"] == name].sort_values("r2", ascending=False, kind="stable")
        if mine.empty:
            return None
        words = [plain(w) for w in mine["emotion"]]
        bars: Json = {"type": "bar", "orientation": "h", "name": "its own story probe", "y": words, "x": floats(mine["r2"]), "marker": {"color": "@accent"},
                      "hovertemplate": "%{y}: %{x:.2f}<extra></extra>"}  # fmt: skip
        null: Json = {"type": "scatter", "mode": "markers", "name": "other emotions' story probes, 95th percentile", "y": words, "x": floats(mine["other_p95"]),
                      "marker": {"color": "@warm", "symbol": "line-ns-open", "size": 9, "line": {"width": 2}},
                      "hovertemplate": "%{y}, other probes: %{x:.2f}<extra></extra>"}  # fmt: skip
        return Frame([bars, null], _LEGEND | {
            "xaxis": {"range": [0, 1], "title": {"text": "R² over messages"}},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "dtick": 1, "tickfont": {"size": 10}},
        })  # fmt: skip

    return Figure(
        id="speakers-probes",
        title="Do present-speaker and story probes say the same?",
        caption="Messages that imply an emotion, read before the reply: how much of what the story probe says the present-speaker probe says too.",
        label="Bar chart of the agreement of present-speaker and story probes on implicit scenarios, by emotion.",
        frames=frames_by([recipe], draw),
        tables=("probes",),
        choices=(recipe,),
        height=640,
        span=6,
    )


def _openings(openings: pd.DataFrame) -> Figure:
    source = choose("Vector", names_of(openings["source"]))

    def draw(which: str) -> Frame | None:
        mine = openings[openings["source"] == which]
        if mine.empty:
            return None
        words, kinds = names_of(mine["emotion"]), names_of(mine["kind"])
        z = mine["gain"].to_numpy(dtype=float).reshape(len(words), len(kinds))
        beyond = ((mine["gain"] < mine["null_low"]) | (mine["gain"] > mine["null_high"])).to_numpy().reshape(z.shape)
        top = float(np.abs(z).max()) or 1.0
        text = [
            [f"{v:+.1f}".replace("-", "−") + ("" if far else " ·") for v, far in zip(*row, strict=True)]
            for row in zip(z, beyond, strict=True)
        ]
        heat: Json = {
            "type": "heatmap", "z": floats(z), "x": [plain(k) for k in kinds], "y": [plain(w) for w in words], "colorscale": "@coolwarm", "zmin": -top,
            "zmax": top, "xgap": 2, "ygap": 2, "text": text, "texttemplate": "%{text}", "hovertemplate": "%{y}, %{x}: %{z:+.2f} nats<extra></extra>",
            "colorbar": {"thickness": 10, "len": 0.6, "outlinewidth": 0, "title": {"text": "nats"}},
        }  # fmt: skip
        fits = mine[mine["fits"].astype(bool)]
        return Frame([heat], {
            "xaxis": {"type": "category"}, "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
            "shapes": [_box(kinds.index(str(k)), words.index(str(w))) for w, k in zip(fits["emotion"], fits["kind"], strict=True)],
        })  # fmt: skip

    return Figure(
        id="speakers-openings",
        title="How the reply opens when a speaker's vector is added",
        caption="Gain in log-odds of each kind of opening over the other kinds. Box: the kind that fits the other's emotion. "
        "A dot after the number: within the middle 95 % of random directions of equal norm.",
        label="Heat map of the gain of kinds of openings under steering with speakers' vectors.",
        frames=frames_by([source], draw),
        tables=("openings",),
        choices=(source,),
        height=560,
        span=12,
    )


def _box(column: int, row: int) -> Json:
    return {"type": "rect", "x0": column - 0.48, "x1": column + 0.48, "y0": row - 0.48, "y1": row + 0.48,
            "line": {"color": "@ink", "width": 2}}  # fmt: skip


def self_other(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The part of the direction that depends on whose emotion it is; how strongly it is read in every mouth."""
    figures: list[Figure | Listing] = []
    if (parts := tables.get("parts")) is not None:
        figures.append(_parts(parts))
    if (readings := tables.get("readings")) is not None:
        figures.append(_readings(readings))
    return figures


def _parts(parts: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(parts))

    def draw(name: str) -> Frame | None:
        mine = parts[parts["recipe"] == name]
        if mine.empty:
            return None
        value: Any = mine["part"].to_numpy(dtype=float)
        rows = [plain(w) for w in mine["referents"]]
        dots: Json = {
            "type": "scatter", "mode": "markers", "name": "part that depends on whose it is, 95 % interval", "y": rows, "x": floats(value),
            "marker": {"color": "@accent", "size": 11},
            "error_x": {"type": "data", "symmetric": False, "array": floats(mine["high"].to_numpy() - value), "arrayminus": floats(value - mine["low"].to_numpy()),
                        "color": "@accent", "thickness": 2, "width": 6},
            "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
        }  # fmt: skip
        low = mine["null_mean"].to_numpy(dtype=float)
        null: Json = {
            "type": "scatter", "mode": "markers", "name": "referents exchanged: mean to 95th percentile", "y": rows, "x": floats(low),
            "marker": {"color": "@warm", "symbol": "line-ns-open", "size": 16, "line": {"width": 2}},
            "error_x": {"type": "data", "symmetric": False, "array": floats(mine["null_p95"].to_numpy() - low), "arrayminus": [0.0] * len(rows),
                        "color": "@warm", "thickness": 2, "width": 7},
            "hovertemplate": "%{y}, exchanged: %{x:.2f}<extra></extra>",
        }  # fmt: skip
        return Frame([dots, null], _LEGEND | {
            "xaxis": {"title": {"text": "1 − cosine, corrected for noise"}, "zeroline": True},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
        })  # fmt: skip

    return Figure(
        id="self_other-parts",
        title="How much of the direction depends on whose emotion it is",
        caption="0: the same direction whoever has the emotion; 1: nothing in common.",
        label="Chart of the part of emotion directions that depends on the referent, with the null.",
        frames=frames_by([recipe], draw),
        tables=("parts",),
        choices=(recipe,),
        height=320,
        span=12,
    )


def _readings(readings: pd.DataFrame) -> Figure:
    recipe = choose("Recipe", recipes_of(readings))

    def draw(name: str) -> Frame | None:
        mine = readings[readings["recipe"] == name]
        if mine.empty:
            return None
        wide = mine.pivot_table(index="emotion", columns="frame", values="own_reading", aggfunc="mean", sort=False)
        wide = wide.sort_values("user", ascending=False, kind="stable") if "user" in wide else wide
        traces: list[Json] = [
            {"type": "scatter", "mode": "markers", "name": plain(frame), "y": [plain(w) for w in wide.index], "x": floats(wide[frame].to_numpy(dtype=float)),
             "marker": {"color": colour, "symbol": symbol, "size": 9}, "hovertemplate": f"%{{y}}: %{{x:.3f}}<extra>{plain(frame)}</extra>"}
            for frame, (colour, symbol) in zip(wide.columns, (("@accent", "circle"), ("@warm", "square"), ("@muted", "diamond")), strict=False)
        ]  # fmt: skip
        return Frame(traces, _LEGEND | {
            "xaxis": {"title": {"text": "reading of its own emotion, above the other texts'"}, "zeroline": True},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "dtick": 1, "tickfont": {"size": 10}},
        })  # fmt: skip

    return Figure(
        id="self_other-readings",
        title="The same words as the user's, the assistant's and a third person's",
        caption="Mean cosine with the emotion's own vector over the same first-person text, each frame centred on itself.",
        label="Dot chart of the reading of each emotion in three frames.",
        frames=frames_by([recipe], draw),
        tables=("readings",),
        choices=(recipe,),
        height=660,
        span=12,
    )
