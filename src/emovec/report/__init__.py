"""Findings rendered for people (``report.html``) and programs (``report.json``, ``tables/*.csv``)."""

from emovec.report.run import Run
from emovec.report.write import write_report

__all__ = ["Run", "write_report"]
