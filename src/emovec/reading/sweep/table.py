"""The table of documents: rows written in shards while a sweep runs, joined into one parquet file at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emovec.reading.documents.rows import arrow_module
from emovec.reading.sweep.tally import Open
from emovec.store import atomic_path

__all__ = ["DocumentTable"]

#: Rows of a row group: fixed, so that the file does not depend on where shards begin.
_GROUP = 4096
_HEAD = ("document", "source", "number", "kind", "tokens", "counted", "averaged")


class DocumentTable:
    """One row per document: ``document, source, number, kind, tokens, counted, averaged``, then the mean reading of every emotion (float32).

    ``tokens`` are all, ``counted`` those that are read (not the first of a pass, not the chat template's), ``averaged`` those that the mean is
    over; where there are none of them the means are NaN.
    """

    def __init__(self, folder: Path, emotions: Sequence[str]) -> None:
        self._pa, self._pq = arrow_module(""), arrow_module("parquet")
        pa = self._pa
        self.folder = folder
        types = {"number": pa.int64(), "tokens": pa.int64(), "counted": pa.int64(), "averaged": pa.int64()}
        self._schema = pa.schema(
            [(name, types.get(name, pa.string())) for name in _HEAD] + [(e, pa.float32()) for e in emotions]
        )

    def _shard(self, number: int) -> Path:
        return self.folder / f"rows-{number:06d}.parquet"

    def write(self, number: int, items: Sequence[Open]) -> None:
        """Write a shard, whole or not at all."""
        head = {name: [getattr(item, name) for item in items] for name in _HEAD}
        with np.errstate(invalid="ignore"):
            means = np.array([item.sums / item.averaged if item.averaged else item.sums * np.nan for item in items])
        columns = means.astype(np.float32).reshape(len(items), len(self._schema) - len(_HEAD)).T
        arrays = [*head.values(), *columns]
        table = self._pa.table(
            [self._pa.array(a, type=f.type) for a, f in zip(arrays, self._schema, strict=True)], schema=self._schema
        )
        with atomic_path(self._shard(number)) as path:
            self._pq.write_table(table, path)

    def join(self, shards: int, out: Path) -> None:
        """All shards as one file, a group of rows in memory at a time."""
        with atomic_path(out) as path, self._pq.ParquetWriter(path, self._schema) as writer:
            held: list[Any] = []
            rows = 0
            for number in range(shards):
                for batch in self._pq.ParquetFile(self._shard(number)).iter_batches(_GROUP):
                    held.append(batch)
                    rows += batch.num_rows
                    while rows >= _GROUP:
                        table = self._pa.Table.from_batches(held, schema=self._schema)
                        writer.write_table(table.slice(0, _GROUP))
                        held, rows = table.slice(_GROUP).to_batches(), rows - _GROUP
            if held or not shards:
                writer.write_table(self._pa.Table.from_batches(held, schema=self._schema).combine_chunks())
