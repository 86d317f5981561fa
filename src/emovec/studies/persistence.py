"""How long does a reading last from token to token, against directions that vary as much? (beyond the paper)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import shipped_folder
from emovec.corpora.schema import read_texts
from emovec.stats import Null, baseline_null, bootstrap, covariance_factor, interval, null_of, random_directions, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.subject import encode_text
from emovec.subject.passes import forward_tokens

__all__ = ["Lagged", "Persistence", "half_life"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_LAGS = (*range(1, 17), *range(20, 65, 4))
_TEXTS = 64
#: Random directions of which those nearest in variance stand in for an emotion, and how many of them take turns.
_POOL, _NEAREST = 600, 12
_SHUFFLED = 20
_OF_TEXTS = "random directions (covariance of texts, variance-matched)"
_OF_TOKENS = "random directions (covariance of tokens, variance-matched)"
_LABELS = "shuffled emotion labels"
_RECURRING = "static token embeddings (words that recur)"


@dataclass(frozen=True)
class Lagged:
    """Sums from which the autocorrelations of any resample of texts follow.

    Attributes:
        products: (texts, lags, probes) sums of readings times the readings that many tokens later.
        pairs: (texts, lags) how many.
        squares: (texts, probes) sums of squares.
        tokens: (texts,).
    """

    products: Array
    pairs: Array
    squares: Array
    tokens: Array

    @classmethod
    def of(cls, texts: Sequence[Array], probes: Array, lags: Sequence[int], *, within: bool = False) -> Lagged:
        """From states (tokens, width) per text and probes (probes, width); readings are centred over all tokens, or ``within`` each text."""
        level = np.concatenate(texts).mean(0)
        products, squares = [], []
        for one in texts:
            x = (one - (one.mean(0) if within else level)) @ probes.T
            products.append([np.einsum("td,td->d", x[:-k], x[k:]) for k in lags])
            squares.append(np.square(x).sum(0))
        lengths = np.array([len(one) for one in texts], dtype=float)
        return cls(np.array(products), lengths[:, None] - np.array(lags, dtype=float), np.array(squares), lengths)

    def correlation(self, rows: Index | slice = slice(None)) -> Array:
        """Autocorrelation of every probe at every lag, (lags, probes)."""
        together = self.products[rows].sum(0) / self.pairs[rows].sum(0)[:, None]
        spread = self.squares[rows].sum(0) / self.tokens[rows].sum()
        return np.asarray(together / np.where(spread == 0, np.inf, spread))

    @cached_property
    def variance(self) -> Array:
        """Variance of every probe's readings over all tokens, (probes,)."""
        return np.asarray(self.squares.sum(0) / self.tokens.sum())

    def like(self, variance: Array, draws: int, rng: np.random.Generator) -> Array:
        """Mean autocorrelation of probes that stand in for others of some variances (others,), drawn anew ``draws`` times: (draws, lags)."""
        own, wanted = (np.log(np.maximum(v, 1e-300)) for v in (self.variance, variance))
        near = np.argsort(np.abs(own[None] - wanted[:, None]), axis=1, kind="stable")[:, :_NEAREST]
        correlation, row = self.correlation(), np.arange(len(near))
        seats = rng.integers(0, near.shape[1], (draws, len(near)))
        return np.stack([correlation[:, near[row, seat]].mean(1) for seat in seats])


def half_life(curve: Array, lags: Sequence[int]) -> float:
    """The lag, interpolated, at which an autocorrelation has fallen to half of its first value; the longest lag where it does not fall so far."""
    goal = curve[0] / 2
    for i in range(1, len(curve)):
        if curve[i] <= goal:
            step = (curve[i - 1] - goal) / max(curve[i - 1] - curve[i], 1e-12)
            return float(lags[i - 1] + step * (lags[i] - lags[i - 1]))
    return float(lags[-1])


class Persistence:
    """Autocorrelation of readings over tokens."""

    name = "persistence"
    title = "Persistence: does a reading last?"
    question = "Do the vectors' readings stay as they are over tens of tokens, more than those of other directions that vary as much?"
    paper_ref = "beyond the paper"
    _rule = Rule(holds=0.1, partly=0.02)
    rule = (
        f"Autocorrelation of the cosine over the tokens of {_TEXTS} scenes that no vector was made from, nor from another telling of them, each probe centred over all tokens. "
        f"Mean over emotions and over lags of 16 to 64 tokens (of a quarter to the whole of the longest lag that the texts allow); {_rule.says}. Nulls: random directions with the covariance of "
        "whole texts, and of tokens, each matched in variance to an emotion's reading; vectors of shuffled labels; and vectors of static token embeddings read on the words "
        "themselves: what recurring words alone give. Half-life: lag at which the mean autocorrelation is half of that at the first lag."
    )

    def __init__(self, cases: Sequence[str] | None = None) -> None:
        """``cases``: texts to read; default: scenes of the shipped ``literary`` set whose emotion and topic no text of the corpus has."""
        self.cases = cases

    def run(self, lab: Lab) -> StudyResult:
        """Mean autocorrelation and half-life for every recipe; curves and emotions as tables."""
        states, words = self._harvest(lab, list(self.cases) if self.cases is not None else _unseen(lab))
        shortest = min((len(s) for s in states), default=0)
        lags = [k for k in _LAGS if k <= shortest // 2]
        if len(lags) < 4 or not any(np.ptp(s, axis=0).any() for s in states):
            why = "the texts are too short" if len(lags) < 4 else "the states of the texts do not vary"
            return StudyResult([Finding(self.name, "late_autocorrelation", r, lab.block, None, why=why, claim="reading_persists") for r in lab.vectors])  # fmt: skip
        late = np.array(lags) >= max(lags) / 4
        recurring = Lagged.of(words, _static_vectors(lab), lags)
        findings: list[Finding] = []
        curves: list[tuple[object, ...]] = []
        emotions: list[tuple[object, ...]] = []
        for recipe, vectors in lab.vectors.items():
            rng = lab.rng(self.name, recipe)
            x = [unit(s - vectors.centre[vectors.slot(lab.block)].astype(np.float64)) for s in states]
            factors = {
                _OF_TEXTS: covariance_factor(lab.acts.at(lab.block)),
                _OF_TOKENS: covariance_factor(np.concatenate(x)[::8]),
            }
            pools = {name: random_directions(factor, _POOL, rng) for name, factor in factors.items()}
            for within in (False, True):
                own = Lagged.of(x, vectors.at("filters", lab.block), lags, within=within)
                drawn = {
                    name: Lagged.of(x, pool, lags, within=within).like(own.variance, lab.draws.random, rng)
                    for name, pool in pools.items()
                }
                drawn[_LABELS] = np.stack([
                    Lagged.of(x, d.filters, lags, within=within).correlation().mean(1) for d in lab.shuffled(recipe)[:_SHUFFLED]
                ])  # fmt: skip
                correlation = own.correlation()
                findings.append(self._late(lab, recipe, own, drawn, late, None if within else recurring, rng))
                if within:
                    continue
                findings.append(self._half_life(lab, recipe, correlation.mean(1), drawn, lags))
                resampled = [
                    own.correlation(rng.integers(0, len(x), len(x))).mean(1) for _ in range(lab.draws.bootstrap // 4)
                ]
                lines = {"emotion vectors": (correlation.mean(1), np.stack(resampled))}
                lines |= {name: (curve.mean(0), curve) for name, curve in drawn.items()}
                static = recurring.correlation().mean(1)
                lines[_RECURRING] = (static, static[None])
                curves += [
                    (recipe, what, lag, mean[i], *interval(band[:, i]))
                    for what, (mean, band) in lines.items()
                    for i, lag in enumerate(lags)
                ]
                emotions += [
                    (recipe, word, correlation[0, i], float(correlation[late, i].mean()), half_life(correlation[:, i], lags))
                    for i, word in enumerate(lab.emotions)
                ]  # fmt: skip
        return StudyResult(
            findings,
            {
                "curves": pd.DataFrame(curves, columns=["recipe", "what", "lag", "value", "low", "high"]),
                "emotions": pd.DataFrame(emotions, columns=["recipe", "emotion", "lag_1", "late", "half_life"]),
            },
        )

    def _harvest(self, lab: Lab, texts: list[str]) -> tuple[list[NDArray[np.float32]], list[Array]]:
        """Per text the states of its tokens at the lab's block, and their static embeddings, centred and at unit length; the first token, a sink, left out."""
        matrix = lab.subject.anatomy.embedding_matrix().float().cpu().numpy().astype(np.float64)
        centre = lab.static_text_embeddings().mean(0)
        states, words = [], []
        with lab.progress.stage("persistence", len(texts), "texts") as advance:
            for text in texts:
                encoded = encode_text(lab.subject, text)
                states.append(forward_tokens(lab.subject, encoded, [lab.block])[1:, 0])
                words.append(unit(matrix[list(encoded.ids[1:])] - centre))
                advance(1)
        return states, words

    def _late(
        self, lab: Lab, recipe: str, own: Lagged, drawn: dict[str, Array], late: NDArray[np.bool_], rival: Lagged | None,
        rng: np.random.Generator,
    ) -> Finding:  # fmt: skip
        def mean(lagged: Lagged, rows: Index | slice = slice(None)) -> float:
            return float(lagged.correlation(rows)[late].mean())

        value, texts = mean(own), len(own.tokens)
        nulls: list[Null] = [null_of(name, value, curve[:, late].mean(1)) for name, curve in drawn.items()]
        if rival is not None:
            pair = lambda rows: (mean(own, rows), mean(rival, rows))
            nulls.append(baseline_null(_RECURRING, value, pair, texts, rng, lab.draws.bootstrap // 4))
        ci = bootstrap(lambda rows: mean(own, rows), texts, rng, lab.draws.bootstrap // 4)
        verdict, why = self._rule.judge(value, nulls, ci)
        metric, claim = (
            ("late_autocorrelation", "reading_persists")
            if rival is not None
            else ("late_autocorrelation_within_texts", "")
        )
        if rival is None:
            why = f"each text's own mean taken out, so that only what comes and goes within a text is left: {why}"
        return Finding(
            self.name, metric, recipe, lab.block, value, ci, tuple(nulls), None, verdict, why, claim, f"mean autocorrelation, {texts} texts"
        )  # fmt: skip

    def _half_life(self, lab: Lab, recipe: str, mean: Array, drawn: dict[str, Array], lags: Sequence[int]) -> Finding:
        value = half_life(mean, lags)
        nulls = tuple(
            null_of(name, value, np.array([half_life(c, lags) for c in curve])) for name, curve in drawn.items()
        )
        verdict, why = Rule(holds=0.0).judge(value, nulls)
        note = f"; {lags[-1]} stands for longer" if value >= lags[-1] else ""
        return Finding(
            self.name, "half_life", recipe, lab.block, value, None, nulls, None, verdict, why + note, "", "tokens"
        )


def _unseen(lab: Lab) -> list[str]:
    """Scenes of the literary set that share emotion and topic with no text of the corpus (another telling of the scene), spread over the set."""
    taken = {(t.emotion, t.topic) for t in lab.corpus.texts}
    texts = [t.text for t in read_texts(shipped_folder() / "literary.jsonl") if (t.emotion, t.topic) not in taken]
    step = max(1, len(texts) // _TEXTS)
    return texts[::step][:_TEXTS]


def _static_vectors(lab: Lab) -> Array:
    """Emotion vectors of static embeddings: mean over an emotion's texts of their mean token embedding, within registers, (emotions, width)."""
    x = lab.static_text_embeddings().copy()
    for register in np.unique(lab.acts.register):
        rows = lab.acts.register == register
        x[rows] -= x[rows].mean(0)
    return unit(np.stack([x[lab.acts.emotion == e].mean(0) for e in range(len(lab.emotions))]))
