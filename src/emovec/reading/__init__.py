"""Directions applied to text: token readings the logit lens, zero-shot validation on labelled texts."""

from emovec.reading.lens import LENS_VARIANTS, Lens, logit_lens, own_words
from emovec.reading.probe import Reading, read, read_at
from emovec.reading.validate import Labelled, load_labelled, validate

__all__ = [
    "LENS_VARIANTS",
    "Labelled",
    "Lens",
    "Reading",
    "load_labelled",
    "logit_lens",
    "own_words",
    "read",
    "read_at",
    "validate",
]
