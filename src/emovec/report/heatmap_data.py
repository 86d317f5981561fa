"""What a heatmap's page holds: tokens as slices of one text, parts, and readings packed into one or two bytes each.

A reading is stored as a whole number from 1 that counts steps from the column's lowest value; 0 is "not read". A column is one emotion (or
valence, or arousal) at one block, so each has the finest steps that its own range allows.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.lexicon import emotion
from emovec.reading import Reading
from emovec.subject import Encoded

__all__ = ["Column", "Packed", "choose_emotions", "pack", "parts_of", "pieces_of", "plane_of", "stored_bytes"]

Array = NDArray[np.float64]

#: Below this size of the packed readings they take two bytes each instead of one.
_FINE = 4_000_000


def stored_bytes(tokens: int, columns: int, blocks: int, bits: int = 8) -> int:
    """Size of packed readings in the file (base64)."""
    return tokens * columns * blocks * (bits // 8) * 4 // 3


def bits_for(tokens: int, columns: int, blocks: int) -> int:
    """16 where that stays small, else 8."""
    return 16 if stored_bytes(tokens, columns, blocks, 16) <= _FINE else 8


def pieces_of(encoded: Encoded) -> list[str]:
    """What each token adds to the text: together they are the whole text.

    Characters that no token covers go with the token after them (at the end: before them); a token that covers no character that the one before it
    has not covered, as those of an emoji in several bytes, is "".
    """
    out, done = [], 0
    for _, end in encoded.offsets:
        out.append(encoded.text[done:end])
        done = max(done, end)
    out[-1] += encoded.text[done:]
    return out


def utf16(piece: str) -> int:
    """Length as a browser counts."""
    return len(piece.encode("utf-16-le")) // 2


def parts_of(reading: Reading) -> list[dict[str, Any]]:
    """All tokens in order: segments, and between them the chat template's own (role "", turn -1)."""
    out: list[dict[str, Any]] = []
    done = 0
    for segment in reading.segments:
        first, last = segment.tokens
        if first > done:
            out.append({"role": "", "turn": -1, "start": done, "stop": first})
        out.append({"role": segment.role, "turn": segment.turn, "start": first, "stop": last})
        done = last
    if done < len(reading.encoded):
        out.append({"role": "", "turn": -1, "start": done, "stop": len(reading.encoded)})
    return out


def spoken(reading: Reading) -> NDArray[np.bool_]:
    """The tokens that are somebody's words: those of the turns, without the text's first."""
    own = np.zeros(len(reading.encoded), dtype=bool)
    for segment in reading.segments:
        own[max(1, segment.tokens[0]) : segment.tokens[1]] = True
    return own


def highest_peaks(reading: Reading, width: int = 9) -> Array:
    """The highest mean over ``width`` tokens of one turn (fewer at its ends), (emotions,)."""
    best = np.full(len(reading.emotions), -np.inf)
    for segment in reading.segments:
        values = np.nan_to_num(reading.values[slice(*segment.tokens)])
        sums = np.vstack([np.zeros(values.shape[1]), values.cumsum(0)])
        at = np.arange(len(values))
        low, high = np.maximum(at - width // 2, 0), np.minimum(at + width // 2 + 1, len(values))
        best = np.maximum(best, ((sums[high] - sums[low]) / (high - low)[:, None]).max(0))
    return best


def plane_of(values: Array, emotions: Sequence[str]) -> Array | None:
    """Valence and arousal of each token, (tokens, 2): slopes of its readings over the emotions' ratings, both at once, per standard deviation of rating.

    The ratings are the lexicon's own, which cover every word. None where the emotions are too few or too alike to span a plane.
    """
    rated = np.array([[emotion(e).valence, emotion(e).arousal] for e in emotions])
    centred = rated - rated.mean(0)
    if len(emotions) < 4 or np.linalg.matrix_rank(centred, tol=1e-6) < 2:
        return None
    return np.asarray((values - values.mean(1, keepdims=True)) @ np.linalg.pinv(centred / centred.std(0)).T)


def choose_emotions(readings: Mapping[int, Reading], asked: Sequence[str], most: int) -> list[int]:
    """Columns to keep, in order: all of them if ``most`` allows, else those asked for and then those that move most on this transcript.

    How much one moves is the 99th percentile of its distance from its mean, at the block where that is largest.

    Raises:
        BadInput: if not even those asked for (or a single one) may be kept.
    """
    first = next(iter(readings.values()))
    if len(first.emotions) <= most:
        return list(range(len(first.emotions)))
    wanted = list(dict.fromkeys(first.emotions.index(e) for e in asked))
    if most < max(1, len(wanted)):
        raise BadInput(
            f"{max(1, len(wanted))} emotions at {len(readings)} blocks do not fit in the heatmap's size limit; give fewer blocks, or a higher limit"
        )
    moves = np.zeros(len(first.emotions))
    for reading in readings.values():
        rows = reading.values[spoken(reading)]
        moves = np.maximum(moves, np.percentile(np.abs(rows - rows.mean(0)), 99, axis=0))
    ranked = wanted + [int(i) for i in np.argsort(-moves, kind="stable") if i not in wanted]
    return sorted(ranked[:most])


@dataclass(frozen=True)
class Column:
    """One packed column: its lowest value and the size of a step."""

    low: float
    step: float


@dataclass(frozen=True)
class Packed:
    """Packed readings of one block: base64 of (columns, tokens) whole numbers, and each column's low and step."""

    text: str
    columns: tuple[Column, ...]

    @property
    def resolution(self) -> float:
        """The most by which a stored reading can be off."""
        return max(column.step for column in self.columns) / 2


def pack(values: NDArray[np.floating], bits: int) -> Packed:
    """Readings (tokens, columns), NaN where nothing was read, as 8- or 16-bit numbers."""
    steps = 2**bits - 2
    codes = np.zeros(values.T.shape, dtype="<u1" if bits == 8 else "<u2")
    columns = []
    for c, column in enumerate(np.asarray(values, dtype=np.float64).T):
        there = np.isfinite(column)
        low, high = (float(column[there].min()), float(column[there].max())) if there.any() else (0.0, 0.0)
        # Rounded here, so that what the page counts with is what was packed with.
        low = float(f"{low:.9g}")
        step = float(f"{max(high - low, 1e-9) / steps * (1 + 1e-6):.9g}")
        codes[c, there] = 1 + np.clip(np.rint((column[there] - low) / step), 0, steps).astype(codes.dtype)
        columns.append(Column(low, step))
    return Packed(base64.b64encode(codes.tobytes()).decode(), tuple(columns))


def block_facts(reading: Reading, packed: Packed, kept: Sequence[int]) -> dict[str, Any]:
    """What the page knows of one block beside the readings: columns, scales over *all* emotions, and each kept one's mean and highest peak."""
    rows = reading.values[spoken(reading)]
    mean = rows.mean(0)

    def short(numbers: NDArray[np.floating]) -> list[float]:
        return [float(f"{x:.5g}") for x in numbers]

    return {
        "block": reading.block,
        "low": [c.low for c in packed.columns],
        "step": [c.step for c in packed.columns],
        "scale": float(f"{np.percentile(np.abs(rows), 99) or 1.0:.6g}"),
        "scale_from_mean": float(f"{np.percentile(np.abs(rows - mean), 99) or 1.0:.6g}"),
        "mean": short(mean[list(kept)]),
        "peak": short(highest_peaks(reading)[list(kept)]),
    }
