"""Documents one after the other, from wherever they lie: never more than one file's row in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emovec.errors import BadCorpus, BadInput
from emovec.reading.documents.content import Content, content_of, identity_of
from emovec.reading.documents.rows import READERS, UNITS, Broken
from emovec.reading.documents.sources import Source

__all__ = ["Document", "Place", "stream"]

#: (which source, row number in it): how far a stream has come
Place = tuple[int, int]


@dataclass(frozen=True)
class Document:
    """A text or a chat and where it stands.

    Attributes:
        id: its own id if it has one, else ``FILE:NUMBER`` (for a text file, its name).
        source: name of its file.
        place: index of the source, and its line, row or sample there (from 1). With the source's name it is unique where own ids may not be.
        content: text or messages; None for a row that was skipped because it is bad.
        bytes: about how much of its file it takes (for progress).
    """

    id: str
    source: str
    place: Place
    content: Content | None
    bytes: float


def stream(
    sources: Sequence[Source], *, field: str | None = None, after: Place = (0, 0), skip_bad: bool = False
) -> Iterator[Document]:
    """All documents, in the order of the sources.

    Args:
        field: name of the field that holds text or messages (default: the usual ones).
        after: begin behind this place (of an earlier document).
        skip_bad: give bad rows as documents without content instead of raising.

    Raises:
        BadCorpus: for a bad line of JSONL: file, line, reason, remedy.
        BadInput: for a bad row or sample, or a file that cannot be read.
    """
    for s in range(after[0], len(sources)):
        source = sources[s]
        for row in READERS[source.kind](source.path, after[1] if s == after[0] else 0):
            content: Content | None = None
            problem = row.value.reason if isinstance(row.value, Broken) else ""
            if not problem:
                try:
                    content = content_of(row.value, None if source.kind in ("text", "eval") else field)
                except (TypeError, ValueError) as error:
                    problem = str(error)
            if problem and not skip_bad:
                unit = UNITS[source.kind]
                if unit == "line":
                    raise BadCorpus(source.path, row.number, problem)
                raise BadInput(f"{source.path}, {unit} {row.number}: {problem}")
            own = row.name if row.name is not None else identity_of(row.value)
            name = own or (source.name if source.kind == "text" else f"{source.name}:{row.number}")
            if source.kind == "eval":
                name = f"{source.name}:{row.name}"
            yield Document(name, source.name, (s, row.number), content, row.share * source.size)
