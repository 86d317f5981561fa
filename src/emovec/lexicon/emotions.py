"""The words: part of speech, forms, close synonyms, a gloss and own ratings.

``data/emotions.csv`` is the only place where they stand. The ``valence`` and ``arousal`` columns are a
language model's judgement on 1-7 scales (as in the paper's check on its own ratings, which used the same
scales); they are *not* human norms, for which see :mod:`emovec.lexicon.norms`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

from emovec.errors import UnknownEmotion

__all__ = ["QUADRANTS", "Emotion", "emotion", "emotions", "words"]

QUADRANTS = ("pleasant-calm", "pleasant-excited", "unpleasant-calm", "unpleasant-excited")


@dataclass(frozen=True)
class Emotion:
    """One of the 171 words.

    Attributes:
        word: as in the paper, e.g. ``"grief-stricken"`` or ``"at ease"``.
        pos: ``adj``, ``noun`` or ``phrase``.
        forms: the word and its inflections and derivations, lower case.
        synonyms: close synonyms; a story that uses one has named its emotion.
        valence, arousal: a language model's ratings, 1 (lowest) to 7 (highest).
        gloss: what tells this word from its neighbours.
    """

    word: str
    pos: str
    forms: tuple[str, ...]
    synonyms: tuple[str, ...]
    valence: float
    arousal: float
    gloss: str

    @property
    def quadrant(self) -> str:
        """One of :data:`QUADRANTS`, split at the middle of both scales."""
        return f"{'pleasant' if self.valence >= 4 else 'unpleasant'}-{'excited' if self.arousal >= 4 else 'calm'}"


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(",") if part.strip())


@cache
def emotions() -> tuple[Emotion, ...]:
    """All 171, in the paper's (alphabetical) order."""
    text = (resources.files("emovec.lexicon") / "data" / "emotions.csv").read_text(encoding="utf-8")
    with io.StringIO(text) as file:
        return tuple(
            Emotion(
                word=row["emotion"],
                pos=row["pos"],
                forms=_split(row["forms"]),
                synonyms=_split(row["synonyms"]),
                valence=float(row["valence"]),
                arousal=float(row["arousal"]),
                gloss=row["gloss"],
            )
            for row in csv.DictReader(file)
        )


@cache
def words() -> tuple[str, ...]:
    """The 171 words alone, in order."""
    return tuple(e.word for e in emotions())


@cache
def _by_word() -> dict[str, Emotion]:
    return {e.word: e for e in emotions()}


def emotion(word: str) -> Emotion:
    """The entry of one word.

    Raises:
        UnknownEmotion: with the nearest words, if it is not one of the 171.
    """
    try:
        return _by_word()[word.lower().strip()]
    except KeyError:
        raise UnknownEmotion(word, words()) from None
