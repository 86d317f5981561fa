"""Levers: named unit directions at blocks, and the norm that strengths are fractions of. Emotions are levers, and so are their nulls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadArtifact, BadInput, ForeignSubject, UnknownEmotion
from emovec.stats import unit
from emovec.store import load_arrays, save_arrays
from emovec.subject import Fingerprint, Subject
from emovec.vectors import EmotionVectors

__all__ = ["Levers", "levers_of"]


@dataclass(frozen=True, eq=False)
class Levers:
    """What can be pushed on one subject.

    Attributes:
        names: one per lever.
        kinds: of each: ``emotion``, ``random``, ``shuffled`` or ``valence``.
        blocks: 0-based.
        units: (levers, blocks, width), unit length: all levers push equally hard at equal strength.
        norms: (blocks,) mean residual norm.
        block: used where a spec names none.
        subject: the model that they belong to.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    blocks: tuple[int, ...]
    units: NDArray[np.float64]
    norms: NDArray[np.float64]
    block: int
    subject: Fingerprint

    @classmethod
    def made(cls, vectors: EmotionVectors, names: Sequence[str], kind: str, directions: NDArray[np.floating]) -> Levers:
        """Levers from directions (levers, blocks, width) at the blocks of ``vectors``; their length does not matter.

        Raises:
            BadInput: if the shapes do not fit, or a direction is zero.
        """
        wanted = (len(names), len(vectors.blocks), vectors.patterns.shape[-1])
        if directions.shape != wanted:
            raise BadInput(f"directions of shape {directions.shape} do not fit; (names, blocks, width) is {wanted}")
        zero = np.linalg.norm(directions, axis=-1).min(-1) == 0
        if zero.any():
            raise BadInput(f"{names[int(np.argmax(zero))]!r} has no direction at some block (its vector is zero)")
        return cls(
            names=tuple(names),
            kinds=(kind,) * len(names),
            blocks=vectors.blocks,
            units=unit(directions),
            norms=vectors.norms.astype(np.float64),
            block=vectors.block,
            subject=vectors.subject,
        )

    def __or__(self, other: Levers) -> Levers:
        """Both sets.

        Raises:
            BadInput: if they share a name, or belong to other blocks or another model.
        """
        if self.blocks != other.blocks or self.subject.differs(other.subject):
            raise BadInput("levers of different blocks or models cannot be joined")
        if shared := set(self.names) & set(other.names):
            raise BadInput(f"both sets of levers have {', '.join(sorted(shared))}; rename one")
        return Levers(
            names=self.names + other.names,
            kinds=self.kinds + other.kinds,
            blocks=self.blocks,
            units=np.concatenate([self.units, other.units]),
            norms=self.norms,
            block=self.block,
            subject=self.subject,
        )

    def __getitem__(self, names: str | Sequence[str]) -> Levers:
        """Some of the levers.

        Raises:
            UnknownEmotion: for a name that is not among them.
        """
        at = [self.index(name) for name in ([names] if isinstance(names, str) else names)]
        return Levers(
            names=tuple(self.names[i] for i in at),
            kinds=tuple(self.kinds[i] for i in at),
            blocks=self.blocks,
            units=self.units[at],
            norms=self.norms,
            block=self.block,
            subject=self.subject,
        )

    def index(self, name: str) -> int:
        """Row of a lever.

        Raises:
            UnknownEmotion: with the nearest names.
        """
        if name not in self.names:
            raise UnknownEmotion(name, self.names)
        return self.names.index(name)

    def slot(self, block: int) -> int:
        """Position of a block in the arrays.

        Raises:
            BadInput: if there is nothing at that block.
        """
        if block not in self.blocks:
            raise BadInput(f"no directions at block {block}; there are some at {', '.join(map(str, self.blocks))}")
        return self.blocks.index(block)

    def save(self, path: Path) -> None:
        """Write one safetensors file, whole or not at all: the arrays, and the rest as JSON in bytes."""
        about = {
            "names": self.names, "kinds": self.kinds, "blocks": self.blocks, "block": self.block, "subject": asdict(self.subject)
        }  # fmt: skip
        text = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
        save_arrays(path, {"units": self.units, "norms": self.norms, "about": text})

    @classmethod
    def load(cls, path: str | Path) -> Levers:
        """Read a file written by :meth:`save`.

        Raises:
            BadArtifact: if it is missing, damaged or something else.
        """
        try:
            arrays = load_arrays(Path(path))
            about = json.loads(arrays["about"].tobytes())
            return cls(
                tuple(about["names"]), tuple(about["kinds"]), tuple(about["blocks"]), arrays["units"], arrays["norms"], about["block"],
                Fingerprint(**about["subject"]),
            )  # fmt: skip
        except FileNotFoundError:
            raise BadArtifact(f"{path} does not exist; give a file of levers, as `emovec dose` writes one") from None
        except (KeyError, TypeError, ValueError) as error:
            raise BadArtifact(f"{path} is no file of levers ({type(error).__name__}: {error})") from None

    def check(self, subject: Subject) -> None:
        """Refuse another model.

        Raises:
            ForeignSubject: naming what differs.
        """
        if differing := self.subject.differs(subject.fingerprint):
            raise ForeignSubject(
                f"these levers belong to {self.subject.name!r}, not to {subject.name!r} (differs in: {', '.join(differing)}); "
                "make vectors for this model with `emovec vectors make`"
            )


def levers_of(source: EmotionVectors | Levers) -> Levers:
    """The patterns of vectors as levers; levers as they are."""
    if isinstance(source, Levers):
        return source
    patterns = source.patterns.astype(np.float64)
    # An emotion without texts has a zero pattern: there is nothing to push.
    rows = np.flatnonzero(np.linalg.norm(patterns, axis=-1).min(-1) > 0)
    return Levers.made(source, [source.emotions[i] for i in rows], "emotion", patterns[rows])
