"""Does an emotion's direction depend on whose it is: the speaker's own, the user's, a third person's? (beyond the paper)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import Text, load_corpus
from emovec.reading.probe import measure
from emovec.stats import bootstrap, null_of
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.crossed import crossed, paired_halves
from emovec.studies.lab import Lab
from emovec.studies.speakers.sets import Space, space_of
from emovec.subject import Message, encode_chat, encode_plain_chat
from emovec.vectors.activations import pooled
from emovec.vectors.estimate import emotion_effects

__all__ = ["FRAMES", "SelfOther"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

#: Whose words the same text is made -> the chat before and around it ("{}").
FRAMES: Final[dict[str, list[Message]]] = {
    "user": [{"role": "user", "content": "{}"}],
    "assistant": [
        {"role": "user", "content": "Would you write something about your day?"},
        {"role": "assistant", "content": "{}"},
    ],
    "third person": [{"role": "user", "content": "In a novel that I am reading, a woman writes this:\n\n{}"}],
}
_PAIRS = (("user", "assistant"), ("assistant", "third person"), ("user", "third person"))
#: Feelings that people tell of themselves and of others; the same as in the speakers' dialogues.
_EMOTIONS = (
    "afraid", "amused", "angry", "ashamed", "bored", "calm", "content", "desperate", "embarrassed", "excited", "grateful", "guilty",
    "happy", "hopeful", "hostile", "hurt", "inspired", "irritated", "jealous", "lonely", "loving", "nervous", "overwhelmed", "playful",
    "proud", "relieved", "resentful", "sad", "skeptical", "surprised", "suspicious", "tired",
)  # fmt: skip
_HALVINGS, _FEWER = 20, 4
_TWO = ("one", "other")
_CLAIM = "self_other_part"


@dataclass(frozen=True)
class _Place:
    """A recipe's coordinates and the randomness for it."""

    recipe: str
    space: Space
    rng: np.random.Generator


class SelfOther:
    """The same words in three mouths, and stories told in the first and in the third person."""

    name = "self_other"
    title = "Self and other: does it matter whose emotion it is?"
    question = "Beyond the emotion itself, is there a part of its direction that depends on who has it: the assistant, the user or a third person; 'I' or 'she'?"
    paper_ref = ""
    _rule = Rule(holds=0.25, partly=0.05)
    rule = (
        "Vectors of the same emotions are made for two referents and compared between disjoint halves of the texts, corrected for noise: the part that differs is 1 - cosine of like emotions, "
        "0 if the direction is the same whoever has the emotion (what one referent adds to every emotion alike is not counted, nor how strong the emotion is). "
        "Twice: the same first-person diary entries as the words of the user, of the assistant and of a character in a novel; and stories told in the first and in the third person. "
        f"{_rule.says} (the null: referents exchanged at random, within a text or among an emotion's stories)."
    )

    def __init__(self, cases: Sequence[Text] | None = None) -> None:
        """``cases``: first-person texts to put into the frames (default: the diary entries that ship)."""
        self._cases = cases

    def run(self, lab: Lab) -> StudyResult:
        """The part of the direction that depends on the referent, for every pair and recipe; how strongly the emotion is read in every frame."""
        texts, emotion, names = self._chosen(lab)
        findings: list[Finding] = []
        readings: list[tuple[str, str, str, float]] = []
        states = _framed(lab, texts) if len(names) >= 6 else None
        for recipe, parameters in lab.recipes.items():
            c = _Place(recipe, space_of(lab.acts, parameters, lab.block), lab.rng(self.name, recipe))
            if states is not None:
                for a, b in _PAIRS:
                    findings.append(self._words(lab, c, (a, b), np.stack([states[a], states[b]]), emotion, len(names)))
                found, rows = self._strength(lab, c, states, emotion, names)
                findings += found
                readings += rows
            if (told := self._stories(lab, c)) is not None:
                findings.append(told)
        parts = [
            (f.recipe, f.metric, f.unit.split(":")[0], f.value, *f.ci, f.nulls[0].mean, f.nulls[0].p95)
            for f in findings
            if f.claim and f.ci and f.value is not None
        ]
        columns = ["recipe", "metric", "referents", "part", "low", "high", "null_mean", "null_p95"]
        tables = {"parts": pd.DataFrame(parts, columns=columns)}
        tables["readings"] = pd.DataFrame(readings, columns=["recipe", "frame", "emotion", "own_reading"])
        return StudyResult(findings, tables)

    def _chosen(self, lab: Lab) -> tuple[list[Text], Index, tuple[str, ...]]:
        """Equally many texts of each emotion: all diary entries in ``paper``, three an emotion in ``standard``, two in ``quick``."""
        pool = load_corpus().of("diary") if self._cases is None else self._cases
        wanted = len(pool) if lab.draws.random >= 500 else 3 if lab.draws.random >= 100 else 2
        asked = [e for e in lab.emotions if e in _EMOTIONS or self._cases is not None]
        of = {e: [t for t in pool if t.emotion == e][:wanted] for e in asked}
        names = tuple(e for e, mine in of.items() if len(mine) > 1)
        texts = [t for e in names for t in of[e]]
        return texts, np.array([names.index(t.emotion) for t in texts], dtype=np.intp), names

    def _words(self, lab: Lab, c: _Place, pair: tuple[str, str], both: Array, emotion: Index, size: int) -> Finding:
        """``both``: (2, texts, width), the same texts in two frames."""
        # What a frame adds to all texts alike would make noise as soon as frames are exchanged.
        centred = both - both.mean(1, keepdims=True)

        def halves(swapped: Mask) -> tuple[Array, Array]:
            x = np.where(swapped[:, None], centred[::-1], centred)
            first, second = (
                _effects([x[0][rows], x[1][rows]], [emotion[rows]] * 2, size, c.space)
                for rows in paired_halves(emotion, c.rng)
            )
            return first, second

        metric = f"words_{pair[0]}_{pair[1]}".replace(" ", "_")
        says = f"{pair[0]} and {pair[1]}, the same words: 1 - cosine of like emotions"

        def exchanged() -> Mask:
            return np.asarray(c.rng.random(len(emotion)) < 0.5)

        return self._finding(lab, c, metric, says, size, halves, np.zeros(len(emotion), dtype=bool), exchanged)

    def _stories(self, lab: Lab, c: _Place) -> Finding | None:
        person = np.array([t.person if t.register == "story" else "" for t in lab.corpus.texts])
        told = {w: np.bincount(lab.acts.emotion[person == w], minlength=len(lab.emotions)) for w in ("first", "third")}
        kept = np.flatnonzero((told["first"] > 1) & (told["third"] > 1))
        if len(kept) < 6:
            return None
        rows = np.flatnonzero(np.isin(person, ["first", "third"]) & np.isin(lab.acts.emotion, kept))
        emotion = np.searchsorted(kept, lab.acts.emotion[rows])
        x = lab.acts.at(lab.block)[rows]
        third: Mask = np.asarray(person[rows] == "third")
        for told_in in (third, ~third):
            x[told_in] -= x[told_in].mean(0)

        def halves(told: Mask) -> tuple[Array, Array]:
            made = []
            for picked in paired_halves(2 * emotion + told, c.rng):
                sides = picked[~told[picked]], picked[told[picked]]
                made.append(_effects([x[s] for s in sides], [emotion[s] for s in sides], len(kept), c.space))
            return made[0], made[1]

        def exchanged() -> Mask:
            out = third.copy()
            for e in range(len(kept)):
                out[emotion == e] = c.rng.permutation(third[emotion == e])
            return out

        says = "first and third person, stories: 1 - cosine of like emotions"
        return self._finding(lab, c, "stories_first_third", says, len(kept), halves, third, exchanged)

    def _finding(
        self,
        lab: Lab,
        c: _Place,
        metric: str,
        says: str,
        size: int,
        halves: Callable[[Mask], tuple[Array, Array]],
        as_it_is: Mask,
        exchanged: Callable[[], Mask],
    ) -> Finding:
        found = crossed(_TWO, (halves(as_it_is) for _ in range(_HALVINGS)))
        value, unit_name = 1 - found.cosine([_TWO]), f"{says}, {size} emotions"
        if not np.isfinite(value):
            why = "the texts give no reliable vectors for one of the two, so there is nothing to compare"
            return Finding(
                self.name, metric, c.recipe, lab.block, None, None, (), None, "fails", why, _CLAIM, unit_name
            )
        drawn = []
        for _ in range(lab.draws.refit):
            labels = exchanged()
            drawn.append(1 - crossed(_TWO, [halves(labels) for _ in range(_FEWER)]).cosine([_TWO]))
        nulls = (null_of("referents exchanged at random", value, np.array([d for d in drawn if np.isfinite(d)])),)
        ci = bootstrap(lambda rows: 1 - found.cosine([_TWO], rows), size, c.rng, lab.draws.bootstrap)
        verdict, why = self._rule.judge(value, nulls, ci)
        return Finding(self.name, metric, c.recipe, lab.block, value, ci, nulls, None, verdict, why, _CLAIM, unit_name)

    def _strength(
        self, lab: Lab, c: _Place, states: dict[str, Array], emotion: Index, names: tuple[str, ...]
    ) -> tuple[list[Finding], list[tuple[str, str, str, float]]]:
        """How far the emotion's own vector reads above the other emotions' texts, in every frame, as a share of the reading in the user's mouth."""
        vectors = lab.vectors[c.recipe]
        own = {}
        for frame, x in states.items():
            z = measure(x, vectors, lab.block)[:, [vectors.index(e) for e in names]]
            own[frame] = (z - z.mean(0))[np.arange(len(emotion)), emotion]
        rows = [
            (c.recipe, frame, e, float(values[emotion == i].mean()))
            for frame, values in own.items()
            for i, e in enumerate(names)
        ]
        findings = []
        for frame in ("assistant", "third person"):

            def ratio(at: Index, frame: str = frame) -> float:
                base = float(own["user"][at].mean())
                return float(own[frame][at].mean()) / base if base > 0 else float("nan")

            value = ratio(np.arange(len(emotion)))
            if not np.isfinite(value):
                continue
            ci = bootstrap(ratio, len(emotion), c.rng, lab.draws.bootstrap)
            metric, unit_name = f"strength_{frame}".replace(" ", "_"), "own emotion's reading, as a share of that in the user's words"  # fmt: skip
            why = f"the same words read {value:.2f} [{ci[0]:.2f}, {ci[1]:.2f}] times as strongly as the user's"
            findings.append(Finding(self.name, metric, c.recipe, lab.block, value, ci, why=why, unit=unit_name))
        return findings, rows


def _effects(x: Sequence[Array], emotion: Sequence[Index], size: int, space: Space) -> Array:
    """Differences of means for each referent, in the recipe's coordinates: (referents, emotions, width)."""
    return space.compare(np.stack([emotion_effects(rows, e, size)[0] for rows, e in zip(x, emotion, strict=True)]))


def _framed(lab: Lab, texts: Sequence[Text]) -> dict[str, Array]:
    """Mean residual over the same text in every frame, frame -> (texts, width)."""
    encode = encode_chat if lab.subject.has_template else encode_plain_chat
    encoded, spans = [], []
    for messages in FRAMES.values():
        for text in texts:
            content = text.text.strip()
            chat = [{**m, "content": m["content"].format(content)} for m in messages]
            item = encode(lab.subject, chat)
            encoded.append(item)
            spans.append(item.find(content, len(chat) - 1))
    means, _, _ = pooled(
        lab.subject, encoded, spans, [lab.block], lab.store, lab.progress, "the same words in three mouths"
    )
    states = means[:, 0].astype(np.float64).reshape(len(FRAMES), len(texts), -1)
    return dict(zip(FRAMES, states, strict=True))
