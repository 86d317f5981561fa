"""Vectors in the form that other tools read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emovec.errors import MissingExtra
from emovec.store import atomic_path
from emovec.vectors.artifact import EmotionVectors

__all__ = ["export_gguf"]


def export_gguf(vectors: EmotionVectors, emotion: str, path: str | Path, strength: float = 1.0) -> Path:
    """Write one emotion's patterns as a llama.cpp control vector (``direction.i`` is block *i*, as here).

    Each block's direction has the length that steering at ``strength`` adds there: strength x mean residual norm.
    Give it to llama.cpp with ``--control-vector FILE``. Block 0 is left out: llama.cpp has no ``direction.0``.

    Raises:
        UnknownEmotion: for a word that the vectors lack.
        MissingExtra: if the ``gguf`` package is missing.
    """
    try:
        from gguf import GGUFWriter
    except ImportError:
        raise MissingExtra("exporting to GGUF needs the gguf package: pip install gguf") from None
    path = Path(path)
    row = vectors.index(emotion)
    with atomic_path(path) as temporary:
        writer = GGUFWriter(temporary, "controlvector")
        writer.add_string("controlvector.model_hint", vectors.subject.architecture)
        writer.add_uint32("controlvector.layer_count", vectors.subject.depth)
        writer.add_string("emovec.emotion", vectors.emotions[row])
        writer.add_string("emovec.recipe", vectors.name)
        for slot, block in enumerate(vectors.blocks):
            if block == 0:
                continue
            direction = vectors.patterns[row, slot]
            length = float(np.linalg.norm(direction)) or 1.0
            scaled = direction / length * vectors.norms[slot] * strength
            writer.add_tensor(f"direction.{block}", scaled.astype(np.float32))
        writer.write_header_to_file(path=temporary)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return path
