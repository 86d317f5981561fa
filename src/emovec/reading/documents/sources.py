"""Which files a sweep reads: from what the user named to a list of files, each of one kind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emovec.errors import BadInput
from emovec.store import digest

__all__ = ["KINDS", "Source", "find_sources", "fingerprint"]

#: ending -> kind
KINDS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".jsonl.gz": "jsonl", ".parquet": "parquet", ".arrow": "arrow", ".eval": "eval",
    ".txt": "text", ".text": "text", ".md": "text",
}  # fmt: skip
_TAKES = ".jsonl, .ndjson, .jsonl.gz, .parquet, .arrow, .eval, .txt, .md, or a folder of them"
_EDGE = 4096


@dataclass(frozen=True)
class Source:
    """One file.

    Attributes:
        name: how documents name it: relative to the folder that holds what the user named.
        kind: one of the values of :data:`KINDS`.
        size: in bytes.
    """

    name: str
    path: Path
    kind: str
    size: int


def find_sources(paths: Iterable[str | Path]) -> list[Source]:
    """The files behind files and folders, in a fixed order.

    A folder written by ``datasets.save_to_disk`` gives its data files. Any other folder gives, from all its subfolders, its data files
    (JSONL, parquet, Arrow, Inspect logs) or, where it has none, its text files.

    Raises:
        BadInput: for a path that does not exist, a kind of file that emovec does not read, a folder without readable files, or a file named twice.
    """
    found: list[Source] = []
    for given in paths:
        path = Path(given).expanduser()
        base = path.absolute().parent
        files = [path] if path.is_file() else list(_inside(path))
        for file in files:
            kind = _kind(file)
            if kind is None:
                hint = "; make it JSONL, one object a line: jq -c '.[]' FILE.json" if file.suffix == ".json" else ""
                raise BadInput(f"{file}: emovec sweeps {_TAKES}{hint}")
            found.append(Source(file.absolute().relative_to(base).as_posix(), file, kind, file.stat().st_size))
    if not found:
        raise BadInput("nothing to sweep: name at least one file or folder")
    real = Counter(s.path.resolve() for s in found)
    twice = [s.path for s in found if real[s.path.resolve()] > 1]
    if twice:
        raise BadInput(f"{twice[0]} is named twice among the sources; name it once")
    names = Counter(s.name for s in found)
    return [replace(s, name=s.path.as_posix()) if names[s.name] > 1 else s for s in found]


def fingerprint(sources: Sequence[Source]) -> str:
    """Hash of names, sizes, and the first and last 4 KB of every data file: enough to tell that a file was changed."""
    parts: list[object] = []
    for source in sources:
        parts.append([source.name, source.size])
        if source.kind != "text":
            with source.path.open("rb") as file:
                parts.append(file.read(_EDGE))
                file.seek(max(0, source.size - _EDGE))
                parts.append(file.read(_EDGE))
    return digest(*parts)


def _kind(path: Path) -> str | None:
    name = path.name.lower()
    return next((kind for ending, kind in KINDS.items() if name.endswith(ending)), None)


def _inside(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise BadInput(f"{folder} does not exist; name a file or a folder")
    if (folder / "dataset_dict.json").is_file():
        for split in _listed(folder / "dataset_dict.json", "splits"):
            yield from _inside(folder / str(split))
        return
    if (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file():
        for entry in _listed(folder / "state.json", "_data_files"):
            name = entry.get("filename") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not (folder / name).is_file():
                raise BadInput(f"{folder / 'state.json'} names {name!r}, which is not there; save the dataset again")
            yield folder / name
        return
    every = sorted(
        p for p in folder.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts) and not p.name.startswith("cache-")
    )  # fmt: skip
    data = [p for p in every if _kind(p) not in (None, "text")]
    texts = [p for p in every if _kind(p) == "text"]
    if not data and not texts:
        raise BadInput(f"{folder} holds no file that emovec sweeps ({_TAKES})")
    yield from data or texts


def _listed(path: Path, key: str) -> list[object]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({type(error).__name__}: {error}); save the dataset again") from None
    return list(value)
