"""The dialogues of the chronic-state study as arrays, and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.sets import CONDITIONS, HiddenDialogue
from emovec.stats import bootstrap
from emovec.studies.decoder import folds_of, train
from emovec.studies.hidden_dialogues import Turns, read_turns, spoken_words
from emovec.studies.lab import Lab

__all__ = [
    "UNEXPRESSED",
    "ChronicData",
    "accuracy_table",
    "chronic_data",
    "confusions",
    "shuffled_within",
    "transfer_matrix",
]

Index = NDArray[np.intp]
Hits = NDArray[np.bool_]

#: The conditions in which A's turns have nothing to do with what A feels.
UNEXPRESSED = ("neutral_topic", "story_of_other", "discussing_other")


@dataclass(frozen=True)
class ChronicData:
    """The dialogues as arrays: labels (dialogues,), conditions as names, folds, both readings, A's words."""

    names: tuple[str, ...]
    felt: Index
    shown: Index
    condition: NDArray[np.str_]
    folds: Index
    stated: Turns
    bare: Turns
    texts: list[str]

    def of(self, *conditions: str) -> Index:
        """Rows of some conditions."""
        return np.flatnonzero(np.isin(self.condition, conditions))


def chronic_data(lab: Lab, picked: Sequence[HiddenDialogue], folds: int, rng: np.random.Generator) -> ChronicData:
    """Read dialogues with the preamble and without it."""
    names = tuple(e for e in lab.emotions if any(d.felt == e for d in picked))
    return ChronicData(
        names=names,
        felt=np.array([names.index(d.felt) for d in picked], dtype=np.intp),
        shown=np.array([names.index(d.other) if d.other in names else -1 for d in picked], dtype=np.intp),
        condition=np.array([d.condition for d in picked]),
        folds=folds_of([(d.condition, d.felt) for d in picked], folds, rng),
        stated=read_turns(lab, picked, preamble=True),
        bare=read_turns(lab, picked, preamble=False),
        texts=[spoken_words(d) for d in picked],
    )


def shuffled_within(data: ChronicData, rng: np.random.Generator) -> Index:
    """Felt emotions permuted within every condition."""
    out = data.felt.copy()
    for condition in np.unique(data.condition):
        rows = data.of(str(condition))
        out[rows] = rng.permutation(out[rows])
    return out


def transfer_matrix(data: ChronicData) -> list[tuple[object, ...]]:
    """Accuracy on held-out dialogues of every condition by the condition that the decoder was trained on, each condition centred on itself."""
    present = [c for c in CONDITIONS if len(data.of(c))]
    x = data.stated.whole.copy()
    for c in present:
        x[data.of(c)] -= x[data.of(c)].mean(0)
    out: list[tuple[object, ...]] = []
    for c in present:
        hit = np.zeros(len(x), dtype=bool)
        for fold in np.unique(data.folds):
            source, test = data.of(c)[data.folds[data.of(c)] != fold], np.flatnonzero(data.folds == fold)
            hit[test] = train(x[source], [data.felt[source]], len(data.names))[0].says(x[test]) == data.felt[test]
        out += [(c, d, float(hit[data.of(d)].mean()), len(data.of(d))) for d in present]
    return out


def confusions(data: ChronicData, readers: Mapping[str, Index]) -> list[tuple[object, ...]]:
    """Of hidden emotions: how often each reader names the one that is felt, and the one that is put on."""
    rows = data.of("hidden")
    if not len(rows):
        return []
    return [
        (name, float((said[rows] == data.felt[rows]).mean()), float((said[rows] == data.shown[rows]).mean()),
         1 / len(data.names), len(rows))
        for name, said in readers.items()
    ]  # fmt: skip


def accuracy_table(
    lab: Lab, data: ChronicData, hits: Mapping[str, Hits], fakes: Hits, papers: Mapping[str, float]
) -> list[tuple[object, ...]]:
    """Accuracy with its interval by condition and reader, and the spread of decoders of shuffled labels."""
    table: list[tuple[object, ...]] = []
    for condition in CONDITIONS:
        rows = data.of(condition)
        paper, chance = papers[condition], 1 / len(data.names)
        if not len(rows):
            continue
        for reader, hit in hits.items():
            x = hit[rows].astype(float)
            low, high = bootstrap(lambda at, x=x: float(x[at].mean()), len(x), lab.rng("table", condition, reader), lab.draws.bootstrap)  # type: ignore[misc]  # fmt: skip
            table.append((condition, reader, float(x.mean()), low, high, paper, chance, len(rows)))
        drawn = fakes[:, rows].mean(1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        table.append((condition, "shuffled labels", float(drawn.mean()), float(low), float(high), paper, chance, len(rows)))  # fmt: skip
    return table
