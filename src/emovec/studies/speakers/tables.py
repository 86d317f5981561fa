"""What the figures of the study are drawn from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emovec.geometry import cosine_matrix
from emovec.stats import unit
from emovec.studies.crossed import Crossed
from emovec.studies.lab import Lab
from emovec.studies.speakers.comparisons import KINDS, Comparisons
from emovec.studies.speakers.dialogues import SETS, Sides
from emovec.studies.speakers.sets import PLAIN, Estimator, Stories, space_of

__all__ = ["depth_table", "grid_table", "structure_table"]

_FEWER = 6


def grid_table(c: Comparisons) -> pd.DataFrame:
    """Every two sets of a form (and the story vectors): noise-corrected and raw cosine of like emotions, correlation of structures."""
    rows = []
    for form in c.estimator.forms:
        names = [*(f"{form}: {name}" for name in SETS), "story"]
        for a in names:
            for b in names:
                i, j = c.slot(a), c.slot(b)
                raw = float((unit(c.whole[i]) * unit(c.whole[j])).sum(-1).mean())
                usable = not c.lacking([(a, b)])
                corrected = c.crossed.cosine([(a, b)]) if usable else np.nan
                same = c.crossed.structure(a, b) / c.crossed.structure_scale(a, b) if usable else np.nan
                reliability = c.crossed.reliability(a) if a == b else np.nan
                short = [name.removeprefix(f"{form}: ") for name in (a, b)]
                rows.append((c.recipe, form, *short, corrected, raw, same, reliability))
    columns = ["recipe", "form", "a", "b", "corrected", "raw", "structure", "reliability"]
    return pd.DataFrame(rows, columns=columns)


def structure_table(c: Comparisons) -> pd.DataFrame:
    """Cosine of every two emotions within the present-speaker, the other-speaker and the story vectors, in the order of a clustering of
    the story vectors."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    story = cosine_matrix(c.whole[c.slot("story")])
    distance = np.clip(1 - story, 0.0, None)
    np.fill_diagonal(distance, 0.0)
    order = leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
    names = [c.estimator.sides.emotions[i] for i in order]
    rows = []
    for label, name in (("present speaker", "chat: present"), ("other speaker", "chat: other"), ("story", "story")):
        matrix = cosine_matrix(c.whole[c.slot(name)])[np.ix_(order, order)]
        rows += [(c.recipe, label, a, b, matrix[i, j]) for i, a in enumerate(names) for j, b in enumerate(names)]
    return pd.DataFrame(rows, columns=["recipe", "set", "emotion", "other", "cosine"])


def depth_table(lab: Lab, c: Comparisons, chat: Sides, words: Sides) -> pd.DataFrame:
    """The noise-corrected cosines at every block read, and for the mean token embeddings of the same turns (block -1)."""
    parameters = lab.recipes[c.recipe]
    rng = lab.rng("speakers", c.recipe, "depth")
    rows = []

    def add(block: int, crossed: Crossed) -> None:
        for kind, pairs in KINDS.items():
            if all(name in crossed.names for pair in pairs for name in pair):
                rows.append((c.recipe, block, kind, crossed.cosine(pairs)))

    add(-1, Estimator({"chat": words.at(-1)}, words, PLAIN).crossed(rng, _FEWER))
    for block in chat.blocks:
        if block == lab.block:
            add(block, c.crossed)
            continue
        space, stories = space_of(lab.acts, parameters, block), Stories.of(lab.acts, parameters, block, chat.emotions)
        add(block, Estimator({"chat": chat.at(block)}, chat, space, stories).crossed(rng, _FEWER))
    return pd.DataFrame(rows, columns=["recipe", "block", "kind", "cosine"])
