"""Forced choices between two activities, and the Elo scores that they amount to (Table 9, Figure 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.progress import Progress
from emovec.store import Store, digest
from emovec.subject import Encoded, Subject, encode_chat, encode_plain_chat, prefilled
from emovec.subject.rows import choice_logprobs
from emovec.version import __version__

__all__ = ["ELO_PER_LOGIT", "Trial", "choice_log_odds", "elo", "kept_log_odds", "kept_under", "sampled_pairs", "trials"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: One unit of Bradley-Terry strength (natural log-odds) in Elo points.
ELO_PER_LOGIT = 400 / float(np.log(10))
MEAN_ELO = 1500.0
_CHUNK = 128


@dataclass(frozen=True)
class Trial:
    """One question: which of two activities is offered as A and which as B, and where in the text each stands.

    Attributes:
        a, b: indices of the activities.
        encoded: the chat, the reply begun with "(".
        a_tokens, b_tokens: tokens of the two activities.
    """

    a: int
    b: int
    encoded: Encoded
    a_tokens: tuple[int, int]
    b_tokens: tuple[int, int]


def trials(
    subject: Subject, activities: Sequence[str], pairs: Sequence[tuple[int, int]], *, plain: bool = False
) -> list[Trial]:
    """The questions for ordered pairs, in the subject's template (``plain``, and models without one: the plain form)."""
    native = subject.has_template and not plain
    encode = encode_chat if native else encode_plain_chat
    out = []
    for a, b in pairs:
        question = f"Would you rather (A) {activities[a]} or (B) {activities[b]}?"
        encoded = encode(subject, [{"role": "user", "content": question}], reply=True)
        begun = prefilled(subject, encoded, "(" if native else " (")
        out.append(
            Trial(a, b, begun, encoded.find(activities[a], 0), encoded.find(activities[b], 0, activities[a].count(activities[b])))
        )  # fmt: skip
    return out


def choice_log_odds(subject: Subject, asked: Sequence[Trial]) -> Array:
    """Log-odds of "A" against "B" as the next token of every trial, (trials,).

    Raises:
        BadInput: if the tokenizer has no single token for either letter.
    """
    letters = [subject.tokenizer(letter, add_special_tokens=False)["input_ids"] for letter in ("A", "B")]
    if any(len(ids) != 1 for ids in letters):
        raise BadInput(f"the tokenizer of {subject.name} has no single token for 'A' and 'B'; choices cannot be scored")
    scores = choice_logprobs(subject, [t.encoded for t in asked], [ids[0] for ids in letters])
    return np.asarray(scores[:, 0] - scores[:, 1])


def kept_under(subject: Subject, asked: Sequence[Trial], *more: object) -> str:
    """The key of what the subject answers to these trials, and of whatever ``more`` it depends on."""
    mine = subject.fingerprint
    ids = [list(t.encoded.ids) for t in asked]
    return digest(
        __version__, mine.weights, mine.architecture, str(subject.model.dtype), subject.device.type, ids, *more
    )


def _answers(subject: Subject, asked: Sequence[Trial]) -> dict[str, Array]:
    return {"odds": choice_log_odds(subject, asked)}


def kept_log_odds(subject: Subject, asked: Sequence[Trial], store: Store, progress: Progress, stage: str) -> Array:
    """As :func:`choice_log_odds`, in chunks that are kept, so that a killed run goes on where it was."""
    with progress.stage(stage, len(asked), "choices") as advance:
        parts = []
        for start in range(0, len(asked), _CHUNK):
            chunk = asked[start : start + _CHUNK]
            kept = store.arrays("choices", kept_under(subject, chunk), partial(_answers, subject, chunk))
            parts.append(kept["odds"])
            advance(len(chunk))
    return np.concatenate(parts) if parts else np.zeros(0)


def sampled_pairs(items: int, rounds: int | None, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Unordered pairs (first < second): all of them, or ``rounds`` rounds in each of which every item meets another once."""
    if rounds is None or rounds >= items - 1:
        return [(i, j) for i in range(items) for j in range(i + 1, items)]
    found: dict[tuple[int, int], None] = {}
    while len(found) < rounds * (items // 2):
        order = rng.permutation(items)
        for i, j in zip(order[0::2], order[1::2], strict=False):
            found[(int(min(i, j)), int(max(i, j)))] = None
    return list(found)[: rounds * (items // 2)]


def elo(left: Index, right: Index, wins: Array, items: int, prior: float = 0.1) -> Array:
    """Bradley-Terry strengths by maximum likelihood, in Elo points with mean 1500: (items,).

    Args:
        left, right: (games,) items that met.
        wins: (games,) probability (or outcome) that ``left`` won.
        prior: weight of a normal prior on the strengths, so that an item that always wins stays finite.
    """
    theta = np.zeros(items)
    for _ in range(50):
        p = 1 / (1 + np.exp(-(theta[left] - theta[right])))
        gradient = prior * theta
        np.add.at(gradient, left, p - wins)
        np.add.at(gradient, right, wins - p)
        weight = p * (1 - p)
        hessian = prior * np.eye(items)
        np.add.at(hessian, (left, left), weight)
        np.add.at(hessian, (right, right), weight)
        np.add.at(hessian, (left, right), -weight)
        np.add.at(hessian, (right, left), -weight)
        step = np.linalg.solve(hessian, gradient)
        theta -= step
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(MEAN_ELO + ELO_PER_LOGIT * (theta - theta.mean()))
