"""Do present-speaker probes and story probes say the same of messages that imply an emotion? (figure 19: mean R2 0.66)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import scenarios
from emovec.stats import Null, bootstrap, null_of, pearson, unit
from emovec.studies.lab import Lab
from emovec.subject import encode_chat, encode_plain_chat
from emovec.vectors.activations import pooled

__all__ = ["explained", "implicit_states", "probe_agreement"]

Array = NDArray[np.float64]


def implicit_states(lab: Lab, per_emotion: int | None) -> Array:
    """Residuals at the assistant colon of the implicit scenarios, the first few of every emotion, (messages, width)."""
    seen: dict[str, int] = {}
    chosen = []
    for case in scenarios("implicit"):
        seen[case["emotion"]] = seen.get(case["emotion"], 0) + 1
        if per_emotion is None or seen[case["emotion"]] <= per_emotion:
            chosen.append(case["text"])
    encode = encode_chat if lab.subject.has_template else encode_plain_chat
    encoded = [encode(lab.subject, [{"role": "user", "content": text}], reply=True) for text in chosen]
    colons = [(e.colon, e.colon + 1) for e in encoded]
    states, _, _ = pooled(lab.subject, encoded, colons, [lab.block], lab.store, lab.progress, "implicit scenarios")
    return states[:, 0].astype(np.float64)


def explained(first: Array, second: Array) -> Array:
    """Share of the variance of each column that the like column of the other explains, (columns,); 0 where they go opposite ways."""
    r = np.asarray(pearson(first.T, second.T))
    return np.asarray(np.clip(r, 0.0, None) ** 2)


def probe_agreement(
    lab: Lab, recipe: str, present: Array, emotions: Sequence[str], states: Array, rng: np.random.Generator
) -> tuple[float, tuple[float, float], tuple[Null, ...], pd.DataFrame]:
    """Mean R2 over probes of the present-speaker readings and the story readings of the same messages.

    Args:
        present: unit filters of the present-speaker vectors, (emotions, width).
        states: of :func:`implicit_states`.

    Returns:
        value, interval (over messages), nulls, and a table of R2 by emotion with the 95th percentile under permuted labels.
    """
    vectors = lab.vectors[recipe]
    x = unit(states - vectors.centre[vectors.slot(lab.block)])
    story = x @ vectors.at("filters", lab.block)[[vectors.index(e) for e in emotions]].T
    own = x @ present.T
    by_probe = explained(own, story)
    value = float(by_probe.mean())
    size = len(emotions)
    # R2 of every present probe with every story probe; a permutation picks one entry of each row.
    r = np.asarray(pearson(own.T[:, None], story.T[None]))
    table = np.clip(r, 0.0, None) ** 2
    orders = np.array([rng.permutation(size) for _ in range(lab.draws.permutation)])
    permuted = table[np.arange(size), orders].mean(1)
    random = [explained(x @ d[:size].T, story).mean() for d in lab.random_sets(rng, lab.draws.random)]
    nulls = (
        null_of("permuted emotions of the probes", value, permuted),
        null_of("random directions (activation covariance)", value, np.array(random)),
    )
    ci = bootstrap(lambda rows: float(explained(own[rows], story[rows]).mean()), len(x), rng, lab.draws.bootstrap)
    chance = [float(np.percentile(np.delete(table[i], i), 95)) for i in range(size)]
    listing = pd.DataFrame({"recipe": recipe, "emotion": list(emotions), "r2": by_probe, "other_p95": chance})
    return value, ci, nulls, listing
