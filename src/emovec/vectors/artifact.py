"""The ``EmotionVectors`` artifact: immutable, self-describing, bound to the subject that made it.

On disk it is a folder with ``vectors.safetensors`` (float32 arrays) and ``vectors.json`` (who made it, from what, how).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadArtifact, BadInput, ForeignSubject, UnknownEmotion
from emovec.store import load_arrays, save_arrays, write_json
from emovec.subject import Fingerprint, Subject

__all__ = ["EmotionVectors"]

_FORMAT = 1
_ARRAYS = ("patterns", "filters", "geometry", "centre", "norms")


@dataclass(frozen=True, eq=False)
class EmotionVectors:
    """One direction per emotion and block, as pattern (add it), filter (project on it) and geometry (compare it).

    Attributes:
        emotions: names, in the lexicon's order.
        blocks: 0-based decoder blocks; the residual stream at block *i* is that block's output, before the final norm.
        patterns: (emotions, blocks, width), in activation units: add these to steer.
        filters: (emotions, blocks, width), unit length: project centred activations on these to read.
        geometry: (emotions, blocks, width): the coordinates in which emotions are compared (patterns for the paper's recipe).
        centre: (blocks, width): mean activation over emotions, subtracted before reading.
        norms: (blocks,): mean residual norm, the unit of steering strength.
        subject: fingerprint of the model that made them.
        recipe: name and all parameters.
        corpus: what they were made from.
        version: emovec's version.
        reliability: per emotion, at the picked block: split-half and bootstrap self-cosine.
        block: the block picked for reading, and ``block_why`` how.
    """

    emotions: tuple[str, ...]
    blocks: tuple[int, ...]
    patterns: NDArray[np.float32]
    filters: NDArray[np.float32]
    geometry: NDArray[np.float32]
    centre: NDArray[np.float32]
    norms: NDArray[np.float32]
    subject: Fingerprint
    recipe: Mapping[str, Any]
    corpus: Mapping[str, Any]
    version: str
    block: int
    block_why: str = ""
    reliability: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            getattr(self, name).flags.writeable = False

    @property
    def name(self) -> str:
        """Name of the recipe."""
        return str(self.recipe["name"])

    def index(self, emotion: str) -> int:
        """Row of an emotion.

        Raises:
            UnknownEmotion: with the nearest names.
        """
        word = emotion.lower().strip()
        if word not in self.emotions:
            raise UnknownEmotion(emotion, self.emotions)
        return self.emotions.index(word)

    def at(self, kind: str, block: int | None = None) -> NDArray[np.float64]:
        """``patterns``, ``filters`` or ``geometry`` at one block (default: the picked one), (emotions, width).

        Raises:
            BadInput: if the block was not harvested.
        """
        return np.asarray(getattr(self, kind)[:, self.slot(block)], dtype=np.float64)

    def slot(self, block: int | None = None) -> int:
        """Position of a block in the arrays.

        Raises:
            BadInput: if the block was not harvested.
        """
        wanted = self.block if block is None else block
        if wanted not in self.blocks:
            raise BadInput(f"these vectors have no block {wanted}; they have {', '.join(map(str, self.blocks))}")
        return self.blocks.index(wanted)

    def pattern(self, emotion: str, block: int | None = None) -> NDArray[np.float64]:
        """The direction to add for one emotion, (width,)."""
        return np.asarray(self.at("patterns", block)[self.index(emotion)])

    def check(self, subject: Subject) -> None:
        """Refuse a subject that did not make these vectors.

        Raises:
            ForeignSubject: naming what differs.
        """
        if differing := self.subject.differs(subject.fingerprint):
            raise ForeignSubject(
                f"these vectors were made from {self.subject.name!r}, not from {subject.name!r} "
                f"(differs in: {', '.join(differing)}); make vectors for this model with `emovec vectors make`"
            )

    def with_blocks(self, blocks: tuple[int, ...]) -> EmotionVectors:
        """The same vectors at some of the blocks only."""
        at = [self.slot(b) for b in blocks]
        arrays = {name: getattr(self, name)[:, at].copy() for name in ("patterns", "filters", "geometry")}
        return replace(self, blocks=blocks, centre=self.centre[at].copy(), norms=self.norms[at].copy(), **arrays)

    def save(self, folder: str | Path) -> Path:
        """Write the folder, whole or not at all; an older artifact there is replaced.

        Raises:
            BadInput: if ``folder`` exists and is not an artifact.
        """
        folder = Path(folder)
        if folder.exists() and not (folder / "vectors.json").is_file():
            raise BadInput(f"{folder} exists and is not a vectors folder; choose another name")
        temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            save_arrays(temporary / "vectors.safetensors", {name: getattr(self, name) for name in _ARRAYS})
            header = {
                "format": _FORMAT,
                "version": self.version,
                "subject": asdict(self.subject),
                "corpus": dict(self.corpus),
                "recipe": dict(self.recipe),
                "block": self.block,
                "block_why": self.block_why,
                "blocks": list(self.blocks),
                "emotions": list(self.emotions),
                "reliability": {k: dict(v) for k, v in self.reliability.items()},
            }
            write_json(temporary / "vectors.json", header)
            if folder.exists():
                old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
                folder.rename(old)
                temporary.rename(folder)
                shutil.rmtree(old)
            else:
                temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return folder

    @classmethod
    def load(cls, folder: str | Path, subject: Subject | None = None) -> EmotionVectors:
        """Read a folder written by :meth:`save`; with ``subject``, refuse a foreign one.

        Raises:
            BadArtifact: if it is damaged, incomplete or of a newer format.
            ForeignSubject: if ``subject`` did not make it.
        """
        folder = Path(folder)
        try:
            header = json.loads((folder / "vectors.json").read_text(encoding="utf-8"))
            if header["format"] > _FORMAT:
                raise BadArtifact(f"{folder} was written by a newer emovec ({header['version']}); upgrade to read it")
            arrays = load_arrays(folder / "vectors.safetensors")
            vectors = cls(
                emotions=tuple(header["emotions"]),
                blocks=tuple(header["blocks"]),
                **{name: arrays[name] for name in _ARRAYS},
                subject=Fingerprint(**header["subject"]),
                recipe=header["recipe"],
                corpus=header["corpus"],
                version=header["version"],
                block=header["block"],
                block_why=header["block_why"],
                reliability=header["reliability"],
            )
        except FileNotFoundError as error:
            raise BadArtifact(f"{folder} is not a vectors folder ({Path(error.filename).name} is missing)") from None
        except (KeyError, TypeError, ValueError) as error:
            raise BadArtifact(f"{folder} is damaged: {type(error).__name__}: {error}") from None
        shape = (len(vectors.emotions), len(vectors.blocks))
        if any(getattr(vectors, name).shape[:2] != shape for name in ("patterns", "filters", "geometry")):
            raise BadArtifact(f"{folder} is damaged: its arrays do not have {shape[0]} emotions at {shape[1]} blocks")
        if subject is not None:
            vectors.check(subject)
        return vectors
