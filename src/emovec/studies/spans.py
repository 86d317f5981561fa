"""States of phrases at every block, for many messages in few passes: what the token x layer studies read.

A phrase is given by its characters in the message; the span map says which tokens carry it, whatever the tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.reading.probe import measure
from emovec.stats import unit
from emovec.studies.lab import Lab
from emovec.subject import Encoded, Subject, encode_chat, encode_plain_chat
from emovec.subject.passes import Pool, harvest
from emovec.vectors import EmotionVectors

__all__ = ["COLON", "Passage", "Phrase", "Probes", "locate", "phrase_states", "pools_of", "token_states", "token_table"]

Array = NDArray[np.float64]

_DIRECTIONS = 500
#: How many scenarios are shown token by token.
_SHOWN = 4


@dataclass(frozen=True)
class Phrase:
    """Characters ``start`` to ``end`` of a message; with ``last``, only the token that completes them (the name, the word) is read."""

    start: int
    end: int
    last: bool = False


#: Stands for the assistant colon among the phrases of a passage.
COLON = Phrase(-1, -1)


@dataclass(frozen=True)
class Passage:
    """A user's message and the phrases of it that are read. A token that carries parts of two phrases belongs to the one listed first."""

    text: str
    phrases: tuple[Phrase, ...]


def locate(text: str, phrase: str, occurrence: int = 0, *, last: bool = False) -> Phrase:
    """The n-th occurrence of ``phrase`` as a whole word or words.

    Raises:
        BadInput: if it does not occur so often.
    """
    found = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(phrase)}(?!\w)", text)]
    if len(found) <= occurrence:
        raise BadInput(f"{phrase!r} stands {len(found)} time(s) in {text!r:.80}, {occurrence + 1} needed")
    return Phrase(found[occurrence], found[occurrence] + len(phrase), last)


def _encode(subject: Subject, text: str) -> Encoded:
    encode = encode_chat if subject.has_template else encode_plain_chat
    return encode(subject, [{"role": "user", "content": text}], reply=True)


def pools_of(encoded: Encoded, passage: Passage) -> list[Pool]:
    """The tokens that carry each phrase of a message, (first, last + 1).

    Raises:
        BadInput: if a phrase has no token of its own.
    """
    origin = encoded.turns[0].chars[0]
    pools: list[Pool] = []
    for phrase in passage.phrases:
        if phrase is COLON:
            pools.append((encoded.colon, encoded.colon + 1))
            continue
        low, high = encoded.tokens_of(origin + phrase.start, origin + phrase.end)
        for a, b in pools:
            if a <= low < b:
                low = b
            elif a < high <= b:
                high = a
        if low >= high:
            part = passage.text[phrase.start : phrase.end]
            raise BadInput(f"no token of {passage.text!r:.80} carries only {part!r}; read a longer phrase")
        pools.append((high - 1 if phrase.last else low, high))
    return pools


def phrase_states(lab: Lab, passages: Sequence[Passage], stage: str) -> NDArray[np.float32]:
    """Mean residual over each phrase at all blocks of the lab's vectors: (passages, phrases, blocks, width).

    Raises:
        BadInput: if a phrase cannot be told from the one listed before it.
    """
    encoded = [_encode(lab.subject, p.text.strip()) for p in passages]
    pools = [pools_of(e, p) for e, p in zip(encoded, passages, strict=True)]
    blocks = next(iter(lab.vectors.values())).blocks
    with lab.progress.stage(stage, len(passages), "messages") as advance:
        means = harvest(lab.subject, encoded, pools, blocks).means
        advance(len(passages))
    return means


def token_states(lab: Lab, first: str, second: str) -> tuple[list[str], NDArray[np.float32]]:
    """Two messages that differ in a few words, token by token: labels, and states (2, columns, blocks, width).

    Tokens that both have are a column each; where one has other words than the other, these are averaged into one column; words that only one
    has are left out. From the message's first token to the assistant colon.
    """
    pair = [_encode(lab.subject, text.strip()) for text in (first, second)]
    tail = [list(e.ids[e.turns[0].tokens[0] :]) for e in pair]
    start = [e.turns[0].tokens[0] for e in pair]
    labels: list[str] = []
    pools: list[list[Pool]] = [[], []]
    for kind, a, b, c, d in SequenceMatcher(None, tail[0], tail[1], autojunk=False).get_opcodes():
        if kind == "equal":
            labels += [pair[0].text[slice(*pair[0].offsets[start[0] + i])] for i in range(a, b)]
            pools[0] += [(start[0] + i, start[0] + i + 1) for i in range(a, b)]
            pools[1] += [(start[1] + i, start[1] + i + 1) for i in range(c, d)]
        elif kind == "replace":
            ranges = (start[0] + a, start[0] + b), (start[1] + c, start[1] + d)
            words = [e.text[e.offsets[r[0]][0] : e.offsets[r[1] - 1][1]] for e, r in zip(pair, ranges, strict=True)]
            labels.append(" / ".join(word.strip() for word in words))
            for mine, one in zip(pools, ranges, strict=True):
                mine.append(one)
    blocks = next(iter(lab.vectors.values())).blocks
    return labels, harvest(lab.subject, pair, pools, blocks).means


class Probes:
    """Random directions at every block of the lab's vectors, the same ones at all blocks.

    A direction is a random mixture of the labelled texts' activations, and the mixture is the same at every block: drawn anew for each
    block, directions would average out over blocks as no vector does, and the null would be too easy.
    """

    def __init__(self, lab: Lab, study: str) -> None:
        """Draw them (one stream of random numbers, started afresh for each block)."""
        self.blocks = next(iter(lab.vectors.values())).blocks
        sets = -(-_DIRECTIONS // len(lab.emotions))
        self._random = [np.concatenate(lab.random_sets(lab.rng(study, "directions"), sets, b)) for b in self.blocks]

    def read(self, vectors: EmotionVectors, states: NDArray[np.floating]) -> Array:
        """Cosines of states (..., blocks, width) with the vectors: (..., blocks, emotions)."""
        return np.stack([measure(states[..., i, :], vectors, b) for i, b in enumerate(self.blocks)], axis=-2)

    def chance(self, vectors: EmotionVectors, states: NDArray[np.floating]) -> Array:
        """Cosines of the same states with the random directions: (..., blocks, directions)."""
        read = [unit(states[..., i, :] - vectors.centre[i]) @ d.T for i, d in enumerate(self._random)]
        return np.stack(read, axis=-2)


def token_table(
    lab: Lab, probes: Probes, pairs: Sequence[tuple[str, str, str]], shift: Callable[[Array, int], Array]
) -> pd.DataFrame:
    """The shift from one message to the other, token by token, at every block, of the first scenarios in the order in which they come.

    Args:
        pairs: name of the case and its two messages.
        shift: from the difference of the readings (columns, blocks, emotions) and the number of the case to what is shown (columns, blocks).
    """
    rows = []
    for number, (name, first, second) in enumerate(pairs[:_SHOWN]):
        labels, states = token_states(lab, first, second)
        for recipe, vectors in lab.vectors.items():
            read = probes.read(vectors, states)
            values = shift(read[1] - read[0], number)
            for position, label in enumerate(labels):
                for block, value in zip(probes.blocks, values[position], strict=True):
                    rows.append((recipe, name, position, label, block, value))
    return pd.DataFrame(rows, columns=["recipe", "case", "position", "token", "block", "shift"])
