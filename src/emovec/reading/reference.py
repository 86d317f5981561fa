"""What readings are on a reference corpus, token by token: the yardstick of the z-score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Dialogue, load_corpus
from emovec.errors import BadInput
from emovec.progress import Progress
from emovec.reading.documents import Content
from emovec.reading.measure import measure
from emovec.store import Store, digest
from emovec.subject import Encoded, Subject, encode_plain_chat, encode_text
from emovec.subject.windows import forward_windows
from emovec.vectors import EmotionVectors
from emovec.vectors.activations import encode_dialogue

__all__ = ["Reference", "make_reference"]

_VERSION = 1
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """Mean and standard deviation of every emotion's cosine over the tokens of a corpus.

    Attributes:
        name: what was read, in words.
        blocks: where.
        mean, sd: (blocks, emotions).
        tokens: how many were counted: those of the turns' content, without each text's first.
    """

    name: str
    blocks: tuple[int, ...]
    mean: Array
    sd: Array
    tokens: int

    def zscore(self, cosines: NDArray[np.floating], block: int) -> Array:
        """Cosines (..., emotions) at a block as deviations from the reference's mean, in its standard deviations.

        Raises:
            BadInput: if the reference was not read at that block.
        """
        if block not in self.blocks:
            raise BadInput(f"the reference was read at {', '.join(map(str, self.blocks))}, not at block {block}")
        at = self.blocks.index(block)
        return np.asarray((cosines - self.mean[at]) / self.sd[at])


def make_reference(
    subject: Subject,
    vectors: EmotionVectors,
    contents: Sequence[Content] | None = None,
    *,
    blocks: Sequence[int] | None = None,
    plain: bool = False,
    name: str = "",
    store: Store | None = None,
    progress: Progress | None = None,
) -> Reference:
    """Read a reference corpus, or find in the cache what an earlier reading of it gave.

    The cache's key is subject, vectors, block and texts; blocks that are not there are read in one pass together.

    Args:
        contents: texts and chats. Default: the shipped neutral dialogues and agent transcripts (260, about 80,000 tokens).
        blocks: default: the block that the vectors picked.
        plain: chats in the plain ``Human:/Assistant:`` form.

    Raises:
        ForeignSubject: if the vectors were made from another model.
        BadInput: if the texts have fewer than two tokens to count.
    """
    vectors.check(subject)
    if contents is None:
        contents = [d.messages for d in load_corpus().neutral]
        name = name or f"{len(contents)} shipped neutral dialogues and agent transcripts"
    chosen = tuple(sorted(set(blocks or [vectors.block])))
    encoded = [_encode(subject, content, plain) for content in contents]
    spans = [[t.tokens for t in e.turns] for e in encoded]
    store = store or Store()
    texts = digest([list(e.ids) for e in encoded], spans)

    def key(block: int) -> str:
        slot = vectors.slot(block)
        print_ = subject.fingerprint
        return digest(
            [
                _VERSION,
                print_.weights,
                print_.architecture,
                str(subject.model.dtype),
                subject.device.type,
                block,
                texts,
            ],
            vectors.filters[:, slot],
            vectors.centre[slot],
        )

    missing = [b for b in chosen if not store.path("reference", key(b)).is_file()]
    made = _moments(subject, vectors, encoded, missing, progress or Progress()) if missing else {}
    found = [
        store.arrays(
            "reference",
            key(b),
            lambda b=b: made.get(b) or _moments(subject, vectors, encoded, [b], progress or Progress())[b],  # type: ignore[misc]
        )
        for b in chosen
    ]
    mean, sd = np.stack([f["mean"] for f in found]), np.stack([f["sd"] for f in found])
    tokens = int(found[0]["tokens"][0])
    return Reference(name or f"{len(encoded)} texts", chosen, mean, sd, tokens)


def _encode(subject: Subject, content: Content, plain: bool) -> Encoded:
    if isinstance(content, str):
        return encode_text(subject, content)
    if plain:
        return encode_plain_chat(subject, content)
    return encode_dialogue(subject, Dialogue("", "", "", content))


def _moments(
    subject: Subject, vectors: EmotionVectors, encoded: Sequence[Encoded], blocks: Sequence[int], progress: Progress
) -> dict[int, dict[str, NDArray[np.generic]]]:
    """Block -> mean and sd (emotions,) over the tokens of the turns' content, and how many those are."""
    blocks = sorted(blocks)
    size = (len(blocks), len(vectors.emotions))
    sums, squares, count = np.zeros(size), np.zeros(size), 0
    with progress.stage("reading the reference", sum(map(len, encoded)), "tokens") as advance:
        for text in encoded:
            counted = np.zeros(len(text), dtype=bool)
            for turn in text.turns:
                counted[max(1, turn.tokens[0]) : turn.tokens[1]] = True
            for start, stop, states in forward_windows(subject, text, blocks):
                rows = states[counted[start:stop]]
                for b, block in enumerate(blocks):
                    cosines = measure(rows[:, b], vectors, block)
                    sums[b] += cosines.sum(0)
                    squares[b] += (cosines**2).sum(0)
                count += len(rows)
                advance(stop - start)
    if count < 2:
        raise BadInput(f"the reference has {count} tokens to count; give one of some thousand at least")
    mean = sums / count
    sd = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    if not sd.all():
        raise BadInput("a reading does not vary over the reference's tokens; give a longer reference")
    return {block: {"mean": mean[b], "sd": sd[b], "tokens": np.array([count])} for b, block in enumerate(blocks)}
