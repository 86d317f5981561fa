"""Figures of the studies that compare: two models (post-training), two corpora (story writer)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.charts import LEGEND, by_recipe, cloud
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
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["post_training", "story_writer"]

#: Emotions shown at each end of the sorted shifts.
_ENDS = 14


def post_training(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """What moved and how far, profiles of both models, the shift by block, the contrasts, and every emotion."""
    figures: list[Figure | Listing] = []
    if (emotions := tables.get("emotions")) is not None:
        choices = (by_recipe(emotions), choose("Contrast", names_of(emotions["contrast"])))
        kinds = choose("Prompts", sorted(names_of(emotions["kind"]), key="both neutral challenging".find))
        figures += [
            _ends(emotions, (*choices, kinds)),
            _plane(emotions, (*choices, kinds)),
            _profiles(emotions, (*choices, kinds)),
            _kinds(emotions, choices),
        ]
    if (blocks := tables.get("blocks")) is not None:
        figures.append(_by_block(blocks, block))
    if (contrasts := tables.get("contrasts")) is not None:
        figures.append(_contrasts(contrasts))
    if emotions is not None:
        figures.append(_list(emotions, choices))
    return figures


def _of(table: pd.DataFrame, recipe: str, contrast: str, kind: str | None = None) -> pd.DataFrame:
    mine = table[(table["recipe"] == recipe) & (table["contrast"] == contrast)]
    return mine if kind is None else mine[mine["kind"] == kind]


def _ends(emotions: pd.DataFrame, choices: tuple[Choice, ...]) -> Figure:
    def draw(*picked: str) -> Frame | None:
        mine = _of(emotions, *picked).sort_values("shift", ascending=False, kind="stable")
        if mine.empty:
            return None
        if len(mine) > 2 * _ENDS:
            mine = mine.iloc[[*range(_ENDS), *range(len(mine) - _ENDS, len(mine))]]
        traces: list[Json] = []
        far, told = (mine["p_random"] < 0.05).to_numpy(), (mine["moved"].fillna("") != "").to_numpy()
        for name, colour, symbol, kept in (
            ("told from zero, beyond random directions", "@accent", "circle", told & far),
            ("told from zero", "@accent", "circle-open", told & ~far),
            ("not told from zero", "@muted", "circle-open", ~told),
        ):
            rows = mine[kept]
            if rows.empty:
                continue
            shift = rows["shift"].to_numpy(dtype=float)
            traces.append({
                "type": "scatter", "mode": "markers", "name": name,
                "x": floats(shift), "y": [plain(word) for word in rows["emotion"]],
                "error_x": {"type": "data", "symmetric": False, "array": floats(rows["high"].to_numpy() - shift),
                            "arrayminus": floats(shift - rows["low"].to_numpy()), "thickness": 1.5, "width": 0,
                            "color": colour},
                "marker": {"color": colour, "size": 8, "symbol": symbol},
                "customdata": [[float(a), float(b), float(p)] for a, b, p in zip(rows["before"], rows["after"], rows["p_family"], strict=True)],
                "hovertemplate": "%{y}: %{x:+.4f}<br>%{customdata[0]:.3f} to %{customdata[1]:.3f}, family-wise p %{customdata[2]:.3f}<extra></extra>",
            })  # fmt: skip
        low, high = float(mine["null_low"].iloc[0]), float(mine["null_high"].iloc[0])
        band = {"type": "rect", "x0": low, "x1": high, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
                "fillcolor": "@muted/0.14", "line": {"width": 0}}  # fmt: skip
        return Frame(traces, {
            "shapes": [band],
            "xaxis": {"title": {"text": "shift (cosine)"}, "zeroline": True},
            "yaxis": {"type": "category", "automargin": True, "autorange": "reversed", "tickfont": {"size": 11},
                      "categoryorder": "array", "categoryarray": [plain(word) for word in mine["emotion"]]},
            "showlegend": True, "legend": LEGEND | {"orientation": "v"},
        })  # fmt: skip

    return Figure(
        id="post_training-ends",
        title="The emotions that shifted most",
        caption="Mean shift with its 95 % interval over prompts. Grey: 95 % of random directions with the covariance of the activations at A:."
        " Told from zero: among all emotions (family-wise 5 %).",
        label="Dot chart of the emotions with the largest shifts up and down, with intervals and the band of random directions.",
        frames=frames_by(choices, draw),
        tables=("emotions",),
        choices=choices,
        height=640,
        span=6,
    )


def _plane(emotions: pd.DataFrame, choices: tuple[Choice, ...]) -> Figure:
    def draw(*picked: str) -> Frame | None:
        mine = _of(emotions, *picked)
        if mine.empty:
            return None
        shift = mine["shift"].to_numpy(dtype=float)
        top = float(np.abs(shift).max()) or 1.0
        dots: Json = {
            "type": "scatter", "mode": "markers+text", "x": floats(mine["valence"]), "y": floats(mine["arousal"]),
            "customdata": [f"{plain(w)}: {s:+.4f}" for w, s in zip(mine["emotion"], shift, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
            "textfont": {"size": 11, "color": "@ink"},
            "meta": {"names": [plain(word) for word in mine["emotion"]], "first": True},
            "marker": {"color": floats(shift), "colorscale": "@coolwarm", "cmin": -top, "cmax": top,
                       "size": floats(5 + 13 * np.abs(shift) / top), "line": {"width": 0.5, "color": "@muted"},
                       "colorbar": {"title": {"text": "shift"}, "thickness": 10, "len": 0.6, "outlinewidth": 0}},
        }  # fmt: skip
        return Frame([dots], {
            "xaxis": {"title": {"text": "valence (emovec's own rating, 1-7)"}},
            "yaxis": {"title": {"text": "arousal (1-7)"}},
            "showlegend": False,
        })  # fmt: skip

    return Figure(
        id="post_training-plane",
        title="... and where they lie in valence and arousal",
        caption="Warm: raised by training; cool: lowered. Size: how far. Ratings are emovec's own, and had no part in the readings.",
        label="Scatter plot of emotions by valence and arousal, coloured by their shift.",
        frames=frames_by(choices, draw),
        tables=("emotions",),
        choices=choices,
        height=640,
        span=6,
    )


def _profiles(emotions: pd.DataFrame, choices: tuple[Choice, ...]) -> Figure:
    def draw(*picked: str) -> Frame | None:
        mine = _of(emotions, *picked)
        return None if mine.empty else cloud(mine, ("before", "after"), ("before (cosine)", "after (cosine)"), r=True)

    return Figure(
        id="post_training-profiles",
        title="Every emotion before and after",
        caption="Mean reading at A: over the prompts. Dashed: no change.",
        label="Scatter plot of every emotion's mean reading before and after, with the line of no change.",
        frames=frames_by(choices, draw),
        tables=("emotions",),
        choices=choices,
        height=440,
        span=6,
    )


def _kinds(emotions: pd.DataFrame, choices: tuple[Choice, ...]) -> Figure:
    def draw(*picked: str) -> Frame | None:
        mine = _of(emotions, *picked)
        wide = mine.pivot_table(index="emotion", columns="kind", values="shift", sort=False).reset_index()
        if not {"neutral", "challenging"} <= set(wide.columns):
            return None
        return cloud(wide, ("neutral", "challenging"), ("shift, neutral prompts", "shift, challenging prompts"), r=True)

    return Figure(
        id="post_training-kinds",
        title="The shift on both kinds of prompt",
        caption="Mean shift of every emotion. Dashed: the same on both kinds.",
        label="Scatter plot of every emotion's shift on neutral and on challenging prompts.",
        frames=frames_by(choices, draw),
        tables=("emotions",),
        choices=choices,
        height=440,
        span=6,
    )


def _by_block(blocks: pd.DataFrame, block: int) -> Figure:
    choices = (
        by_recipe(blocks),
        choose("Contrast", names_of(blocks["contrast"])),
        choose("Prompts", sorted(names_of(blocks["kind"]), key="both neutral challenging".find)),
    )

    def draw(*picked: str) -> Frame | None:
        mine = _of(blocks, *picked).sort_values("block")
        if mine.empty:
            return None
        x = mine["block"].tolist()
        rms = mine["rms"].to_numpy(dtype=float)
        traces: list[Json] = [
            {
                "type": "scatter", "mode": "lines+markers", "name": "emotion vectors", "x": x, "y": floats(rms),
                "line": {"color": "@accent", "width": 2}, "marker": {"size": 7},
                "error_y": {"type": "data", "symmetric": False, "array": floats(mine["high"].to_numpy() - rms),
                            "arrayminus": floats(rms - mine["low"].to_numpy()), "thickness": 1.5, "width": 0, "color": "@accent"},
                "hovertemplate": "block %{x}: %{y:.4f}<extra>emotion vectors</extra>",
            },
            {
                "type": "scatter", "mode": "lines", "name": "random directions, mean", "x": x, "y": floats(mine["null_mean"]),
                "line": {"color": "@warm", "width": 1.5}, "hovertemplate": "block %{x}: %{y:.4f}<extra>random, mean</extra>",
            },
            {
                "type": "scatter", "mode": "lines", "name": "95th percentile", "x": x, "y": floats(mine["null_p95"]),
                "line": {"color": "@warm", "width": 1.5, "dash": "dot"},
                "hovertemplate": "block %{x}: %{y:.4f}<extra>random, 95th percentile</extra>",
            },
        ]  # fmt: skip
        mark = {"type": "line", "x0": block, "x1": block, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
                "line": {"color": "@muted", "width": 1, "dash": "dash"}}  # fmt: skip
        return Frame(traces, {
            "shapes": [mark],
            "xaxis": {"title": {"text": "block"}},
            "yaxis": {"title": {"text": "root mean square shift"}, "rangemode": "tozero"},
            "showlegend": True, "legend": LEGEND,
        })  # fmt: skip

    return Figure(
        id="post_training-blocks",
        title="Size of the shift by block",
        caption=f"Root mean square over emotions of the mean shift, with 95 % intervals over prompts. The picked block, {block}, is marked.",
        label="Line chart of the size of the shift by block, with random directions.",
        frames=frames_by(choices, draw),
        tables=("blocks",),
        choices=choices,
        height=400,
        span=6,
    )


def _contrasts(contrasts: pd.DataFrame) -> Listing:
    recipe = by_recipe(contrasts)

    def rows(name: str) -> list[tuple[str | float | int | tuple[()], ...]]:
        mine = contrasts[contrasts["recipe"] == name]
        return [
            (str(r["contrast"]), str(r["says"]), str(r["metric"]), round(float(r["value"]), 3), f"{r['low']:.3f} to {r['high']:.3f}")
            for r in mine.to_dict("records")
        ]  # fmt: skip

    return Listing(
        id="post_training-contrasts",
        title="Training told apart from the form of the chat",
        caption="The first contrast is the one that claims are judged on: the same text, two models. The last is the other way round: one model, two forms.",
        columns=("Contrast", "What differs", "Measured", "Value", "95 % interval"),
        rows={name: list(rows(name)) for name, _ in recipe.options},
        tables=("contrasts",),
        choices=(recipe,),
        span=6,
    )


def _list(emotions: pd.DataFrame, choices: tuple[Choice, ...]) -> Listing:
    rows = {}
    for recipe, _ in choices[0].options:
        for contrast, _ in choices[1].options:
            mine = _of(emotions, recipe, contrast)
            if mine.empty:
                continue
            kinds = {k: g.set_index("emotion") for k, g in mine.groupby("kind", sort=False)}
            main = kinds.get("both", next(iter(kinds.values()))).sort_values("shift", ascending=False, kind="stable")
            split = [kinds[k]["shift"] for k in ("neutral", "challenging") if k in kinds]
            rows[f"{recipe}|{contrast}"] = [
                (
                    str(word), round(float(r["before"]), 3), round(float(r["after"]), 3), f"{r['shift']:+.4f}",
                    f"{r['low']:+.4f} to {r['high']:+.4f}", "; ".join(f"{s[word]:+.4f}" for s in split), f"{r['p_family']:.3f}", str(r["moved"] or ""), f"{r['around']:+.4f} (p {r['p_around']:.3f})"
                )
                for word, r in zip(main.index, main.to_dict("records"), strict=True)
            ]  # fmt: skip
    return Listing(
        id="post_training-list",
        title="Every emotion",
        caption="Both kinds of prompt with equal weight, from most raised to most lowered; p among all emotions."
        " Around it: the mean shift of the tenth of the words nearest in valence and arousal, against sets of vectors turned at random.",
        columns=(
            "Emotion",
            "Before",
            "After",
            "Shift",
            "95 % interval",
            "Neutral; challenging",
            "p",
            "Moved",
            "Around it",
        ),
        rows={key: list(group) for key, group in rows.items()},
        tables=("emotions",),
        choices=choices,
        search=True,
    )


def story_writer(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Agreement of two sets of texts beside its ceiling and its null; every emotion."""
    figures: list[Figure | Listing] = []
    if (summary := tables.get("summary")) is not None:
        figures.append(_agreement(summary))
    if (emotions := tables.get("emotions")) is not None:
        figures.append(_ceilings(emotions))
    return figures


def _agreement(summary: pd.DataFrame) -> Figure:
    recipe = by_recipe(summary)

    def draw(name: str) -> Frame | None:
        mine = summary[summary["recipe"] == name]
        if mine.empty:
            return None
        names = [plain(n) for n in mine["comparison"]]
        share = mine["share"].to_numpy(dtype=float)
        traces: list[Json] = [
            {
                "type": "bar", "orientation": "h", "name": "share of the ceiling reached", "y": names, "x": floats(share), "width": 0.5,
                "marker": {"color": "@accent"}, "customdata": [plain(says) for says in mine["says"]],
                "error_x": {"type": "data", "symmetric": False, "array": floats(mine["high"].to_numpy(dtype=float) - share),
                            "arrayminus": floats(share - mine["low"].to_numpy(dtype=float)), "color": "@ink", "thickness": 1.5, "width": 5},
                "hovertemplate": "%{customdata}: %{x:.2f}<extra></extra>",
            },
            {
                "type": "scatter", "mode": "markers", "name": "hardest null, 95th percentile", "y": names, "x": floats(mine["null_p95"]),
                "marker": {"symbol": "line-ns-open", "size": 18, "color": "@warm", "line": {"width": 3}},
                "hovertemplate": "%{y}: null up to %{x:.2f}<extra></extra>",
            },
        ]  # fmt: skip
        return Frame(traces, {
            "xaxis": {"range": [min(0.0, float(np.nan_to_num(mine["low"].min()))), 1.15], "title": {"text": "mean cosine / ceiling"}},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
            "showlegend": True, "legend": LEGEND,
        })  # fmt: skip

    return Figure(
        id="story_writer-agreement",
        title="Agreement as a share of what reliability allows",
        caption="writer: the second corpus; person: stories in the first and the third person; register: stories and shorter texts."
        " Ticks: the hardest null.",
        label="Bar chart of the agreement of vectors from two sets of texts, as a share of its ceiling, with the null.",
        frames=frames_by([recipe], draw),
        tables=("summary",),
        choices=(recipe,),
        height=320,
        span=5,
    )


def _ceilings(emotions: pd.DataFrame) -> Figure:
    choices = (by_recipe(emotions), choose("Compared", names_of(emotions["comparison"])))

    def draw(recipe: str, comparison: str) -> Frame | None:
        mine = emotions[(emotions["recipe"] == recipe) & (emotions["comparison"] == comparison)]
        return (
            None if mine.empty else cloud(mine, ("ceiling", "cosine"), ("ceiling", "cosine of the two vectors"), r=True)
        )

    return Figure(
        id="story_writer-emotions",
        title="Every emotion: agreement and its ceiling",
        caption="Across: what the reliabilities of both sets would leave of a cosine of 1. Dashed: the ceiling reached.",
        label="Scatter plot of every emotion's cosine between two sets of texts against its ceiling.",
        frames=frames_by(choices, draw),
        tables=("emotions",),
        choices=choices,
        height=460,
        span=7,
    )
