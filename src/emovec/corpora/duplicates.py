"""Texts that say the same: shared runs of words, and openings that come again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations, pairwise

from emovec.corpora.check_report import Check
from emovec.corpora.schema import Text
from emovec.corpora.words import tokens

__all__ = ["RUN", "check_duplicates", "check_echoes", "check_openings", "shared_runs"]

#: Words in a run.
RUN = 6
#: Distinct shared runs that make two texts near duplicates: 4 runs of six are nine words in a row, or several echoes.
_TOO_MANY = 4
#: A run that more texts than this share is a frame; its texts are paired with their neighbours only.
_FRAME = 40


def shared_runs(texts: Sequence[str], run: int = RUN) -> dict[tuple[int, int], int]:
    """How many distinct runs of ``run`` words two texts share: {(i, j): count}, i < j, pairs that share any."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, text in enumerate(texts):
        w = tokens(text)
        for gram in {tuple(w[k : k + run]) for k in range(len(w) - run + 1)}:
            holders[gram].append(i)
    pairs: Counter[tuple[int, int]] = Counter()
    for at in holders.values():
        if len(at) > _FRAME:
            pairs.update(pairwise(at))
        elif len(at) > 1:
            pairs.update(combinations(at, 2))
    return dict(pairs)


def check_duplicates(texts: Sequence[Text]) -> Check:
    """No two texts share 4 distinct six-word runs, and few share 2."""
    pairs = shared_runs([t.text for t in texts])
    bad = sorted(((n, i, j) for (i, j), n in pairs.items() if n >= _TOO_MANY), reverse=True)
    echoing = {i for pair, n in pairs.items() if n >= 2 for i in pair}
    share = len(echoing) / max(len(texts), 1)
    return Check(
        "near duplicates",
        not bad and share <= 0.02,
        f"no two texts share {_TOO_MANY} six-word runs; at most 2 % share 2 with another",
        {
            "worst pair": max(pairs.values(), default=0),
            "pairs sharing 4 runs": len(bad),
            "pairs sharing 2 runs": sum(n >= 2 for n in pairs.values()),
            "texts sharing 2 runs %": round(100 * share, 2),
        },
        tuple(f"{texts[i].id} + {texts[j].id}: {n} runs" for n, i, j in bad),
    )


def check_openings(texts: Sequence[Text]) -> Check:
    """No three-word opening begins more than 0.2 % of the texts (or three of them, in small corpora)."""
    openings: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        openings[" ".join(tokens(text.text)[:3])].append(text.id)
    limit = max(3, len(texts) // 500)
    bad = sorted((len(ids), words, ids) for words, ids in openings.items() if len(ids) > limit)
    return Check(
        "openings",
        not bad,
        f"no three words begin more than {limit} texts",
        {
            "most used": max(map(len, openings.values()), default=0),
            "distinct %": round(100 * len(openings) / max(len(texts), 1), 1),
        },
        tuple(f'"{words}" {count} times: {", ".join(ids[:4])}' for count, words, ids in reversed(bad)),
    )


def check_echoes(texts: Sequence[Text]) -> Check:
    """Four-word runs that two texts share, on average, within one emotion and between two: a writer's catchphrases.

    No limit: texts about one feeling share more wording than others do. Many times more means that vectors can be about
    the phrases; the offenders are the runs that most of one emotion's texts share.
    """
    limit = "no limit of its own: runs that come back within an emotion are catchphrases to vary"
    pairs = shared_runs([t.text for t in texts], 4)
    within = sum(n for (i, j), n in pairs.items() if texts[i].emotion == texts[j].emotion)
    sizes = Counter(t.emotion for t in texts).values()
    own, every = sum(n * (n - 1) // 2 for n in sizes), len(texts) * (len(texts) - 1) // 2
    if not own or own == every:
        return Check("echoes within an emotion", None, limit, {"texts": len(texts)})
    inside, outside = within / own, (sum(pairs.values()) - within) / (every - own)
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for text in texts:
        w = tokens(text.text)
        for k in range(len(w) - 3):
            holders[text.emotion, " ".join(w[k : k + 4])].add(text.id)
    most = sorted(((len(ids), word, run) for (word, run), ids in holders.items() if len(ids) >= 4), reverse=True)
    return Check(
        "echoes within an emotion",
        None,
        limit,
        {
            "runs per pair": round(inside, 4),
            "between emotions": round(outside, 4),
            "times": round(inside / max(outside, 1e-9), 1),
        },
        tuple(f'{word}: "{run}" in {n}' for n, word, run in most),
    )
