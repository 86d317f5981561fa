"""The page of a dose grid: one self-contained file, drawn from its tables alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emovec.report.figure import Choice, Figure, Listing
from emovec.report.figures_dose import (
    coherence_figures,
    curve_figures,
    headline_rows,
    measures_choice,
    monitor_items,
    slope_listing,
)
from emovec.report.page import _asset, _environment, _facts, _plotly, _policy
from emovec.store import write_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["render_dose", "write_dose_page"]

#: How each verdict looks: the style sheet's class, and a sign.
_VERDICTS = {
    "rises": ("holds", "↑"),
    "falls": ("holds", "↓"),
    "unclear": ("partly", "?"),
    "untested": ("untested", "–"),
}


def write_dose_page(path: Path, about: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Path:
    """Write the page, whole or not at all; the same tables give the same bytes."""
    write_text(path, render_dose(about, tables))
    return path


def render_dose(about: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    """The page as text.

    Args:
        about: ``task, model, headline, emotions, rollouts, failed, samples, rule, coherence_rule, paper_ref, version, notes`` and ``facts``
            (name -> what else is to be said of the run).
        tables: ``doses, windows, slopes, paper, monitor`` (columns: :mod:`emovec.behaviour.dosing.tables`, :mod:`emovec.behaviour.dosing.monitor`).
    """
    headline = about["headline"]
    measure = measures_choice(tables["doses"], headline)
    curves: list[Figure | Listing] = [*curve_figures(tables, headline), slope_listing(tables["slopes"], measure)]
    coherent: list[Figure | Listing] = [*coherence_figures(tables["doses"])]
    monitor = monitor_items(tables["monitor"], headline)
    sections = [
        ("curves", "Dose and response", curves, (measure,)),
        ("coherence", "Is it still language?", coherent, ()),
        ("monitor", "Do readings tell what it will do?", monitor, monitor[0].choices if monitor else ()),
    ]
    figures = [item.to_json() for _, _, items, _ in sections for item in items if isinstance(item, Figure)]
    script, plotly = _asset("script.js"), _plotly()
    text: str = (
        _environment()
        .get_template("dose.html.j2")
        .render(
            about=about,
            rows=headline_rows(tables["slopes"], headline, about["emotions"]),
            verdicts=_VERDICTS,
            sections=[_Section(*section) for section in sections],
            facts=_facts(about["facts"]),
            figures=figures,
            style=_asset("style.css"),
            script=script,
            plotly=plotly,
            policy=_policy(plotly, script),
        )
    )
    return text


@dataclass(frozen=True)
class _Section:
    """One part of the page."""

    name: str
    title: str
    items: list[Figure | Listing]
    choices: tuple[Choice, ...]
