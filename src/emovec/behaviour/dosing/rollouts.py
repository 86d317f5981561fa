"""From Inspect logs to one row per rollout: dose, outcome or scores, coherence, readings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emovec.behaviour.dosing.grid import Dose
from emovec.behaviour.serving.turns import PLACES
from emovec.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COHERENCE", "UNKNOWN", "Rollouts", "measures_of", "read_rollouts"]

#: Columns of coherence, NaN where it was not measured.
COHERENCE = ("perplexity", "repetition", "distinct_1", "distinct_2")
#: Inspect's letters for correct, incorrect, partly correct, no answer.
_LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
#: Measures that say that nobody could tell; left out where that never happened.
UNKNOWN = ("undecided", "unjudged")


@dataclass(frozen=True)
class Rollouts:
    """Rollouts of a grid.

    Attributes:
        table: a row each: ``direction, kind, strength, sample, epoch``, a column per measure, :data:`COHERENCE`.
        measures: name -> ``rate`` (0 or 1 per rollout) or ``mean`` (any number).
        readings: (rows, places, emotions), places as :data:`~emovec.behaviour.serving.turns.PLACES`: the first prompt, its last token, mean
            over the tokens of all replies; NaN where none stand in the log.
        emotions: of the readings.
        failed: rollouts that ended with an error and have no score.
    """

    table: pd.DataFrame
    measures: dict[str, str]
    readings: NDArray[np.float32]
    emotions: tuple[str, ...]
    failed: int


def read_rollouts(logs: Sequence[tuple[Dose, Path]], sums: Mapping[str, Sequence[str]] | None = None) -> Rollouts:
    """Read logs.

    Args:
        sums: further measures as sums of outcome classes, such as all kinds of hack.

    Raises:
        BadInput: if no rollout has a number for a score.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    scores: list[dict[str, float]] = []
    labels: list[list[str]] = []
    readings: list[dict[str, dict[str, float]]] = []
    failed = 0
    for dose, path in logs:
        for sample in _samples(path):
            values, outcomes = measures_of(sample.scores or {})
            if sample.error is not None or not (values or outcomes):
                failed += 1
                continue
            coherence, read = _turns(sample)
            rows.append(
                {
                    "direction": dose.direction, "kind": dose.kind, "strength": dose.strength, "sample": str(sample.id), "epoch": sample.epoch,
                    **coherence,
                }
            )  # fmt: skip
            scores.append(values)
            labels.append(outcomes)
            readings.append(read)
    if not rows:
        raise BadInput(
            f"none of {failed} rollouts has a score that is a number or an outcome; the task's scorer must give one"
        )
    table, measured = pd.DataFrame(rows), pd.DataFrame(scores)
    for name in dict.fromkeys(name for outcomes in labels for name in outcomes):
        if name not in measured:
            measured[name] = [float(name in outcomes) for outcomes in labels]
    measured = measured.drop(columns=[name for name in UNKNOWN if name in measured and not measured[name].any()])
    kinds = {str(name): _kind(str(name), measured[name], labels) for name in measured}
    for name, parts in (sums or {}).items():
        if present := [part for part in parts if kinds.get(part) == "rate"]:
            measured[name], kinds[name] = measured[present].sum(axis=1), "rate"
    emotions = tuple(dict.fromkeys(e for read in readings for place in read.values() for e in place))
    array = np.array(
        [[[read.get(place, {}).get(e, np.nan) for e in emotions] for place in PLACES] for read in readings], dtype=np.float32
    ).reshape(len(rows), len(PLACES), len(emotions))  # fmt: skip
    return Rollouts(pd.concat([table, measured], axis=1), kinds, array, emotions, failed)


def _kind(name: str, column: pd.Series[float], labels: Sequence[Sequence[str]]) -> str:
    """A rate has zeros and ones only; where outcomes are named, its ones are those rollouts (a score of 1 out of 7 is no rate)."""
    values = column.to_numpy(float)
    there = np.isfinite(values)
    if not np.isin(values[there], (0.0, 1.0)).all():
        return "mean"
    named = np.array([name in outcomes for outcomes in labels])
    return "rate" if not any(labels) or named.any() or not values[there].any() else "mean"


def _samples(path: Path) -> Iterator[Any]:
    from inspect_ai.log import read_eval_log_samples

    yield from read_eval_log_samples(str(path), all_samples_required=False)


def measures_of(scores: Mapping[str, Any]) -> tuple[dict[str, float], list[str]]:
    """The numbers among a sample's scores, and the outcomes that its scorers named (``score.metadata["outcome"]``).

    A score of several values gives one number per name. Where there are several scorers their names stand before.
    """
    values: dict[str, float] = {}
    outcomes = []
    for scorer, score in scores.items():
        before = "" if len(scores) == 1 else f"{scorer}: "
        if outcome := (score.metadata or {}).get("outcome"):
            outcomes.append(f"{before}{outcome}")
        parts = score.value if isinstance(score.value, Mapping) else {None: score.value}
        for name, part in parts.items():
            if (number := _number(part)) is not None:
                values[scorer if name is None else f"{before}{name}"] = number
    return values, outcomes


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        if value in _LETTERS:
            return _LETTERS[value]
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, (bool, int, float)) and math.isfinite(value):
        return float(value)
    return None


def _turns(sample: Any) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Coherence and readings of a rollout from those of the subject's turns; replies count by their tokens."""
    outputs = [e.output for e in sample.events if e.event == "model" and e.role is None] or [sample.output]
    turns = [
        (o.metadata["emovec"], o.usage.output_tokens if o.usage else 1)
        for o in outputs
        if "emovec" in (o.metadata or {})
    ]
    coherence = dict.fromkeys(COHERENCE, math.nan)
    measured = [(t["coherence"], n) for t, n in turns if "coherence" in t]
    if measured:
        tokens = np.array([n for _, n in measured], dtype=float)
        for name in COHERENCE:
            each = np.array([c[name] for c, _ in measured])
            mean = np.average(np.log(each) if name == "perplexity" else each, weights=tokens)
            coherence[name] = float(np.exp(mean) if name == "perplexity" else mean)
    read = [(t["readings"], n) for t, n in turns if t.get("readings")]
    if not read:
        return coherence, {}
    out = {place: read[0][0].get(place, {}) for place in PLACES[:2]}
    replies = [(r["reply"], n) for r, n in read if "reply" in r]
    whole = sum(n for _, n in replies)
    out["reply"] = {e: sum(r[e] * n for r, n in replies) / whole for e in (replies[0][0] if replies else ())}
    return coherence, out
