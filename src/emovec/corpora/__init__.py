"""The texts that ship, their schema, the checks that any corpus can be put through, and the writer of more."""

from emovec.corpora.check_report import Check, CheckReport
from emovec.corpora.corpus import Corpus, load_corpus, scenarios, shipped_folder
from emovec.corpora.schema import REGISTERS, Dialogue, Text

__all__ = [
    "REGISTERS",
    "Check",
    "CheckReport",
    "Corpus",
    "Dialogue",
    "Text",
    "load_corpus",
    "scenarios",
    "shipped_folder",
]
