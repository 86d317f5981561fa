"""Directions applied to text: token readings the logit lens, zero-shot validation on labelled texts."""

from emovec.reading.lens import LENS_VARIANTS, Lens, logit_lens, own_words
from emovec.reading.probe import Reading, encode, read, read_at, read_blocks
from emovec.reading.reference import Reference, make_reference
from emovec.reading.source import load_contents, parse_content
from emovec.reading.validate import Labelled, load_labelled, validate

__all__ = [
    "LENS_VARIANTS",
    "Labelled",
    "Lens",
    "Reading",
    "Reference",
    "encode",
    "load_contents",
    "load_labelled",
    "logit_lens",
    "make_reference",
    "own_words",
    "parse_content",
    "read",
    "read_at",
    "read_blocks",
    "validate",
]
