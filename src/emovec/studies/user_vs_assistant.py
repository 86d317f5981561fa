"""Is what the user feels read apart from what a fitting reply feels? (table 3, figure 10)"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import UserVsAssistant as Case
from emovec.corpora.scenario_sets import load_scenarios
from emovec.reading.measure import measure
from emovec.stats import bootstrap, interval, null_of, pearson, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.implicit_scenarios import standardised
from emovec.studies.lab import Lab
from emovec.studies.spans import COLON, Passage, Phrase, phrase_states

__all__ = ["UserVsAssistant", "centred_r", "end_of", "vary"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_MARKS = ".!?…"
#: Matter-of-fact requests that are read beside the messages.
_PLAIN = 40


def end_of(text: str) -> Phrase:
    """The last full stop, question or exclamation mark of a message (its last character where there is none)."""
    at = max((i for i, character in enumerate(text) if character in _MARKS), default=len(text) - 1)
    return Phrase(at, at + 1, last=True)


def centred_r(one: Array, other: Array) -> float:
    """Correlation of two readings (messages, probes) over all messages x probes, each probe centred over the messages.

    Without the centring what would correlate is how high each probe stands on average.
    """
    return float(pearson((one - one.mean(0)).ravel(), (other - other.mean(0)).ravel()))


def vary(readings: Array) -> bool:
    """Whether readings (messages, ...) differ between messages by more than rounding."""
    return bool(np.ptp(readings, axis=0).max() > 1e-5)


def _apart(readings: Array, user: Index, reply: Index) -> Array:
    """Per message: how much more the user's emotion, against the reply's, is read at the end of the message than before the reply.

    Args:
        readings: (messages, 2 places, probes).
        user, reply: (messages,) column of either emotion.

    Returns:
        (messages,) half the sum of both shifts, in standard deviations of each probe over the messages.
    """
    z, row = standardised(readings), np.arange(len(readings))
    return np.asarray((z[row, 0, user] - z[row, 1, user] + z[row, 1, reply] - z[row, 0, reply]) / 2)


class UserVsAssistant:
    """Two places in a message: its last punctuation mark, and the assistant colon."""

    name = "user_vs_assistant"
    title = "User against assistant: whose feeling is read where?"
    question = "Where a fitting reply feels other than the user does, is the one read at the end of the message and the other before the reply?"
    paper_ref = "Table 3, Figure 10"
    _unlike = Rule(holds=-0.3, partly=-0.5)
    _labelled = Rule(holds=0.2)
    _share = 0.8
    rule = (
        "Cosines at the user's last punctuation mark, found by its characters, and at A:. Likeness: Pearson r over all messages x emotions, each probe centred "
        f"over the messages at either place; minus r {_unlike.says}, so r must be at most 0.3 and lower than that of other directions. Read apart: how much more the user's "
        "labelled emotion, against the reply's, is read at the end of the message than at A:, in standard deviations over the messages; "
        f"{_labelled.says}. Loving: mean rise of its cosine from the end of the message to A:; holds if it rises in at least {_share:.0%} of the messages and more than random "
        "directions and than the other emotions' vectors do (p < 0.05); in part: the latter only."
    )

    def __init__(self, cases: Sequence[Case] | None = None) -> None:
        """``cases``: default: the shipped messages."""
        self.cases = cases

    def run(self, lab: Lab) -> StudyResult:
        """All three for every recipe; every message, and the correlation with its nulls, as tables."""
        cases = list(load_scenarios("user_vs_assistant")) if self.cases is None else list(self.cases)
        plain = [
            d.messages[-2]["content"]
            for d in lab.corpus.neutral
            if len(d.messages) > 1 and d.messages[-2]["role"] == "user"
        ][:_PLAIN]
        states = _both_places(lab, [c.text for c in cases], "user against assistant")
        asked = _both_places(lab, plain, "matter-of-fact requests") if plain else None
        known = [i for i, c in enumerate(cases) if {c.user_emotion, c.reply_emotion} <= set(lab.emotions)]
        findings: list[Finding] = []
        correlation: list[tuple[object, ...]] = []
        messages: list[tuple[object, ...]] = []
        for recipe, vectors in lab.vectors.items():
            centre = vectors.centre[vectors.slot(lab.block)].astype(np.float64)
            readings, x = measure(states, vectors, lab.block), unit(states - centre)
            if not (vary(readings[:, 0]) or vary(readings[:, 1])):
                why = "the readings do not differ between the messages"
                claims = {"minus_user_colon_r": "user_assistant_differ", "loving_rise": "loving_at_reply"}
                findings += [
                    Finding(self.name, m, recipe, lab.block, None, why=why, claim=c) for m, c in claims.items()
                ]
                continue
            rng = lab.rng(self.name, recipe)
            others = {
                "random directions (activation covariance)": [x @ d.T for d in lab.random_sets(rng, lab.draws.random)],
                "shuffled emotion labels": [x @ d.filters.T for d in lab.shuffled(recipe)],
            }
            findings.append(self._likeness(lab, recipe, readings, others, correlation, rng))
            if len(known) > 3:
                findings += self._labels(lab, recipe, readings, others, [cases[i] for i in known], known, rng)
            if "loving" in lab.emotions:
                at = vectors.index("loving")
                pools = (others["random directions (activation covariance)"], readings)
                more = None if asked is None else measure(asked, vectors, lab.block)
                findings += self._loving(lab, recipe, at, pools, more, rng)
            z = standardised(readings)
            for i in known:
                case = cases[i]
                user, reply = vectors.index(case.user_emotion), vectors.index(case.reply_emotion)
                messages.append(
                    (recipe, case.text, case.user_emotion, case.reply_emotion,
                     *z[i, :, user], *z[i, :, reply], *(readings[i, :, vectors.index("loving")] if "loving" in lab.emotions else (np.nan, np.nan)))
                )  # fmt: skip
        columns = ["recipe", "message", "user_emotion", "reply_emotion", "user_at_end", "user_at_colon",
                   "reply_at_end", "reply_at_colon", "loving_at_end", "loving_at_colon"]  # fmt: skip
        return StudyResult(
            findings,
            {
                "correlation": pd.DataFrame(correlation, columns=["recipe", "what", "r", "low", "high"]),
                "messages": pd.DataFrame(messages, columns=columns),
            },
        )

    def _likeness(
        self, lab: Lab, recipe: str, readings: Array, others: dict[str, list[Array]], table: list[tuple[object, ...]],
        rng: np.random.Generator,
    ) -> Finding:  # fmt: skip
        r = centred_r(readings[:, 0], readings[:, 1])
        drawn = {name: np.array([centred_r(y[:, 0], y[:, 1]) for y in sets]) for name, sets in others.items()}
        nulls = tuple(null_of(name, -r, -values) for name, values in drawn.items())
        ci = bootstrap(
            lambda rows: -centred_r(readings[rows, 0], readings[rows, 1]), len(readings), rng, lab.draws.bootstrap
        )
        permuted = np.array(
            [centred_r(readings[rng.permutation(len(readings)), 0], readings[:, 1]) for _ in range(lab.draws.permutation // 2)]
        )  # fmt: skip
        whole = float(pearson(readings[:, 0].ravel(), readings[:, 1].ravel()))
        table.append((recipe, "emotion vectors", r, -ci[1], -ci[0]))
        table.append((recipe, "emotion vectors, not centred", whole, np.nan, np.nan))
        for name, values in {**drawn, "permuted messages": permuted}.items():
            table.append((recipe, name, values.mean(), *interval(values)))
        verdict, why = self._unlike.judge(-r, nulls, ci)
        why += f" (r = {r:.2f}; {whole:.2f} if probes are not centred; messages permuted: 95th percentile {np.percentile(permuted, 95):.2f})"
        return Finding(
            self.name, "minus_user_colon_r", recipe, lab.block, -r, ci, nulls, -0.11, verdict, why, "user_assistant_differ",
            f"minus Pearson r, {len(readings)} messages x {readings.shape[-1]} emotions",
        )  # fmt: skip

    def _labels(
        self, lab: Lab, recipe: str, readings: Array, others: dict[str, list[Array]], cases: list[Case], known: list[int],
        rng: np.random.Generator,
    ) -> list[Finding]:  # fmt: skip
        """The labelled emotions read apart; and each of them in its own place."""
        user = np.array([lab.emotions.index(c.user_emotion) for c in cases])
        reply = np.array([lab.emotions.index(c.reply_emotion) for c in cases])
        row = np.arange(len(cases))
        statistics: tuple[tuple[str, Callable[[Array, Index, Index], Array], str], ...] = (
            ("read_apart", _apart, "user_assistant_differ"),
            ("user_emotion_at_end", lambda y, u, _: standardised(y)[row, 0, u], ""),
            ("reply_emotion_at_colon", lambda y, _, p: standardised(y)[row, 1, p], ""),
        )
        findings = []
        for metric, statistic, claim in statistics:
            scores = statistic(readings[known], user, reply)
            value = float(scores.mean())
            permuted = [
                statistic(readings[known], user[order], reply[order]).mean()
                for order in (rng.permutation(len(cases)) for _ in range(lab.draws.permutation // 2))
            ]
            nulls = (
                null_of("permuted labels of the messages", value, np.array(permuted)),
                *(
                    null_of(name, value, np.array([statistic(y[known], user, reply).mean() for y in sets]))
                    for name, sets in others.items()
                ),
            )
            ci = bootstrap(lambda rows, s=scores: float(s[rows].mean()), len(scores), rng, lab.draws.bootstrap)  # type: ignore[misc]
            verdict, why = self._labelled.judge(value, nulls, ci)
            findings.append(
                Finding(self.name, metric, recipe, lab.block, value, ci, nulls, None, verdict, why, claim, f"sd over {len(cases)} messages")
            )  # fmt: skip
        return findings

    def _loving(
        self, lab: Lab, recipe: str, at: int, pools: tuple[list[Array], Array], plain: Array | None, rng: np.random.Generator
    ) -> list[Finding]:  # fmt: skip
        """Its rise; and how much more it rises than before the reply to a matter-of-fact request."""
        random, readings = pools
        rises = readings[:, 1, at] - readings[:, 0, at]
        value, share = float(rises.mean()), float((rises > 0).mean())
        nulls = (
            null_of("random directions (activation covariance)", value, np.concatenate([(y[:, 1] - y[:, 0]).mean(0) for y in random])),
            null_of("the other emotions' vectors", value, np.delete((readings[:, 1] - readings[:, 0]).mean(0), at)),
        )  # fmt: skip
        ci = bootstrap(lambda rows: float(rises[rows].mean()), len(rises), rng, lab.draws.bootstrap)
        verdict, why = Rule(holds=0.0).judge(value, nulls, ci)
        if verdict == "holds" and share < self._share:
            verdict = "partly"
        why += f"; it rises in {int((rises > 0).sum())} of {len(rises)} messages"
        findings = [
            Finding(
                self.name, "loving_rise", recipe, lab.block, value, ci, nulls, None, verdict, why, "loving_at_reply",
                "cosine, from the end of the message to A:",
            )
        ]  # fmt: skip
        if plain is not None:
            usual = plain[:, 1, at] - plain[:, 0, at]
            beyond = value - float(usual.mean())
            both = np.concatenate([rises, usual])
            orders = (rng.permutation(len(both)) for _ in range(lab.draws.permutation))
            drawn = np.array([both[o[: len(rises)]].mean() - both[o[len(rises) :]].mean() for o in orders])
            chance = (null_of("messages and requests exchanged", beyond, drawn),)
            verdict, why = Rule(holds=0.0).judge(beyond, chance)
            findings.append(
                Finding(
                    self.name, "loving_rise_beyond_requests", recipe, lab.block, beyond, None, chance, None, verdict,
                    f"{why}; before the reply to {len(usual)} matter-of-fact requests it rises by {usual.mean():.2f}", "", "cosine",
                )
            )  # fmt: skip
        return findings


def _both_places(lab: Lab, texts: Sequence[str], stage: str) -> NDArray[np.float32]:
    """Residuals at the end of each message and at the assistant colon, at the lab's block: (messages, 2, width)."""
    passages = [Passage(text.strip(), (end_of(text.strip()), COLON)) for text in texts]
    blocks = next(iter(lab.vectors.values())).blocks
    return phrase_states(lab, passages, stage)[:, :, blocks.index(lab.block)]
