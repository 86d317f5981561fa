"""Messages into tokens with a span map: which token belongs to which turn, role and characters.

Spans are found in the *rendered text* and carried to tokens by the tokenizer's own character offsets, never by counting tokens, so
they hold for any template and tokenizer. The last token of a prompt that ends with the generation prompt is the
"assistant colon" (A:) of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput, NoChatTemplate, UnsupportedModel
from emovec.subject.subject import Subject

__all__ = ["Encoded", "Message", "Turn", "encode_chat", "encode_plain_chat", "encode_text", "prefilled"]

#: ``{"role": "user", "content": "..."}``
Message = dict[str, str]

_PLAIN = {"user": "Human", "assistant": "Assistant", "system": "System", "tool": "Tool"}


@dataclass(frozen=True)
class Turn:
    """One message: its role, the characters of its content in the rendered text, and the tokens that carry them (end exclusive)."""

    role: str
    chars: tuple[int, int]
    tokens: tuple[int, int]


@dataclass(frozen=True)
class Encoded:
    """Token ids with what is known of each.

    Attributes:
        ids: token ids.
        text: the rendered text.
        offsets: per token the characters (start, end) of ``text`` that it covers.
        turns: the messages in order (one turn of role ``"text"`` for plain text).
        reply_follows: whether the last token is the assistant colon.
    """

    ids: tuple[int, ...]
    text: str
    offsets: tuple[tuple[int, int], ...]
    turns: tuple[Turn, ...]
    reply_follows: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def colon(self) -> int:
        """Position of the assistant colon.

        Raises:
            BadInput: if the text was not rendered with a generation prompt.
        """
        if not self.reply_follows:
            raise BadInput("no assistant colon: the chat was rendered without a generation prompt")
        return len(self.ids) - 1

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """The tokens (first, last + 1) that cover any of the characters ``start`` to ``end`` of ``text``."""
        first, last = self._spans.T
        hit = np.flatnonzero((first < end) & (last > start) & (last > first))
        if not hit.size:
            raise BadInput(f"no token covers characters {start} to {end} of a text of {len(self.text)}")
        return int(hit[0]), int(hit[-1]) + 1

    @cached_property
    def _spans(self) -> NDArray[np.intp]:
        return np.array(self.offsets, dtype=np.intp).reshape(-1, 2)

    def find(self, phrase: str, turn: int | None = None, occurrence: int = 0) -> tuple[int, int]:
        """Tokens of the n-th occurrence of ``phrase`` (in one turn's content, or anywhere).

        Raises:
            BadInput: if it does not occur so often.
        """
        low, high = self.turns[turn].chars if turn is not None else (0, len(self.text))
        at = low - 1
        for _ in range(occurrence + 1):
            at = self.text.find(phrase, at + 1, high)
            if at < 0:
                raise BadInput(f"{phrase!r} does not occur {occurrence + 1} time(s) in the text")
        return self.tokens_of(at, at + len(phrase))


def _tokenize(subject: Subject, text: str, special: bool) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    out = subject.tokenizer(text, add_special_tokens=special, return_offsets_mapping=True)
    return tuple(out["input_ids"]), tuple((int(a), int(b)) for a, b in out["offset_mapping"])


def encode_text(subject: Subject, text: str) -> Encoded:
    """Plain text (with the beginning-of-text token where the tokenizer adds one).

    Raises:
        BadInput: if the text is empty.
    """
    if not text.strip():
        raise BadInput("the text is empty; give at least one word")
    ids, offsets = _tokenize(subject, text, special=True)
    encoded = Encoded(ids, text, offsets, ())
    return Encoded(ids, text, offsets, (Turn("text", (0, len(text)), encoded.tokens_of(0, len(text))),))


def _checked(messages: Sequence[Message]) -> list[Message]:
    if not messages:
        raise BadInput("the chat has no messages")
    for i, message in enumerate(messages):
        if (
            not isinstance(message, dict)
            or not isinstance(message.get("role"), str)
            or not isinstance(message.get("content"), str)
        ):
            raise BadInput(f"message {i + 1} is not an object with text in 'role' and 'content': {message!r:.80}")
    return list(messages)


def _with_turns(subject: Subject, text: str, messages: list[Message], special: bool, reply_follows: bool) -> Encoded:
    ids, offsets = _tokenize(subject, text, special)
    bare = Encoded(ids, text, offsets, ())
    turns, at = [], 0
    for message in messages:
        content = message["content"].strip()
        start = text.find(content, at)
        if start < 0:
            raise UnsupportedModel(
                f"the chat template of {subject.name} rewrites a message, so its tokens cannot be located: {content[:60]!r}"
            )
        at = start + len(content)
        turns.append(Turn(message["role"], (start, at), bare.tokens_of(start, at) if content else (len(ids), len(ids))))
    return Encoded(ids, text, offsets, tuple(turns), reply_follows)


def encode_chat(subject: Subject, messages: Sequence[Message], *, reply: bool = False) -> Encoded:
    """A chat in the subject's own template, thinking off (a closed empty thought where the template needs one).

    Args:
        messages: ``{"role", "content"}`` objects.
        reply: end with the generation prompt, so that the last token is the assistant colon.

    Raises:
        NoChatTemplate: if the tokenizer has none; :func:`encode_plain_chat` is for base models.
        BadInput: if a message is malformed.
    """
    messages = _checked(messages)
    if not subject.has_template:
        raise NoChatTemplate(
            f"the tokenizer of {subject.name} has no chat template; give a chat model, or read the chat in the plain "
            "Human:/Assistant: form (--plain)"
        )
    import jinja2

    try:
        text = subject.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=reply, enable_thinking=False
        )
    except jinja2.TemplateError as error:
        raise BadInput(f"the chat template of {subject.name} refuses these messages: {error}") from None
    return _with_turns(subject, text, messages, special=False, reply_follows=reply)


def encode_plain_chat(subject: Subject, messages: Sequence[Message], *, reply: bool = False) -> Encoded:
    """A chat in the plain ``Human: ... Assistant:`` form, which base models understand (a dead instrument on chat models)."""
    messages = _checked(messages)
    parts = [f"{_PLAIN.get(m['role'], m['role'].title())}: {m['content'].strip()}" for m in messages]
    text = "\n\n".join(parts) + ("\n\nAssistant:" if reply else "")
    return _with_turns(subject, text, messages, special=True, reply_follows=reply)


def prefilled(subject: Subject, encoded: Encoded, beginning: str) -> Encoded:
    """A chat that ends with the assistant colon, and the ``beginning`` of the reply put in the assistant's mouth as one more turn.

    Raises:
        BadInput: if the chat was rendered without a generation prompt, or the beginning has no tokens.
    """
    start = encoded.colon + 1
    out = subject.tokenizer(beginning, add_special_tokens=False, return_offsets_mapping=True)
    if not out["input_ids"]:
        raise BadInput(f"the beginning of the reply {beginning!r} has no tokens")
    shift = len(encoded.text)
    offsets = tuple((int(a) + shift, int(b) + shift) for a, b in out["offset_mapping"])
    ids = encoded.ids + tuple(out["input_ids"])
    turn = Turn("assistant", (shift, shift + len(beginning)), (start, len(ids)))
    return Encoded(ids, encoded.text + beginning, encoded.offsets + offsets, (*encoded.turns, turn))
