"""What ``emovec read`` prints and writes: a summary, or rows (tokens, turns, spans) as table, JSON, CSV or parquet."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from emovec.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    import pandas as pd

    from emovec.reading import Reading

__all__ = ["FORMATS", "visible", "write_rows", "write_summary"]

FORMATS = ("table", "json", "csv", "parquet")
#: A table on the screen has at most so many rows.
_ROWS = 5000


def visible(text: str) -> str:
    """``text`` with line ends and control characters escaped, so that a transcript cannot steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@contextmanager
def _sink(out: Path | None) -> Iterator[IO[str]]:
    from emovec.store import atomic_write

    if out is None:
        yield sys.stdout
    else:
        with atomic_write(out, "w") as file:
            yield file
        typer.echo(f"wrote {out}", err=True)


def write_rows(head: pd.DataFrame, values: pd.DataFrame, form: str, out: Path | None, top: int) -> None:
    """Rows of a reading (:meth:`Reading.table`, ``by_turn``, ``by_span``): what each is, and its readings, a column per emotion.

    Raises:
        BadInput: for parquet without a file, or a table of too many rows.
        MissingExtra: for parquet without pyarrow.
    """
    if form == "parquet":
        _parquet(head, values, out)
        return
    if form == "table" and len(head) > _ROWS:
        raise BadInput(f"{len(head):,} rows are too many for a table; give --format csv, json or parquet")
    with _sink(out) as file:
        if form == "csv":
            head.join(values.round(5)).to_csv(file, index=False, lineterminator="\n")
        else:
            (_json if form == "json" else _table)(head, values, top, file)


def _parquet(head: pd.DataFrame, values: pd.DataFrame, out: Path | None) -> None:
    from emovec.store import atomic_path

    if out is None:
        raise BadInput("parquet goes to a file; name it with --out FILE.parquet")
    try:
        with atomic_path(out) as path:
            head.join(values.astype("float32")).to_parquet(path, index=False)
    except ImportError:
        raise MissingExtra("parquet needs pyarrow; install it with: pip install pyarrow") from None
    typer.echo(f"wrote {out}", err=True)


def _json(head: pd.DataFrame, values: pd.DataFrame, _top: int, file: IO[str]) -> None:
    """A list of objects, a row a line, written as it is made: a long transcript has millions of numbers."""
    emotions, numbers = list(values.columns), values.to_numpy().round(5)
    file.write("[")
    for i, cells in enumerate(head.astype(object).itertuples(index=False, name=None)):
        read = {e: (None if v != v else float(v)) for e, v in zip(emotions, numbers[i], strict=True)}
        row = dict(zip(head.columns, cells, strict=True)) | {"readings": read}
        file.write(("," if i else "") + "\n" + json.dumps(row, ensure_ascii=False))
    file.write("\n]\n")


def _table(head: pd.DataFrame, values: pd.DataFrame, top: int, file: IO[str]) -> None:
    import numpy as np
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    emotions, numbers = list(values.columns), values.to_numpy()
    few = len(emotions) <= 8
    table = Table()
    for name in head.columns:
        table.add_column(Text(name))
    for name in emotions if few else ["highest"]:
        table.add_column(Text(name), justify="right" if few else "left")
    for row, cells in zip(numbers, head.itertuples(index=False, name=None), strict=True):
        shown = [c if len(c) <= 48 else c[:47] + "…" for c in (visible(str(c)) for c in cells)]
        if np.isnan(row).all():
            shown += [""] * len(emotions) if few else ["not read: the first token"]
        elif few:
            shown += [f"{v:+.3f}" for v in row]
        else:
            best = np.argsort(-row, kind="stable")[: min(top, 3)]
            shown.append(", ".join(f"{emotions[k]} {row[k]:+.3f}" for k in best))
        table.add_row(*map(Text, shown))
    Console(file=file).print(table)


def write_summary(reading: Reading, form: str, out: Path | None, top: int, emotions: Sequence[str], text: bool) -> None:
    """The emotions that read highest over all turns; as JSON also by turn, as a table also the coloured ``text``."""
    with _sink(out) as file:
        if form == "json":
            file.write(json.dumps(_summary(reading, top), ensure_ascii=False, indent=1) + "\n")
        else:
            _show(reading, top, emotions, text, file)


def _summary(reading: Reading, top: int) -> dict[str, Any]:
    turns = [
        {"role": t.role, "top": [{"emotion": e, "value": round(v, 5)} for e, v in reading.top(top, i)]}
        for i, t in enumerate(reading.encoded.turns)
        if t.tokens[1] > max(1, t.tokens[0])
    ]
    whole = [{"emotion": e, "value": round(v, 5)} for e, v in reading.top(top)]
    reference = {"reference": reading.reference} if reading.reference else {}
    return {
        "block": reading.block,
        "measure": reading.measure,
        **reference,
        "tokens": len(reading.encoded),
        "top": whole,
        "turns": turns,
    }


def _show(reading: Reading, top: int, emotions: Sequence[str], text: bool, file: IO[str]) -> None:
    import numpy as np
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file)
    table = Table(title=f"mean {reading.measure} at block {reading.block}, {len(reading.encoded):,} tokens")
    table.add_column("emotion")
    table.add_column(reading.measure, justify="right")
    for name, value in reading.top(top):
        table.add_row(name, f"{value:+.3f}")
    console.print(table)
    for word in (emotions or [reading.top(1)[0][0]]) if text else ():
        column = reading.values[:, reading.emotions.index(word)]
        # The paper's display scale: the 99th percentile of |reading| over all probes, clipped.
        scale = float(np.nanpercentile(np.abs(reading.values), 99)) or 1.0
        line = Text(f"{word}: ")
        for token, value in zip(reading.tokens, column, strict=True):
            level = 0.0 if np.isnan(value) else max(-1.0, min(1.0, value / scale))
            shade = int(255 - abs(level) * 150)
            colour = f"rgb(255,{shade},{shade})" if level > 0 else f"rgb({shade},{shade},255)"
            line.append("\n".join(visible(part) for part in token.split("\n")), style=f"black on {colour}")
        console.print(line)
