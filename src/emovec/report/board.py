"""Words, numbers and small drawings of the scoreboard and of the findings' tables."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from emovec.stats import Null
from emovec.studies.base import Finding, Verdict
from emovec.studies.claims import PARTS, Row

__all__ = ["VERDICTS", "Mark", "Part", "Strip", "chance", "counts", "number", "parts", "spread", "strip", "typeset"]


@dataclass(frozen=True)
class Mark:
    """How a verdict is shown: a sign and words, so that colour only repeats them."""

    verdict: Verdict
    sign: str
    says: str
    many: str


VERDICTS: Final[dict[str, Mark]] = {
    "holds": Mark("holds", "✓", "holds", "hold"),
    "partly": Mark("partly", "◐", "holds in part", "hold in part"),
    "fails": Mark("fails", "✕", "does not hold", "do not hold"),
    "untested": Mark("untested", "○", "not tested", "not tested"),
}


@dataclass(frozen=True)
class Part:
    """A group of the scoreboard."""

    title: str
    rows: tuple[Row, ...]
    counts: dict[str, int]


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows have each verdict (all four verdicts, in order)."""
    seen = Counter(row.verdict for row in rows)
    return {name: seen[mark.verdict] for name, mark in VERDICTS.items()}


def parts(rows: Sequence[Row]) -> list[Part]:
    """The rows grouped by part; within one, those that were tested come first."""
    ordered = sorted(rows, key=lambda row: row.verdict == "untested")
    grouped = {title: tuple(row for row in ordered if row.claim.part == title) for title in PARTS}
    return [Part(title, mine, counts(mine)) for title, mine in grouped.items() if mine]


def number(value: Any) -> str:
    """A number as people read it: two decimals, a true minus, an en dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    if value != 0 and float(text) == 0:
        text = f"{value:.1g}"
    return text.replace("-", "−")


def typeset(text: str) -> str:
    """Text with true minus signs, and with no line break before a percent sign or inside ``p = 0.01``."""
    text = re.sub(r"(^|[\s(=])-(?=\d)", r"\1−", text)
    return re.sub(r" (?=%)|(?<=\bp) (?=[=<≤])|(?<=[=<≤]) (?=\d)", "\u00a0", text)


def spread(finding: Finding) -> str:
    """The interval in brackets, or nothing."""
    return f"[{number(finding.ci[0])}, {number(finding.ci[1])}]" if finding.ci else ""


def chance(null: Null) -> str:
    """What a null gives, in one line."""
    floor = 1 / (null.draws + 1)
    p = f"p ≤ {floor:.1g}" if null.p <= floor * 1.0001 else f"p = {null.p:.2g}"
    return f"{null.name}: mean {number(null.mean)}, 95th percentile {number(null.p95)}, {p} ({null.draws} draws)"


@dataclass(frozen=True)
class Strip:
    """A finding on a line 100 units long; positions in percent, None where there is nothing to draw."""

    value: float
    zero: float | None
    ci: tuple[float, float] | None
    null: tuple[float, float] | None
    paper: float | None
    label: str


def strip(finding: Finding) -> Strip | None:
    """Value, interval, hardest null and the paper's value on one axis: 0 to 1, -1 to 1, or as far as the numbers go."""
    if finding.value is None or not math.isfinite(finding.value):
        return None
    null = finding.null
    ends = [finding.value, *(finding.ci or ()), *((null.mean, null.p95) if null else ())]
    ends = [x for x in [*ends, *([finding.paper] if finding.paper is not None else [])] if math.isfinite(x)]
    small = max(map(abs, ends)) <= 1
    low = min(0.0, -1.0 if small and min(ends) < -0.1 else min(ends))
    high = 1.0 if small else max(0.0, *ends) * 1.05
    low, high = (low, high) if high > low else (low, low + 1)

    def at(x: float) -> float:
        return round(min(100.0, max(0.0, (x - low) / (high - low) * 100)), 2)

    says = [f"value {number(finding.value)}"]
    if finding.ci:
        says.append(f"95 % interval {number(finding.ci[0])} to {number(finding.ci[1])}")
    if null:
        says.append(f"hardest null up to {number(null.p95)}")
    if finding.paper is not None:
        says.append(f"the paper {number(finding.paper)}")
    return Strip(
        value=at(finding.value),
        zero=at(0.0) if low < 0 else None,
        ci=(at(finding.ci[0]), at(finding.ci[1])) if finding.ci else None,
        null=(at(null.mean), at(null.p95)) if null else None,
        paper=at(finding.paper) if finding.paper is not None else None,
        label=", ".join(says),
    )
