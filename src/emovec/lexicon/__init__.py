"""The 171 emotion words of the paper, and what people (and a language model) say of them."""

from emovec.lexicon.emotions import QUADRANTS, Emotion, emotion, emotions, words
from emovec.lexicon.leaks import leaks
from emovec.lexicon.norms import NORMS, Norm, agreement, norm

__all__ = [
    "NORMS",
    "QUADRANTS",
    "Emotion",
    "Norm",
    "agreement",
    "emotion",
    "emotions",
    "leaks",
    "norm",
    "words",
]
