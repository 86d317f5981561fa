"""Files are whole or not there; results are kept under what they depend on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emovec.errors import BadArtifact
from emovec.store import Store, atomic_write, digest, load_arrays, save_arrays


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(TypeError), atomic_write(path, "w") as file:
        file.writelines(["half", 1])
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_arrays_round_trip_and_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_arrays(path, {"x": np.arange(6.0).reshape(2, 3)})
    np.testing.assert_array_equal(load_arrays(path)["x"], np.arange(6.0).reshape(2, 3))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(BadArtifact, match="delete it and run again"):
        load_arrays(path)


def test_the_store_makes_once_and_mends_damage(tmp_path: Path) -> None:
    store, calls = Store(tmp_path), []

    def make() -> dict[str, np.ndarray]:
        calls.append(1)
        return {"x": np.ones(3)}

    store.arrays("kind", "key", make)
    store.arrays("kind", "key", make)
    assert len(calls) == 1
    store.path("kind", "key").write_bytes(b"damaged")
    np.testing.assert_array_equal(store.arrays("kind", "key", make)["x"], np.ones(3))
    assert len(calls) == 2


def test_digests_tell_parts_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(np.zeros(2)) != digest(np.zeros((2, 1)))
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
