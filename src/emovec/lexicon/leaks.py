"""Does a text name its emotion? (Between 4 and 44 % of model-written stories do, depending on the writer.)"""

from __future__ import annotations

import re
from functools import cache

from emovec.lexicon.emotions import emotion

__all__ = ["leaks"]


@cache
def _pattern(word: str) -> re.Pattern[str]:
    entry = emotion(word)
    named = sorted({*entry.forms, *entry.synonyms}, key=len, reverse=True)
    # A hyphen inside a word may be written as a space, and the other way round.
    alternatives = "|".join(re.escape(n).replace(r"\-", r"[-\s]").replace(r"\ ", r"[-\s]+") for n in named)
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE)


def leaks(text: str, word: str) -> list[str]:
    """The forms and close synonyms of ``word`` that ``text`` uses, in order, lower case.

    Only whole words count: "unsafe" does not leak "safe". Senses are not told apart, so "a hospital
    patient" does leak "patient": a clean story is clean for a bag-of-words reader too.

    Raises:
        UnknownEmotion: if ``word`` is not one of the 171.
    """
    return [match.group(0).lower() for match in _pattern(emotion(word).word).finditer(text)]
