"""What a sweep leaves: files for programs and people, and reading them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovec.errors import BadArtifact
from emovec.reading.sweep.histogram import Histogram
from emovec.reading.sweep.top import Snippet, Transcript
from emovec.store import atomic_write, load_arrays, save_arrays, write_json, write_text

__all__ = ["PERCENTILES", "Sweep"]

PERCENTILES = (1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9)


@dataclass(frozen=True)
class Sweep:
    """The result of a sweep.

    Attributes:
        emotions: names.
        about: what was swept with what: model, vectors, block, measure, settings, sources.
        counts: exact: documents, chats (and those put in the plain form), empty and skipped ones, tokens, counted and averaged tokens.
        histogram: of every counted token's readings.
        snippets, transcripts: per emotion, the highest first.
    """

    emotions: tuple[str, ...]
    about: Mapping[str, Any]
    counts: Mapping[str, int]
    histogram: Histogram
    snippets: Mapping[str, list[Snippet]]
    transcripts: Mapping[str, list[Transcript]]

    def save(self, out: Path) -> None:
        """Write ``snippets.jsonl``, ``transcripts.jsonl``, ``emotions.csv``, ``distribution.safetensors`` and, last, ``summary.json``."""
        _write_lines(out / "snippets.jsonl", self.snippets)
        _write_lines(out / "transcripts.jsonl", self.transcripts)
        write_text(out / "emotions.csv", self._emotions_csv())
        save_arrays(out / "distribution.safetensors", self.histogram.to_arrays())
        h = self.histogram
        resolution = {"lowest": h.low, "highest": h.high, "bin": h.width, "percentiles_off_by_less_than": h.width}
        summary = {"about": dict(self.about), "counts": dict(self.counts), "distribution": resolution}
        write_json(out / "summary.json", summary | {"emotions": list(self.emotions)})

    def _emotions_csv(self) -> str:
        import pandas as pd

        h = self.histogram
        columns = {"emotion": self.emotions, "mean": h.mean, "sd": h.deviation, "min": h.least, "max": h.most}
        columns |= {f"p{q:g}": h.percentile(q) for q in PERCENTILES}
        return str(pd.DataFrame(columns).to_csv(index=False, lineterminator="\n", float_format="%.6g"))

    @classmethod
    def load(cls, out: str | Path) -> Sweep:
        """Read a folder that :meth:`save` wrote.

        Raises:
            BadArtifact: if something is missing or damaged.
        """
        out = Path(out)
        try:
            summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
            emotions = tuple(summary["emotions"])
            histogram = Histogram(len(emotions), summary["about"]["settings"]["how"])
            histogram.restore(load_arrays(out / "distribution.safetensors"))
            snippets: dict[str, list[Snippet]] = {e: [] for e in emotions}
            for row in _lines(out / "snippets.jsonl"):
                snippets[row.pop("emotion")].append(Snippet.from_json(row))
            transcripts: dict[str, list[Transcript]] = {e: [] for e in emotions}
            for row in _lines(out / "transcripts.jsonl"):
                transcripts[row.pop("emotion")].append(Transcript.from_json(row))
        except FileNotFoundError as error:
            raise BadArtifact(f"{out} is not a finished sweep ({Path(error.filename).name} is missing)") from None
        except (KeyError, TypeError, ValueError) as error:
            raise BadArtifact(f"{out} is damaged ({type(error).__name__}: {error}); sweep again") from None
        return cls(emotions, summary["about"], summary["counts"], histogram, snippets, transcripts)


def _write_lines(path: Path, items: Mapping[str, Iterable[Snippet | Transcript]]) -> None:
    with atomic_write(path, "w") as file:
        for emotion, found in items.items():
            for item in found:
                file.write(json.dumps({"emotion": emotion, **item.to_json()}, ensure_ascii=False) + "\n")


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"a line of {path.name} is not an object")
    return rows
