"""Is there a vector of an emotion that is hidden, apart from that of the emotion itself? (figures 60-65 and 69-74, table 15)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Antagonistic, load_scenarios
from emovec.corpora.sets import HiddenDialogue, load_hidden
from emovec.stats import baseline_null, bootstrap, null_of, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.crossed import paired_halves
from emovec.studies.deflection_geometry import CLAIMS, STUDY, Geometry, Rows
from emovec.studies.deflection_probes import STRENGTH, Provoked, denial_shifts, read_provoked
from emovec.studies.deflection_vectors import Hidden, StorySpace, compared
from emovec.studies.hidden_dialogues import known, read_turns, sample_pairs
from emovec.studies.lab import Lab

__all__ = ["Deflection"]

Array = NDArray[np.float64]

_RANDOM_STEERS = 4
_COLUMNS = {
    "vectors": ["recipe", "emotion", "felt_story", "shown_story", "felt_halves", "shown_halves", "norm_kept"],
    "norm": ["recipe", "what", "kept", "low", "high"],
    "words": ["recipe", "emotion", "vector", "rank", "token", "own"],
    "firing": ["recipe", "vector", "test", "kind", "message", "reading"],
    "steering": ["recipe", "emotion", "direction", "asked", "log_odds"],
}


class Deflection:
    """Felt and shown vectors of dialogues that hide an emotion."""

    name = STUDY
    title = "Deflection: is there a vector of a hidden emotion?"
    question = (
        "In dialogues where a stated emotion is hidden behind another: is the vector of what is felt apart from the story vector of that emotion, does "
        "it still name it, does it fire on denials, and does adding it make a speaker deny?"
    )
    paper_ref = "Figures 60-65, 69-74, Table 15"
    _geometry = Geometry()
    _fires = Rule(holds=0.75, partly=0.6)
    _rises = Rule(holds=0.1, partly=0.03)
    _denies = Rule(holds=0.5)
    rule = (
        f"{Geometry.rule} Firing: reading on denials of its emotion against other messages (AUC); {_fires.says}; and of 'angry' before "
        f"replies to attacks on the AI, less before replies to witnessed injustice (cosine); {_rises.says}. Steering at {STRENGTH:g} of the "
        f"residual norm: change of the log-odds of denial against admission, in nats, against "
        f"random directions and the story vector; {_denies.says}."
    )

    def __init__(
        self, dialogues: Sequence[HiddenDialogue] | None = None, cases: Sequence[Antagonistic] | None = None
    ) -> None:
        """Dialogues and antagonistic messages in place of the shipped ones (hidden.jsonl, scenarios/antagonistic.jsonl)."""
        self._dialogues, self._cases = dialogues, cases

    def run(self, lab: Lab) -> StudyResult:
        """All of it for every recipe; cosines, norms, words, readings and steering as tables."""
        dialogues = known(load_hidden() if self._dialogues is None else self._dialogues, lab.emotions)
        picked = sample_pairs(dialogues, lab.draws.hidden)
        names = tuple(e for e in lab.emotions if any(d.felt == e for d in picked) and any(d.other == e for d in picked))
        picked = [d for d in picked if d.felt in names and d.other in names]
        if len(names) < 3 or len(picked) < 4 * len(names):
            why = f"{len(picked)} dialogues hide an emotion that the vectors know; too few to make vectors of"
            return StudyResult(
                [Finding(self.name, m, "", lab.block, None, why=why, claim=c) for m, c in CLAIMS.items()]
            )
        hidden = Hidden(
            names,
            read_turns(lab, picked, preamble=True).whole,
            np.array([names.index(d.felt) for d in picked], dtype=np.intp),
            np.array([names.index(str(d.other)) for d in picked], dtype=np.intp),
        )
        cases = load_scenarios("antagonistic") if self._cases is None else self._cases
        provoked = read_provoked(lab, cases)
        rng = lab.rng(self.name, "shuffled labels")
        labels = [rng.permutation(hidden.felt) for _ in range(lab.draws.refit)]
        fakes = [hidden.refelt(felt) for felt in labels]
        fake_halves = [hidden.refelt_halves(felt, *paired_halves(felt, rng)) for felt in labels]
        spaces = {recipe: StorySpace.of(lab, recipe, names) for recipe in lab.vectors}
        findings: list[Finding] = []
        tables: dict[str, Rows] = {name: [] for name in _COLUMNS}
        for recipe, space in spaces.items():
            crosses = compared(lab, recipe, hidden, space, lab.rng(self.name, "halves", recipe))
            findings += self._geometry.findings(lab, recipe, hidden, space, crosses, fakes, fake_halves, tables)
            findings.append(self._geometry.words(lab, recipe, hidden, space, fakes, tables["words"]))
            findings += self._firing(lab, recipe, hidden, space, provoked, fakes, tables["firing"])
        findings += self._steering(lab, hidden, spaces, tables["steering"])
        return StudyResult(findings, {k: pd.DataFrame(rows, columns=_COLUMNS[k]) for k, rows in tables.items()})

    def _firing(
        self,
        lab: Lab,
        recipe: str,
        hidden: Hidden,
        space: StorySpace,
        provoked: Provoked,
        fakes: list[Array],
        table: Rows,
    ) -> list[Finding]:
        rng, names, claim = lab.rng(self.name, "firing", recipe), hidden.names, CLAIMS["denial_auc"]
        own, stories = unit(space.outside(hidden.vectors[0])), unit(space.patterns)
        others = [unit(space.outside(v)) for v in fakes]
        random = [d[: len(names)] for d in lab.random_sets(rng, lab.draws.random)]
        found = []
        if provoked.denials(names):
            areas = provoked.denial_areas(own, names)
            value = float(areas.mean())
            nulls = (
                null_of("shuffled labels", value, np.array([provoked.denial_areas(d, names).mean() for d in others])),
                null_of("random directions (activation covariance)", value, np.array([provoked.denial_areas(d, names).mean() for d in random])),
            )  # fmt: skip
            ci = bootstrap(lambda at: float(areas[at].mean()), len(areas), rng, lab.draws.bootstrap)
            verdict, why = self._fires.judge(value, nulls, ci)
            why += f"; story vectors {provoked.denial_areas(stories, names).mean():.2f}"
            found.append(Finding(
                self.name, "denial_auc", recipe, lab.block, value, ci, nulls, None, verdict, why, claim,
                f"mean AUC of the denied emotion's vector over {len(areas)} denials",
            ))  # fmt: skip
        else:
            found.append(
                Finding(
                    self.name, "denial_auc", recipe, lab.block, None, why="no denial of these emotions", claim=claim
                )
            )
        attacks, injustice = provoked.rows("attack_on_ai"), provoked.rows("witnessed_injustice")
        if "angry" in names and len(attacks) and len(injustice):
            angry = names.index("angry")
            value = provoked.attack_rise(own[angry], "witnessed_injustice")
            nulls = (
                null_of("shuffled labels", value, np.array([provoked.attack_rise(d[angry], "witnessed_injustice") for d in others])),
                null_of("random directions (activation covariance)", value, np.array([provoked.attack_rise(d[0], "witnessed_injustice") for d in random])),
            )  # fmt: skip
            ci = bootstrap(
                lambda at: provoked.attack_rise(
                    own[angry], "", np.concatenate([attacks[at % len(attacks)], rng.choice(injustice, len(injustice))])
                ),
                len(attacks), rng, lab.draws.bootstrap,
            )  # fmt: skip
            verdict, why = self._rises.judge(value, nulls, ci)
            why += (
                f"; against the matter-of-fact controls {provoked.attack_rise(own[angry], 'control'):.2f}; "
                f"story vector {provoked.attack_rise(stories[angry], 'witnessed_injustice'):.2f}"
            )
            found.append(Finding(
                self.name, "attack_rise", recipe, lab.block, value, ci, nulls, None, verdict, why, claim,
                f"cosine with 'angry' before the reply, {len(attacks)} attacks minus {len(injustice)} injustices",
            ))  # fmt: skip
        else:
            found.append(
                Finding(
                    self.name,
                    "attack_rise",
                    recipe,
                    lab.block,
                    None,
                    why="no attacks and injustices to compare",
                    claim=claim,
                )
            )
        table += _readings(recipe, provoked, names, {"deflection": own, "story": stories})
        return found

    def _steering(self, lab: Lab, hidden: Hidden, spaces: dict[str, StorySpace], table: Rows) -> list[Finding]:
        rng, names = lab.rng(self.name, "steering"), hidden.names
        directions = {f"random {i}": d[: len(names)] for i, d in enumerate(lab.random_sets(rng, _RANDOM_STEERS))}
        for recipe, space in spaces.items():
            directions |= {
                f"{recipe}, deflection": space.outside(hidden.vectors[0]),
                f"{recipe}, story": space.patterns,
            }
        shifts = denial_shifts(lab, names, directions)
        random = np.array([shifts[f"random {i}"].mean(1) for i in range(_RANDOM_STEERS)])
        # A draw takes, for each emotion, one of its own random directions.
        picks = rng.integers(0, _RANDOM_STEERS, (lab.draws.permutation, len(names)))
        drawn = random[picks, np.arange(len(names))].mean(1)
        found = []
        for recipe in spaces:
            ours, story = (shifts[f"{recipe}, {kind}"].mean(1) for kind in ("deflection", "story"))
            value = float(ours.mean())
            nulls = (
                null_of("random directions (activation covariance)", value, drawn),
                baseline_null(
                    "story vector of the same emotion", value,
                    lambda at, a=ours, b=story: (float(a[at].mean()), float(b[at].mean())),  # type: ignore[misc]
                    len(names), rng, lab.draws.bootstrap,
                ),
            )  # fmt: skip
            ci = bootstrap(lambda at, a=ours: float(a[at].mean()), len(names), rng, lab.draws.bootstrap)  # type: ignore[misc]
            verdict, why = self._denies.judge(value, nulls, ci)
            by_script = shifts[f"{recipe}, deflection"].mean(0)
            why += (
                f"; asked by name {by_script[0]:.2f}, asked openly {by_script[1]:.2f}; story vector {story.mean():.2f}"
            )
            found.append(Finding(
                self.name, "denial_log_odds", recipe, lab.block, value, ci, nulls, None, verdict, why, CLAIMS["denial_log_odds"],
                f"nats, mean over {len(names)} emotions, strength {STRENGTH:g}",
            ))  # fmt: skip
            for kind in ("deflection", "story", *(f"random {i}" for i in range(_RANDOM_STEERS))):
                rows = shifts[kind if kind.startswith("random") else f"{recipe}, {kind}"]
                table += [
                    (recipe, word, kind, asked, float(rows[i, j]))
                    for i, word in enumerate(names) for j, asked in enumerate(("by name", "openly"))
                ]  # fmt: skip
        return found


def _readings(recipe: str, provoked: Provoked, names: Sequence[str], vectors: dict[str, Array]) -> Rows:
    """Every message's reading: the denied emotion's vector on what is said (on controls the mean over those emotions), 'angry' before the reply."""
    out: Rows = []
    denied = provoked.denials(names)
    for kind, directions in vectors.items():
        said = unit(provoked.said - provoked.said.mean(0)) @ directions.T
        columns = sorted(set(denied.values()))
        for i, case in enumerate(provoked.cases):
            if i in denied:
                out.append((recipe, kind, "denial", case.kind, case.text, float(said[i, denied[i]])))
            elif columns and case.kind != "denial":
                out.append((recipe, kind, "denial", case.kind, case.text, float(said[i, columns].mean())))
        if "angry" in names:
            colon = unit(provoked.colon - provoked.colon.mean(0)) @ directions[names.index("angry")]
            out += [
                (recipe, kind, "reply", case.kind, case.text, float(reading))
                for case, reading in zip(provoked.cases, colon, strict=True) if case.kind != "denial"
            ]  # fmt: skip
    return out
