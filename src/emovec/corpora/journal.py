"""The journal of a writing job: a line per finished task, synced at once, so that a killed job loses no answer."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emovec.errors import BadCorpus

__all__ = ["Entry", "Journal"]


@dataclass(frozen=True)
class Entry:
    """A finished task.

    Attributes:
        task: its id.
        key: hash of all that its outcome depends on; an entry under another key is an older plan's and is not used.
        outcome: ``kept``, or why it was dropped: ``leak``, ``length`` or ``parse``.
        attempts: how many answers were asked for.
        why: the fault of the last answer ("" if kept).
        prompt: the last prompt, in full.
        row: the line of the corpus (None if dropped).
    """

    task: str
    key: str
    outcome: str
    attempts: int
    why: str
    prompt: str
    row: Mapping[str, Any] | None


class Journal:
    """``journal.jsonl`` in the folder that is written; the last entry of a task counts."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a half-written last line (a killed job) is cut off.

        Raises:
            BadCorpus: for any other line that is no entry.
        """
        self.path = path
        self.entries: dict[str, Entry] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes() if path.is_file() else b""
        whole = data[: data.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise BadCorpus(path, number, f"not an entry of a writing journal ({error}); delete the line") from None
            self.entries[entry.task] = entry
        if len(whole) < len(data):
            with path.open("r+b") as file:
                file.truncate(len(whole))

    def add(self, entry: Entry) -> None:
        """Append and sync."""
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        with self.path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        self.entries[entry.task] = entry

    def done(self, task: str, key: str) -> Entry | None:
        """The entry of a task under this key."""
        entry = self.entries.get(task)
        return entry if entry is not None and entry.key == key else None
