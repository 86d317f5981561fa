"""What a study is, what a finding says, and the verdict rules (fixed here before any study is run)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from emovec.stats import Null

if TYPE_CHECKING:
    import pandas as pd

    from emovec.studies.lab import Lab

__all__ = ["Finding", "Rule", "Study", "StudyResult", "Verdict"]

Verdict = Literal["holds", "partly", "fails", "untested"]


@dataclass(frozen=True)
class Finding:
    """One measured number and what it says of one claim.

    Attributes:
        study: name of the study, e.g. ``"circumplex"``.
        metric: what was measured, e.g. ``"pc1_pleasure_r"``.
        recipe: recipe of the vectors (``"paper"``, ``"whitened"``; ``""`` where none is involved).
        block: block at which it was measured (-1 where it spans blocks).
        value: the measurement; None if untested.
        ci: 95 % bootstrap interval, or None.
        nulls: every null that was run; ``null`` is the one hardest to beat.
        paper: the paper's value, or None where it gives no number.
        verdict, why: by the study's rule; ``why`` is one sentence.
        claim: id of the claim on the scoreboard that this answers (see :mod:`emovec.studies.claims`); "" if it only informs.
        unit: what the value is, e.g. ``"Pearson r"`` or ``"fraction of 171"``.
    """

    study: str
    metric: str
    recipe: str
    block: int
    value: float | None
    ci: tuple[float, float] | None = None
    nulls: tuple[Null, ...] = ()
    paper: float | None = None
    verdict: Verdict = "untested"
    why: str = ""
    claim: str = ""
    unit: str = ""

    @property
    def null(self) -> Null | None:
        """The null hardest to beat (highest 95th percentile)."""
        return max(self.nulls, key=lambda n: n.p95, default=None)

    @property
    def p(self) -> float | None:
        """The largest p over all nulls; None without one."""
        return max((n.p for n in self.nulls), default=None)

    def to_json(self) -> dict[str, Any]:
        """The object that stands in ``report.json``; numbers rounded to 6 places."""

        def tidy(x: Any) -> Any:
            if isinstance(x, float):
                return round(x, 6) if np.isfinite(x) else None
            if isinstance(x, dict):
                return {k: tidy(v) for k, v in x.items()}
            if isinstance(x, (list, tuple)):
                return [tidy(v) for v in x]
            return x

        null = self.null
        return {
            "study": self.study,
            "metric": self.metric,
            "recipe": self.recipe,
            "block": self.block,
            "value": tidy(self.value),
            "ci": tidy(self.ci),
            "null": tidy({"name": null.name, "mean": null.mean, "p95": null.p95}) if null else None,
            "p": tidy(self.p),
            "paper": self.paper,
            "verdict": self.verdict,
            "why": self.why,
            "claim": self.claim,
            "unit": self.unit,
            "nulls": [tidy(asdict(n)) for n in self.nulls],
        }


@dataclass(frozen=True)
class Rule:
    """A verdict rule. A claim *holds* if the value reaches ``holds`` and beats every null at ``alpha``; it holds in *part*
    if it beats every null at ``alpha`` (and reaches ``partly``) but falls short of ``holds``; otherwise it *fails*.

    Attributes:
        holds, partly: thresholds on the value (higher = stronger).
        alpha: level for every null's p.
        says: the rule in words, for the report.
    """

    holds: float
    partly: float = 0.0
    alpha: float = 0.05

    @property
    def says(self) -> str:
        return (
            f"holds: at least {self.holds:g} and above every null (p < {self.alpha:g}); "
            f"in part: at least {self.partly:g} and above every null; otherwise it does not hold"
        )

    def judge(self, value: float, nulls: Sequence[Null], ci: tuple[float, float] | None = None) -> tuple[Verdict, str]:
        """Verdict and the sentence that explains it."""
        lost = [n for n in nulls if n.p >= self.alpha]
        spread = f" [{ci[0]:.2f}, {ci[1]:.2f}]" if ci else ""
        if lost:
            worst = max(lost, key=lambda n: n.p)
            return "fails", f"{value:.2f}{spread} is not told from the null '{worst.name}' (p = {worst.p:.2g})"
        beats = f"above {len(nulls)} null{'s' * (len(nulls) != 1)}" if nulls else "no null applies"
        if value >= self.holds:
            return "holds", f"{value:.2f}{spread} reaches {self.holds:g}, {beats}"
        if value >= self.partly:
            return "partly", f"{value:.2f}{spread} is {beats} but short of {self.holds:g}"
        return "fails", f"{value:.2f}{spread} is short of {self.partly:g}"


@dataclass(frozen=True)
class StudyResult:
    """What a study gives back: findings, and the tables that its figures are drawn from (and written to CSV)."""

    findings: list[Finding]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


class Study(Protocol):
    """One question. Subclasses set the class attributes and ``run``; they never plot."""

    name: str
    title: str
    question: str
    paper_ref: str
    rule: str

    def run(self, lab: Lab) -> StudyResult:
        """Measure on the lab's subject."""
        ...
