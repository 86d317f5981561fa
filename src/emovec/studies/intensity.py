"""When one number in a message makes it graver, does the reading at the assistant colon follow? (figure 3)"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import scenarios
from emovec.reading.probe import colon_states, measure
from emovec.stats import bootstrap, null_of, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab

__all__ = ["Intensity"]

Array = NDArray[np.float64]


def slope(readings: Array, scale: Array) -> Array:
    """Change of readings (values, ...) from the low to the high end of a scale (values,), by least squares: in units of the reading."""
    x = (scale - scale.mean()) / (scale.max() - scale.min())
    return np.asarray(np.tensordot(x, readings - readings.mean(0), axes=1) / (x * x).sum())


class Intensity:
    """Signed amplitude of the response to one number."""

    name = "intensity"
    title = "Intensity: does one number move the reading?"
    question = "When only a number changes (a dose, hours, money), do the vectors move in the direction in which a person would say the feeling moves?"
    paper_ref = "Figure 3"
    _rule = Rule(holds=0.7, partly=0.55)
    rule = (
        "Amplitude: least-squares change of the cosine from the lowest to the highest value. Share of (template, emotion) pairs, directions stated in "
        f"advance, that move the right way; {_rule.says}. No rank correlations: on eight points random directions reach |rho| = 1."
    )

    def run(self, lab: Lab) -> StudyResult:
        """Share of right signs and mean signed amplitude for every recipe; every curve with its null band as a table."""
        templates = scenarios("intensity")
        chats = [[{"role": "user", "content": t["template"].replace("{x}", s)}] for t in templates for s in t["shown"]]
        with lab.progress.stage("intensity templates", len(chats), "messages") as advance:
            states = colon_states(lab.subject, chats, [lab.block])[:, 0]
            advance(len(chats))
        bounds = np.cumsum([0, *(len(t["shown"]) for t in templates)])
        findings, curves = [], []
        scales = [
            np.log(np.array(t["values"], float)) if t["scale"] == "log" else np.array(t["values"], float)
            for t in templates
        ]
        for recipe, vectors in lab.vectors.items():
            rng = lab.rng(self.name, recipe)
            readings = measure(states, vectors, lab.block)
            x = unit(states - vectors.centre[vectors.slot(lab.block)])
            random = np.concatenate([x @ d.T for d in lab.random_sets(rng, 3)], axis=1)
            cases = [
                (t, e, int(sign))
                for t, item in enumerate(templates)
                for e, sign in item["expected"].items()
                if e in vectors.emotions
            ]
            signs = np.array([sign for _, _, sign in cases], dtype=float)
            amplitude = np.array([
                slope(readings[bounds[t] : bounds[t + 1], vectors.index(e)], scales[t]) for t, e, _ in cases
            ])  # fmt: skip
            # A random direction stands in for each emotion in all of its templates, so that null draws are as dependent as the probes are.
            named = sorted({e for _, e, _ in cases})
            null_slopes = np.stack([slope(random[bounds[t] : bounds[t + 1]], scales[t]) for t in range(len(templates))])
            pick = np.array(
                [rng.choice(null_slopes.shape[1], len(named), replace=False) for _ in range(lab.draws.permutation)]
            )
            at = np.array([named.index(e) for _, e, _ in cases])
            rows = np.array([t for t, _, _ in cases])
            drawn = null_slopes[rows[None], pick[:, at]] * signs
            fakes = np.stack([
                [slope((x @ d.filters.T)[bounds[t] : bounds[t + 1], vectors.index(e)], scales[t]) for t, e, _ in cases]
                for d in lab.shuffled(recipe)
            ]) * signs  # fmt: skip
            signed = amplitude * signs
            groups = [np.flatnonzero(rows == t) for t in np.unique(rows)]
            for metric, observed, at_random, at_shuffled, claim, unit_name in (
                ("right_direction_share", (signed > 0).astype(float), (drawn > 0).mean(-1), (fakes > 0).mean(-1), "intensity_direction", "share of template x emotion pairs"),
                ("signed_amplitude", signed, drawn.mean(-1), fakes.mean(-1), "", "cosine, low to high end"),
            ):  # fmt: skip
                value = float(observed.mean())
                nulls = (
                    null_of("random directions (activation covariance)", value, at_random),
                    null_of("shuffled emotion labels", value, at_shuffled),
                )

                def of_templates(
                    picked: NDArray[np.intp], observed: Array = observed, groups: list[NDArray[np.intp]] = groups
                ) -> float:
                    return float(observed[np.concatenate([groups[i] for i in picked])].mean())

                ci = bootstrap(of_templates, len(groups), rng, lab.draws.bootstrap)
                rule = self._rule if claim else Rule(holds=0.0)
                verdict, why = rule.judge(value, nulls, ci)
                findings.append(
                    Finding(
                        self.name, metric, recipe, lab.block, value, ci, nulls, None, verdict, why, claim, unit_name
                    )
                )
            for t, e, sign in cases:
                item, span = templates[t], slice(bounds[t], bounds[t + 1])
                band = np.percentile(random[span] - random[span].mean(0), [2.5, 97.5], axis=1)
                y = readings[span, vectors.index(e)]
                for i, shown in enumerate(item["shown"]):
                    curves.append(
                        (
                            recipe,
                            item["title"],
                            e,
                            sign,
                            float(item["values"][i]),
                            shown,
                            y[i],
                            y.mean() + band[0, i],
                            y.mean() + band[1, i],
                        )
                    )
        columns = ["recipe", "template", "emotion", "expected", "value", "x", "reading", "null_low", "null_high"]
        return StudyResult(findings, {"curves": pd.DataFrame(curves, columns=columns)})
