"""What a sweep is asked to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from emovec.errors import BadInput

__all__ = ["Settings"]

_LEAST = {"top": 1, "per_document": 1, "snippet": 4, "least": 1, "chunk": 8, "context": 0}


@dataclass(frozen=True)
class Settings:
    """All that the result depends on beside model, vectors and documents.

    Attributes:
        how: measure: see :func:`emovec.reading.probe.measure`.
        block: where it is read; None: the block that the vectors picked.
        top: how many snippets and transcripts are kept per emotion.
        per_document: at most so many snippets of one document.
        snippet: length of a snippet in tokens, about.
        over: whose tokens a chat's mean is taken over: a role, or ``all``. (Texts: all tokens.)
        least: documents with fewer tokens to average over are not ranked as transcripts (they are in the table).
        chunk: most tokens in one pass; None: 512, or fewer where the model takes fewer.
        context: tokens of a long document that a later pass reads again, for context only.
        field: name of the field that holds the text or messages; None: the usual ones.
        limit: stop after so many documents; None: all.
    """

    how: str = "cosine"
    block: int | None = None
    top: int = 20
    per_document: int = 3
    snippet: int = 32
    over: str = "assistant"
    least: int = 32
    chunk: int | None = None
    context: int = 64
    field: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise BadInput(f"{name} must be at least {least}, not {value}")

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)
