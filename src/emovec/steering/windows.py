"""The coherent window of each direction on a few plain questions, found once and kept in the cache."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from emovec.progress import Progress
from emovec.steering.coherence import CoherenceRule, coherent_window
from emovec.steering.grid import dose_grid
from emovec.steering.levers import Levers, levers_of
from emovec.steering.spec import Spec, Term
from emovec.store import cache_root, digest, write_json
from emovec.subject import Subject, encode_chat, encode_plain_chat
from emovec.vectors import EmotionVectors

__all__ = ["WINDOW_PROMPTS", "WINDOW_STRENGTHS", "Window", "find_windows", "known_window", "outside"]

#: Plain questions, none of which asks for a feeling.
WINDOW_PROMPTS = (
    "Describe a kitchen table.",
    "How do I change the tyre of a bicycle?",
    "What happened on your way to the library?",
    "Tell me something about rivers.",
)
WINDOW_STRENGTHS = (-0.8, -0.4, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
_TOKENS = 40


@dataclass(frozen=True)
class Window:
    """Strengths from ``low`` to ``high`` leave language whole; open where the outermost strength that was tried still does."""

    direction: str
    low: float
    high: float
    low_open: bool
    high_open: bool

    def __str__(self) -> str:
        low = f"{self.low:+g}{' or below' if self.low_open else ''}"
        return f"{self.direction}: {low} to {self.high:+g}{' or above' if self.high_open else ''}"


def find_windows(
    subject: Subject,
    vectors: EmotionVectors | Levers,
    spec: Spec,
    block: int | None = None,
    progress: Progress | None = None,
) -> list[Window]:
    """The coherent window of every direction that a spec adds, at the places and blocks where it does; kept for :func:`known_window`.

    Greedy replies of 40 tokens to :data:`WINDOW_PROMPTS` at :data:`WINDOW_STRENGTHS`; the rule is :class:`CoherenceRule`'s default.
    Phrases and character spans are the prompt's own, so for terms that go by those the window is that of ``@all``.
    """
    encode = encode_chat if subject.has_template else encode_plain_chat
    prompts = [encode(subject, [{"role": "user", "content": text}], reply=True) for text in WINDOW_PROMPTS]
    found = []
    for term in _added(spec):
        table = dose_grid(
            subject, vectors, prompts, WINDOW_STRENGTHS, directions=[term.direction], where=_where(term, vectors, block),
            max_new_tokens=_TOKENS, progress=progress,
        )  # fmt: skip
        row = coherent_window(table).iloc[0]
        window = Window(
            term.direction, float(row["low"]), float(row["high"]), bool(row["low_open"]), bool(row["high_open"])
        )
        write_json(_path(vectors, term, block), asdict(window))
        found.append(window)
    return found


def known_window(vectors: EmotionVectors | Levers, term: Term, block: int | None = None) -> Window | None:
    """The window that :func:`find_windows` found for this direction, place and blocks, if it ever did."""
    path = _path(vectors, term, block)
    return Window(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def outside(vectors: EmotionVectors | Levers, spec: Spec, block: int | None = None) -> list[str]:
    """What to warn of: the terms whose strength is known to lie outside their window."""
    out = []
    for term in _added(spec):
        window = known_window(vectors, term, block)
        if window and not window.low <= term.strength <= window.high:
            out.append(f"{term.direction}:{term.strength:g} lies outside of its coherent window ({window})")
    return out


def _added(spec: Spec) -> Sequence[Term]:
    return [term for term in spec.terms if term.mode == "add"]


def _where(term: Term, vectors: EmotionVectors | Levers, block: int | None) -> str:
    places = [str(p) for p in term.places if p.kind not in ("phrase", "chars", "tokens")] or ["@all"]
    blocks = term.blocks or (vectors.block if block is None else block,)
    return " ".join([*places, "#" + ",".join(map(str, blocks))])


def _path(vectors: EmotionVectors | Levers, term: Term, block: int | None) -> Path:
    levers = levers_of(vectors)
    direction = levers.units[levers.index(term.direction)].round(5)
    rule = asdict(CoherenceRule())
    key = digest(
        levers.subject.weights, direction, _where(term, levers, block), rule, WINDOW_PROMPTS, WINDOW_STRENGTHS, _TOKENS
    )
    return cache_root() / "windows" / f"{key}.json"
