"""Tables of ``post_training_preferences``: every contrast of two models' choices, told in numbers."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from emovec.lexicon import emotion
from emovec.stats import bootstrap, interval, pearson
from emovec.studies.paired import Contrast
from emovec.studies.paired_preferences import PairedPreferences, fall_interval, gap, resampled_r
from emovec.studies.preferences import Ranking
from emovec.vectors import EmotionVectors

__all__ = ["reliability", "tables_of"]

#: What is said of a contrast: metric, value, low, high.
Said = tuple[str, float, float, float]


def tables_of(bench: PairedPreferences) -> dict[str, pd.DataFrame]:
    """``contrasts``, ``activities``, ``categories``, ``emotions`` and ``forms``."""
    summary, emotions = [], []
    for contrast in bench.contrasts:
        summary += [("", contrast.name, contrast.says, *said) for said in _elo(bench, contrast)]
        for i, (recipe, vectors) in enumerate(bench.vectors.items()):
            said = [_links(bench, contrast, vectors), *([] if i or len(bench.words) < 3 else [_shifts(bench, contrast)])]  # fmt: skip
            summary += [(recipe, contrast.name, contrast.says, *one) for one in said]
            emotions.append(_emotions(bench, contrast, recipe, vectors, steered=not i))
    columns = ["recipe", "contrast", "says", "metric", "value", "low", "high"]
    return {
        "contrasts": pd.DataFrame(summary, columns=columns),
        "activities": pd.concat([_activities(bench, c) for c in bench.contrasts], ignore_index=True),
        "categories": pd.concat([_categories(bench, c) for c in bench.contrasts], ignore_index=True),
        "emotions": pd.concat(emotions, ignore_index=True),
        "forms": _forms(bench),
    }


def _elo(bench: PairedPreferences, contrast: Contrast) -> list[Said]:
    rng, draws, harm = bench.rng("preferences", "summary", contrast.name), bench.draws.bootstrap, bench.harm
    out: list[Said] = []
    for says, kept in (("all activities", np.ones_like(harm)), ("all but unsafe and misaligned", ~harm)):
        if kept.sum() > 2:
            x, y = (scores[kept] for scores in bench.elo(contrast))
            out.append((f"Elo, {says}: r", float(pearson(x, y)), *bootstrap(partial(resampled_r, x, y), len(x), rng, draws)))  # fmt: skip
    if min(harm.sum(), (~harm).sum()) > 1:
        change = bench.change(contrast)
        out.append(("unsafe and misaligned fall further, SD of Elo", gap(change, harm), *fall_interval(change, harm, rng, draws)))  # fmt: skip
    return out


def _links(bench: PairedPreferences, contrast: Contrast, vectors: EmotionVectors) -> Said:
    before, after = (bench.links(side, vectors) for side in (contrast.before, contrast.after))
    ci = interval(bench.resampled_links(contrast, vectors))
    return "probes' links with Elo: r over emotions", float(pearson(before, after)), *ci


def _shifts(bench: PairedPreferences, contrast: Contrast) -> Said:
    before, after = bench.shifts(contrast.before), bench.shifts(contrast.after)
    rng = bench.rng("preferences", "shifts", contrast.name)
    ci = bootstrap(partial(resampled_r, before, after), len(before), rng, bench.draws.bootstrap // 2)
    return "Elo shifts under steering: r over emotions", float(pearson(before, after)), *ci


def _activities(bench: PairedPreferences, contrast: Contrast) -> pd.DataFrame:
    before, after = bench.elo(contrast)
    rows = pd.DataFrame(bench.activities)[["activity", "category"]]
    return rows.assign(contrast=contrast.name, before=before, after=after, change_sd=bench.change(contrast))


def _categories(bench: PairedPreferences, contrast: Contrast) -> pd.DataFrame:
    """Means of each category; the interval is of the change, over its activities."""
    (before, after), change = bench.elo(contrast), bench.change(contrast)
    category = np.array([a["category"] for a in bench.activities])
    rng, out = bench.rng("preferences", "categories", contrast.name), []
    for name in dict.fromkeys(category.tolist()):
        rows = np.flatnonzero(category == name)
        low, high = interval(change[rows][rng.integers(0, len(rows), (bench.draws.bootstrap, len(rows)))].mean(1))
        out.append((contrast.name, name, len(rows), before[rows].mean(), after[rows].mean(), change[rows].mean(), low, high))  # fmt: skip
    return pd.DataFrame(
        out, columns=["contrast", "category", "n", "before", "after", "change_sd", "change_low", "change_high"]
    )


def _emotions(
    bench: PairedPreferences, contrast: Contrast, recipe: str, vectors: EmotionVectors, *, steered: bool
) -> pd.DataFrame:
    words = vectors.emotions
    table = pd.DataFrame(
        {"recipe": recipe, "contrast": contrast.name, "emotion": words, "valence": [emotion(word).valence for word in words]}
    )  # fmt: skip
    for when, side in (("before", contrast.before), ("after", contrast.after)):
        pushed = dict(zip(bench.words, bench.shifts(side).tolist(), strict=True)) if steered else {}
        table[f"r_{when}"] = bench.links(side, vectors)
        table[f"shift_{when}"] = [pushed.get(word, np.nan) for word in words]
    return table


def _forms(bench: PairedPreferences) -> pd.DataFrame:
    """How good an instrument each form is: mean log-odds for whatever stands at A, spread of Elo, and how well other pairs would give the same Elo."""
    rows = [
        (model, form, len(arm.ranking.pairs), arm.ranking.bias, float(arm.ranking.elo.std()), reliability(arm.ranking, bench.rng("preferences", "halves", model, form)))
        for (model, form), arm in bench.arms.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["model", "form", "pairs", "order_bias", "elo_sd", "reliability"])


def reliability(ranking: Ranking, rng: np.random.Generator, splits: int = 20) -> float:
    """Correlation of Elo with Elo from as many other pairs: Elo of random halves of the pairs, stepped up (Spearman-Brown), mean over splits."""
    found = []
    for _ in range(splits):
        rows = rng.permutation(len(ranking.pairs))
        half = len(rows) // 2
        r = float(pearson(ranking.elo_of(rows[:half]), ranking.elo_of(rows[half:])))
        found.append(2 * r / (1 + r) if r > 0 else r)
    return float(np.mean(found))
