"""Files written whole or not at all, and a cache keyed by what a result depends on."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadArtifact

__all__ = [
    "Store",
    "atomic_path",
    "atomic_write",
    "cache_root",
    "digest",
    "load_arrays",
    "save_arrays",
    "write_json",
    "write_text",
]


def cache_root() -> Path:
    """emovec's cache folder: ``$EMOVEC_CACHE``, or the platform's place for caches."""
    if env := os.environ.get("EMOVEC_CACHE"):
        return Path(env).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("emovec")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; on success it is fsynced and renamed into place, on error removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def atomic_write(path: Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file that takes the place of ``path`` only once it is whole."""
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    with atomic_path(path) as temporary, temporary.open(mode, **text) as file:  # type: ignore[call-overload]
        yield file


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    with atomic_write(path, "w") as file:
        file.write(text)


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as indented JSON with a final newline, whole or not at all."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def digest(*parts: object) -> str:
    """A short stable name (16 hex digits) for JSON-able parts and arrays."""
    h = hashlib.blake2b(digest_size=8)
    for part in parts:
        if isinstance(part, np.ndarray):
            h.update(str((part.dtype, part.shape)).encode())
            h.update(np.ascontiguousarray(part).tobytes())
        elif isinstance(part, bytes):
            h.update(part)
        else:
            h.update(json.dumps(part, sort_keys=True, ensure_ascii=False).encode())
        h.update(b"\0")
    return h.hexdigest()


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays as one safetensors file, whole or not at all (same arrays, same bytes)."""
    from safetensors.numpy import save

    data = save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, metadata=dict(metadata or {}) or None)
    with atomic_write(path) as file:
        file.write(data)


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read a safetensors file.

    Raises:
        BadArtifact: if it is damaged or not safetensors.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise BadArtifact(f"{path} is not a readable safetensors file ({error}); delete it and run again") from None


class Store:
    """A folder of results, each under a key that names all that it depends on."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or cache_root() / "runs"

    def path(self, kind: str, key: str, suffix: str = ".safetensors") -> Path:
        """Where the result of ``kind`` under ``key`` lies, or would."""
        return self.root / kind / f"{key}{suffix}"

    def arrays(self, kind: str, key: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        """The arrays under ``key``: read if they are there, else made and kept."""
        path = self.path(kind, key)
        if path.is_file():
            try:
                return load_arrays(path)
            except BadArtifact:
                path.unlink()
        made = {name: np.asarray(value) for name, value in make().items()}
        save_arrays(path, made)
        return made
