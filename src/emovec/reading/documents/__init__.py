"""Documents from files of any usual kind, streamed one at a time: what a sweep reads."""

from emovec.reading.documents.content import Content, content_of
from emovec.reading.documents.sources import Source, find_sources
from emovec.reading.documents.stream import Document, Place, stream

__all__ = ["Content", "Document", "Place", "Source", "content_of", "find_sources", "stream"]
