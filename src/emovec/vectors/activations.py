"""Pooled activations of a corpus on a subject: what every recipe starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Corpus, Dialogue, Text
from emovec.corpora.style import style_features
from emovec.errors import BadInput, NoChatTemplate, UnsupportedModel
from emovec.progress import Progress
from emovec.store import Store, digest
from emovec.subject import Encoded, Subject, encode_chat, encode_plain_chat, encode_text
from emovec.subject.passes import Pool, harvest

__all__ = [
    "QUESTIONS",
    "Activations",
    "collect_activations",
    "encode_asked",
    "encode_dialogue",
    "pooled",
    "pooled_many",
    "text_pool",
]

#: Raised when a change to pooling or harvest makes older cached activations wrong.
_VERSION = 2
#: Put after a text one after the other, so that the state at the last token of each says what the model makes of the whole. Two wordings,
#: so that neither counts alone; the registers of text transfer best under such as ask for one word (docs/methods.md).
QUESTIONS = ("\n\nThe feeling here, in one word:", "\n\nThe mood of this text, in one word:")
_SHARD_TOKENS = 12_000


@dataclass(frozen=True)
class Activations:
    """Mean activations of labelled texts and neutral dialogues.

    Attributes:
        texts: (texts, blocks, width) float32: means over a text's tokens.
        asked: (texts, blocks, width) float32: the state at the last token of each of :data:`QUESTIONS`, put after the text, averaged.
        neutral: (dialogues, blocks, width) float32.
        blocks: the blocks, in order.
        mean_norms: mean residual norm per block over all tokens read, (blocks,): the unit of strength.
        emotions: the emotions, in the lexicon's order; ``emotion[i]`` is the index of text *i*'s.
        topic, register: group indices per text.
        registers: names of the registers.
        style: (texts, features) surface style, standardised within register (:mod:`emovec.corpora.style`).
    """

    texts: NDArray[np.float32]
    asked: NDArray[np.float32]
    neutral: NDArray[np.float32]
    blocks: tuple[int, ...]
    mean_norms: NDArray[np.float64]
    emotions: tuple[str, ...]
    emotion: NDArray[np.intp]
    topic: NDArray[np.intp]
    register: NDArray[np.intp]
    registers: tuple[str, ...]
    style: NDArray[np.float64]

    def at(self, block: int) -> NDArray[np.float64]:
        """Texts at one block, (texts, width) float64."""
        return self.texts[:, self._index(block)].astype(np.float64)

    def when_asked(self) -> Activations:
        """The same with the states at the questions in the place of the means over tokens."""
        return replace(self, texts=self.asked)

    def neutral_at(self, block: int) -> NDArray[np.float64]:
        """Neutral dialogues at one block, (dialogues, width) float64."""
        return self.neutral[:, self._index(block)].astype(np.float64)

    def norm_at(self, block: int) -> float:
        """Mean residual norm at one block."""
        return float(self.mean_norms[self._index(block)])

    def rows(self, *registers: str) -> NDArray[np.intp]:
        """Rows of the texts of some registers (all if none is named)."""
        wanted = [i for i, name in enumerate(self.registers) if not registers or name in registers]
        return np.flatnonzero(np.isin(self.register, wanted))

    def _index(self, block: int) -> int:
        if block not in self.blocks:
            raise BadInput(f"block {block} was not harvested; blocks at hand: {', '.join(map(str, self.blocks))}")
        return self.blocks.index(block)


def text_pool(length: int, skip: int) -> Pool:
    """Tokens of a text that are averaged: from ``skip`` on; a text too short for that gives its last two thirds.

    The paper skips 50 tokens, by which a story has made its emotion plain. A short message has no such preamble.
    """
    return min(skip, length // 3), length


def encode_asked(subject: Subject, text: str, skip: int = 50) -> tuple[Encoded, tuple[Pool, ...]]:
    """A text with :data:`QUESTIONS` after it, and its pools: the text's own tokens (see :func:`text_pool`), then each question's last token."""
    whole, ends = text, []
    for question in QUESTIONS:
        whole += question
        ends.append(len(whole))
    encoded = encode_text(subject, whole)
    own = encoded.tokens_of(0, len(text))[1]
    last = [encoded.tokens_of(end - 1, end)[1] for end in ends]
    return encoded, (text_pool(own, skip), *((n - 1, n) for n in last))


def encode_dialogue(subject: Subject, dialogue: Dialogue) -> Encoded:
    """In the native chat template; in the plain form for base models and for templates that refuse a role."""
    messages = list(dialogue.messages)
    try:
        return encode_chat(subject, messages)
    except (NoChatTemplate, BadInput, UnsupportedModel):
        return encode_plain_chat(subject, messages)


def pooled(
    subject: Subject,
    encoded: Sequence[Encoded],
    pools: Sequence[Pool],
    blocks: Sequence[int],
    store: Store,
    progress: Progress | None = None,
    stage: str = "reading texts",
) -> tuple[NDArray[np.float32], NDArray[np.float64], int]:
    """One pooled mean per text: ((texts, blocks, width), residual norm sums per block, tokens counted); see :func:`pooled_many`."""
    means, sums, counted = pooled_many(subject, encoded, [[p] for p in pools], blocks, store, progress, stage)
    return means[:, 0], sums, counted


def pooled_many(
    subject: Subject,
    encoded: Sequence[Encoded],
    pools: Sequence[Sequence[Pool]],
    blocks: Sequence[int],
    store: Store,
    progress: Progress | None = None,
    stage: str = "reading texts",
) -> tuple[NDArray[np.float32], NDArray[np.float64], int]:
    """As many pooled means per text as it has pools: ((texts, pools, blocks, width), residual norm sums per block, tokens counted).

    Work is cut into shards of similar length, each kept under a key of all that it depends on, so a killed run goes on
    where it was.
    """
    blocks = tuple(sorted(set(blocks)))
    out = np.zeros((len(encoded), len(pools[0]) if pools else 1, len(blocks), subject.width), dtype=np.float32)
    sums, counted = np.zeros(len(blocks)), 0
    order = sorted(range(len(encoded)), key=lambda i: (len(encoded[i]), encoded[i].ids))
    shards: list[list[int]] = [[]]
    size = 0
    for i in order:
        if size >= _SHARD_TOKENS:
            shards.append([])
            size = 0
        shards[-1].append(i)
        size += len(encoded[i])
    identity = [
        _VERSION,
        subject.fingerprint.weights,
        subject.fingerprint.architecture,
        str(subject.model.dtype),
        subject.device.type,
        list(blocks),
    ]
    with (progress or Progress()).stage(stage, sum(map(len, encoded)), "tokens") as advance:
        for shard in shards:
            if not shard:
                continue
            items = [encoded[i] for i in shard]
            ranges = [pools[i] for i in shard]
            key = digest(identity, [list(e.ids) for e in items], [list(r) for r in ranges])
            done = 0.0

            def tick(_texts: int, tokens: int) -> None:
                nonlocal done
                advance(tokens - done)
                done = tokens

            def make(
                items: list[Encoded] = items, ranges: list[Sequence[Pool]] = ranges
            ) -> dict[str, NDArray[np.generic]]:
                got = harvest(subject, items, ranges, blocks, progress=tick)
                return {"means": got.means, "sums": got.norm_sums, "count": np.array([got.norm_counts])}

            arrays = store.arrays("activations", key, make)
            advance(sum(map(len, items)) - done)
            out[shard] = arrays["means"]
            sums += arrays["sums"]
            counted += int(arrays["count"][0])
    return out, sums, counted


def _indices(names: list[str]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    known = tuple(sorted(set(names)))
    position = {name: i for i, name in enumerate(known)}
    return np.array([position[name] for name in names], dtype=np.intp), known


def _standardised(features: NDArray[np.float64], groups: NDArray[np.intp]) -> NDArray[np.float64]:
    """Columns with mean 0 and deviation 1 within every group; columns without variation are 0."""
    out = np.zeros_like(features)
    for g in np.unique(groups):
        rows = groups == g
        spread = features[rows].std(0)
        out[rows] = (features[rows] - features[rows].mean(0)) / np.where(spread < 1e-9, np.inf, spread)
    return out


def collect_activations(
    subject: Subject,
    corpus: Corpus,
    blocks: Sequence[int],
    *,
    skip: int = 50,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Activations:
    """Read a corpus once and keep, per text and block, the mean residual activation and the state when asked what the person feels.

    Args:
        blocks: 0-based; one pass serves all of them and stops after the deepest.
        skip: tokens left out at the start of a story (the paper: 50).

    Raises:
        BadInput: if the corpus has no texts or no neutral dialogues.
    """
    if not corpus.texts or not corpus.neutral:
        raise BadInput(
            f"the corpus {corpus.name!r} has {len(corpus.texts)} texts and {len(corpus.neutral)} neutral dialogues; both are needed"
        )
    store = store or Store()
    blocks = tuple(sorted(set(blocks)))
    texts: tuple[Text, ...] = corpus.texts
    asked = [encode_asked(subject, t.text, skip) for t in texts]
    encoded, pools = [e for e, _ in asked], [p for _, p in asked]
    means, sums, count = pooled_many(subject, encoded, pools, blocks, store, progress, "reading emotion texts")
    dialogues = [encode_dialogue(subject, d) for d in corpus.neutral]
    # The first token is an attention sink; it is left out of every mean.
    neutral, more, extra = pooled(
        subject, dialogues, [(1, len(e)) for e in dialogues], blocks, store, progress, "reading neutral dialogues"
    )
    emotions = corpus.emotions
    position = {word: i for i, word in enumerate(emotions)}
    topic, _ = _indices([t.topic for t in texts])
    register, registers = _indices([t.register for t in texts])
    return Activations(
        texts=means[:, 0],
        asked=means[:, 1:].mean(1),
        neutral=neutral,
        blocks=blocks,
        mean_norms=(sums + more) / max(count + extra, 1),
        emotions=emotions,
        emotion=np.array([position[t.emotion] for t in texts], dtype=np.intp),
        topic=topic,
        register=register,
        registers=registers,
        style=_standardised(np.stack([style_features(t) for t in texts]), register),
    )
