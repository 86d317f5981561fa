"""Find, validate and steer emotion vectors in open-weights language models.

The names below load what they need on first use, so ``import emovec`` stays fast::

    import emovec

    subject = emovec.load_subject()                 # the embedded default; or a Hub id, folder or GGUF file
    vectors = emovec.EmotionVectors.load("runs/SmolLM2-135M-Instruct/vectors/whitened", subject)
    reading = emovec.read(subject, vectors, "They promised to call. It is past midnight.")
    print(reading.top(5))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from emovec.version import __version__

if TYPE_CHECKING:
    from emovec.corpora import Corpus, load_corpus
    from emovec.errors import EmovecError
    from emovec.lexicon import Emotion, emotion, emotions
    from emovec.reading import Reading, logit_lens, read
    from emovec.replicate import replicate
    from emovec.steering import steer
    from emovec.subject import Subject
    from emovec.subject.load import load_subject
    from emovec.vectors import EmotionVectors, Recipe

_HOME = {
    "Corpus": "emovec.corpora",
    "Emotion": "emovec.lexicon",
    "EmotionVectors": "emovec.vectors",
    "EmovecError": "emovec.errors",
    "Reading": "emovec.reading",
    "Recipe": "emovec.vectors",
    "Subject": "emovec.subject",
    "emotion": "emovec.lexicon",
    "emotions": "emovec.lexicon",
    "load_corpus": "emovec.corpora",
    "load_subject": "emovec.subject.load",
    "logit_lens": "emovec.reading",
    "read": "emovec.reading",
    "replicate": "emovec.replicate",
    "steer": "emovec.steering",
}

__all__ = [
    "Corpus",
    "Emotion",
    "EmotionVectors",
    "EmovecError",
    "Reading",
    "Recipe",
    "Subject",
    "__version__",
    "emotion",
    "emotions",
    "load_corpus",
    "load_subject",
    "logit_lens",
    "read",
    "replicate",
    "steer",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'emovec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
