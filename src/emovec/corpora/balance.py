"""Is emotion apart from person and topic? Person labels and shares, topics over emotions and quadrants."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from emovec.corpora.check_report import Check
from emovec.corpora.schema import Text
from emovec.corpora.words import narration
from emovec.lexicon import QUADRANTS, emotion

__all__ = ["check_person", "check_topics", "cramers_v", "person_of"]

_SINGULAR = re.compile(r"\b(?:I|me|my|mine|myself|I'm|I'd|I've|I'll)\b")
_FIRST = re.compile(r"\b(?:I|me|my|mine|myself|I'm|I'd|I've|I'll|we|us|our|We|Our|My)\b")
#: Fewest emotions that a topic serves.
_EMOTIONS = 20


def person_of(text: str) -> str:
    """``"first"``, ``"third"`` or ``"unclear"``, from the pronouns outside quotation marks."""
    told = narration(text.replace("’", "'"))
    if not _SINGULAR.search(told):
        return "third" if len(_FIRST.findall(told)) < 2 else "first"
    return "first" if len(_FIRST.findall(told)) >= 2 else "unclear"


def check_person(texts: Sequence[Text]) -> Check:
    """Half first and half third person, over all stories and within every emotion; labels true to the texts."""
    labelled = [t for t in texts if t.person in ("first", "third")]
    limit = "40-60 % of stories in the first person; label and pronouns agree"
    if not labelled:
        return Check("person", None, limit, {"labelled": 0})
    wrong = [t for t in labelled if person_of(t.text) not in (t.person, "unclear")]
    share = sum(t.person == "first" for t in labelled) / len(labelled)
    by_emotion: dict[str, list[bool]] = defaultdict(list)
    for t in labelled:
        by_emotion[t.emotion].append(t.person == "first")
    shares = [float(np.mean(v)) for v in by_emotion.values()]
    return Check(
        "person",
        0.4 <= share <= 0.6 and len(wrong) <= 0.01 * len(labelled),
        limit,
        {
            "first %": round(100 * share, 1),
            "lowest emotion %": round(100 * min(shares), 1),
            "highest emotion %": round(100 * max(shares), 1),
            "mislabelled": len(wrong),
        },
        tuple(f"{t.id}: labelled {t.person}, reads as {person_of(t.text)}" for t in wrong),
    )


def cramers_v(rows: Sequence[str], columns: Sequence[str]) -> float:
    """Association of two labels, 0 to 1 (Cramér's V with Bergsma's correction, so independent labels give about 0)."""
    table = np.zeros((len(set(rows)), len(set(columns))))
    r, c = ({name: i for i, name in enumerate(sorted(set(side)))} for side in (rows, columns))
    for a, b in zip(rows, columns, strict=True):
        table[r[a], c[b]] += 1
    n = table.sum()
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / n
    phi = float(((table - expected) ** 2 / expected).sum() / n)
    k, m = table.shape
    phi = max(0.0, phi - (k - 1) * (m - 1) / (n - 1))
    k_, m_ = k - (k - 1) ** 2 / (n - 1), m - (m - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi / max(min(k_, m_) - 1, 1e-9)))


def check_topics(texts: Sequence[Text]) -> Check:
    """Every topic serves 20 emotions or more in all four quadrants; a topic does not tell the quadrant; few repeats."""
    limit = f"each topic serves {_EMOTIONS} emotions in 4 quadrants; topic-quadrant V below 0.1; repeats below 5 %"
    known = [t for t in texts if t.topic]
    if not known:
        return Check("topics", None, limit, {"topics": 0})
    emotions: dict[str, set[str]] = defaultdict(set)
    quadrants: dict[str, set[str]] = defaultdict(set)
    for t in known:
        emotions[t.topic].add(t.emotion)
        quadrants[t.topic].add(emotion(t.emotion).quadrant)
    pairs = Counter((t.emotion, t.topic, t.register) for t in known)
    repeats = sum(n - 1 for n in pairs.values())
    v = cramers_v([t.topic for t in known], [emotion(t.emotion).quadrant for t in known])
    bad = sorted(t for t in emotions if len(emotions[t]) < _EMOTIONS or len(quadrants[t]) < len(QUADRANTS))
    uses = Counter(t.topic for t in known)
    return Check(
        "topics",
        not bad and v < 0.1 and repeats <= 0.05 * len(known),
        limit,
        {
            "topics": len(emotions),
            "fewest emotions": min(map(len, emotions.values())),
            "fewest quadrants": min(map(len, quadrants.values())),
            "fewest texts": min(uses.values()),
            "most texts": max(uses.values()),
            "topic-quadrant V": round(v, 3),
            "repeats": repeats,
            "without topic": len(texts) - len(known),
        },
        tuple(f"{t}: {len(emotions[t])} emotions, {len(quadrants[t])} quadrants" for t in bad),
    )
