"""Does steering with an emotion bring out its own word, in coherent language, and no story? (Figures 52, 53, Tables 6-8)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.words import tokens as words_of
from emovec.stats import bootstrap, null_of
from emovec.steering import Levers, coherent_window, dose_grid, levers_of, plan, random_levers
from emovec.steering.spec import Place, Spec, Term
from emovec.studies.base import Finding, Rule, StudyResult, Verdict
from emovec.studies.lab import Lab
from emovec.subject import Encoded, Subject, encode_chat, encode_plain_chat, prefilled
from emovec.subject.rows import choice_logprobs
from emovec.vectors import EmotionVectors

__all__ = ["FRAMES", "SHOWN", "SteerWords", "own_word_percentile"]

Array = NDArray[np.float64]

#: frame -> (question, how the reply begins, claim)
FRAMES = {
    "he": ("How does he feel?", "He feels", "steer_he_feels"),
    "i": ("How do you feel?", "I feel", "steer_i_feel"),
}
#: The twelve whose matrix is shown (Table 2's emotions).
SHOWN = (
    "happy",
    "inspired",
    "loving",
    "proud",
    "calm",
    "desperate",
    "angry",
    "guilty",
    "sad",
    "afraid",
    "nervous",
    "surprised",
)
STRENGTHS = (0.1, 0.2, 0.35, 0.5)
_REPLY = ("recipe", "direction", "strength", "text", "perplexity", "repetition")
OPEN_QUESTION = "What just happened?"


def own_word_percentile(shift: Array) -> Array:
    """Per direction the share of other words that its own word rises above, (directions,); ``shift`` (directions, words), diagonal = own.

    Rows and columns are centred first: a word that rises under every direction, and a direction that lifts every word, say nothing.
    """
    x = shift - shift.mean(0) - shift.mean(1, keepdims=True)
    own = np.diag(x)[:, None]
    return np.asarray(((x < own).sum(1) + 0.5 * ((x == own).sum(1) - 1)) / max(x.shape[1] - 1, 1))


class SteerWords:
    """The diagonal of direction against word, its doses, and what is written."""

    name = "steer_words"
    title = "Steering and words: does an emotion bring out its own word?"
    question = 'After "He feels" and "I feel", does steering with an emotion raise the probability of its own word above the others?'
    paper_ref = "Figures 52, 53, Tables 6-8"
    _diagonal = Rule(holds=0.75, partly=0.55)
    rule = (
        "All emotions whose word (with the space before it) begins with a token of its own are steered on the assistant's tokens. Each word's rise in log-probability, centred over "
        "directions and words; the statistic is the mean share of other words that the own word rises above (one half by chance), at the largest of "
        f"{', '.join(f'{s:g}' for s in STRENGTHS)} at which the median of the shown emotions' coherent windows still reaches; {_diagonal.says}. Nulls: random directions of equal norm, "
        "vectors of shuffled labels, permuted names. No story content: of the replies to an open question, the share of word trigrams "
        "found in the steered emotion's own stories is not above that found in other emotions' (p >= 0.05)."
    )

    def run(self, lab: Lab) -> StudyResult:
        """Diagonals of both frames for every recipe; dose curves; coherent windows; replies."""
        findings, matrix, curves, windows, replies = [], [], [], [], []
        for recipe, vectors in lab.vectors.items():
            rng = lab.rng(self.name, recipe)
            emotions, tokens = _own_tokens(lab.subject, levers_of(vectors).names)
            if len(emotions) < 3:
                continue
            at = vectors.with_blocks((lab.block,))
            own = levers_of(at)[emotions]
            shown = [w for w in SHOWN if w in emotions] or list(emotions[:6])
            grid = dose_grid(
                lab.subject, own[shown], [_asked(lab.subject, OPEN_QUESTION)], (0.0, *STRENGTHS),
                where="@assistant", max_new_tokens=32, progress=lab.progress,
            )  # fmt: skip
            window = coherent_window(grid)
            windows += [(recipe, w.direction, w.low, w.high, w.high_open) for w in window.itertuples()]
            strength = max([s for s in STRENGTHS if s <= float(np.median(window["high"]))], default=STRENGTHS[0])
            fakes = self._fakes(lab, at, recipe, emotions, rng)
            for frame, (question, beginning, claim) in FRAMES.items():
                prompt = _begun(lab.subject, question, beginning)
                levers = own | fakes
                shifts = self._shifts(lab, levers, prompt, tokens, (strength,))[0]
                findings.append(self._finding(lab, recipe, frame, claim, strength, shifts, len(emotions), levers, rng))
                for s, shift in zip(STRENGTHS, self._shifts(lab, own, prompt, tokens, STRENGTHS), strict=True):
                    p = own_word_percentile(shift)
                    curves += [(recipe, frame, w, s, float(p[i]), float(shift[i, i])) for i, w in enumerate(emotions)]
                where = [emotions.index(w) for w in shown]
                part = shifts[: len(emotions)] - shifts[: len(emotions)].mean(0)
                matrix += [
                    (recipe, frame, strength, emotions[i], emotions[j], float(part[i, j])) for i in where for j in where
                ]
            findings.append(self._stories(lab, recipe, grid[grid["strength"] == strength], strength, rng))
            replies.append(grid.assign(recipe=recipe)[[*_REPLY]])
        return StudyResult(
            findings,
            {
                "matrix": pd.DataFrame(matrix, columns=["recipe", "frame", "strength", "direction", "word", "shift"]),
                "curves": pd.DataFrame(curves, columns=["recipe", "frame", "emotion", "strength", "percentile", "own_shift"]),
                "windows": pd.DataFrame(windows, columns=["recipe", "emotion", "low", "high", "high_open"]),
                "replies": pd.concat(replies) if replies else pd.DataFrame(columns=[*_REPLY]),
            },
        )  # fmt: skip

    @staticmethod
    def _shifts(lab: Lab, levers: Levers, prompt: Encoded, tokens: Sequence[int], strengths: Sequence[float]) -> Array:
        """Rise of every word's log-probability under every direction, (strengths, directions, words)."""
        specs = [Spec()] + [
            Spec((Term(name, s, "add", (Place.role("assistant"),)),)) for s in strengths for name in levers.names
        ]
        made = plan(lab.subject, levers, specs, [prompt] * len(specs))
        with lab.progress.stage("words under steering", len(specs), "rows") as advance:
            scores = choice_logprobs(
                lab.subject,
                [prompt] * len(specs),
                tokens,
                around=made.over,
                free=made.free,
                lowest=made.lowest,
                advance=advance,
            )
        return np.asarray((scores[1:] - scores[0]).reshape(len(strengths), len(levers.names), -1))

    @staticmethod
    def _fakes(lab: Lab, at: EmotionVectors, recipe: str, emotions: Sequence[str], rng: np.random.Generator) -> Levers:
        """Directions without meaning, as many of each kind as there are emotions."""
        columns = [lab.emotions.index(w) for w in emotions]
        drawn = random_levers(at, lab.acts, len(emotions), int(rng.integers(2**31)))
        fits = lab.shuffled(recipe)
        # Each name gets its vector from another shuffling, so that the fits are all drawn on.
        patterns = np.stack([fits[i % len(fits)].patterns[c] for i, c in enumerate(columns)])[:, None]
        return drawn | Levers.made(at, [f"shuffled-{w}" for w in emotions], "shuffled", patterns)

    def _finding(
        self, lab: Lab, recipe: str, frame: str, claim: str, strength: float, shifts: Array, n: int, levers: Levers, rng: np.random.Generator
    ) -> Finding:  # fmt: skip
        own = own_word_percentile(shifts[:n])
        value = float(own.mean())
        permuted = []
        for _ in range(lab.draws.permutation // 2):
            order = rng.permutation(n)
            permuted.append(float(own_word_percentile(shifts[:n][order]).mean()))
        kinds = np.array(levers.kinds)
        nulls = [null_of("permuted names", value, np.array(permuted))]
        for name, kind in (("random directions of equal norm", "random"), ("vectors of shuffled labels", "shuffled")):
            fake = own_word_percentile(shifts[kinds == kind])
            draws = [float(fake[rng.integers(0, n, n)].mean()) for _ in range(lab.draws.bootstrap // 2)]
            nulls.append(null_of(name, value, np.array(draws)))
        ci = bootstrap(lambda rows: float(own[rows].mean()), n, rng, lab.draws.bootstrap // 2)
        verdict, why = self._diagonal.judge(value, nulls, ci)
        return Finding(
            self.name, f"own_word_percentile_{frame}", recipe, lab.block, value, ci, tuple(nulls), None, verdict, why, claim,
            f"share of other words, {n} emotions, strength {strength:g}",
        )  # fmt: skip

    def _stories(
        self, lab: Lab, recipe: str, replies: pd.DataFrame, strength: float, rng: np.random.Generator
    ) -> Finding:
        names = list(dict.fromkeys(replies["direction"]))
        told = {
            w: _trigrams(t.text for t in lab.corpus.texts if t.emotion == w and t.register == "story") for w in names
        }
        said = {w: _trigrams(replies[replies["direction"] == w]["text"]) for w in names}
        share = np.array([[len(said[a] & told[b]) / max(len(said[a]), 1) for b in names] for a in names])
        off = ~np.eye(len(names), dtype=bool)
        value = float(np.diag(share).mean() - share[off].mean())
        permuted = []
        for _ in range(lab.draws.permutation):
            order = rng.permutation(len(names))
            permuted.append(float(share[np.arange(len(names)), order].mean() - share[off].mean()))
        null = null_of("other emotions' stories", value, np.array(permuted))
        clean = null.p >= 0.05
        verdict: Verdict = "holds" if clean else "fails"
        why = (
            f"{float(np.diag(share).mean()):.3f} of the replies' word trigrams are in the steered emotion's own stories, {float(share[off].mean()):.3f} in "
            f"others' (p = {null.p:.2g})"
        )
        return Finding(
            self.name, "story_trigrams_excess", recipe, lab.block, value, None, (null,), None, verdict, why, "steer_no_story_content",
            f"share of trigrams, {len(names)} emotions, strength {strength:g}",
        )  # fmt: skip


def _asked(subject: Subject, question: str) -> Encoded:
    encode = encode_chat if subject.has_template else encode_plain_chat
    return encode(subject, [{"role": "user", "content": question}], reply=True)


def _begun(subject: Subject, question: str, beginning: str) -> Encoded:
    return prefilled(subject, _asked(subject, question), beginning if subject.has_template else f" {beginning}")


def _own_tokens(subject: Subject, emotions: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Emotions whose word, with a space before it, begins with a token that no other's does; and these tokens."""
    first = {w: subject.tokenizer(f" {w}", add_special_tokens=False)["input_ids"][0] for w in emotions}
    shared = [t for t in first.values() if list(first.values()).count(t) > 1]
    kept = tuple(w for w in emotions if first[w] not in shared)
    return kept, [first[w] for w in kept]


def _trigrams(texts: Iterable[str]) -> set[tuple[str, ...]]:
    out: set[tuple[str, ...]] = set()
    for text in texts:
        said = words_of(text)
        out |= set(zip(said, said[1:], said[2:], strict=False))
    return out
