"""A run written to a folder: the page, the JSON, and the tables."""

from __future__ import annotations

from pathlib import Path

from emovec.report.page import render
from emovec.report.run import Run
from emovec.store import write_json, write_text

__all__ = ["table_path", "write_report"]


def table_path(study: str, table: str) -> str:
    """Where a table lies, relative to the report: ``tables/STUDY-TABLE.csv``."""
    return f"tables/{study}-{table}.csv"


def write_report(out: Path, run: Run) -> Path:
    """Write ``report.html``, ``report.json`` and ``tables/STUDY-TABLE.csv`` into ``out``.

    Every file is written whole or not at all. The JSON and the tables come first, so that they are there even if a
    figure cannot be drawn. The same run gives the same bytes.

    Returns:
        The path of ``report.html``: one file that loads nothing.

    Raises:
        BadInput: if a table lacks a column that its figure is drawn from.
    """
    for study, result in run.results.items():
        for name, table in result.tables.items():
            text = table.to_csv(index=False, lineterminator="\n", float_format="%.6g")
            write_text(out / table_path(study, name), text)
    write_json(out / "report.json", run.to_json())
    page = out / "report.html"
    write_text(page, render(run))
    return page
