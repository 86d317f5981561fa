"""Made-up findings, judged as the studies judge theirs."""

from __future__ import annotations

from emovec.stats import Null
from emovec.studies.base import Finding, Rule

RECIPES = ("whitened", "paper")
EVIL = '<script>alert("x")</script>'


def null(name: str, mean: float, p95: float, p: float = 1 / 1001, draws: int = 1000) -> Null:
    return Null(name, mean, p95, p, draws)


def judged(
    study: str, metric: str, claim: str, values: dict[str, float], holds: float, **more: object
) -> list[Finding]:
    """One finding per recipe, judged by a rule as the studies do it."""
    rule, found = Rule(holds=holds, partly=holds / 2), []
    nulls = more.pop("nulls", (null("shuffled emotion labels", 0.1, 0.25), null("static token embeddings", 0.2, 0.41)))
    for recipe, value in values.items():
        ci = (value - 0.07, min(value + 0.05, 1.0))
        verdict, why = rule.judge(value, nulls, ci)
        found.append(
            Finding(
                study,
                metric,
                recipe,
                more.get("block", 20),
                value,
                ci,
                nulls,
                more.get("paper"),
                verdict,
                why,
                claim,
                str(more.get("unit", "")),
            )
        )
    return found
