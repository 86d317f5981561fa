"""Dialogues in which A's emotion is stated beforehand and shown, hidden or left unexpressed: which of them are read, and what stands on A's turns.

A dialogue is read as a script, ``A: ...`` and ``B: ...``, up to A's second turn; with the preamble that states A's emotion before it, or without.
Labels and B's turns are in the context, but only the tokens of A's turns are averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from emovec.corpora.sets import CONDITIONS, HiddenDialogue
from emovec.studies.lab import Lab
from emovec.subject import Encoded, Subject, encode_text
from emovec.subject.passes import Pool
from emovec.vectors.activations import pooled_many

__all__ = [
    "Turns",
    "encode_script",
    "known",
    "read_pools",
    "read_turns",
    "sample_cells",
    "sample_pairs",
    "spoken_words",
]

Array = NDArray[np.float64]

#: A's turns that are read. The second comes after B has spoken, some seventy tokens after the preamble.
TURNS = 2


def known(dialogues: Sequence[HiddenDialogue], emotions: Sequence[str]) -> list[HiddenDialogue]:
    """Those whose emotions all have vectors and in which A speaks twice."""
    return [
        d for d in dialogues
        if d.felt in emotions and (d.other is None or d.other in emotions) and sum(t.speaker == "A" for t in d.turns) >= TURNS
    ]  # fmt: skip


def sample_cells(
    dialogues: Sequence[HiddenDialogue], per_cell: int | None, rng: np.random.Generator
) -> list[HiddenDialogue]:
    """``per_cell`` dialogues of each condition and felt emotion, drawn at random (all for None)."""
    picked: list[HiddenDialogue] = []
    felt = sorted({d.felt for d in dialogues})
    for condition in CONDITIONS:
        for word in felt:
            cell = [d for d in dialogues if (d.condition, d.felt) == (condition, word)]
            order = rng.permutation(len(cell))[:per_cell]
            picked += [cell[i] for i in sorted(order.tolist())]
    return picked


def sample_pairs(dialogues: Sequence[HiddenDialogue], per_cell: int | None) -> list[HiddenDialogue]:
    """Hidden dialogues, three and a half times ``per_cell`` of each felt emotion (all for None), so that each is shown as often as it is felt.

    Every emotion is hidden behind those that come next to it in a circle, as many as are asked for.
    """
    hidden = [d for d in dialogues if d.condition == "hidden"]
    if per_cell is None:
        return hidden
    words = sorted({d.felt for d in hidden} | {d.other for d in hidden if d.other})
    most = ceil(3.5 * per_cell)
    return [d for d in hidden if d.other and (words.index(d.other) - words.index(d.felt)) % len(words) <= most]


def spoken_words(dialogue: HiddenDialogue) -> str:
    """What A says in the turns that are read."""
    return " ".join(turn.text.strip() for turn in [t for t in dialogue.turns if t.speaker == "A"][:TURNS])


def encode_script(subject: Subject, dialogue: HiddenDialogue, *, preamble: bool) -> tuple[Encoded, list[Pool]]:
    """The script up to A's second turn, and the tokens of A's two turns (without the label)."""
    text = f"{dialogue.preamble.strip()}\n\n" if preamble else ""
    spans: list[tuple[int, int]] = []
    for turn in dialogue.turns:
        said = turn.text.strip()
        start = len(text) + len(turn.speaker) + 2
        text += f"{turn.speaker}: {said}"
        if turn.speaker == "A":
            spans.append((start, start + len(said)))
            if len(spans) == TURNS:
                break
        text += "\n\n"
    encoded = encode_text(subject, text)
    return encoded, [encoded.tokens_of(*span) for span in spans]


@dataclass(frozen=True)
class Turns:
    """Mean activations of A's turns at one block.

    Attributes:
        means: (dialogues, 2, width).
        counts: (dialogues, 2) tokens of each turn.
        embeddings: (dialogues, width) mean static embedding of the same tokens.
    """

    means: Array
    counts: NDArray[np.intp]
    embeddings: Array

    @property
    def whole(self) -> Array:
        """Mean over the tokens of both turns, (dialogues, width)."""
        share = self.counts / self.counts.sum(1, keepdims=True)
        return np.asarray((self.means * share[:, :, None]).sum(1))

    def rows(self, picked: Sequence[int]) -> Turns:
        """Some of the dialogues."""
        at = list(picked)
        return Turns(self.means[at], self.counts[at], self.embeddings[at])


def read_turns(lab: Lab, dialogues: Sequence[HiddenDialogue], *, preamble: bool) -> Turns:
    """Read A's turns at the lab's block."""
    made = [encode_script(lab.subject, d, preamble=preamble) for d in dialogues]
    stage = f"hidden-emotion dialogues ({'with' if preamble else 'without'} preamble)"
    means = read_pools(lab, [encoded for encoded, _ in made], [pools for _, pools in made], stage)
    counts = np.array([[high - low for low, high in pools] for _, pools in made], dtype=np.intp).reshape(-1, TURNS)
    return Turns(means, counts, _embeddings(lab.subject, made))


def read_pools(lab: Lab, encoded: Sequence[Encoded], pools: Sequence[Sequence[Pool]], stage: str) -> Array:
    """Means over equally many stretches of every text at the lab's block, (texts, stretches, width); kept, so that a killed run goes on."""
    means = pooled_many(lab.subject, encoded, pools, [lab.block], lab.store, lab.progress, stage)[0]
    return means[:, :, 0].astype(np.float64)


def _embeddings(subject: Subject, made: Sequence[tuple[Encoded, list[Pool]]]) -> Array:
    matrix = subject.anatomy.embedding_matrix().float().cpu().numpy().astype(np.float64)
    ids = [[i for low, high in pools for i in encoded.ids[low:high]] for encoded, pools in made]
    return np.stack([matrix[row].mean(0) for row in ids]) if ids else np.zeros((0, subject.width))
