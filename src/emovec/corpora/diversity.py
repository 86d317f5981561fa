"""How varied is the wording? Stock phrases, distinct n-grams, and the spread of reading level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from emovec.corpora.check_report import Check
from emovec.corpora.schema import Text
from emovec.corpora.stock import stock_phrases
from emovec.corpora.words import sentences, syllables, tokens
from emovec.lexicon import emotion
from emovec.stats import pearson, rng_for

__all__ = ["check_distinct", "check_reading_level", "check_stock", "distinct", "reading_ease"]

#: N-grams in a sample: the share of distinct ones falls with their number, so corpora are compared at one size.
_SAMPLE = 10_000
_LIMITS = {1: 0.10, 2: 0.55, 3: 0.85}


def check_stock(texts: Sequence[Text]) -> Check:
    """Each stock phrase in at most 0.5 % of the stories and of the pieces (one is always allowed)."""
    bad: list[str] = []
    worst = total = 0.0
    for kind, group in (
        ("stories", [t for t in texts if t.register == "story"]),
        ("pieces", [t for t in texts if t.register != "story"]),
    ):
        holders: dict[str, list[str]] = defaultdict(list)
        for text in group:
            for name in stock_phrases(text.text):
                holders[name].append(text.id)
        total += sum(map(len, holders.values()))
        for name, ids in sorted(holders.items()):
            worst = max(worst, len(ids) / len(group))
            if len(ids) > max(1, 0.005 * len(group)):
                bad.append(f"{name} in {len(ids)} of {len(group)} {kind}: {', '.join(ids[:5])}")
    return Check(
        "stock phrases",
        not bad,
        "each in at most 0.5 % of stories and of pieces",
        {"worst %": round(100 * worst, 2), "uses": total},
        tuple(bad),
    )


def distinct(texts: Sequence[Sequence[str]], n: int, sample: int = _SAMPLE, draws: int = 5, seed: int = 0) -> float:
    """Distinct n-grams over all n-grams, mean over ``draws`` samples of ``sample`` n-grams from texts in random order.

    Args:
        texts: tokenized texts.
    """
    rng = rng_for(seed, "distinct")
    shares = []
    for _ in range(draws):
        grams: list[tuple[str, ...]] = []
        for i in rng.permutation(len(texts)):
            grams += [tuple(texts[i][k : k + n]) for k in range(len(texts[i]) - n + 1)]
            if len(grams) >= sample:
                break
        grams = grams[:sample]
        shares.append(len(set(grams)) / max(len(grams), 1))
    return float(np.mean(shares))


def check_distinct(texts: Sequence[Text]) -> Check:
    """distinct-1, -2 and -3 at 10,000 n-grams, the lower of stories and pieces."""
    groups = [[tokens(t.text) for t in texts if (t.register == "story") == story] for story in (True, False)]
    values = {n: min(distinct(group, n) for group in groups if group) for n in _LIMITS}
    return Check(
        "distinct n-grams",
        all(values[n] >= limit for n, limit in _LIMITS.items()),
        ", ".join(f"distinct-{n} {limit:g}" for n, limit in _LIMITS.items()) + " or more at 10,000 n-grams",
        {f"distinct-{n}": round(value, 3) for n, value in values.items()},
    )


def reading_ease(text: str) -> float:
    """Flesch reading ease: about 100 very easy, 60 plain, below 30 hard."""
    words = tokens(text)
    count = max(len(words), 1)
    return 206.835 - 1.015 * count / sentences(text) - 84.6 * sum(map(syllables, words)) / count


def check_reading_level(texts: Sequence[Text]) -> Check:
    """Reading ease varies from text to text, and not much with the emotion."""
    ease = np.array([reading_ease(t.text) for t in texts])
    entries = [emotion(t.emotion) for t in texts]
    low, median, high = np.percentile(ease, [5, 50, 95])
    with_valence = float(pearson(ease, np.array([e.valence for e in entries])))
    with_arousal = float(pearson(ease, np.array([e.arousal for e in entries])))
    return Check(
        "reading level",
        bool(high - low >= 15 and max(abs(with_valence), abs(with_arousal)) < 0.3),
        "Flesch reading ease spreads over 15 points or more (5th to 95th percentile) and correlates below 0.3 with "
        "valence and arousal",
        {
            "p5": round(float(low), 1),
            "median": round(float(median), 1),
            "p95": round(float(high), 1),
            "with valence": round(with_valence, 3),
            "with arousal": round(with_arousal, 3),
        },
    )
