"""Directions applied to text: token readings and the logit lens."""

from emovec.reading.lens import LENS_VARIANTS, Lens, logit_lens, own_words
from emovec.reading.probe import Reading, read, read_at

__all__ = ["LENS_VARIANTS", "Lens", "Reading", "logit_lens", "own_words", "read", "read_at"]
