"""Vectors of dialogues: how {the human's, the assistant's} emotion stands on {the human's, the assistant's} tokens.

A dialogue has two sides. A, who opens, is rendered as the human (or Person 1), B as the assistant (or Person 2). A's first turn is left
out everywhere: nothing of B stands before it, so it can hold nothing of B's emotion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Dialogue
from emovec.corpora.sets import SpeakerDialogue
from emovec.store import digest
from emovec.studies.lab import Lab
from emovec.subject import Encoded, encode_plain_chat
from emovec.subject.passes import harvest
from emovec.vectors.activations import encode_dialogue
from emovec.vectors.estimate import emotion_effects

__all__ = ["FORMS", "SETS", "Sides", "balanced_rounds", "read_sides", "side_vectors", "usable", "word_sides"]

Array = NDArray[np.float64]
#: The four sets of vectors of a form, in the order in which they are always given.
SETS = ("present, human", "present, assistant", "other, human", "other, assistant")
#: How a dialogue is rendered -> the roles of A and B.
FORMS = {"chat": ("user", "assistant"), "person": ("person 1", "person 2")}
_VERSION = 1
_MOST_TURNS = 8


def usable(dialogues: Sequence[SpeakerDialogue], known: Sequence[str]) -> tuple[list[SpeakerDialogue], tuple[str, ...]]:
    """The dialogues both of whose emotions are known and stand on either side somewhere, and these emotions in order."""
    kept, names = list(dialogues), tuple(known)
    while True:
        kept = [d for d in kept if set(d.emotions) <= set(names)]
        left = tuple(e for e in names if all(any(d.emotions[s] == e for d in kept) for s in (0, 1)))
        if left == names:
            return kept, names
        names = left


def balanced_rounds(dialogues: Sequence[SpeakerDialogue]) -> list[list[int]]:
    """Cut dialogues into rounds in which no emotion stands twice on one side: lists of row numbers.

    In the shipped set every round holds each of the 32 emotions once on either side, so that any number of rounds is a
    balanced sample, and any two groups of rounds are balanced halves.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    words = sorted({e for d in dialogues for e in d.emotions})
    waiting: dict[tuple[int, int], list[int]] = {}
    for row, dialogue in enumerate(dialogues):
        a, b = (words.index(e) for e in dialogue.emotions)
        waiting.setdefault((a, b), []).append(row)
    rounds = []
    while waiting:
        graph = np.zeros((len(words), len(words)), dtype=bool)
        graph[tuple(np.array(list(waiting)).T)] = True
        match = maximum_bipartite_matching(csr_matrix(graph), perm_type="column")
        picked = []
        for a, b in enumerate(match.tolist()):
            if b >= 0:
                picked.append(waiting[a, b].pop(0))
                if not waiting[a, b]:
                    del waiting[a, b]
        rounds.append(sorted(picked))
    return rounds


@dataclass(frozen=True)
class Sides:
    """Mean activations of both sides of dialogues.

    Attributes:
        means: (dialogues, 2, blocks, width) float32, over A's turns but the first and over B's.
        emotion: (dialogues, 2) indices into ``emotions``: A's, B's.
        round: (dialogues,) the round that each belongs to.
    """

    means: NDArray[np.float32]
    emotion: NDArray[np.intp]
    round: NDArray[np.intp]
    emotions: tuple[str, ...]
    blocks: tuple[int, ...]

    def at(self, block: int) -> Array:
        """Both sides at one block, (dialogues, 2, width)."""
        return self.means[:, :, self.blocks.index(block)].astype(np.float64)


def encode_speakers(lab: Lab, dialogue: SpeakerDialogue, form: str) -> Encoded:
    """One dialogue in the native template (``chat``; the plain form for base models) or as ``Person 1: ...`` (``person``)."""
    roles = FORMS[form]
    messages = tuple({"role": roles["AB".index(t.speaker)], "content": t.text} for t in dialogue.turns)
    if form == "person":
        return encode_plain_chat(lab.subject, messages)
    return encode_dialogue(lab.subject, Dialogue(dialogue.id, "speakers", dialogue.writer, messages))


def _spans(encoded: Encoded) -> tuple[list[tuple[int, int]], Array]:
    """Tokens of every turn but the first, padded to the same number for all dialogues, and how each counts for A's and B's mean, (turns, 2)."""
    spans = [t.tokens for t in encoded.turns[1:]]
    weights = np.zeros((_MOST_TURNS, 2))
    for i, (low, high) in enumerate(spans):
        weights[i, (i + 1) % 2] = high - low
    return spans + [spans[-1]] * (_MOST_TURNS - len(spans)), weights / weights.sum(0)


def _labels(
    dialogues: Sequence[SpeakerDialogue], rounds: Sequence[Sequence[int]], emotions: tuple[str, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows = [dialogues[i] for group in rounds for i in group]
    emotion = np.array([[emotions.index(e) for e in d.emotions] for d in rows], dtype=np.intp)
    return emotion, np.repeat(np.arange(len(rounds)), [len(group) for group in rounds])


def read_sides(
    lab: Lab,
    dialogues: Sequence[SpeakerDialogue],
    rounds: Sequence[Sequence[int]],
    emotions: tuple[str, ...],
    form: str,
    blocks: Sequence[int],
) -> Sides:
    """Read some rounds of dialogues. Each round is kept by itself, so a killed run goes on and a larger sample starts from a smaller one's."""
    subject, blocks = lab.subject, tuple(sorted(set(blocks)))
    mark = subject.fingerprint
    identity = [_VERSION, mark.weights, mark.architecture, str(subject.model.dtype), subject.device.type, list(blocks)]
    made = []
    encoded = [[encode_speakers(lab, dialogues[i], form) for i in group] for group in rounds]
    with lab.progress.stage(f"speakers' dialogues ({form})", sum(len(e) for g in encoded for e in g), "tokens") as advance:  # fmt: skip
        for group in encoded:
            spans = [_spans(e) for e in group]
            key = digest("speakers", identity, [list(e.ids) for e in group], [s for s, _ in spans])

            def read(group: list[Encoded] = group, spans: list[tuple[list[tuple[int, int]], Array]] = spans) -> dict[str, NDArray[np.generic]]:  # fmt: skip
                turns = harvest(subject, group, [s for s, _ in spans], blocks).means
                weights = np.stack([w for _, w in spans])
                return {"means": np.einsum("ntbw,nts->nsbw", turns, weights).astype(np.float32)}

            made.append(lab.store.arrays("activations", key, read)["means"])
            advance(sum(map(len, group)))
    return Sides(np.concatenate(made), *_labels(dialogues, rounds, emotions), emotions, blocks)


def word_sides(
    lab: Lab, dialogues: Sequence[SpeakerDialogue], rounds: Sequence[Sequence[int]], emotions: tuple[str, ...]
) -> Sides:
    """The same means of static token embeddings: what the words give without the model. Its only block is -1."""
    matrix = lab.subject.anatomy.embedding_matrix().float().cpu().numpy()
    means = []
    for i in (i for group in rounds for i in group):
        encoded = encode_speakers(lab, dialogues[i], "chat")
        spans, weights = _spans(encoded)
        turns = np.stack([matrix[list(encoded.ids[low:high])].mean(0) for low, high in spans])
        means.append(np.einsum("tw,ts->sw", turns, weights))
    return Sides(np.stack(means)[:, :, None].astype(np.float32), *_labels(dialogues, rounds, emotions), emotions, (-1,))


def side_vectors(x: Array, emotion: NDArray[np.intp], size: int) -> Array:
    """The four :data:`SETS`, (4, emotions, width), from both sides' activations (dialogues, 2, width).

    On either side's tokens: activation = mean + A's emotion + B's emotion + residual, by least squares, so neither set holds
    anything of the other that comes from who met whom. Each set is centred over emotions.
    """
    n, _, width = x.shape
    flat = x.reshape(n, 2 * width)
    by_a = emotion_effects(flat, emotion[:, 0], size, [emotion[:, 1]])[0].reshape(size, 2, width)
    by_b = emotion_effects(flat, emotion[:, 1], size, [emotion[:, 0]])[0].reshape(size, 2, width)
    return np.stack([by_a[:, 0], by_b[:, 1], by_b[:, 0], by_a[:, 1]])
