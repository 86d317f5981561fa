"""Where a sweep is, on disk: a killed one goes on from there and ends with the same bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from emovec.errors import BadArtifact, BadInput
from emovec.reading.documents import Place
from emovec.reading.sweep.table import DocumentTable
from emovec.reading.sweep.tally import Open, Tally
from emovec.reading.sweep.top import Snippet, Transcript
from emovec.store import load_arrays, save_arrays

__all__ = ["Checkpoint", "Position", "refuse_other"]

#: Raised when a change to sweeping makes older checkpoints wrong.
_VERSION = 1


@dataclass(frozen=True)
class Position:
    """How far a sweep has come.

    Attributes:
        place: of the last document that is done with.
        ordinal: how many documents are.
        open: the one after it, where only some of its passes are done.
        shards: shards of the table written.
        bytes: of the sources, for progress.
    """

    place: Place = (0, 0)
    ordinal: int = 0
    open: Open | None = None
    shards: int = 0
    bytes: float = 0.0


class Checkpoint:
    """The folder ``.checkpoint`` in the sweep's output folder."""

    def __init__(self, out: Path, about: Mapping[str, Any], emotions: Sequence[str]) -> None:
        self.folder, self.about = out / ".checkpoint", about
        self.table = DocumentTable(self.folder, emotions)
        self._rows: list[Open] = []

    @property
    def path(self) -> Path:
        """The one file that says what is true; shards that it does not count are written anew."""
        return self.folder / "state.safetensors"

    def done(self, item: Open) -> None:
        """A document is complete: its row goes into the next shard."""
        if item.kind != "skipped":
            self._rows.append(item)

    def save(self, tally: Tally, position: Position) -> Position:
        """Write the rows since the last time and then the state, each whole or not at all."""
        if self._rows:
            self.table.write(position.shards, self._rows)
            position = replace(position, shards=position.shards + 1)
            self._rows = []
        state = {
            "version": _VERSION,
            "about": dict(self.about),
            "counts": tally.counts,
            "position": {**vars(position), "open": position.open.to_json() if position.open else None},
            "snippets": [[s.to_json() for s in top.items] for top in tally.snippets],
            "transcripts": [[t.to_json() for t in top.items] for top in tally.transcripts],
        }
        text = json.dumps(state, ensure_ascii=False).encode()
        save_arrays(self.path, {**tally.histogram.to_arrays(), "json": np.frombuffer(text, dtype=np.uint8)})
        return position

    def load(self, tally: Tally) -> Position:
        """Put ``tally`` where the last save left it; the beginning, if there was none.

        Raises:
            BadInput: if the checkpoint is of another sweep.
            BadArtifact: if it is damaged.
        """
        if not self.path.is_file():
            return Position()
        try:
            arrays = load_arrays(self.path)
            state = json.loads(arrays["json"].tobytes())
            if state["version"] != _VERSION:
                raise BadInput(f"{self.folder} was written by another version of emovec; delete it to begin anew")
            refuse_other(self.folder.parent, state["about"], self.about)
            tally.histogram.restore(arrays)
            tally.counts = state["counts"]
            for top, items in zip(tally.snippets, state["snippets"], strict=True):
                top.items = [Snippet.from_json(item) for item in items]
            for ranked, items in zip(tally.transcripts, state["transcripts"], strict=True):
                ranked.items = [Transcript.from_json(item) for item in items]
            at = state["position"]
            opened = Open.from_json(at["open"]) if at["open"] else None
            return Position(**{**at, "place": tuple(at["place"]), "open": opened})
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadArtifact(
                f"{self.path} is damaged ({type(error).__name__}: {error}); delete it and run again"
            ) from None

    def remove(self) -> None:
        """Delete the folder: the sweep is done."""
        shutil.rmtree(self.folder, ignore_errors=True)


def refuse_other(out: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise unless two sweeps are the same.

    Raises:
        BadInput: naming what differs.
    """
    differing = [name for name in wanted if found.get(name) != wanted[name]]
    if differing:
        raise BadInput(
            f"{out} holds another sweep (it differs in: {', '.join(differing)}); give another --out, or delete that folder"
        )
