"""Project what the model has in its residual stream, token by token, on emotion vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.stats import unit
from emovec.subject import Encoded, Message, Subject, encode_chat, encode_plain_chat, encode_text
from emovec.subject.passes import forward_tokens, harvest
from emovec.vectors import EmotionVectors

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Reading", "measure", "read", "read_at"]

MEASURES = ("cosine", "projection")


@dataclass(frozen=True)
class Reading:
    """Readings of one text: tokens x emotions.

    Attributes:
        encoded: the tokens and their spans.
        emotions: column names.
        values: (tokens, emotions). The first token is an attention sink whose residual says nothing of the text: its row is NaN.
        block: where it was read.
        measure: ``cosine`` or ``projection`` (in units of the mean residual norm).
    """

    encoded: Encoded
    emotions: tuple[str, ...]
    values: NDArray[np.float64]
    block: int
    measure: str

    @property
    def tokens(self) -> list[str]:
        """The characters that each token covers."""
        return [self.encoded.text[a:b] for a, b in self.encoded.offsets]

    def mean(self, turn: int | None = None) -> NDArray[np.float64]:
        """Mean over the tokens of a turn's content (or of all turns), (emotions,)."""
        turns = self.encoded.turns if turn is None else (self.encoded.turns[turn],)
        spans = [t.tokens for t in turns]
        rows = [i for a, b in spans for i in range(max(a, 1), b)]
        return np.asarray(self.values[rows].mean(0))

    def top(self, count: int = 10, turn: int | None = None) -> list[tuple[str, float]]:
        """The emotions that read highest on average, with their values."""
        mean = self.mean(turn)
        return [(self.emotions[i], float(mean[i])) for i in np.argsort(-mean)[:count]]

    def table(self) -> pd.DataFrame:
        """One row per token: position, token, role, then a column per emotion."""
        import pandas as pd

        roles = [""] * len(self.encoded)
        for turn in self.encoded.turns:
            for i in range(*turn.tokens):
                roles[i] = turn.role
        head = pd.DataFrame({"position": range(len(roles)), "token": self.tokens, "role": roles})
        return pd.concat([head, pd.DataFrame(self.values, columns=list(self.emotions))], axis=1)


def measure(
    activations: NDArray[np.floating], vectors: EmotionVectors, block: int | None = None, how: str = "cosine"
) -> NDArray[np.float64]:
    """Readings (..., emotions) of activations (..., width) at a block, centred on the vectors' own centre.

    Raises:
        BadInput: if ``how`` is neither ``cosine`` nor ``projection``, or the block is missing.
    """
    if how not in MEASURES:
        raise BadInput(f"unknown measure {how!r}; known: {', '.join(MEASURES)}")
    slot = vectors.slot(block)
    x = np.asarray(activations, dtype=np.float64) - vectors.centre[slot]
    x = unit(x) if how == "cosine" else x / float(vectors.norms[slot])
    return x @ vectors.at("filters", block).T


def _encode(subject: Subject, source: str | Sequence[Message], reply: bool, plain: bool) -> Encoded:
    if isinstance(source, str):
        return encode_text(subject, source)
    return (encode_plain_chat if plain else encode_chat)(subject, source, reply=reply)


def read(
    subject: Subject,
    vectors: EmotionVectors,
    source: str | Sequence[Message],
    *,
    block: int | None = None,
    how: str = "cosine",
    reply: bool = False,
    plain: bool = False,
) -> Reading:
    """Read a text, or a chat given as messages.

    Args:
        source: text, or ``{"role", "content"}`` messages (rendered in the native template; ``plain`` for base models).
        block: default: the block that the vectors picked.
        how: ``cosine`` or ``projection``.
        reply: end a chat with the generation prompt, so that the last token is the assistant colon.

    Raises:
        ForeignSubject: if the vectors were made from another model.
        BadInput: if the text is empty or of a single token.
    """
    vectors.check(subject)
    encoded = _encode(subject, source, reply, plain)
    if len(encoded) < 2:
        raise BadInput(
            f"the text {encoded.text!r} is a single token; the first token is an attention sink and cannot be read, give more text"
        )
    chosen = vectors.block if block is None else block
    vectors.slot(chosen)
    states = forward_tokens(subject, encoded, [chosen])[:, 0]
    values = measure(states, vectors, chosen, how)
    values[0] = np.nan
    return Reading(encoded, vectors.emotions, values, chosen, how)


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
