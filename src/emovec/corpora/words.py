"""Texts as words and sentences: the only tokenizer of the checks."""

from __future__ import annotations

import re

__all__ = ["narration", "sentences", "syllables", "tokens"]

_WORD = re.compile(r"[\w']+")
_SPEECH = re.compile(r'["“][^"”]*["”]')
_SENTENCE = re.compile(r"[.!?…]+(?=[\s\"'”’)]|$)")
_VOWELS = re.compile(r"[aeiouyáéíóúàèìòùâêîôûäëïöüåøæœ]+")


def tokens(text: str) -> list[str]:
    """Lower-case words; apostrophes stay inside them."""
    return _WORD.findall(text.lower().replace("’", "'"))


def sentences(text: str) -> int:
    """How many sentences (at least 1)."""
    return max(len(_SENTENCE.findall(text)), 1)


def syllables(word: str) -> int:
    """Syllables of a lower-case English word by counting groups of vowels (silent final e left out; at least 1)."""
    count = len(_VOWELS.findall(word))
    silent_e = word.endswith("e") and not word.endswith(("le", "ee", "ie", "oe", "ye"))
    silent_ed = word.endswith("ed") and not word.endswith(("ted", "ded"))
    return max(count - (silent_e or silent_ed), 1)


def narration(text: str) -> str:
    """The text without what stands between quotation marks."""
    return _SPEECH.sub(" ", text)
