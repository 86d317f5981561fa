"""Figures of the studies that sweep texts: top snippets and transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

__all__ = ["top_snippets", "transcripts"]


def top_snippets(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """How much of what stands on top fits, by reader; and the snippets."""
    figures: list[Figure | Listing] = []
    if (readers := tables.get("readers")) is not None:
        figures.append(_readers(readers, "top_snippets", "texts"))
    if (snippets := tables.get("snippets")) is not None:
        columns = {
            "emotion": "Emotion",
            "rank": "Rank",
            "written_for": "Written for",
            "fits": "That is",
            "snippet": "Snippet",
        }
        figures.append(
            _listing(
                snippets, "top_snippets-list", "The snippets on top",
                "Each from another text. What it was written for is the writer's intention; no person has rated it.", columns, "snippets",
            )
        )  # fmt: skip
    return figures


def transcripts(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """How much of what stands on top fits, by reader; and the transcripts."""
    figures: list[Figure | Listing] = []
    if (readers := tables.get("readers")) is not None:
        figures.append(_readers(readers, "transcripts", "transcripts"))
    if (rows := tables.get("transcripts")) is not None:
        columns = {
            "emotion": "Emotion", "rank": "Rank", "assistant_given": "Given to the assistant", "fits": "That is", "user_given": "Given to the user",
            "first_reply": "The assistant's first turn",
        }  # fmt: skip
        figures.append(
            _listing(
                rows, "transcripts-list", "The transcripts on top",
                "Ranked by the mean reading over the assistant's tokens. The emotions are those that the writer was to show.", columns, "transcripts",
            )
        )  # fmt: skip
    return figures


def _readers(table: pd.DataFrame, study: str, what: str) -> Figure:
    recipe = choose("Recipe", recipes_of(table))

    def draw(name: str) -> Frame | None:
        mine = table[table["recipe"] == name]
        if mine.empty:
            return None
        share = mine["share"].to_numpy(float)
        own = mine["reader"].to_numpy() == "emotion vectors"
        traces: list[Json] = []
        for rows, colour, says in ((own, "@accent", "this recipe"), (~own, "@muted", "nulls and rivals")):
            part = mine[rows]
            traces.append(
                {
                    "type": "scatter", "mode": "markers", "name": says, "y": [plain(r) for r in part["reader"]], "x": floats(share[rows]),
                    "marker": {"color": colour, "size": 11 if colour == "@accent" else 9},
                    "error_x": {
                        "type": "data", "symmetric": False, "color": colour, "thickness": 2, "width": 6,
                        "array": floats(part["high"].to_numpy(float) - share[rows]),
                        "arrayminus": floats(share[rows] - part["low"].to_numpy(float)),
                    },
                    "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
                }
            )  # fmt: skip
        layout = {
            "xaxis": {"title": {"text": f"share of the {what} on top that fit"}, "rangemode": "tozero", "tickformat": ".0%"},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "categoryorder": "array",
                      "categoryarray": [plain(r) for r in mine["reader"]]},
        }  # fmt: skip
        return Frame(traces, layout)

    return Figure(
        id=f"{study}-readers",
        title="What stands on top, by who ranks",
        caption=f"Mean over emotions. Of the {what} that each emotion puts on top, as many as fit it, the share that fit: written for it or a neighbour. "
        "Bars of vectors and rivals: 95 % of resampled emotions; of nulls: 95 % of draws.",
        label=f"Share of fitting {what} on top, for the emotion vectors and for nulls and rivals, with intervals.",
        frames=frames_by([recipe], draw),
        tables=("readers",),
        choices=(recipe,),
        height=110 + 46 * len(names_of(table["reader"])),
    )


def _listing(
    table: pd.DataFrame, identity: str, title: str, caption: str, columns: Mapping[str, str], name: str
) -> Listing:
    recipe = choose("Recipe", recipes_of(table))
    rows: dict[str, list[tuple[Cell, ...]]] = {}
    for key, _ in recipe.options:
        mine = table.loc[table["recipe"] == key, list(columns)]
        rows[key] = [
            tuple(int(v) if c == "rank" else str(v) for c, v in row.items()) for row in mine.to_dict("records")
        ]
    return Listing(
        id=identity, title=title, caption=caption, columns=tuple(columns.values()), rows=rows, tables=(name,), choices=(recipe,), search=True,
    )  # fmt: skip
