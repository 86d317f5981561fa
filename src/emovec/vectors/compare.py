"""Does another corpus give the same vectors, and do vectors read left-out topics better than a bag of words does?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.blind import BlindTest, score
from emovec.errors import BadInput
from emovec.stats import unit
from emovec.vectors.activations import Activations
from emovec.vectors.recipes import Recipe, directions

__all__ = ["compare", "leave_topic_out"]

Array = NDArray[np.float64]


def _shared(own: Array, emotions: tuple[str, ...], shared: list[str]) -> Array:
    """The directions of the shared emotions, unit length, centred on those alone: (shared, width)."""
    picked = own[[emotions.index(word) for word in shared]]
    return unit(picked - picked.mean(0))


def compare(first: Activations, second: Activations, recipe: Recipe, block: int) -> pd.DataFrame:
    """Vectors of two corpora on one subject, emotion by emotion.

    Both are made by the same recipe at the same block from the emotions that both corpora have. The last row,
    ``(all)``, holds the means over emotions, and in ``rank`` the share of emotions whose own counterpart is nearest
    (rank 1).

    Returns:
        index ``emotion``; columns ``cosine`` (patterns), ``filter_cosine``, ``geometry_cosine``, ``others`` (mean
        pattern cosine with the other emotions of the second corpus: what ``cosine`` is if the labels mean nothing),
        ``rank`` (of the same emotion among the second corpus's, by pattern cosine; 1 is nearest), ``texts_first``,
        ``texts_second``.

    Raises:
        BadInput: if fewer than three emotions are shared, the widths differ (two subjects) or the block was not
            harvested.
    """
    if first.texts.shape[2] != second.texts.shape[2]:
        raise BadInput(
            f"the activations have widths {first.texts.shape[2]} and {second.texts.shape[2]}: "
            "harvest both corpora on one subject"
        )
    shared = [word for word in first.emotions if word in second.emotions]
    if len(shared) < 3:
        raise BadInput(f"the corpora share {len(shared)} emotions; a comparison needs three or more")
    made = [directions(acts, recipe, block) for acts in (first, second)]
    cosines = {}
    for name in ("patterns", "filters", "geometry"):
        one, two = (
            _shared(getattr(d, name), acts.emotions, shared) for d, acts in zip(made, (first, second), strict=True)
        )
        cosines[name] = one @ two.T
    own = {name: c.diagonal() for name, c in cosines.items()}
    patterns = cosines["patterns"]
    rank = (patterns > own["patterns"][:, None]).sum(1) + 1
    counts = [
        np.bincount(acts.emotion[acts.rows(*recipe.registers)], minlength=len(acts.emotions))
        for acts in (first, second)
    ]
    table = pd.DataFrame(
        {
            "cosine": own["patterns"],
            "filter_cosine": own["filters"],
            "geometry_cosine": own["geometry"],
            "others": (patterns.sum(1) - own["patterns"]) / (len(shared) - 1),
            "rank": rank.astype(float),
            "texts_first": [float(counts[0][first.emotions.index(word)]) for word in shared],
            "texts_second": [float(counts[1][second.emotions.index(word)]) for word in shared],
        },
        index=pd.Index(shared, name="emotion"),
    )
    table.loc["(all)"] = table.mean()
    table.loc["(all)", "rank"] = float((rank == 1).mean())
    return table


def leave_topic_out(acts: Activations, recipe: Recipe, block: int, folds: NDArray[np.intp]) -> BlindTest:
    """Filters made without some topics, read on the texts of those: the vectors' side of the blind test.

    Args:
        folds: (texts,) from :func:`emovec.corpora.blind.topic_folds` of the very texts that were harvested, so that
            both readers leave out the same topics. Texts of registers that the recipe does not use are neither read
            nor learnt from.

    Returns:
        the same scores as :func:`emovec.corpora.blind.blind_test`. Texts are centred, register by register, on the
        texts that the filters are made of.

    Raises:
        BadInput: if there is not one fold per text.
    """
    if len(folds) != len(acts.emotion):
        raise BadInput(f"{len(folds)} folds were given for {len(acts.emotion)} texts; give one per harvested text")
    used = acts.rows(*recipe.registers)
    x = acts.at(block)
    scores = np.zeros((len(acts.emotion), len(acts.emotions)))
    for k in np.unique(folds[used]):
        train, test = used[folds[used] != k], used[folds[used] == k]
        filters = directions(acts, recipe, block, train).filters
        for register in np.unique(acts.register[test]):
            here = test[acts.register[test] == register]
            same = train[acts.register[train] == register]
            scores[here] = (x[here] - x[same if len(same) else train].mean(0)) @ filters.T
    return score(scores[used], acts.emotion[used], acts.emotions)
