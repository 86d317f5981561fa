"""The figures of the token x layer studies, from made-up tables."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from emovec.errors import BadInput
from emovec.report.figure import Figure
from emovec.report.figures import figures_of

from .made import EVIL, RECIPES

LINES = {
    "context": (("good - bad",), ("circumstance", "suffix", "A:")),
    "dosage": (
        ("dangerous - safe", "the same, all words of fear", "the same numbers, harmless"),
        ("number", "rest of the message", "A:"),
    ),
    "negation": (("feeling X", "not feeling X", "really feeling X", "lost to 'not'"), ("word", "after the word", "A:")),
    "binding": (("own emotion", "the other's", "own - other's"), ("emotion word", "second mention")),
}
BLOCKS = (2, 10, 20)


def made(study: str) -> dict[str, pd.DataFrame]:
    lines, places = LINES[study]
    curves = [
        (recipe, place, line, block, 0.01 * block, 0.005 * block, 0.02 * block, -0.03, 0.03)
        for recipe in RECIPES for line in lines for place in places for block in BLOCKS
    ]  # fmt: skip
    tokens = [
        (recipe, case, position, token, block, 0.001 * position * block)
        for recipe in RECIPES
        for case in ("first", "second")
        for position, token in enumerate((EVIL, "the", "the", "\n"))
        for block in BLOCKS
    ]
    head = ["recipe", "place", "line", "block", "value", "ci_low", "ci_high", "null_low", "null_high"]
    return {
        "curves": pd.DataFrame(curves, columns=head),
        "tokens": pd.DataFrame(tokens, columns=["recipe", "case", "position", "token", "block", "shift"]),
    }


@pytest.mark.parametrize("study", LINES)
def test_a_chart_for_every_place_and_a_heat_map_for_every_scenario(study: str) -> None:
    lines, places = LINES[study]
    figures = figures_of(study, made(study), 20)
    assert [f.id for f in figures] == [*(f"{study}-curves-{i}" for i in range(len(places))), f"{study}-tokens"]
    shown = [line for line in lines if not line.startswith("lost") and line != "own - other's"]
    for figure in figures[:-1]:
        assert isinstance(figure, Figure)
        assert set(figure.frames) == set(RECIPES)
        for frame in figure.frames.values():
            assert [t["name"] for t in frame.data if "name" in t] == shown
    *_, heat = figures
    assert isinstance(heat, Figure)
    assert set(heat.frames) == {f"{recipe}|{case}" for recipe in RECIPES for case in ("first", "second")}
    frame = next(iter(heat.frames.values()))
    assert frame.data[0]["y"] == [str(b) for b in BLOCKS]
    assert len(frame.layout["xaxis"]["ticktext"]) == 4  # the token that comes twice has two columns
    assert EVIL not in json.dumps(heat.to_json())


def test_a_table_without_a_column_is_refused() -> None:
    tables = made("context")
    with pytest.raises(BadInput, match="lacks null_low"):
        figures_of("context", {"curves": tables["curves"].drop(columns="null_low")}, 20)
