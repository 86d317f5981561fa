"""Words that tell an emotion without naming it: the motifs by which a writer repeats itself within one emotion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emovec.corpora.check_report import Check
from emovec.corpora.schema import Text

__all__ = ["Tell", "check_tells", "tells"]


@dataclass(frozen=True)
class Tell:
    """A word or pair of words: in ``own`` of the emotion's ``texts`` and in ``others`` texts of all other emotions."""

    emotion: str
    words: str
    own: int
    texts: int
    others: int


def tells(texts: Sequence[Text], share: float = 0.4, elsewhere: float = 0.02) -> list[Tell]:
    """Words in ``share`` of an emotion's texts (and 5 of them) and in less than ``elsewhere`` of the others."""
    from sklearn.feature_extraction.text import CountVectorizer

    names = sorted({t.emotion for t in texts})
    if len(names) < 2:
        return []
    counter = CountVectorizer(binary=True, ngram_range=(1, 2), token_pattern=r"[\w']+")
    has = counter.fit_transform([t.text for t in texts])
    vocabulary = counter.get_feature_names_out()
    of = np.array([names.index(t.emotion) for t in texts])
    total = np.asarray(has.sum(0)).ravel()
    found = []
    for e, name in enumerate(names):
        rows = np.flatnonzero(of == e)
        own = np.asarray(has[rows].sum(0)).ravel()
        picked = (own >= max(5, share * len(rows))) & (total - own < elsewhere * (len(texts) - len(rows)))
        found += [
            Tell(name, str(vocabulary[i]), int(own[i]), len(rows), int(total[i] - own[i]))
            for i in np.flatnonzero(picked)
        ]
    return sorted(found, key=lambda t: (t.others - 20 * t.own, t.emotion, t.words))


def check_tells(texts: Sequence[Text]) -> Check:
    """How many emotions have a word of their own; not a failure, but a list for whoever revises the texts."""
    found = tells(texts)
    return Check(
        "tell-tale words",
        None,
        "words in 40 % of an emotion's texts and below 2 % of the others: motifs to vary",
        {"words": len(found), "emotions": len({t.emotion for t in found})},
        tuple(f'{t.emotion}: "{t.words}" in {t.own} of {t.texts}, elsewhere {t.others}' for t in found),
    )
