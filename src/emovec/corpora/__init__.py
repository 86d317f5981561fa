"""The texts that ship, their schema, and the checks that any corpus can be put through."""

from emovec.corpora.corpus import Corpus, load_corpus, scenarios, shipped_folder
from emovec.corpora.schema import REGISTERS, Dialogue, Text

__all__ = ["REGISTERS", "Corpus", "Dialogue", "Text", "load_corpus", "scenarios", "shipped_folder"]
