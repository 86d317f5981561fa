"""The sweep: documents of any number through the model once, in bounded memory; killed at any time, it goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from emovec.errors import BadInput
from emovec.progress import Advance, Progress
from emovec.reading.documents import Document, Source, find_sources, stream
from emovec.reading.documents.sources import fingerprint
from emovec.reading.probe import measure
from emovec.reading.sweep.checkpoint import Checkpoint, Position, refuse_other
from emovec.reading.sweep.cut import Chunk, chunks_of, parts_of
from emovec.reading.sweep.result import Sweep
from emovec.reading.sweep.settings import Settings
from emovec.reading.sweep.states import chunk_states
from emovec.reading.sweep.tally import Open, Tally
from emovec.store import digest
from emovec.subject import Subject
from emovec.subject.passes import token_budget
from emovec.subject.windows import max_positions
from emovec.vectors import EmotionVectors
from emovec.version import __version__

__all__ = ["buffer_tokens", "sweep"]

_CHUNK = 512


def buffer_tokens(subject: Subject) -> int:
    """How many tokens are held at a time, to be sorted by length: the bound of a sweep's memory."""
    return max(16_384, 4 * token_budget(subject))


def sweep(
    subject: Subject,
    vectors: EmotionVectors,
    sources: Iterable[str | Path],
    out: str | Path,
    settings: Settings | None = None,
    *,
    skip_bad: bool = False,
    progress: Progress | None = None,
    every: float = 10.0,
) -> Sweep:
    """Read every document once; keep top snippets and transcripts per emotion, exact counts, distributions, and a mean per document (figure 1, figures 20-25).

    A document's means go into ``documents.parquet``, the rest into the files of :meth:`Sweep.save`. If ``out`` already holds this very sweep it
    is read back; if it holds the checkpoint of a killed one, that is gone on with, and the files are the same, byte for byte.

    Args:
        sources: files and folders: see :func:`emovec.reading.documents.find_sources`.
        out: folder to write to.
        skip_bad: count bad rows instead of stopping at the first.
        every: seconds between checkpoints, at least.

    Raises:
        ForeignSubject: if the vectors were made from another model.
        BadInput, BadCorpus: for documents that cannot be read, a setting that cannot be used, or an ``out`` that holds another sweep.
    """
    vectors.check(subject)
    settings = _settled(settings or Settings(), subject, vectors)
    files, folder = find_sources(sources), Path(out)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--out {folder} is a file; give a folder")
    about = _about(subject, vectors, files, settings)
    if (folder / "summary.json").is_file():
        finished = Sweep.load(folder)
        refuse_other(folder, finished.about, about)
        return finished
    checkpoint = Checkpoint(folder, about, vectors.emotions)
    tally = Tally(len(vectors.emotions), settings)
    position = checkpoint.load(tally)
    work = _Work(subject, vectors, settings, tally, checkpoint, position, every)
    total, unit = sum(f.size for f in files) / 1000, "kB"
    with (progress or Progress()).stage("sweeping", max(total - position.bytes / 1000, 1e-3), unit) as advance:
        position = work.run(files, skip_bad, advance)
    checkpoint.table.join(position.shards, folder / "documents.parquet")
    result = Sweep(
        vectors.emotions,
        about,
        tally.counts,
        tally.histogram,
        {e: tally.snippets[i].items for i, e in enumerate(vectors.emotions)},
        {e: tally.transcripts[i].items for i, e in enumerate(vectors.emotions)},
    )
    result.save(folder)
    checkpoint.remove()
    return result


def _settled(settings: Settings, subject: Subject, vectors: EmotionVectors) -> Settings:
    """Settings with nothing left open."""
    block = vectors.block if settings.block is None else settings.block
    vectors.slot(block)
    measure(
        np.zeros((0, subject.width)), vectors, block, settings.how
    )  # refuses an unknown measure now, not after the first batch
    limit = max_positions(subject)
    size = settings.chunk or min(_CHUNK, limit or _CHUNK)
    if limit is not None and size > limit:
        raise BadInput(f"{subject.name} takes {limit} tokens at once; --chunk {size} is too long")
    if settings.context > size // 2:
        raise BadInput(f"--context {settings.context} is more than half of a chunk of {size} tokens; give fewer")
    return replace(settings, block=block, chunk=size)


def _about(subject: Subject, vectors: EmotionVectors, files: Sequence[Source], settings: Settings) -> dict[str, Any]:
    """All that the result depends on."""
    slot = vectors.slot(settings.block)
    return {
        "emovec": __version__,
        "subject": asdict(subject.fingerprint),
        "computed": f"{str(subject.model.dtype).removeprefix('torch.')} on {subject.device.type}",
        "vectors": {
            "recipe": vectors.name,
            "digest": digest(vectors.filters[:, slot], vectors.centre[slot], vectors.norms[slot : slot + 1]),
        },
        "settings": settings.to_json(),
        "sources": {"names": [f.name for f in files[:20]], "files": len(files), "digest": fingerprint(files)},
    }


@dataclass(frozen=True)
class _Entry:
    """Some passes of a document; ``last``: its last. ``bytes``: of its file that they take, about."""

    item: Open
    document: Document
    chunks: list[Chunk]
    last: bool
    bytes: float


class _Work:
    """One run over the documents: fills a buffer of bounded size, empties it through the model, saves now and then."""

    def __init__(
        self, subject: Subject, vectors: EmotionVectors, settings: Settings, tally: Tally, checkpoint: Checkpoint, position: Position, every: float,
    ) -> None:  # fmt: skip
        self.subject, self.vectors, self.settings = subject, vectors, settings
        self.tally, self.checkpoint, self.position, self.every = tally, checkpoint, position, every
        self.cap = buffer_tokens(subject)
        self.entries: list[_Entry] = []
        self.held = 0
        self._saved = time.monotonic()

    def run(self, files: Sequence[Source], skip_bad: bool, advance: Advance) -> Position:
        """Everything that is left to do; the final position, saved."""
        begun, ordinal = self.position.open, self.position.ordinal
        after = self.position.place
        for document in stream(files, field=self.settings.field, after=after, skip_bad=skip_bad):
            if self.settings.limit is not None and ordinal >= self.settings.limit:
                break
            item, begun = begun or Open.of(document, ordinal, len(self.vectors.emotions)), None
            chunks: list[Chunk] = []
            size = 0.0
            for chunk, share in self._chunks(document, item.chunks):
                if self.held + len(chunk) > self.cap:
                    self.entries.append(_Entry(item, document, chunks, False, size))
                    self._empty(advance)
                    chunks, size = [], 0.0
                chunks.append(chunk)
                size += share
                self.held += len(chunk)
            self.entries.append(_Entry(item, document, chunks, True, size))
            self.held += 1  # so that documents without tokens fill the buffer too
            ordinal += 1
        self._empty(advance)
        self.position = self.checkpoint.save(self.tally, self.position)
        return self.position

    def _chunks(self, document: Document, done: int) -> Iterator[tuple[Chunk, float]]:
        """Passes over a document from the ``done``-th on, each with the share of its bytes that it takes."""
        content = document.content
        if content is None:
            return
        number = 0
        for part in parts_of(self.subject, content):
            share = document.bytes * (len(part.encoded.text) / len(content) if isinstance(content, str) else 1.0)
            chunks = chunks_of(part, self.settings.chunk or _CHUNK, self.settings.context)
            for chunk in chunks:
                if number >= done:
                    yield chunk, share / len(chunks)
                number += 1

    def _empty(self, advance: Advance) -> None:
        """Run what the buffer holds, in batches of like length; take the readings in document by document."""
        chunks = [chunk for entry in self.entries for chunk in entry.chunks]
        readings = [np.zeros((0, len(self.vectors.emotions)), dtype=np.float32)] * len(chunks)
        block = self.settings.block
        for i, states in chunk_states(self.subject, chunks, self.vectors.block if block is None else block):
            readings[i] = measure(states, self.vectors, block, self.settings.how).astype(np.float32)
        at, done = 0, 0.0
        for entry in self.entries:
            own = slice(at, at + len(entry.chunks))
            at = own.stop
            self.tally.add(entry.item, entry.chunks, readings[own], entry.last)
            done += entry.bytes
            if entry.last:
                self.checkpoint.done(entry.item)
                self.position = replace(
                    self.position, place=entry.document.place, ordinal=entry.item.ordinal + 1, open=None
                )
            else:
                self.position = replace(self.position, open=entry.item)
        self.position = replace(self.position, bytes=self.position.bytes + done)
        self.entries, self.held = [], 0
        advance(done / 1000)
        if time.monotonic() - self._saved >= self.every:
            self.position = self.checkpoint.save(self.tally, self.position)
            self._saved = time.monotonic()
