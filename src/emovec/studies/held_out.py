"""Do the vectors recognise texts that they were not made from? (beyond the paper: its stories were never held out)

Three questions: is a text nearest to its own emotion's vector when its topic was left out; do vectors from some registers read another
register; and how far would other texts have given the same vectors.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.stats import bootstrap, class_aucs, covariance_factor, mean_auc, null_of, random_directions, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.vectors import RECIPES, directions
from emovec.vectors.selection import transfer_table

__all__ = ["HeldOut"]

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

_FOLDS = 5


def centred_within(x: Array, groups: Rows) -> Array:
    """Rows minus the mean of their group."""
    out = x.copy()
    for g in np.unique(groups):
        out[groups == g] -= x[groups == g].mean(0)
    return out


def ranks_of_own(scores: Array, emotion: Rows) -> Rows:
    """0-based rank of each text's own emotion among all (0 is top)."""
    own = scores[np.arange(len(scores)), emotion]
    return np.asarray((scores > own[:, None]).sum(1), dtype=np.intp)


class HeldOut:
    """Recognition of held-out texts and reliability of vectors."""

    name = "held_out"
    title = "Held out: do the vectors recognise texts they were not made from?"
    question = (
        "Is a story nearest to its own emotion's vector among all emotions when its topic was left out, and do vectors of some registers "
        "read another register?"
    )
    paper_ref = "beyond the paper"
    _top1 = Rule(holds=0.1, partly=0.02)
    _other = Rule(holds=0.75, partly=0.55)
    _half = Rule(holds=0.8, partly=0.4)
    rule = (
        "Cosine of the centred activation with each vector. Stories: top-1 accuracy over five folds of topics (chance 1 in 171); "
        f"{_top1.says}. Other text: mean one-against-rest AUC on a register that the vectors were not made from (`paper`: made on stories only); "
        f"{_other.says}. Reliability: median split-half reliability; {_half.says}."
    )

    def run(self, lab: Lab) -> StudyResult:
        """All three for every recipe, beside static embeddings, random directions and shuffled labels."""
        findings: list[Finding] = []
        per_emotion: list[tuple[object, ...]] = []
        reliability: list[tuple[object, ...]] = []
        transfer: list[tuple[object, ...]] = []
        summary: list[tuple[object, ...]] = []
        for recipe in lab.vectors:
            scores, emotion = self._leave_topic_out(lab, recipe)
            findings += self._recognition(lab, recipe, scores, emotion, per_emotion, summary)
            findings.append(self._transfer(lab, recipe, transfer))
            findings.append(self._reliability(lab, recipe, reliability))
        columns = {
            "emotions": (per_emotion, ["recipe", "emotion", "n", "top1", "top5", "auc"]),
            "reliability": (reliability, ["recipe", "emotion", "split_half", "bootstrap_cosine"]),
            "transfer": (transfer, ["recipe", "made_on", "read_on", "emotions", "auc", "top1"]),
            "summary": (summary, ["recipe", "what", "metric", "value", "null"]),
        }
        tables = {name: pd.DataFrame(rows, columns=head) for name, (rows, head) in columns.items()}
        return StudyResult(findings, {**tables, "pooling": self._pooling(lab)})

    @staticmethod
    def _pooling(lab: Lab) -> pd.DataFrame:
        """What the choice of block, whitening and pooling goes by: transfer between registers at the picked block, for both poolings and every amount."""
        recipe = lab.recipes.get("whitened", RECIPES["whitened"])
        parts = []
        for name, pooling in (("whitened", "mean over tokens"), ("asked", "at the question")):
            table = lab.transfer.get(name)
            if table is None:
                asked = replace(recipe, asked=name == "asked")
                table = transfer_table(lab.acts, asked, [lab.block], progress=lab.progress)
            parts.append(table[table["block"] == lab.block].assign(pooling=pooling))
        table = pd.concat(parts, ignore_index=True)
        table["amount"] = ["none" if np.isinf(a) else f"{a:g}" for a in table["amount"]]
        return table[["pooling", "block", "amount", "read_on", "auc"]]

    def _leave_topic_out(self, lab: Lab, recipe: str) -> tuple[Array, Rows]:
        """Scores of every story on vectors made without its topic, in story order; and the stories' emotions."""
        acts = lab.acts
        stories = acts.rows("story")
        fold = (lab.rng(self.name, "folds").permutation(acts.topic.max() + 1) % _FOLDS)[acts.topic]
        scores = np.zeros((len(stories), len(lab.emotions)))
        x = centred_within(acts.at(lab.block)[stories], np.zeros(len(stories), dtype=np.intp))
        for f in range(_FOLDS):
            train = np.flatnonzero(fold != f)
            test = fold[stories] == f
            if test.any() and len(train):
                made = directions(acts, lab.recipes[recipe], lab.block, train)
                scores[test] = unit(x[test]) @ made.filters.T
        return scores, acts.emotion[stories]

    def _recognition(self, lab: Lab, recipe: str, scores: Array, emotion: Rows, per_emotion: list[tuple[object, ...]],
                     summary: list[tuple[object, ...]]) -> list[Finding]:  # fmt: skip
        rng = lab.rng(self.name, "recognition", recipe)
        ranks = ranks_of_own(scores, emotion)
        value = float((ranks == 0).mean())
        permuted = np.array(
            [(ranks_of_own(scores, p) == 0).mean() for p in (rng.permutation(emotion) for _ in range(200))]
        )
        factor = covariance_factor(lab.acts.at(lab.block))
        stories = lab.acts.rows("story")
        x = unit(centred_within(lab.acts.at(lab.block)[stories], np.zeros(len(stories), dtype=np.intp)))
        random = np.array(
            [
                (ranks_of_own(x @ random_directions(factor, len(lab.emotions), rng).T, emotion) == 0).mean()
                for _ in range(50)
            ]
        )
        nulls = (
            null_of("shuffled emotion labels", value, permuted),
            null_of("random directions (activation covariance)", value, random),
        )
        ci = bootstrap(lambda rows: float((ranks[rows] == 0).mean()), len(ranks), rng, lab.draws.bootstrap)
        verdict, why = self._top1.judge(value, nulls, ci)
        areas = class_aucs(scores, emotion)
        for i, word in enumerate(lab.emotions):
            rows = emotion == i
            if rows.any():
                per_emotion.append(
                    (
                        recipe,
                        word,
                        int(rows.sum()),
                        float((ranks[rows] == 0).mean()),
                        float((ranks[rows] < 5).mean()),
                        areas[i],
                    )
                )
        top5, area = float((ranks < 5).mean()), float(np.nanmean(areas))
        summary += [
            (recipe, "stories, topic left out", "top-1", value, float(permuted.mean())),
            (recipe, "stories, topic left out", "top-5", top5, 5 / len(lab.emotions)),
            (recipe, "stories, topic left out", "AUC", area, 0.5),
        ]
        extra = [("leave_topic_out_top5", top5), ("leave_topic_out_auc", area)]
        return [
            Finding(
                self.name, "leave_topic_out_top1", recipe, lab.block, value, ci, nulls, None, verdict, why, "held_out_stories",
                f"accuracy among {len(lab.emotions)}, {len(ranks)} stories",
            ),
            *(
                Finding(self.name, metric, recipe, lab.block, v, None, (), None, verdict, f"beside top-1: {why}", "", "share" if "top" in metric else "AUC")
                for metric, v in extra
            ),
        ]  # fmt: skip

    def _transfer(self, lab: Lab, recipe: str, table: list[tuple[object, ...]]) -> Finding:
        """Made on some registers, read on another: ``paper`` on stories only, others on all registers but the one read."""
        acts = lab.acts
        names = acts.registers
        if len(names) < 2:
            return Finding(
                self.name,
                "other_register_auc",
                recipe,
                lab.block,
                None,
                why="the corpus has one register only",
                claim="held_out_other_text",
            )
        areas, nulls_labels, nulls_random = [], [], []
        rng = lab.rng(self.name, "transfer", recipe)
        factor = covariance_factor(acts.at(lab.block))
        for name in names:
            made_on = ("story",) if recipe == "paper" else tuple(n for n in names if n != name)
            if name in made_on:
                continue
            rows = acts.rows(name)
            made = directions(acts, lab.recipes[recipe], lab.block, acts.rows(*made_on))
            x = unit(centred_within(acts.at(lab.block)[rows], np.zeros(len(rows), dtype=np.intp)))
            scores, emotion = x @ made.filters.T, acts.emotion[rows]
            area = mean_auc(scores, emotion)
            areas.append(area)
            table.append(
                (
                    recipe,
                    ", ".join(made_on),
                    name,
                    len(np.unique(emotion)),
                    area,
                    float((ranks_of_own(scores, emotion) == 0).mean()),
                )
            )
            nulls_labels.append([mean_auc(scores, rng.permutation(emotion)) for _ in range(50)])
            nulls_random.append(
                [mean_auc(x @ random_directions(factor, len(lab.emotions), rng).T, emotion) for _ in range(50)]
            )
            static = self._static(lab, name)
            table.append(
                (
                    f"{recipe}: static embeddings of the words",
                    "no text",
                    name,
                    len(np.unique(emotion)),
                    static,
                    float("nan"),
                )
            )
        value = float(np.mean(areas))
        nulls = (
            null_of("shuffled emotion labels", value, np.mean(nulls_labels, axis=0)),
            null_of("random directions (activation covariance)", value, np.mean(nulls_random, axis=0)),
        )
        verdict, why = self._other.judge(value, nulls)
        return Finding(
            self.name, "other_register_auc", recipe, lab.block, value, None, nulls, None, verdict, why, "held_out_other_text",
            f"mean one-against-rest AUC over {len(areas)} registers",
        )  # fmt: skip

    def _static(self, lab: Lab, register: str) -> float:
        """AUC of text read by static embeddings alone: mean token embedding of the text against that of the emotion word."""
        words = lab.static_embeddings()
        texts = lab.static_text_embeddings()[lab.acts.rows(register)]
        scores = unit(texts - texts.mean(0)) @ unit(words - words.mean(0)).T
        return mean_auc(scores, lab.acts.emotion[lab.acts.rows(register)])

    def _reliability(self, lab: Lab, recipe: str, table: list[tuple[object, ...]]) -> Finding:
        found = lab.vectors[recipe].reliability
        halves = np.array([found[w]["split_half"] for w in lab.emotions])
        boots = np.array([found[w]["bootstrap"] for w in lab.emotions])
        table += [(recipe, w, halves[i], boots[i]) for i, w in enumerate(lab.emotions)]
        rng = lab.rng(self.name, "reliability", recipe)
        value = float(np.median(halves))
        rows = lab.acts.rows(*lab.recipes[recipe].registers)
        # Vectors of shuffled labels agree with each other only by what all texts share.
        fakes = [unit(d.patterns) for d in lab.shuffled(recipe)[:40]]
        chance = np.array([np.median((fakes[i] * fakes[i + 1]).sum(1)) for i in range(0, len(fakes) - 1, 2)])
        nulls = (null_of("shuffled emotion labels", value, chance),)
        ci = bootstrap(lambda r: float(np.median(halves[r])), len(halves), rng, lab.draws.bootstrap)
        verdict, why = self._half.judge(value, nulls, ci)
        return Finding(
            self.name, "split_half_reliability", recipe, lab.block, value, ci, nulls, None, verdict,
            f"{why}; median bootstrap self-cosine {np.median(boots):.3f}; {len(rows)} texts", "vectors_reliable",
            "median over emotions (Spearman-Brown)",
        )  # fmt: skip
