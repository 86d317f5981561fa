"""A run: everything that a report says, and nothing that it draws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from emovec.studies.base import Finding, StudyResult
from emovec.studies.claims import Row, scoreboard

__all__ = ["Run", "tidy"]


@dataclass(frozen=True)
class Run:
    """What one pass of the studies over one subject gave.

    Attributes:
        subject: the fingerprint's fields, with ``dtype`` and ``device``.
        corpus: see :meth:`emovec.corpora.corpus.Corpus.describe`.
        version: of emovec.
        block, block_why: the block picked, and how.
        recipes: name -> parameters.
        results: study -> findings and tables, in the order in which the report shows them.
        studies: study -> ``title``, ``question``, ``paper_ref`` and ``rule`` (in words).
        timings: what -> seconds. Shown in the page only: the JSON and the CSV files are the same for the same findings.
        notes: sentences for the reader, e.g. what was skipped.
        scope: studies whose claims stand on the scoreboard (default: all claims).
    """

    subject: Mapping[str, Any]
    corpus: Mapping[str, Any]
    version: str
    preset: str
    seed: int
    block: int
    block_why: str
    recipes: Mapping[str, Mapping[str, Any]]
    results: Mapping[str, StudyResult]
    studies: Mapping[str, Mapping[str, str]]
    timings: Mapping[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    scope: tuple[str, ...] | None = None

    @property
    def findings(self) -> list[Finding]:
        """Of all studies, in order."""
        return [finding for result in self.results.values() for finding in result.findings]

    @cached_property
    def board(self) -> list[Row]:
        """The scoreboard: ``whitened`` headlines, ``paper`` beside it, then any other recipe."""
        recipes = sorted(self.recipes, key=lambda name: {"whitened": 0, "paper": 1}.get(name, 2))
        rows = scoreboard(self.findings, recipes=recipes, block=self.block, ran=self.results)
        return [row for row in rows if self.scope is None or row.claim.study in self.scope]

    def to_json(self) -> dict[str, Any]:
        """The object in ``report.json``; no time of day and no timing, so the same findings give the same bytes."""
        return {
            "subject": tidy(self.subject),
            "corpus": tidy(self.corpus),
            "version": self.version,
            "preset": self.preset,
            "seed": self.seed,
            "block": self.block,
            "recipes": tidy(self.recipes),
            "findings": [tidy(finding.to_json()) for finding in self.findings],
            "scoreboard": [tidy(row.to_json()) for row in self.board],
        }


def tidy(value: Any) -> Any:
    """``value`` as strict JSON can hold it: NumPy scalars unwrapped, non-finite numbers None, the rest as text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): tidy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [tidy(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(tidy(item) for item in value)
    if callable(unwrap := getattr(value, "tolist", None)):
        return tidy(unwrap())
    return str(value)
