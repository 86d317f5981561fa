"""One streaming pass over any number of documents: top snippets, top transcripts, distributions, and a mean per document."""

from emovec.reading.sweep.result import PERCENTILES, Sweep
from emovec.reading.sweep.run import sweep
from emovec.reading.sweep.settings import Settings
from emovec.reading.sweep.top import Snippet, Transcript

__all__ = ["PERCENTILES", "Settings", "Snippet", "Sweep", "Transcript", "sweep"]
