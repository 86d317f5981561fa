"""Texts ranked by each emotion vector, and how many of those on top were written for it: what ``top_snippets`` and ``transcripts`` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emovec.lexicon import emotion
from emovec.reading.documents import Content
from emovec.reading.sweep.cut import Chunk, chunks_of, parts_of
from emovec.reading.sweep.states import chunk_states
from emovec.stats import Null, baseline_null, bootstrap, class_aucs, interval, null_of, unit
from emovec.subject.windows import max_positions

if TYPE_CHECKING:
    from emovec.studies.lab import Lab

__all__ = ["Contest", "Key", "Run", "contest", "mean_units", "neighbours", "rival", "share_on_top"]

Array = NDArray[np.float64]
#: (document, which of its runs of tokens)
Key = tuple[int, int]
#: A run of tokens of a chunk that is averaged under a key: (key within the document, first token, last + 1), in tokens of the part.
Run = tuple[int, int, int]

_CHUNK, _CONTEXT = 512, 64


def neighbours(emotions: Sequence[str]) -> NDArray[np.bool_]:
    """Which emotions count as the same or a neighbour, (emotions, emotions), symmetric: those whose forms and listed close synonyms share a word."""
    words = [{*emotion(e).forms, *emotion(e).synonyms, e} for e in emotions]
    return np.array([[bool(a & b) for b in words] for a in words])


def share_on_top(scores: Array, fits: NDArray[np.bool_]) -> Array:
    """Of the texts that a probe ranks highest, as many as fit it, the share that do fit (R-precision): (probes,), NaN where none fits.

    Args:
        scores: (texts, probes); equal scores stay in the order of the texts.
        fits: (texts, probes).
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked = np.take_along_axis(fits, order, axis=0)
    counts = fits.sum(0)
    hits = np.where(np.arange(len(scores))[:, None] < counts, ranked, False).sum(0)
    return np.where(counts > 0, hits / np.maximum(counts, 1), np.nan)


def mean_units(
    lab: Lab, contents: Sequence[Content], runs_of: Callable[[Chunk], list[Run]], stage: str
) -> tuple[list[Key], list[str], dict[str, Array]]:
    """Sweep documents at the picked block and average, over runs of tokens, the centred residuals scaled to unit length.

    The product with unit directions is the mean cosine over the run, exactly what a sweep scores snippets and transcripts by; so nulls need
    no further pass.

    Returns:
        The keys, sorted; the characters of each; and per recipe (whose centre is subtracted) the means, (keys, width).
    """
    limit = max_positions(lab.subject)
    size = min(_CHUNK, limit or _CHUNK)
    chunks: list[tuple[int, Chunk]] = [
        (d, chunk)
        for d, content in enumerate(contents)
        for part in parts_of(lab.subject, content)
        for chunk in chunks_of(part, size, min(_CONTEXT, size // 2))
    ]
    work = [(d, chunk, runs_of(chunk)) for d, chunk in chunks]
    texts: dict[Key, list[str]] = {}
    for d, chunk, runs in work:
        encoded = chunk.part.encoded
        for k, start, stop in runs:
            texts.setdefault((d, k), []).append(encoded.text[encoded.offsets[start][0] : encoded.offsets[stop - 1][1]])
    sums = {key: {name: np.zeros(lab.subject.width) for name in lab.vectors} for key in texts}
    counts = dict.fromkeys(texts, 0)
    with lab.progress.stage(stage, sum(len(chunk) for _, chunk, _ in work), "tokens") as advance:
        for i, states in chunk_states(lab.subject, [chunk for _, chunk, _ in work], lab.block):
            d, chunk, runs = work[i]
            units = {name: unit(states - v.centre[v.slot(lab.block)]) for name, v in lab.vectors.items()}
            for k, start, stop in runs:
                rows = slice(start - chunk.window.new, stop - chunk.window.new)
                for name, x in units.items():
                    sums[d, k][name] += x[rows].sum(0)
                counts[d, k] += stop - start
            advance(len(chunk))
    keys = sorted(sums)
    means = {name: np.array([sums[key][name] / counts[key] for key in keys]) for name in lab.vectors}
    return keys, [" ".join(texts[key]) for key in keys], means


@dataclass(frozen=True)
class Contest:
    """Vectors of one recipe against their nulls and rivals, on texts (or transcripts) with labels.

    Attributes:
        scores: (texts, probes) of the vectors.
        shares: (probes,) share of fitting texts on top; ``value`` their mean, with ``ci`` and ``nulls``.
        aucs: (probes,) AUC of the texts with the probe's very label; ``auc``, ``auc_ci`` and ``auc_nulls`` likewise.
        readers: (who ranks, mean share, low, high): the vectors, rivals (95 % intervals over emotions), and nulls (95 % of the draws).
    """

    scores: Array
    shares: Array
    value: float
    ci: tuple[float, float]
    nulls: tuple[Null, ...]
    aucs: Array
    auc: float
    auc_ci: tuple[float, float]
    auc_nulls: tuple[Null, ...]
    readers: list[tuple[str, float, float, float]]


def contest(
    lab: Lab, recipe: str, score: Callable[[Array], Array], label: NDArray[np.intp], probes: NDArray[np.intp],
    rivals: Mapping[str, Array], beside: Mapping[str, Array], *names: str,
) -> Contest:  # fmt: skip
    """Rank texts by the probes' vectors, by random directions and by vectors of shuffled labels; permute the texts' labels.

    Args:
        score: unit directions (probes, width) -> readings of the texts (texts, probes).
        label: emotion of every text, (texts,).
        probes: emotions whose vectors rank, (probes,).
        rivals: shares on top, (probes,), of readers that the vectors must beat over resampled emotions.
        beside: the same of readers that are only shown.
        names: of the study, for its random numbers.
    """
    rng = lab.rng(*names, recipe)
    near = neighbours(lab.emotions)[:, probes]
    place = np.full(len(lab.emotions), -1)
    place[probes] = np.arange(len(probes))
    fits, own = near[label], place[label]

    def mean_share(scores: Array, labels: NDArray[np.intp]) -> float:
        return float(np.nanmean(share_on_top(scores, near[labels])))

    scores = score(lab.vectors[recipe].at("filters", lab.block)[probes])
    shares, aucs = share_on_top(scores, fits), class_aucs(scores, own)
    value, area = float(np.nanmean(shares)), float(np.nanmean(aucs))
    random = [score(d[: len(probes)]) for d in lab.random_sets(rng, lab.draws.random)]
    shuffled = [score(d.filters[probes]) for d in lab.shuffled(recipe)]
    permuted = [rng.permutation(label) for _ in range(lab.draws.permutation // 2)]
    chance = {
        "permuted labels of the texts": (
            [mean_share(scores, p) for p in permuted], [np.nanmean(class_aucs(scores, place[p])) for p in permuted],
        ),
        "shuffled emotion labels": (
            [mean_share(s, label) for s in shuffled], [np.nanmean(class_aucs(s, own)) for s in shuffled],
        ),
        "random directions (activation covariance)": (
            [mean_share(s, label) for s in random], [np.nanmean(class_aucs(s, own)) for s in random],
        ),
    }  # fmt: skip

    def spread(x: Array) -> tuple[float, float]:
        return bootstrap(lambda rows: float(np.nanmean(x[rows])), len(x), rng, lab.draws.bootstrap)

    readers = [("emotion vectors", value, *(ci := spread(shares)))]
    readers += [(name, float(np.nanmean(x)), *spread(x)) for name, x in {**rivals, **beside}.items()]
    readers += [(name, float(np.mean(d)), *interval(np.array(d))) for name, (d, _) in chance.items()]
    return Contest(
        scores, shares, value, ci,
        (
            *(null_of(name, value, np.array(draws)) for name, (draws, _) in chance.items()),
            *(rival(lab, name, shares, theirs, rng) for name, theirs in rivals.items()),
        ),
        aucs, area, spread(aucs), tuple(null_of(name, area, np.array(draws)) for name, (_, draws) in chance.items()),
        readers,
    )  # fmt: skip


def rival(lab: Lab, name: str, ours: Array, theirs: Array, rng: np.random.Generator) -> Null:
    """Another reader's shares as null: over resampled emotions, does it do as well?"""

    def paired(rows: NDArray[np.intp]) -> tuple[float, float]:
        return float(np.nanmean(ours[rows])), float(np.nanmean(theirs[rows]))

    return baseline_null(name, float(np.nanmean(ours)), paired, len(ours), rng, lab.draws.bootstrap // 2)
