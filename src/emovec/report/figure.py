"""A figure: Plotly traces and layouts as plain objects, one pair per choice that the reader can make.

Colours are tokens (``"@accent"``, ``"@warmcool"``), which the page's script looks up in the style sheet, so that one
figure serves light, dark and print. Strings from data go through :func:`plain`, because Plotly reads a little HTML.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Cell",
    "Choice",
    "Figure",
    "Frame",
    "Json",
    "Listing",
    "Token",
    "choose",
    "floats",
    "frames_by",
    "names_of",
    "plain",
    "recipes_of",
]

Json = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """A switch beside the figure: the frame's key holds one of ``options`` (value, label) per choice, in order."""

    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Frame:
    """One drawing: Plotly traces and the layout that is particular to it."""

    data: list[Json]
    layout: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A drawing with its switches.

    Attributes:
        id: of the element, unique on the page.
        title, caption: above and below the figure (plain text).
        label: what a screen reader says: what is drawn, and how to read it.
        frames: key (the options' values, joined by ``|``) -> drawing.
        tables: names of the study's tables that it was drawn from.
        height: in pixels; ``square`` ones are about as high as wide.
        span: width in twelfths of the column (on a wide screen).
    """

    id: str
    title: str
    caption: str
    label: str
    frames: dict[str, Frame]
    tables: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    height: int = 440
    square: bool = False
    span: int = 12

    def to_json(self) -> Json:
        """What the page's script draws from."""
        frames = {key: {"data": frame.data, "layout": frame.layout} for key, frame in self.frames.items()}
        return {"id": self.id, "frames": frames, "square": self.square}


@dataclass(frozen=True)
class Token:
    """A token in a listing; ``own`` ones (words of the emotion itself) are emphasised."""

    text: str
    own: bool = False


#: text, a number, or tokens
Cell = str | float | int | tuple[Token, ...]


@dataclass(frozen=True)
class Listing:
    """A table to read and search, one body of rows per choice (keys as a figure's frames)."""

    id: str
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: dict[str, list[tuple[Cell, ...]]]
    tables: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    search: bool = False
    span: int = 12


def plain(text: object) -> str:
    """``text`` for Plotly, which would read ``<b>`` or ``&amp;`` in it."""
    return html.escape(str(text), quote=False)


def names_of(column: Iterable[object]) -> list[str]:
    """Distinct values in order of first appearance, as text."""
    return list(dict.fromkeys(str(value) for value in column))


def recipes_of(table: pd.DataFrame, column: str = "recipe") -> list[str]:
    """The recipes of a table, the one that headlines first."""
    return sorted(names_of(table[column]), key=lambda name: {"whitened": 0, "paper": 1}.get(name, 2))


def choose(label: str, values: Sequence[str], says: Callable[[str], str] = str) -> Choice:
    """A choice whose options read as ``says(value)``."""
    return Choice(label, tuple((value, says(value)) for value in values))


def frames_by(choices: Sequence[Choice], draw: Callable[..., Frame | None]) -> dict[str, Frame]:
    """A frame for every combination of options for which ``draw(*values)`` gives one."""
    frames: dict[str, Frame] = {}
    for values in product(*([value for value, _ in choice.options] for choice in choices)):
        if (frame := draw(*values)) is not None:
            frames["|".join(values)] = frame
    return frames


def floats(values: ArrayLike) -> Any:
    """Numbers as Plotly takes them: a short list, or base64 of float32 where that is smaller (non-finite: gaps)."""
    array = np.asarray(values, dtype=np.float64)
    if array.size < 512:
        rounded = np.round(array, 5).tolist()
        return _gaps(rounded)
    packed = base64.b64encode(array.astype("<f4").tobytes()).decode()
    return {"dtype": "f4", "bdata": packed} | ({"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {})


def _gaps(value: Any) -> Any:
    if isinstance(value, list):
        return [_gaps(item) for item in value]
    return value if np.isfinite(value) else None
