"""Is a corpus good enough that vectors made of it are about emotion? ``emovec corpus check``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emovec.corpora.balance import check_person, check_topics
from emovec.corpora.blind import blind_test
from emovec.corpora.check_report import Check, CheckReport
from emovec.corpora.corpus import Corpus
from emovec.corpora.diversity import check_distinct, check_reading_level, check_stock
from emovec.corpora.duplicates import check_duplicates, check_echoes, check_openings
from emovec.corpora.schema import Text
from emovec.corpora.tells import check_tells
from emovec.errors import BadInput
from emovec.lexicon import leaks
from emovec.progress import Progress

__all__ = ["LENGTHS", "Check", "CheckReport", "check_corpus", "check_leaks", "check_length"]

#: Register -> fewest and most words (split at spaces).
LENGTHS: dict[str, tuple[int, int]] = {
    "story": (110, 170),
    "assistant_message": (20, 70),
    "friend_message": (20, 70),
    "diary": (20, 70),
    "memory": (20, 70),
}


def check_leaks(texts: Sequence[Text]) -> Check:
    """No text uses a form or a close synonym of its emotion."""
    found = [(t, leaks(t.text, t.emotion)) for t in texts]
    bad = [(t, words) for t, words in found if words]
    return Check(
        "leaks",
        not bad,
        "no text names its emotion, by any form or close synonym",
        {"texts": len(bad), "share %": round(100 * len(bad) / max(len(texts), 1), 2)},
        tuple(f"{t.id} ({t.emotion}): {', '.join(dict.fromkeys(words))}" for t, words in bad),
    )


def check_length(texts: Sequence[Text]) -> Check:
    """Stories of 110 to 170 words, pieces of 20 to 70."""
    counted = [(t, len(t.text.split())) for t in texts]
    bad = [(t, n) for t, n in counted if not LENGTHS[t.register][0] <= n <= LENGTHS[t.register][1]]
    numbers: dict[str, float] = {"outside": len(bad)}
    for kind, lengths in (
        ("story", [n for t, n in counted if t.register == "story"]),
        ("piece", [n for t, n in counted if t.register != "story"]),
    ):
        if lengths:
            numbers |= {
                f"shortest {kind}": min(lengths),
                f"mean {kind}": round(sum(lengths) / len(lengths), 1),
                f"longest {kind}": max(lengths),
            }
    return Check(
        "length",
        not bad,
        "stories of 110-170 words, pieces of 20-70",
        numbers,
        tuple(f"{t.id}: {n} words" for t, n in bad),
    )


def _blind(kind: str) -> Callable[[Sequence[Text]], Check]:
    def check(texts: Sequence[Text]) -> Check:
        name = f"blind test, {kind}"
        limit = "no limit of its own: to be read beside the vectors' score on the same left-out topics"
        try:
            found = blind_test(texts)
        except BadInput:  # too few topics or emotions to leave any out
            return Check(name, None, limit, {"texts": len(texts)})
        return Check(
            name,
            None,
            limit,
            {
                "top-1": round(found.top1, 3),
                "top-5": round(found.top5, 3),
                "AUC": round(found.auc, 3),
                "chance": round(found.chance, 4),
                "texts": found.texts,
            },
        )

    return check


def check_corpus(corpus: Corpus, *, blind: bool = True, progress: Progress | None = None) -> CheckReport:
    """Every check on every text of a corpus; half a minute for 5,000 texts, nearly all of it the blind test.

    Args:
        blind: also train the bag-of-words readers (stories alone, then all texts).

    Raises:
        BadInput: if the corpus has no texts.
    """
    texts = corpus.texts
    if not texts:
        raise BadInput(f"the corpus {corpus.name!r} has no texts to check")
    stories = corpus.of("story")
    work: list[tuple[Callable[[Sequence[Text]], Check], Sequence[Text]]] = [
        (check_leaks, texts),
        (check_length, texts),
        (check_stock, texts),
        (check_duplicates, texts),
        (check_openings, texts),
        (check_distinct, texts),
        (check_reading_level, texts),
        (check_person, stories),
        (check_topics, texts),
        (check_tells, texts),
        (check_echoes, stories or texts),
    ]
    if blind and stories:
        work.append((_blind("stories"), stories))
    if blind and len(stories) < len(texts):
        work.append((_blind("all texts"), texts))
    checks = []
    with (progress or Progress()).stage("checking texts", len(work), "checks") as advance:
        for check, on in work:
            checks.append(check(on))
            advance(1)
    return CheckReport(corpus.name, tuple(checks), corpus.describe())
