"""How much of a reading do the words of the text explain, and does what they do not explain still tell the emotion? (beyond the paper)"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.blind import kernel_ridge, topic_folds, word_kernel
from emovec.stats import Null, bootstrap, class_aucs, mean_auc, null_of, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.held_out import centred_within
from emovec.studies.lab import Lab
from emovec.studies.ridge import explained, kernel_of, left_out
from emovec.vectors import directions

__all__ = ["LexicalControl"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_DRAWS = 40
_MODELS = ("static embeddings", "bag of words", "both")


@dataclass(frozen=True)
class _Held:
    """Texts of the registers that are read, all centred within their register.

    Attributes:
        rows: (texts,) rows of the corpus; ``register``, ``emotion`` and ``fold`` (of topics) of each.
        units: (texts, width) activations at unit length.
        readings: (texts, emotions) of vectors made on other registers.
        words: (texts, emotions) what a bag of words trained on those same other registers says.
    """

    rows: Index
    register: Index
    emotion: Index
    fold: Index
    units: Array
    readings: Array
    words: Array


class LexicalControl:
    """Readings with their words regressed out."""

    name = "lexical_control"
    title = "Lexical control: is a reading more than the words?"
    question = "With all that a bag of words and static embeddings predict of a reading regressed out, does what is left still tell the emotion?"
    paper_ref = "beyond the paper"
    _left = Rule(holds=0.6, partly=0.5)
    _all = 0.9
    _gain = Rule(holds=0.01)
    _much = Rule(holds=0.5)
    rule = (
        "Vectors made on some registers, read on others (`paper`: on stories, read on the short registers; others: on all registers but the one read). Each reading is predicted, topics left out in turn, "
        "by ridge regression (linear and squared) on the text's mean static token embedding, its tf-idf of words and pairs of words, and the scores of a bag-of-words reader trained on the "
        "vectors' own registers; the penalty is the one that explains most. What is left: mean one-against-rest AUC of the residual; "
        f"{_left.says}; where words explain more than {_all:.0%} of the readings it does not hold. Among the nulls are readings that are nothing but words: the words' part plus the rest of another text's reading, put through the same regression. "
        "Gain: AUC of the bag-of-words reader's scores with the reading added (weighted by what each tells alone) minus its AUC without; "
        f"{_gain.says}."
    )

    def run(self, lab: Lab) -> StudyResult:
        """Both for every recipe; every emotion and a summary as tables."""
        findings: list[Finding] = []
        emotions: list[tuple[object, ...]] = []
        summary: list[tuple[object, ...]] = []
        kernel = word_kernel([t.text for t in lab.corpus.texts])
        for recipe in lab.vectors:
            held = self._held(lab, recipe, kernel)
            if held is None:
                why = "the corpus has no register that the vectors could be made without, or too few topics"
                findings.append(
                    Finding(self.name, "residual_auc", recipe, lab.block, None, why=why, claim="beyond_words")
                )
                continue
            findings += self._judge(lab, recipe, held, kernel, emotions, summary)
        columns = ["recipe", "emotion", "explained", "auc", "auc_left", "auc_words"]
        return StudyResult(
            findings,
            {
                "emotions": pd.DataFrame(emotions, columns=columns),
                "summary": pd.DataFrame(
                    summary, columns=["recipe", "what", "measure", "value", "low", "high", "null_p95"]
                ),
            },
        )

    def _held(self, lab: Lab, recipe: str, kernel: Array) -> _Held | None:
        """Every register but the stories, read with vectors that were made without it."""
        acts = lab.acts
        parts: list[tuple[Index, Array, Array, Array]] = []
        for number, name in enumerate(acts.registers):
            if name == "story":
                continue
            made_on = acts.rows("story") if recipe == "paper" else np.flatnonzero(acts.register != number)
            rows = acts.rows(name)
            if not len(made_on) or len(np.unique(acts.topic[rows])) < 2:
                continue
            x = unit(centred_within(acts.at(lab.block)[rows], np.zeros(len(rows), dtype=np.intp)))
            made = directions(acts, lab.recipes[recipe], lab.block, made_on)
            said = kernel_ridge(kernel, made_on, rows, np.eye(len(lab.emotions))[acts.emotion])
            parts.append((rows, x, x @ made.filters.T, said))
        if not parts:
            return None
        rows = np.concatenate([p[0] for p in parts])
        register = acts.register[rows]
        texts = [lab.corpus.texts[i] for i in rows]
        return _Held(
            rows, register, acts.emotion[rows], topic_folds(texts, 5, lab.seed), np.concatenate([p[1] for p in parts]),
            *(centred_within(np.concatenate([p[i] for p in parts]), register) for i in (2, 3)),
        )  # fmt: skip

    def _judge(
        self,
        lab: Lab,
        recipe: str,
        held: _Held,
        kernel: Array,
        emotions: list[tuple[object, ...]],
        summary: list[tuple[object, ...]],
    ) -> list[Finding]:
        rng = lab.rng(self.name, recipe)
        static = kernel_of(centred_within(lab.static_text_embeddings()[held.rows], held.register))
        bag = kernel[np.ix_(held.rows, held.rows)] + kernel_of(held.words)
        both = (static + bag) / 3
        # Squared, the kernel of both knows what two words say together, and how a cosine bends what words add up to.
        kernels = dict(zip(_MODELS, (static, bag, both + both**2), strict=True))
        shares = {model: explained(features, held.fold, held.readings) for model, features in kernels.items()}
        predictor = left_out(kernels["both"], held.fold, np.eye(len(held.rows)), shares["both"][0])
        predicted = predictor @ held.readings
        left = held.readings - predicted
        scores = {"reading": held.readings, "left": left, "words": held.words, "predicted": predicted}
        areas = {name: class_aucs(y, held.emotion) for name, y in scores.items()}
        value = float(np.nanmean(areas["left"]))
        draws = min(_DRAWS, lab.draws.refit)

        def after(readings: Array) -> float:
            return mean_auc(readings - predictor @ readings, held.emotion)

        # Ridge gives back less than there is: the words' part is taken as large as one that it would give back as it did.
        again = float((predicted * (predictor @ predicted)).sum())
        said = predicted * max(1.0, float(np.square(predicted).sum()) / again if again > 0 else 1.0)
        rest = held.readings - said
        nulls = (
            null_of("permuted labels of the texts", value, np.array([mean_auc(left, held.emotion[_within(rng, held.register)]) for _ in range(draws)])),
            null_of("shuffled emotion labels", value, np.array([after(held.units @ d.filters.T) for d in lab.shuffled(recipe)[:draws]])),
            null_of("only words: the words' part and the rest of another text", value,
                    np.array([after(said + rest[_within(rng, held.register)]) for _ in range(draws)])),
        )  # fmt: skip
        ci = _over_emotions(areas["left"], rng, lab.draws.bootstrap)
        verdict, why = self._left.judge(value, nulls, ci)
        if (share := float(shares["both"][1].mean())) > self._all:
            verdict, why = "fails", f"words explain {share:.0%} of a reading; of the rest: {why}"
        mean = {name: float(np.nanmean(a)) for name, a in areas.items()}
        why += f" (reading {mean['reading']:.2f}, bag of words {mean['words']:.2f}; words explain {shares['both'][1].mean():.0%} of a reading)"
        says = f"mean one-against-rest AUC, {len(held.rows)} texts"
        findings = [
            Finding(
                self.name, "residual_auc", recipe, lab.block, value, ci, nulls, None, verdict, why, "beyond_words", says
            )
        ]
        findings.append(self._gains(lab, recipe, held, areas["words"], rng, draws))
        findings.append(self._explained(lab, recipe, held, shares, predictor, rng, draws))
        for e, word in enumerate(lab.emotions):
            emotions.append(
                (recipe, word, shares["both"][1][e], areas["reading"][e], areas["left"][e], areas["words"][e])
            )
        for model in _MODELS:
            summary.append(
                (
                    recipe,
                    f"explained by {model}",
                    "share",
                    shares[model][1].mean(),
                    *_over_emotions(shares[model][1], rng, lab.draws.bootstrap),
                    np.nan,
                )
            )
        for name, what in (
            ("reading", "the reading"),
            ("predicted", "what words predict of it"),
            ("left", "what is left of it"),
            ("words", "the bag-of-words reader"),
        ):
            null = max(n.p95 for n in nulls) if name == "left" else np.nan
            summary.append(
                (recipe, what, "AUC", mean[name], *_over_emotions(areas[name], rng, lab.draws.bootstrap), null)
            )
        return findings

    def _explained(
        self, lab: Lab, recipe: str, held: _Held, shares: dict[str, tuple[float, Array]], predictor: Array, rng: np.random.Generator, draws: int
    ) -> Finding:  # fmt: skip
        """How much of a reading the words explain."""
        share = shares["both"][1]
        value, total = float(share.mean()), np.square(held.readings).sum(0)
        drawn = []
        for _ in range(draws):
            y = held.readings[_within(rng, held.register)]
            drawn.append(float((1 - np.square(y - predictor @ y).sum(0) / np.where(total == 0, np.inf, total)).mean()))
        nulls = (null_of("readings of other texts", value, np.array(drawn)),)
        ci = _over_emotions(share, rng, lab.draws.bootstrap)
        verdict, why = self._much.judge(value, nulls, ci)
        why += "; " + ", ".join(f"{model} {s.mean():.0%}" for model, (_, s) in shares.items() if model != "both")
        return Finding(
            self.name, "explained_by_words", recipe, lab.block, value, ci, nulls, None, verdict, why, "",
            "share of a reading's variance, topics left out",
        )  # fmt: skip

    def _gains(self, lab: Lab, recipe: str, held: _Held, words: Array, rng: np.random.Generator, draws: int) -> Finding:
        """What the reading adds to the bag-of-words reader."""
        gains = _added(held.words, held.readings, held.emotion) - words
        value = float(np.nanmean(gains))
        permuted = [
            _added(held.words, held.readings[_within(rng, held.register)], held.emotion) - words for _ in range(draws)
        ]
        random = [_added(held.words, held.units @ d.T, held.emotion) - words for d in lab.random_sets(rng, draws)]
        nulls: tuple[Null, ...] = (
            null_of("readings of other texts", value, np.array([np.nanmean(g) for g in permuted])),
            null_of("random directions (activation covariance)", value, np.array([np.nanmean(g) for g in random])),
        )
        ci = _over_emotions(gains, rng, lab.draws.bootstrap)
        verdict, why = self._gain.judge(value, nulls, ci)
        return Finding(
            self.name, "gain_over_words", recipe, lab.block, value, ci, nulls, None, verdict,
            f"{why} (bag of words alone {np.nanmean(words):.2f})", "beyond_words", "AUC, with the reading minus without",
        )  # fmt: skip


def _within(rng: np.random.Generator, groups: Index) -> Index:
    """A permutation that keeps every row in its group."""
    order = np.arange(len(groups))
    for g in np.unique(groups):
        rows = np.flatnonzero(groups == g)
        order[rows] = rng.permutation(rows)
    return order


def _added(words: Array, readings: Array, emotion: Index) -> Array:
    """AUC per emotion of two scores added, each standardised and weighted by what it tells alone (its distance in standard deviations)."""
    from scipy.stats import norm

    weights = [max(0.0, float(norm.ppf(np.clip(mean_auc(y, emotion), 1e-6, 1 - 1e-6)))) for y in (words, readings)]
    z = [y / np.maximum(y.std(0), 1e-12) for y in (words, readings)]
    return class_aucs(weights[0] * z[0] + weights[1] * z[1], emotion)


def _over_emotions(values: Array, rng: np.random.Generator, draws: int) -> tuple[float, float]:
    """Interval of the mean over emotions."""
    there = values[np.isfinite(values)]
    return bootstrap(lambda rows: float(there[rows].mean()), len(there), rng, draws)
