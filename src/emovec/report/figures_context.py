"""Figures of the token x layer studies: context, dosage, negation, binding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.figure import Figure, Frame, Json, Listing, choose, floats, frames_by, names_of, plain, recipes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["binding", "context", "dosage", "negation"]

_COLOURS = ("@c1", "@c0", "@c2")
_MARKS = ("circle", "square", "diamond")


def context(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The shift from a bad to a good circumstance by block, and token by token."""
    return _both(
        "context", tables, "good minus bad", ("good - bad",),
        "Pleasant minus unpleasant emotions, after a good circumstance minus after a bad one, token by token. Left of the circumstance nothing"
        " can differ; right of it the words are the same.",
    )  # fmt: skip


def dosage(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The shift from a safe to a dangerous number by block, and token by token."""
    return _both(
        "dosage", tables, "dangerous minus safe",
        ("dangerous - safe", "the same, all words of fear", "the same numbers, harmless"),
        "Fear, with the dangerous number minus with the safe one, token by token.",
    )  # fmt: skip


def negation(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The named emotion by block, affirmed and negated, and what negation takes away token by token."""
    return _both(
        "negation", tables, "own vector, above the other scenarios'", ("feeling X", "not feeling X", "really feeling X"),
        "The named emotion, affirmed minus negated, token by token: red is what the negation takes away. The word 'not' itself is left out.",
    )  # fmt: skip


def binding(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """A person's own emotion and the other's by block, and whose is read token by token."""
    return _both(
        "binding", tables, "above the mean of all texts", ("own emotion", "the other's"),
        "The first person's emotion minus the second's, in the text as it is minus with the two emotion words exchanged (halved): at a mention of the"
        " first person binding would be red, at one of the second blue.",
    )  # fmt: skip


def _both(
    study: str, tables: Mapping[str, pd.DataFrame], reading: str, lines: Sequence[str], caption: str
) -> list[Figure | Listing]:
    figures: list[Figure | Listing] = []
    if (curves := tables.get("curves")) is not None:
        figures += _curves(study, curves, reading, lines)
    if (tokens := tables.get("tokens")) is not None:
        figures.append(_tokens(study, tokens, caption))
    return figures


def _curves(study: str, curves: pd.DataFrame, reading: str, lines: Sequence[str]) -> list[Figure]:
    """One chart per place, all with the same scale."""
    recipe = choose("Recipe", recipes_of(curves))
    shown = curves[curves["line"].isin(list(lines))]
    places = names_of(shown["place"])

    def draw(name: str, place: str) -> Frame | None:
        mine = shown[shown["recipe"] == name]
        if mine.empty:
            return None
        ends = mine[["ci_low", "ci_high", "null_low", "null_high"]].to_numpy(dtype=float)
        low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
        room = 0.05 * (high - low)
        here = mine[mine["place"] == place]
        first = here[here["line"] == lines[0]].sort_values("block")
        edge: Json = {"type": "scatter", "mode": "lines", "x": floats(first["block"]), "hoverinfo": "skip", "showlegend": False,
                      "line": {"width": 0}}  # fmt: skip
        traces: list[Json] = [
            edge | {"y": floats(first["null_low"])},
            edge | {"y": floats(first["null_high"]), "fill": "tonexty", "fillcolor": "@muted/0.18"},
        ]
        for i, line in enumerate(lines):
            rows = here[here["line"] == line].sort_values("block")
            y = rows["value"].to_numpy(dtype=float)
            traces.append({
                "type": "scatter", "mode": "lines+markers", "name": plain(line), "x": floats(rows["block"]), "y": floats(y),
                "line": {"color": _COLOURS[i], "width": 2, "dash": ("solid", "dash", "dot")[i]},
                "marker": {"symbol": _MARKS[i], "size": 7},
                "error_y": {"type": "data", "symmetric": False, "array": floats(rows["ci_high"].to_numpy(dtype=float) - y),
                            "arrayminus": floats(y - rows["ci_low"].to_numpy(dtype=float)), "thickness": 1, "width": 0},
                "hovertemplate": f"block %{{x}}: %{{y:.3f}}<extra>{plain(line)}</extra>",
            })  # fmt: skip
        return Frame(traces, {
            "xaxis": {"title": {"text": "block"}},
            "yaxis": {"title": {"text": plain(reading)}, "zeroline": True, "range": [low - room, high + room]},
            "showlegend": len(lines) > 1,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        })  # fmt: skip

    return [
        Figure(
            id=f"{study}-curves-{i}",
            title=f"By depth: {place}"
            if place == "A:"
            else f"By depth: at the {place}".replace("at the after", "after"),
            caption=""
            if i
            else "Cosine, mean over scenarios with its 95 % interval. Band: the middle 95 % of random directions.",
            label=f"Line chart over blocks of the reading ({place}), with the band of random directions.",
            frames=frames_by([recipe], lambda name, place=place: draw(name, place)),
            tables=() if i else ("curves", "cases"),
            choices=(recipe,),
            height=340,
            span=12 // len(places),
        )
        for i, place in enumerate(places)
    ]


def _tokens(study: str, tokens: pd.DataFrame, caption: str) -> Figure:
    """Tokens by blocks; the deepest block on top, as a text goes through the model from below."""
    recipe, case = choose("Recipe", recipes_of(tokens)), choose("Scenario", names_of(tokens["case"]))

    def draw(name: str, scenario: str) -> Frame | None:
        mine = tokens[(tokens["recipe"] == name) & (tokens["case"] == scenario)]
        if mine.empty:
            return None
        wide = mine.pivot_table(index="block", columns="position", values="shift")
        labels = mine.drop_duplicates("position").sort_values("position")["token"]
        z = wide.to_numpy(dtype=float)
        # As the paper scales its heat maps: by the 99th percentile, so that one token does not pale all others.
        top = float(np.percentile(np.abs(z), 99)) or 1.0
        words = [_visible(label) for label in labels]
        heat: Json = {
            "type": "heatmap", "z": floats(z), "x": list(range(len(words))), "y": [str(block) for block in wide.index],
            "customdata": [words] * len(z), "colorscale": "@coolwarm", "zmin": -top, "zmax": top, "xgap": 1, "ygap": 1,
            "hovertemplate": "%{customdata}<br>block %{y}: %{z:.3f}<extra></extra>",
            "colorbar": {"thickness": 10, "len": 0.8, "outlinewidth": 0, "title": {"text": "shift"}},
        }  # fmt: skip
        return Frame([heat], {
            "xaxis": {"tickmode": "array", "tickvals": list(range(len(words))), "ticktext": words, "tickangle": -60, "tickfont": {"size": 10}},
            "yaxis": {"title": {"text": "block"}, "type": "category"},
        })  # fmt: skip

    return Figure(
        id=f"{study}-tokens",
        title="Token by token, block by block",
        caption=f"{caption} The first scenarios of the set, not chosen.",
        label="Heat map of the shift, tokens by blocks, red up and blue down.",
        frames=frames_by([recipe, case], draw),
        tables=("tokens",),
        choices=(recipe, case),
        height=430,
    )


def _visible(token: object) -> str:
    """A token with its line breaks made visible, short enough for an axis."""
    text = str(token).replace("\n", "⏎").strip() or "␣"
    return plain(text if len(text) <= 28 else f"{text[:27]}…")
