"""Does what is read before the reply predict what is read over the reply, and better than the user's last token does? (figure 11)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import load_scenarios
from emovec.stats import bootstrap, null_of, pearson, unit
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.implicit_scenarios import standardised
from emovec.studies.lab import Lab
from emovec.studies.ridge import explained, kernel_of, left_out
from emovec.studies.spans import COLON, Passage, pools_of
from emovec.studies.user_vs_assistant import centred_r, end_of, vary
from emovec.subject import Encoded, Subject, encode_chat, encode_plain_chat, prefilled
from emovec.subject.passes import forward_tokens, generate

__all__ = ["Asked", "PlannedEmotion", "greedy_replies"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: Reply tokens that are read, those of them that count as later ones, and how many are written (some are lost to line ends).
_READ, _LATER, _WRITTEN = 20, 10, 24
_FEWEST = 8
_RANDOM = "random directions (activation covariance)"
_SHOWN = ("happy", "inspired", "loving", "proud", "calm", "desperate", "angry", "guilty", "sad", "afraid", "nervous", "surprised")  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A user's message, and the kind of message that it is."""

    text: str
    kind: str


def greedy_replies(subject: Subject, prompts: Sequence[Encoded]) -> list[str]:
    """The subject's own replies, greedy; a base model's is cut where it begins the next turn."""
    replies = generate(subject, prompts, max_new_tokens=_WRITTEN)
    return replies if subject.has_template else [r.split("\nHuman:")[0].rstrip("\n") for r in replies]


def _shipped() -> list[Asked]:
    """Every fifth implicit scenario, every message of ``user_vs_assistant`` and every second neutral or challenging prompt."""
    return [
        *(Asked(c.text, "implied emotion") for c in load_scenarios("implicit")[::5]),
        *(Asked(c.text, "user against assistant") for c in load_scenarios("user_vs_assistant")),
        *(Asked(c.text, c.kind) for c in load_scenarios("prompts")[::2]),
    ]


@dataclass(frozen=True)
class _Read:
    """States of the chats with a long enough reply: at the user's last token and at A:, (chats, width); over the reply, (tokens, width) each."""

    asked: list[Asked]
    replies: list[str]
    lengths: Array
    user: NDArray[np.float32]
    colon: NDArray[np.float32]
    reply: list[NDArray[np.float32]]


@dataclass(frozen=True)
class _Units:
    """The same as unit vectors about a recipe's centre: place -> (chats, width); over a reply, means of unit vectors, so that products with directions are mean cosines."""

    places: dict[str, Array]

    @classmethod
    def of(cls, read: _Read, centre: Array) -> _Units:
        tokens = [unit(s - centre) for s in read.reply]
        later = [t[min(_LATER, len(t) // 2) :] for t in tokens]
        over = {"reply": np.stack([t.mean(0) for t in tokens]), "later": np.stack([t.mean(0) for t in later])}
        return cls({"user": unit(read.user - centre), "colon": unit(read.colon - centre), **over})

    def without(self, predictor: Array) -> _Units:
        """What a predictor (chats, chats) leaves of each."""
        return _Units({place: x - predictor @ x for place, x in self.places.items()})

    def at(self, place: str, directions: Array) -> Array:
        """Readings of directions (probes, width) at a place, (chats, probes)."""
        return np.asarray(self.places[place] @ directions.T)

    def r(self, directions: Array, place: str, over: str = "reply", rows: Index | slice = slice(None)) -> float:
        """Correlation of the readings at a place with those over the reply."""
        return centred_r(self.at(place, directions)[rows], self.at(over, directions)[rows])


class PlannedEmotion:
    """Before the reply against over the reply."""

    name = "planned_emotion"
    title = "Planned emotion: is the reply's emotion read before it begins?"
    question = "Does the reading at A: predict the mean reading over the reply that the model then writes, and better than the user's last token does?"
    paper_ref = "Figure 11"
    _predicts = Rule(holds=0.6, partly=0.3)
    _beyond = Rule(holds=0.3, partly=0.1)
    _better = Rule(holds=0.1)
    rule = (
        f"The subject answers every message itself, greedily; the first {_READ} tokens of its reply are read (replies under {_FEWEST} tokens are left out). Pearson r "
        "over all messages x emotions of the cosine at A: with the mean cosine over the reply, each probe centred over the messages; "
        f"{_predicts.says}. The same with all that the message's words (static embeddings), length, punctuation and kind predict regressed out of both, messages left "
        f"out in turn; {_beyond.says}. Difference of the first r and the r of the user's last punctuation mark, with its interval over messages; {_better.says}: among the nulls are "
        "random directions, for which A: is nearer to the reply, too."
    )

    def __init__(
        self, cases: Sequence[Asked] | None = None, reply: Callable[[Subject, Sequence[Encoded]], list[str]] = greedy_replies
    ) -> None:  # fmt: skip
        """``cases``: default: 112 shipped messages; ``reply``: writes the replies, each to go right after its prompt's last token."""
        self.cases, self.reply = cases, reply

    def run(self, lab: Lab) -> StudyResult:
        """Both correlations and their difference for every recipe; predictors, emotions, points and replies as tables."""
        read = self._read(lab, list(self.cases) if self.cases is not None else _shipped())
        if len(read.asked) < 10:
            why = f"only {len(read.asked)} replies of {_FEWEST} tokens or more"
            return StudyResult([f for recipe in lab.vectors for f in self._untested(lab, recipe, why)])
        findings: list[Finding] = []
        correlation: list[tuple[object, ...]] = []
        emotions: list[tuple[object, ...]] = []
        points: list[tuple[object, ...]] = []
        replies: list[tuple[object, ...]] = []
        shown = [e for e in _SHOWN if e in lab.emotions] or list(lab.emotions[:12])
        for recipe, vectors in lab.vectors.items():
            units = _Units.of(read, vectors.centre[vectors.slot(lab.block)].astype(np.float64))
            filters = vectors.at("filters", lab.block)
            if not (vary(units.at("colon", filters)) and vary(units.at("reply", filters))):
                findings += self._untested(lab, recipe, "the readings do not differ between the messages")
                continue
            findings += self._judge(lab, recipe, read, units, filters, correlation)
            user, colon, reply = (units.at(place, filters) for place in ("user", "colon", "reply"))
            by_emotion = pearson(colon.T, reply.T), pearson(user.T, reply.T)
            emotions += [
                (recipe, e, float(a), float(b)) for e, a, b in zip(lab.emotions, *map(np.atleast_1d, by_emotion), strict=True)
            ]  # fmt: skip
            for e in shown:
                at = vectors.index(e)
                points += [
                    (recipe, e, i + 1, a.kind, user[i, at], colon[i, at], reply[i, at])
                    for i, a in enumerate(read.asked)
                ]
            z = [standardised(y) for y in (colon, reply)]
            for i, one in enumerate(read.asked):
                top = [", ".join(lab.emotions[k] for k in np.argsort(-y[i], kind="stable")[:3]) for y in z]
                replies.append((recipe, i + 1, one.kind, one.text, read.replies[i], *top))
        tables = {
            "correlation": (correlation, ["recipe", "predictor", "r", "low", "high", "null_mean", "null_p95"]),
            "emotions": (emotions, ["recipe", "emotion", "r_colon", "r_user"]),
            "points": (points, ["recipe", "emotion", "number", "kind", "user", "colon", "reply"]),
            "replies": (replies, ["recipe", "number", "kind", "message", "reply", "top_at_colon", "top_in_reply"]),
        }
        return StudyResult(findings, {name: pd.DataFrame(rows, columns=head) for name, (rows, head) in tables.items()})

    def _untested(self, lab: Lab, recipe: str, why: str) -> list[Finding]:
        claims = {"colon_reply_r": "colon_predicts_reply", "colon_minus_user_r": "user_token_predicts_less"}
        return [Finding(self.name, m, recipe, lab.block, None, why=why, claim=c) for m, c in claims.items()]

    def _read(self, lab: Lab, asked: list[Asked]) -> _Read:
        subject = lab.subject
        encode = encode_chat if subject.has_template else encode_plain_chat
        prompts = [encode(subject, [{"role": "user", "content": a.text}], reply=True) for a in asked]
        with lab.progress.stage("planned emotion: replies", len(prompts), "replies") as advance:
            replies = self.reply(subject, prompts)
            advance(len(prompts))
        kept, user, colon, over = [], [], [], []
        with lab.progress.stage("planned emotion: reading", len(prompts), "chats") as advance:
            for i, (prompt, reply) in enumerate(zip(prompts, replies, strict=True)):
                chat = prefilled(subject, prompt, reply) if reply.strip() else prompt
                start, stop = prompt.colon + 1, min(len(chat), prompt.colon + 1 + _READ)
                advance(1)
                if stop - start < _FEWEST:
                    continue
                message = asked[i].text.strip()
                (_, last), _ = pools_of(prompt, Passage(message, (end_of(message), COLON)))
                states = forward_tokens(subject, chat, [lab.block])[:, 0]
                kept.append(i)
                user.append(states[last - 1])
                colon.append(states[prompt.colon])
                over.append(states[start:stop])
        lengths = np.log(np.array([len(prompts[i]) for i in kept], dtype=float))
        nothing = np.zeros((0, subject.width), dtype=np.float32)
        return _Read(
            [asked[i] for i in kept], [replies[i] for i in kept], lengths,
            np.stack(user) if kept else nothing, np.stack(colon) if kept else nothing, over,
        )  # fmt: skip

    def _judge(
        self, lab: Lab, recipe: str, read: _Read, units: _Units, filters: Array, table: list[tuple[object, ...]]
    ) -> list[Finding]:
        rng, n = lab.rng(self.name, recipe), len(read.asked)
        sets = {
            _RANDOM: lab.random_sets(rng, lab.draws.random // 2),
            "shuffled emotion labels": [d.filters for d in lab.shuffled(recipe)],
        }
        target, fold = units.at("reply", filters), rng.permutation(n) % 10
        kernels = {
            "words of the message": kernel_of(_words(lab, read)),
            "its length, punctuation and kind": kernel_of(_form(read)),
        }
        both = sum(kernels.values(), np.zeros((n, n)))
        predictor = left_out(both, fold, np.eye(n), explained(both, fold, target)[0])
        rest = units.without(predictor)
        findings: list[Finding] = []
        drawn: dict[str, dict[str, Array]] = {}
        for metric, says, taken, place, over, rule, claim, paper in (
            ("colon_reply_r", "before the reply (A:)", units, "colon", "reply", self._predicts, "colon_predicts_reply", 0.87),
            ("colon_reply_partial_r", "A:, beyond the message's words and form", rest, "colon", "reply", self._beyond, "colon_predicts_reply", None),
            ("colon_later_tokens_r", f"A:, reply from token {_LATER + 1} on", units, "colon", "later", self._predicts, "", None),
            ("user_reply_r", "user's last token", units, "user", "reply", self._predicts, "", 0.59),
        ):  # fmt: skip
            value = taken.r(filters, place, over)
            drawn[metric] = {name: np.array([taken.r(d, place, over) for d in many]) for name, many in sets.items()}
            one, other = taken.at(place, filters), taken.at(over, filters)
            permuted = [centred_r(one[rng.permutation(n)], other) for _ in range(lab.draws.permutation // 4)]
            nulls = (
                null_of("permuted messages", value, np.array(permuted)),
                *(null_of(name, value, draws) for name, draws in drawn[metric].items()),
            )
            ci = bootstrap(lambda rows, a=one, b=other: centred_r(a[rows], b[rows]), n, rng, lab.draws.bootstrap)  # type: ignore[misc]
            verdict, why = rule.judge(value, nulls, ci)
            findings.append(
                Finding(self.name, metric, recipe, lab.block, value, ci, nulls, paper, verdict, why, claim,
                        f"Pearson r, {n} messages x {len(filters)} emotions")
            )  # fmt: skip
            table.append(
                (recipe, says, value, *ci, drawn[metric][_RANDOM].mean(), np.percentile(drawn[metric][_RANDOM], 95))
            )
        found = {"colon": drawn["colon_reply_r"], "user": drawn["user_reply_r"]}
        findings.insert(1, self._difference(lab, recipe, units, filters, found, rng))
        for says, kernel in kernels.items():
            said = left_out(kernel, fold, target, explained(kernel, fold, target)[0])
            ci = bootstrap(lambda rows, s=said: centred_r(s[rows], target[rows]), n, rng, lab.draws.bootstrap // 2)  # type: ignore[misc]
            table.append((recipe, f"{says} (ridge)", centred_r(said, target), *ci, np.nan, np.nan))
        return findings

    def _difference(
        self, lab: Lab, recipe: str, units: _Units, filters: Array, drawn: dict[str, dict[str, Array]], rng: np.random.Generator
    ) -> Finding:  # fmt: skip
        colon, user, reply = (units.at(place, filters) for place in ("colon", "user", "reply"))

        def difference(a: Array, b: Array, rows: Index | slice = slice(None)) -> float:
            return centred_r(a[rows], reply[rows]) - centred_r(b[rows], reply[rows])

        n, value = len(reply), difference(colon, user)
        # The places differ in level and spread; once both are standardised, which is which can be exchanged message by message.
        ends, alike = (standardised(colon), standardised(user)), []
        for _ in range(lab.draws.permutation // 4):
            swap = rng.random(n)[:, None] < 0.5
            alike.append(difference(np.where(swap, ends[1], ends[0]), np.where(swap, ends[0], ends[1])))
        nulls = (
            null_of("A: and user's token exchanged within messages", difference(*ends), np.array(alike)),
            *(null_of(name, value, draws - drawn["user"][name]) for name, draws in drawn["colon"].items()),
        )
        ci = bootstrap(lambda rows: difference(colon, user, rows), n, rng, lab.draws.bootstrap)
        verdict, why = self._better.judge(value, nulls, ci)
        why += f" (A: {centred_r(colon, reply):.2f}, user's last token {centred_r(user, reply):.2f})"
        return Finding(
            self.name, "colon_minus_user_r", recipe, lab.block, value, ci, nulls, 0.28, verdict, why, "user_token_predicts_less",
            "difference of Pearson r",
        )  # fmt: skip


def _words(lab: Lab, read: _Read) -> Array:
    return lab.subject.mean_embeddings([a.text for a in read.asked])


def _form(read: _Read) -> Array:
    """(messages, features): log length, question and exclamation marks, kind."""
    kinds = sorted({a.kind for a in read.asked})
    marks = [[a.text.count("?"), a.text.count("!"), a.text.rstrip().endswith("?")] for a in read.asked]
    groups = [[a.kind == kind for kind in kinds] for a in read.asked]
    return np.column_stack([read.lengths, np.array(marks, dtype=float), np.array(groups, dtype=float)])
