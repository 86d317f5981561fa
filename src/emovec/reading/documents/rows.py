"""One reader per kind of file: every row with its number, streamed."""

from __future__ import annotations

import gzip
import json
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from emovec.errors import BadInput, MissingExtra

__all__ = ["READERS", "UNITS", "Broken", "Row", "arrow_module"]

#: Rows of a columnar file that are decoded at a time.
_ROWS = 32
#: what a row of each kind is called in errors
UNITS = {"jsonl": "line", "parquet": "row", "arrow": "row", "eval": "sample", "text": "line"}


@dataclass(frozen=True)
class Broken:
    """A row that could not be parsed, and why."""

    reason: str


@dataclass(frozen=True)
class Row:
    """A parsed row.

    Attributes:
        number: from 1.
        value: what stands there, or :class:`Broken`.
        name: the row's own id where the format has one, else None.
        share: of the file, as far as is known (for progress).
    """

    number: int
    value: object
    name: str | None
    share: float


def jsonl(path: Path, after: int) -> Iterator[Row]:
    """Lines of JSON, blank ones left out; gzip by the name's ending."""
    total = max(path.stat().st_size, 1)
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw as file:
            at = 0
            for number, line in enumerate(file, 1):
                if number <= after:
                    at = raw.tell()
                    continue
                if not line.strip():
                    continue
                start, at = at, raw.tell()
                yield Row(number, _parsed(line), None, (at - start) / total)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"cannot read {path}: {error}; give a whole, readable file") from None


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        return Broken(f"not JSON: {error.msg} at column {error.colno}; fix or remove the line, or give --skip-bad")
    except UnicodeDecodeError as error:
        return Broken(f"not UTF-8 at byte {error.start}; convert the file, or give --skip-bad")
    except RecursionError:
        return Broken("JSON nested too deep; remove the line, or give --skip-bad")


def text(path: Path, after: int) -> Iterator[Row]:
    """A file as one document."""
    if after:
        return
    try:
        yield Row(1, path.read_text(encoding="utf-8-sig"), "", 1.0)
    except UnicodeDecodeError as error:
        yield Row(1, Broken(f"not UTF-8 at byte {error.start}; convert the file, or give --skip-bad"), "", 1.0)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}; give a readable file") from None


def parquet(path: Path, after: int) -> Iterator[Row]:
    """Rows of a parquet file, a few at a time; row groups before ``after`` are not decoded."""
    pq = arrow_module("parquet")
    try:
        with pq.ParquetFile(path) as file:
            sizes = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
            ends = list(accumulate(sizes))
            done = bisect_right(ends, after)
            first = ends[done - 1] if done else 0
            groups = list(range(done, len(sizes)))
            total = max(file.metadata.num_rows, 1)
            yield from _rows(file.iter_batches(batch_size=_ROWS, row_groups=groups), first, after, total)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise BadInput(f"{path} is not a readable parquet file ({error}); write it again") from None


def arrow(path: Path, after: int) -> Iterator[Row]:
    """Rows of an Arrow file as ``datasets`` writes it (stream format; file format too), memory-mapped."""
    pa = arrow_module("")
    try:
        with pa.memory_map(str(path)) as mapped:
            total = sum(batch.num_rows for batch in _batches(pa, mapped))
            small = (b.slice(at, _ROWS) for b in _batches(pa, mapped) for at in range(0, b.num_rows, _ROWS))
            yield from _rows(small, 0, after, max(total, 1))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} is not a readable Arrow file ({error}); save the dataset again") from None


def _batches(pa: Any, mapped: Any) -> Iterator[Any]:
    mapped.seek(0)
    try:
        yield from pa.ipc.open_stream(mapped)
    except pa.ArrowInvalid:
        mapped.seek(0)
        reader = pa.ipc.open_file(mapped)
        yield from (reader.get_batch(i) for i in range(reader.num_record_batches))


def _rows(batches: Any, number: int, after: int, total: int) -> Iterator[Row]:
    for batch in batches:
        if number + batch.num_rows <= after:
            number += batch.num_rows
            continue
        for value in batch.to_pylist():
            number += 1
            if number > after:
                yield Row(number, value, None, 1 / total)


def arrow_module(part: str) -> Any:
    """pyarrow, or a part of it.

    Raises:
        MissingExtra: if it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"pyarrow.{part}" if part else "pyarrow")
    except ImportError:
        raise MissingExtra("parquet and Arrow files need pyarrow; install it with: pip install pyarrow") from None


def inspect_log(path: Path, after: int) -> Iterator[Row]:
    """Samples of an Inspect log, one in memory at a time: each sample's messages are one chat."""
    try:
        from inspect_ai.log import read_eval_log_sample, read_eval_log_sample_summaries
    except ImportError:
        raise MissingExtra("Inspect logs need inspect-ai; install it with: pip install 'emovec[write]'") from None
    try:
        summaries = [(s.id, s.epoch) for s in read_eval_log_sample_summaries(path)]
    except Exception as error:  # inspect raises zip, key, JSON and validation errors alike
        raise BadInput(f"{path} is not a readable Inspect log ({type(error).__name__}: {error})") from None
    for number, (identity, epoch) in enumerate(summaries, 1):
        if number <= after:
            continue
        name = f"{identity}:{epoch}"
        try:
            sample = read_eval_log_sample(
                path, id=identity, epoch=epoch, resolve_attachments=True, exclude_fields={"events", "store"}
            )
            value: object = [m.model_dump(include={"role", "content", "tool_calls"}) for m in sample.messages] or ""
        except Exception as error:
            value = Broken(f"cannot be read ({type(error).__name__}: {error}); repair the log, or give --skip-bad")
        yield Row(number, value, name, 1 / len(summaries))


READERS: dict[str, Callable[[Path, int], Iterator[Row]]] = {
    "jsonl": jsonl, "text": text, "parquet": parquet, "arrow": arrow, "eval": inspect_log,
}  # fmt: skip
