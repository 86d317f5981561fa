"""Project what the model has in its residual stream, token by token, on emotion vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.progress import Progress
from emovec.reading.measure import MEASURES, measure
from emovec.reading.reading import Reading
from emovec.reading.reference import Reference, make_reference
from emovec.subject import Encoded, Message, Subject, encode_chat, encode_plain_chat, encode_text
from emovec.subject.passes import harvest
from emovec.subject.windows import forward_windows
from emovec.vectors import EmotionVectors

__all__ = ["HOWS", "Reading", "encode", "measure", "read", "read_at", "read_blocks"]

#: How a text can be read: the measures, and the z-score of the cosine against a reference corpus.
HOWS = (*MEASURES, "zscore")


def encode(subject: Subject, source: str | Sequence[Message], *, reply: bool = False, plain: bool = False) -> Encoded:
    """A text, or a chat given as messages, as tokens with their spans. Arguments are :func:`read`'s."""
    if isinstance(source, str):
        return encode_text(subject, source)
    return (encode_plain_chat if plain else encode_chat)(subject, list(source), reply=reply)


def read(
    subject: Subject,
    vectors: EmotionVectors,
    source: str | Sequence[Message] | Encoded,
    *,
    block: int | None = None,
    how: str = "cosine",
    reply: bool = False,
    plain: bool = False,
    reference: Reference | None = None,
    window: int | None = None,
    context: int | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Read a text, or a chat given as messages, of any length.

    Args:
        source: text, or ``{"role", "content"}`` messages (rendered in the native template; ``plain`` for base models); or either, encoded.
        block: default: the block that the vectors picked.
        how: ``cosine``, ``projection`` or ``zscore``.
        reply: end a chat with the generation prompt, so that the last token is the assistant colon.
        reference: of the z-score. Default: the shipped neutral dialogues, read once and kept in the cache.
        window, context: a text of more than ``window`` tokens is read in overlapping windows (:mod:`emovec.subject.windows`).

    Raises:
        ForeignSubject: if the vectors were made from another model.
        BadInput: if the text is empty or of a single token.
    """
    chosen = vectors.block if block is None else block
    return read_blocks(
        subject, vectors, source, [chosen], how=how, reply=reply, plain=plain, reference=reference, window=window,
        context=context, progress=progress,
    )[chosen]  # fmt: skip


def read_blocks(
    subject: Subject,
    vectors: EmotionVectors,
    source: str | Sequence[Message] | Encoded,
    blocks: Sequence[int],
    *,
    how: str = "cosine",
    reply: bool = False,
    plain: bool = False,
    reference: Reference | None = None,
    window: int | None = None,
    context: int | None = None,
    progress: Progress | None = None,
) -> dict[int, Reading]:
    """The readings of one text at several blocks, from one pass: block -> reading. Arguments and errors are :func:`read`'s.

    Residuals are projected window by window and never kept: 100,000 tokens and 171 emotions take 137 MB a block.
    """
    vectors.check(subject)
    if how not in HOWS:
        raise BadInput(f"unknown measure {how!r}; known: {', '.join(HOWS)}")
    blocks = sorted(set(blocks))
    for block in blocks:
        vectors.slot(block)
    encoded = source if isinstance(source, Encoded) else encode(subject, source, reply=reply, plain=plain)
    if len(encoded) < 2:
        raise BadInput(
            f"the text {encoded.text!r} is a single token; the first token is an attention sink and cannot be read, give more text"
        )
    if how == "zscore" and reference is None:
        reference = make_reference(subject, vectors, blocks=blocks, plain=plain, progress=progress)
    values = {block: np.empty((len(encoded), len(vectors.emotions))) for block in blocks}
    with (progress or Progress()).stage("reading", len(encoded), "tokens") as advance:
        for start, stop, states in forward_windows(subject, encoded, blocks, size=window, context=context):
            for b, block in enumerate(blocks):
                got = measure(states[:, b], vectors, block, "cosine" if how == "zscore" else how)
                values[block][start:stop] = reference.zscore(got, block) if reference and how == "zscore" else got
            advance(stop - start)
    says = f"{reference.name} ({reference.tokens:,} tokens)" if reference and how == "zscore" else ""
    for rows in values.values():
        rows[0] = np.nan
    return {block: Reading(encoded, vectors.emotions, rows, block, how, says) for block, rows in values.items()}


def read_at(
    subject: Subject,
    vectors: EmotionVectors,
    chats: Sequence[Sequence[Message]],
    *,
    block: int | None = None,
    how: str = "cosine",
) -> NDArray[np.float64]:
    """Readings at the assistant colon of many chats at once: (chats, emotions).

    Base models, which have no template, get the plain form.

    Raises:
        ForeignSubject: if the vectors were made from another model.
    """
    vectors.check(subject)
    chosen = vectors.block if block is None else block
    states = colon_states(subject, chats, [chosen])[:, 0]
    return measure(states, vectors, chosen, how)


def colon_states(subject: Subject, chats: Sequence[Sequence[Message]], blocks: Sequence[int]) -> NDArray[np.float32]:
    """Residuals at the assistant colon: (chats, blocks, width)."""
    encode = encode_chat if subject.has_template else encode_plain_chat
    encoded = [encode(subject, chat, reply=True) for chat in chats]
    return harvest(subject, encoded, [[(e.colon, e.colon + 1)] for e in encoded], blocks).means[:, 0]
