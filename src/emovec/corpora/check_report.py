"""What a check found, and all of them together: numbers, limits, offending ids, pass or fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Check", "CheckReport"]


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: e.g. ``"leaks"``.
        passed: None where there is nothing to pass: a figure to be read beside another, or texts without the needed
        field.
        limit: what it asks for, in words.
        numbers: what was measured.
        offenders: ids of the texts (pairs of ids, topics, phrases) that break the limit, with the reason.
    """

    name: str
    passed: bool | None
    limit: str
    numbers: Mapping[str, float]
    offenders: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """``pass``, ``FAIL`` or ``-``."""
        return {True: "pass", False: "FAIL", None: "-"}[self.passed]

    def figures(self) -> str:
        """The numbers on one line."""
        return ", ".join(f"{key} {value:g}" for key, value in self.numbers.items())

    def to_json(self) -> dict[str, Any]:
        """A plain object."""
        return {
            "name": self.name,
            "passed": self.passed,
            "limit": self.limit,
            "numbers": dict(self.numbers),
            "offenders": list(self.offenders),
        }


@dataclass(frozen=True)
class CheckReport:
    """All checks of one corpus.

    Attributes:
        corpus: its name.
        checks: in the order in which they were made.
        about: what was checked (counts of texts and the like).
    """

    corpus: str
    checks: tuple[Check, ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """No check failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(c for c in self.checks if c.passed is False)

    def __getitem__(self, name: str) -> Check:
        """One check by name (KeyError if there is no such check)."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """A plain object."""
        return {
            "corpus": self.corpus,
            "passed": self.passed,
            "about": dict(self.about),
            "checks": [c.to_json() for c in self.checks],
        }

    def table(self, shown: int = 3) -> pd.DataFrame:
        """A row per check, all text: ``check, result, figures, limit, offenders`` (the first ``shown`` of them)."""
        import pandas as pd

        columns = ["check", "result", "figures", "limit", "offenders"]
        rows = [(c.name, c.mark, c.figures(), c.limit, _some(c.offenders, shown)) for c in self.checks]
        return pd.DataFrame(rows, columns=columns)


def _some(items: Sequence[str], shown: int) -> str:
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return "; ".join(items[:shown]) + more
