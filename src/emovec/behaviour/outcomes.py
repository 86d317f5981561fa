"""What the tasks share: an outcome, the shape of its score in the log, and when a reply makes no sense."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspect_ai.scorer import Score

__all__ = ["UNDECIDED", "UNJUDGED", "Outcome", "babble", "score_of"]

#: The rules cannot tell, and nobody has the role of judge.
UNDECIDED = "undecided"
#: The judge gave no answer that could be read.
UNJUDGED = "unjudged"
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
#: Pairs of little words that English does not put side by side.
_UNENGLISH = re.compile(
    r"\b(?:the|an?|my|your) (?:the|an?|of|is|are|was|were|and|to|in|it|that|you|he|she|they|at|by|from|with|for|but|or|has|have)\b|"
    r"\bof (?:is|are|was|were|of|and|to|it is)\b|\b(?:is|was|are|were) (?:of of|is|was|are|were|and)\b|\b(?:and|to) (?:and|of|is|are|was)\b"
)
_DOUBLED = re.compile(r"\b(?!(?:had|that)\b)([^\W\d_]{2,})[ \t]+\1\b")
_TABLE_OR_CODE = re.compile(r"(?m)^\s*\|.*$|^```(?s:.*?)(?:^```|\Z)")


@dataclass(frozen=True)
class Outcome:
    """What a reply is.

    Attributes:
        label: an outcome class of the task, `UNDECIDED` or `UNJUDGED`.
        by: who says so: ``rule``, ``judge`` or ``none``.
        evidence: the words of the reply that decided, or the judge's reasons.
    """

    label: str
    by: str
    evidence: str

    @property
    def decided(self) -> bool:
        """Is it one of the task's classes?"""
        return self.label not in (UNDECIDED, UNJUDGED)


def score_of(outcome: Outcome, classes: Sequence[str], values: Mapping[str, float] | None = None) -> Score:
    """The score that goes into the log: 0 or 1 per class (with `UNDECIDED` and `UNJUDGED`, so that they sum to 1), and further values.

    Use it with ``@scorer(metrics=[{"*": [mean(), stderr()]}])``: the means are the rates.
    """
    flags: dict[str, float] = {name: int(name == outcome.label) for name in (*classes, UNDECIDED, UNJUDGED)}
    return Score(
        value={**flags, **(values or {})},
        answer=outcome.label,
        explanation=outcome.evidence,
        metadata={"outcome": outcome.label, "by": outcome.by, "evidence": outcome.evidence},
    )


def babble(text: str) -> str | None:
    """Why a text makes no sense on its face (empty, hardly any words, the same again and again), or None.

    The same again and again: more than half of the 4-grams of words repeated in a text of 24 words or more (prose stays below a tenth), one word five
    times in a row, or fewer than ten different words among 24 that follow each other (prose has sixteen or more). Tables and fenced code may repeat.
    """
    words = [w.casefold() for w in _TOKEN.findall(_TABLE_OR_CODE.sub(" ", text))]
    if not _TOKEN.search(text):
        return "no words" if text.strip() else "empty"
    signs = sum(not (c.isalnum() or c.isspace()) for c in text)
    if len(text.strip()) >= 8 and signs > sum(c.isalnum() for c in text):
        return "more signs than letters"
    spoken = [w for w in words if not w.isdigit()]
    if any(len(set(spoken[i : i + 5])) == 1 for i in range(len(spoken) - 4)):
        return "one word five times in a row"
    if len(words) < 40 and len(_DOUBLED.findall(text.casefold())) >= 2:
        return "words doubled"
    if len(words) < 100 and len(_UNENGLISH.findall(" ".join(words))) >= 2:
        return "words in no order"
    long = [w for w in words if len(w) > 2 and w.isalpha()]
    if len(long) >= 5 and sum(not set(w) & set("aeiouyäöüéèáóíà") and w.isascii() for w in long) > 0.3 * len(long):
        return "no words of any language"
    grams = [tuple(words[i : i + 4]) for i in range(len(words) - 3)]
    spans = (words[i : i + 24] for i in range(len(words) - 23))
    if len(words) >= 24 and (len(set(grams)) < len(grams) / 2 or any(len(set(span)) < 10 for span in spans)):
        return "the same words again and again"
    return None
