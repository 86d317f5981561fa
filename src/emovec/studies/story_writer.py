"""Do other texts give the same vectors? Agreement of two corpora on one subject, held against how reliable each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import Corpus, load_corpus, shipped_folder
from emovec.corpora.schema import Text, read_texts
from emovec.lexicon import QUADRANTS, emotion
from emovec.stats import bootstrap, null_of
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.vectors import Activations, Recipe, collect_activations, directions
from emovec.vectors.compare import compare
from emovec.vectors.reliability import reliability

__all__ = ["StoryWriter", "subset"]

Array = NDArray[np.float64]
#: Below this mean ceiling one side is mostly noise, and agreement cannot be judged.
_LEAST_CEILING = 0.2


def subset(acts: Activations, rows: NDArray[np.intp], words: Sequence[str]) -> Activations:
    """The same activations for some texts and emotions only (rows of other emotions are dropped)."""
    position = {acts.emotions.index(word): i for i, word in enumerate(words)}
    kept = np.array([r for r in rows if int(acts.emotion[r]) in position], dtype=np.intp)
    return replace(
        acts,
        texts=acts.texts[kept],
        asked=acts.asked[kept],
        emotions=tuple(words),
        emotion=np.array([position[int(e)] for e in acts.emotion[kept]], dtype=np.intp),
        topic=acts.topic[kept],
        register=acts.register[kept],
        style=acts.style[kept],
    )


@dataclass(frozen=True)
class _Comparison:
    name: str
    says: str
    first: Activations
    second: Activations
    claim: str


class StoryWriter:
    """Agreement of vectors from two corpora, and from parts of one."""

    name = "story_writer"
    title = "Story writer: do other texts give the same vectors?"
    question = (
        "If somebody else had written the stories, or the same writer in another style, person or register, would the vectors be the same?"
    )  # fmt: skip
    paper_ref = ""
    _rule = Rule(holds=0.8, partly=0.5)
    emotions, texts = 32, 7
    rule = (
        "Cosine of each emotion's vectors from the two sets of texts (difference of means, centred over the shared emotions), averaged over emotions and "
        "divided by the ceiling: the root of the product of both sets' mean split-half reliabilities, which is what noise alone would leave of perfect agreement; "
        f"{_rule.says}. Where the ceiling is below {_LEAST_CEILING:g} it is not judged. The hardest null swaps names within quadrants of valence and arousal: "
        "do the sets agree on more than how pleasant and how excited? "
        f"The second corpus is a sample: {texts} texts of each of {emotions} emotions, as many from every quadrant. The corpus that ships beside the stories is by the same writer "
        "in an oblique, literary style; with a corpus of your own (--corpus) the shipped stories are the second writer."
    )

    def __init__(self, other: Corpus | None = None) -> None:
        """``other``: the second corpus (default: the literary stories beside the shipped corpus; the shipped stories beside any other)."""
        self.other = other

    def run(self, lab: Lab) -> StudyResult:
        """Agreement and ceiling for every recipe and comparison; every emotion as a table."""
        findings, tables, summary = [], [], []
        comparisons = [c for c in (self._style(lab), *_halves(lab)) if c is not None]
        with lab.progress.stage("comparing corpora", len(comparisons) * len(lab.recipes), "comparisons") as advance:
            for recipe in lab.recipes:
                for one in comparisons:
                    table = _agreement(lab, one, replace(lab.recipes[recipe], registers=(), geometry_registers=()))
                    finding = self._finding(lab, recipe, one, table)
                    findings.append(finding)
                    tables.append(table.assign(recipe=recipe, comparison=one.name))
                    low, high = finding.ci or (np.nan, np.nan)
                    value = np.nan if finding.value is None else finding.value
                    ceiling = float(_ceiling(table[["half_first", "half_second"]].to_numpy().mean(0)))
                    means = [float(table["cosine"].mean()), ceiling, float(table["others"].mean())]
                    null = finding.null.p95 if finding.null else np.nan
                    summary.append((recipe, one.name, one.says, len(table), *means, value, low, high, null))
                    advance(1)
        columns = ["recipe", "comparison", "says", "emotions", "cosine", "ceiling", "others", "share", "low", "high", "null_p95"]  # fmt: skip
        listed = pd.concat(tables, ignore_index=True)
        first = ["recipe", "comparison", "emotion"]
        return StudyResult(
            findings,
            {
                "emotions": listed[first + [c for c in listed.columns if c not in first]],
                "summary": pd.DataFrame(summary, columns=columns),
            },
        )

    def _finding(self, lab: Lab, recipe: str, one: _Comparison, table: pd.DataFrame) -> Finding:
        metric, unit = f"{one.name}_agreement", f"mean cosine as a share of its ceiling, {len(table)} emotions"
        halves = table[["half_first", "half_second"]].to_numpy()
        ceiling = float(_ceiling(halves.mean(0)))
        if ceiling < _LEAST_CEILING:
            why = (
                f"the vectors of one side are mostly noise (reliability leaves a mean cosine of {ceiling:.2f} at most)"
            )
            return Finding(self.name, metric, recipe, lab.block, None, why=why, claim=one.claim, unit=unit)
        rng = lab.rng(self.name, recipe, one.name)
        cosines = _cosines(one, replace(lab.recipes[recipe], registers=(), geometry_registers=()), lab.block)
        value = float(cosines.diagonal().mean() / ceiling)
        each = np.arange(len(cosines))
        groups = np.array([QUADRANTS.index(emotion(word).quadrant) for word in table["emotion"]])

        def swapped(within: bool) -> float:
            order = each.copy()
            for members in [np.flatnonzero(groups == g) for g in np.unique(groups)] if within else [each]:
                order[members] = rng.permutation(members)
            return float(cosines[each, order].mean() / ceiling)

        nulls = tuple(
            null_of(name, value, np.array([swapped(within) for _ in range(lab.draws.permutation)]))
            for name, within in (("permuted emotion names", False), ("names permuted within quadrants", True))
        )

        def of_emotions(rows: NDArray[np.intp]) -> float:
            return float(cosines[rows, rows].mean() / max(float(_ceiling(halves[rows].mean(0))), 1e-6))

        ci = bootstrap(of_emotions, len(each), rng, lab.draws.bootstrap)
        verdict, why = self._rule.judge(value, nulls, ci)
        return Finding(self.name, metric, recipe, lab.block, value, ci, nulls, None, verdict, why, one.claim, unit)

    def _style(self, lab: Lab) -> _Comparison | None:
        """The stories against the second corpus, on a balanced sample of emotions."""
        other = self.other or second_corpus(lab.corpus)
        stories = lab.corpus.of("story")
        counts = [pd.Series([t.emotion for t in texts]).value_counts() for texts in (stories, other.texts)]
        shared = [w for w in lab.emotions if all(int(c.get(w, 0)) >= 4 for c in counts)]
        words = self._balanced(lab, shared)
        if len(words) < 8:
            return None
        fewest = min(self.texts, *(int(counts[1][word]) for word in words))
        other = replace(
            other, texts=tuple(t for t in other.texts if t.emotion in words), neutral=lab.corpus.neutral[:1]
        )
        sample = other.balanced({"story": fewest}, seed=lab.seed)
        slot = lab.acts.blocks.index(lab.block)
        read = collect_activations(lab.subject, sample, [lab.block], store=lab.store, progress=lab.progress)
        # Both sides leave out the same neutral directions: those of the whole run.
        second = replace(read, neutral=lab.acts.neutral[:, [slot]])
        first = subset(lab.acts, lab.acts.rows("story"), words)
        says = f"{lab.corpus.name} stories and {other.name}: {fewest} texts of each of {len(words)} emotions"
        return _Comparison("writer", says, first, subset(second, second.rows(), words), "writer_agrees")

    def _balanced(self, lab: Lab, shared: list[str]) -> list[str]:
        """As many emotions of every quadrant, up to :attr:`emotions` in all, in the lab's order."""
        rng = lab.rng(self.name, "sample")
        picked: list[str] = []
        for quadrant in QUADRANTS:
            members = [w for w in shared if emotion(w).quadrant == quadrant]
            picked += [str(w) for w in rng.permutation(members)[: self.emotions // len(QUADRANTS)]]
        return [w for w in lab.emotions if w in picked]


def second_corpus(corpus: Corpus) -> Corpus:
    """Stories to hold against a corpus: the literary ones for the shipped corpus, the shipped ones for any other."""
    if corpus.name != "emovec":
        shipped = load_corpus()
        return replace(shipped, texts=shipped.of("story"))
    texts: Sequence[Text] = read_texts(shipped_folder() / "literary.jsonl")
    return Corpus("literary", tuple(texts), corpus.neutral)


def _halves(lab: Lab) -> list[_Comparison]:
    """Stories in the first and in the third person; stories and the other registers."""
    person = np.array([t.person for t in lab.corpus.texts])
    stories = np.zeros(len(person), dtype=bool)
    stories[lab.acts.rows("story")] = True
    sides = (
        ("person", "stories told in the first and in the third person", stories & (person == "first"), stories & (person == "third")),
        ("register", "stories and the shorter registers", stories, ~stories),
    )  # fmt: skip
    found = []
    for name, says, first, second in sides:
        enough = [np.bincount(lab.acts.emotion[side], minlength=len(lab.emotions)) >= 2 for side in (first, second)]
        words = [w for w, a, b in zip(lab.emotions, *enough, strict=True) if a and b]
        if len(words) >= 8:
            one, two = (subset(lab.acts, np.flatnonzero(side), words) for side in (first, second))
            found.append(_Comparison(name, says, one, two, "parts_agree"))
    return found


def _cosines(one: _Comparison, recipe: Recipe, block: int) -> Array:
    """Cosines of the two sides' patterns, each centred over emotions: (emotions, emotions)."""
    from emovec.stats import unit

    first, second = (directions(acts, recipe, block).patterns for acts in (one.first, one.second))
    return unit(first - first.mean(0)) @ unit(second - second.mean(0)).T


def _agreement(lab: Lab, one: _Comparison, recipe: Recipe) -> pd.DataFrame:
    """Per emotion: cosine of the two sides, and what their reliabilities would leave of a cosine of 1."""
    table = compare(one.first, one.second, recipe, lab.block).drop(index="(all)").reset_index()
    halves = []
    for acts in (one.first, one.second):
        strata = acts.emotion * len(acts.registers) + acts.register

        def estimate(picked: NDArray[np.intp], acts: Activations = acts) -> Array:
            return directions(acts, recipe, lab.block, picked).patterns

        drawn = lab.rng("split halves", one.name, recipe.name)
        halves.append(reliability(estimate, strata, drawn, splits=5, draws=1).half_cosine)
    both = np.stack(halves, axis=1)
    return table.assign(half_first=both[:, 0], half_second=both[:, 1], ceiling=_ceiling(both))


def _ceiling(halves: Array) -> Array:
    """What two sides' reliabilities leave of a cosine of 1, from the cosines of their halves (..., 2): Spearman-Brown, then the root of the product."""
    stepped = np.clip(2 * halves / np.maximum(1 + halves, 1e-6), 0.0, 1.0)
    return np.asarray(np.sqrt(stepped.prod(-1)))
