"""The artifact says what made it, survives a round trip, and refuses a foreign subject and damaged files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from emovec.errors import BadArtifact, BadInput, ForeignSubject, UnknownEmotion
from emovec.planted import Planted, planted_subject
from emovec.subject import Subject
from emovec.vectors import EmotionVectors, export_gguf


def test_round_trip(planted: Planted, planted_vectors: EmotionVectors, tmp_path: Path) -> None:
    back = EmotionVectors.load(planted_vectors.save(tmp_path / "v"), planted.subject)
    np.testing.assert_array_equal(back.patterns, planted_vectors.patterns)
    assert (back.block, back.emotions, back.recipe["name"]) == (3, planted.emotions, "paper")
    assert back.reliability["afraid"]["split_half"] > 0.95
    planted_vectors.save(tmp_path / "v")  # an older artifact is replaced
    assert sorted(p.name for p in tmp_path.iterdir()) == ["v"]


def test_same_vectors_same_bytes(planted_vectors: EmotionVectors, tmp_path: Path) -> None:
    one, two = (planted_vectors.save(tmp_path / n) for n in ("a", "b"))
    for name in ("vectors.safetensors", "vectors.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_it_cannot_be_changed(planted_vectors: EmotionVectors) -> None:
    with pytest.raises(ValueError, match="read-only"):
        planted_vectors.patterns[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        planted_vectors.block = 1  # type: ignore[misc]


def test_another_subject_is_refused(planted_vectors: EmotionVectors, tiny: Subject) -> None:
    with pytest.raises(ForeignSubject, match=r"made from 'planted', not from 'tiny .*weights.*vectors make"):
        planted_vectors.check(tiny)


def test_other_weights_and_another_template_are_refused(planted_vectors: EmotionVectors) -> None:
    other = planted_subject(seed=1).subject
    with pytest.raises(ForeignSubject, match=r"differs in: weights\)"):
        planted_vectors.check(other)
    same = planted_subject().subject
    planted_vectors.check(same)
    same.tokenizer.chat_template += " "
    changed = Subject(same.model, same.tokenizer)
    with pytest.raises(ForeignSubject, match=r"differs in: template\)"):
        planted_vectors.check(changed)


def test_unknown_emotions_and_blocks(planted_vectors: EmotionVectors) -> None:
    with pytest.raises(UnknownEmotion, match=r"unknown emotion 'desparate' .* did you mean desperate"):
        planted_vectors.index("desparate")
    with pytest.raises(BadInput, match="no block 2; they have 1, 3, 5"):
        planted_vectors.pattern("afraid", 2)


def test_damaged_folders(planted_vectors: EmotionVectors, tmp_path: Path) -> None:
    with pytest.raises(BadArtifact, match=r"vectors\.json is missing"):
        EmotionVectors.load(tmp_path)
    folder = planted_vectors.save(tmp_path / "v")
    (folder / "vectors.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(BadArtifact, match="not a readable safetensors"):
        EmotionVectors.load(folder)
    planted_vectors.save(folder)
    header = json.loads((folder / "vectors.json").read_text())
    (folder / "vectors.json").write_text(json.dumps({**header, "format": 99}))
    with pytest.raises(BadArtifact, match="newer emovec"):
        EmotionVectors.load(folder)
    with pytest.raises(BadInput, match="not a vectors folder"):
        planted_vectors.save(tmp_path)


def test_gguf_export_has_one_direction_per_block(planted_vectors: EmotionVectors, tmp_path: Path) -> None:
    from gguf import GGUFReader

    path = export_gguf(planted_vectors, "calm", tmp_path / "calm.gguf", strength=0.5)
    tensors = {t.name: np.array(t.data) for t in GGUFReader(path).tensors}
    assert sorted(tensors) == ["direction.1", "direction.3", "direction.5"]
    length = np.linalg.norm(tensors["direction.3"])
    assert length == pytest.approx(0.5 * planted_vectors.norms[1], rel=1e-5)
