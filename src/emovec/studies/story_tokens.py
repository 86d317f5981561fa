"""On a story of its emotion, is a vector high in some places or everywhere? (figures 40 to 51)

What is told apart is a rise of the whole story, which a mood laid over every token would give, and a rise of its peaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import Text
from emovec.corpora.blind import read_by_words, topic_folds
from emovec.stats import bootstrap, interval, null_of, pearson
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.studies.story_profile import PARTS, Fold, Story, folds_of, harvest, next_fold, positive_share, profile

__all__ = ["StoryTokens"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_FOLDS, _STORIES, _FLOOR = 5, 171, PARTS // 2
#: Tokens of a stretch whose reading is held against its words, tokens shown on either side of a peak, and peaks shown.
_STRETCH, _AROUND, _PEAKS = 12, 5, 3
_RANDOM, _OTHERS = "random directions (activation covariance)", "other emotions' vectors on the same stories"


def _peak(rises: Array) -> float:
    """Mean rise of the highest tenth: (stories, 10) -> a number."""
    return float(rises[:, -1].mean())


def _local(rises: Array) -> float:
    """Rise of the highest tenth minus that of the lower half."""
    return float((rises[:, -1] - rises[:, :_FLOOR].mean(1)).mean())


class StoryTokens:
    """Where in a story its vector is high."""

    name = "story_tokens"
    title = "Story tokens: high where the emotion shows, or everywhere?"
    question = "On a story of its emotion, is a vector raised where the emotion is expressed or inferred, and not at every token?"
    paper_ref = "Figures 40 to 51"
    _high = Rule(holds=0.15)
    _words = Rule(holds=0.1)
    _share, _least = 0.5, 0.2
    rule = (
        "One story an emotion, its topic left out of the vectors that read it; cosines standardised over the tokens of a fifth of the stories. A story's rise is its own vector's "
        "reading minus the same vector's on the other stories, tenth by tenth of the sorted tokens. Peaks: mean rise of the highest tenth, in standard deviations; "
        f"{_high.says}. Not everywhere: rise of the highest tenth minus mean rise of the lower half (0 for a mood laid over every token); holds if above every null "
        f"(p < 0.05) and at least {_share:.0%} of the peaks' rise; in part: above every null and at least {_least:.0%}. Where it shows: correlation, over stretches of {_STRETCH} tokens within the stories, of the "
        f"reading with what a bag of words says of the emotion there, trained on a fifth of the topics that the vectors are made without; {_words.says}."
    )

    def __init__(self, stories: int = _STORIES) -> None:
        """``stories``: how many at most; emotions take turns."""
        self.stories = stories

    def run(self, lab: Lab) -> StudyResult:
        """All three for every recipe; the profile, every story and the peaks with their tokens as tables."""
        texts = lab.corpus.of("story")
        untested: Callable[[str], StudyResult] = lambda why: StudyResult(
            [Finding(self.name, "peak_rise", r, lab.block, None, why=why, claim="story_tokens_local") for r in lab.vectors]
        )  # fmt: skip
        if len({t.topic for t in texts}) < _FOLDS:
            return untested(f"leaving topics out needs stories of {_FOLDS} topics")
        fold = dict(zip((t.topic for t in texts), topic_folds(texts, _FOLDS, lab.seed).tolist(), strict=True))
        stories = harvest(lab, texts, self.stories, lab.rng(self.name, "stories"))
        if len(stories) < 2 * _FOLDS:
            return untested(f"only {len(stories)} stories of {2 * PARTS} tokens or more")
        words = self._by_words(lab.corpus.texts, fold, stories)
        findings: list[Finding] = []
        tables: dict[str, list[tuple[object, ...]]] = {"profile": [], "emotions": [], "peaks": []}
        for recipe in lab.vectors:
            findings += self._judge(lab, recipe, folds_of(lab, recipe, stories, fold), tables)
            findings.append(self._follows(lab, recipe, folds_of(lab, recipe, stories, fold, spare=True), words))
        columns = {
            "profile": ["recipe", "what", "tenth", "rise", "low", "high"],
            "emotions": ["recipe", "emotion", "story", "peak_rise", "floor_rise", "top_tenth_share", "above_others_at_peaks"],
            "peaks": ["recipe", "emotion", "story", "rank", "before", "token", "after", "z", "place_among_emotions", "highest_emotion"],
        }  # fmt: skip
        return StudyResult(findings, {name: pd.DataFrame(rows, columns=columns[name]) for name, rows in tables.items()})

    def _by_words(self, texts: Sequence[Text], fold: dict[str, int], stories: list[Story]) -> dict[str, Array]:
        """What a bag of words says of a story's emotion, stretch by stretch: story -> (stretches,).

        It is trained on the texts of the next group of topics, and the vectors that it is held against are made without these: two readers trained
        on the same texts would agree in what those texts have by chance.
        """
        out: dict[str, Array] = {}
        for f in sorted(set(fold.values())):
            mine = [s for s in stories if fold[s.text.topic] == f]
            said = [[s.chars(a, b) for a, b in s.stretches(_STRETCH)] for s in mine]
            if not mine:
                continue
            known = [t for t in texts if fold.get(t.topic) == next_fold(fold, f)]
            scores, names = read_by_words(known, [stretch for one in said for stretch in one])
            parts = np.split(scores, np.cumsum([len(one) for one in said])[:-1])
            for story, part in zip(mine, parts, strict=True):
                if story.text.emotion in names:
                    out[story.text.id] = part[:, names.index(story.text.emotion)]
        return out

    def _judge(
        self, lab: Lab, recipe: str, folds: list[Fold], tables: dict[str, list[tuple[object, ...]]]
    ) -> list[Finding]:  # fmt: skip
        rng = lab.rng(self.name, recipe)
        z = [fold.z(fold.filters) for fold in folds]
        every = np.concatenate([fold.rises(mine) for fold, mine in zip(folds, z, strict=True)])
        emotion = np.concatenate([f.own for f in folds])
        row, number = np.arange(len(emotion)), len(emotion)
        own = every[row, :, emotion]
        draws = max(lab.draws.random // 4, 20)
        others = [every[row, :, _other(rng, emotion, len(lab.emotions))] for _ in range(lab.draws.permutation // 4)]
        chance = [self._random(lab, folds, rng) for _ in range(draws)]
        says = f"sd over tokens, {number} stories"
        findings = []
        for metric, statistic in (("peak_rise", _peak), ("peak_minus_floor_rise", _local)):
            value = statistic(own)
            nulls = (
                null_of(_OTHERS, value, np.array([statistic(d) for d in others])),
                null_of(_RANDOM, value, np.array([statistic(d) for d, _ in chance])),
            )
            ci = bootstrap(lambda rows, s=statistic: s(own[rows]), number, rng, lab.draws.bootstrap)  # type: ignore[misc]
            rule = self._high if statistic is _peak else Rule(holds=0.0)
            verdict, why = rule.judge(value, nulls, ci)
            if statistic is _local:
                why += f"; the highest tenth rises by {_peak(own):.2f}, the lower half by {_peak(own) - value:.2f}"
                if verdict == "holds" and value < self._share * _peak(own):
                    verdict = "partly" if value >= self._least * _peak(own) else "fails"
            findings.append(Finding(self.name, metric, recipe, lab.block, value, ci, nulls, None, verdict, why, "story_tokens_local", says))  # fmt: skip
        share = np.concatenate([
            [positive_share(r[:, [k]])[0] for r, k in zip(mine, f.own, strict=True)] for f, mine in zip(folds, z, strict=True)
        ])  # fmt: skip
        above = np.concatenate([_above_others(f, mine) for f, mine in zip(folds, z, strict=True)])
        findings += self._beside(lab, recipe, share, above, np.array([s for _, s in chance]), rng)
        resampled = [own[rng.integers(0, number, number)] for _ in range(lab.draws.bootstrap // 2)]
        for what, drawn in (("own vector", resampled), (_OTHERS, others), (_RANDOM, [d for d, _ in chance])):
            means = np.stack([d.mean(0) for d in drawn])
            level = own.mean(0) if drawn is resampled else means.mean(0)
            tables["profile"] += [(recipe, what, t + 1, level[t], *interval(means[:, t])) for t in range(PARTS)]
        stories = [s for f in folds for s in f.stories]
        for i, story in enumerate(stories):
            tables["emotions"].append((recipe, story.text.emotion, story.text.id, own[i, -1], own[i, :_FLOOR].mean(), share[i], above[i, -1]))  # fmt: skip
        for f, mine in zip(folds, z, strict=True):
            for story, readings, k in zip(f.stories, mine, f.own, strict=True):
                peaks = _peaks(story, readings, int(k), lab.emotions)
                tables["peaks"] += [(recipe, story.text.emotion, story.text.id, *peak) for peak in peaks]
        return findings

    def _random(self, lab: Lab, folds: list[Fold], rng: np.random.Generator) -> tuple[Array, float]:
        """A random direction for each story in the place of its emotion's: rises (stories, 10), and the mean share of the highest tenth."""
        probes = lab.random_sets(rng, 1)[0]
        rises, shares = [], []
        for fold in folds:
            z, row = fold.z(probes[fold.own]), np.arange(len(fold.own))
            rises.append(fold.rises(z)[row, :, row])
            shares += [float(positive_share(r[:, [i]])[0]) for i, r in enumerate(z)]
        return np.concatenate(rises), float(np.mean(shares))

    def _follows(
        self, lab: Lab, recipe: str, folds: list[Fold], words: dict[str, Array]
    ) -> Finding:  # fmt: skip
        """Stretch by stretch: is the own vector high where the words are typical of the emotion?"""
        rng, z = lab.rng(self.name, "words", recipe), [fold.z(fold.filters) for fold in folds]
        there = [
            (s, r, u, k)
            for f, mine in zip(folds, z, strict=True)
            for s, r, u, k in zip(f.stories, mine, f.units, f.own.tolist(), strict=True)
            if s.text.id in words
        ]
        said = [words[s.text.id] - words[s.text.id].mean() for s, _, _, _ in there]
        means = [_centred(np.stack([r[a:b].mean(0) for a, b in s.stretches(_STRETCH)])) for s, r, _, _ in there]
        at = np.array([k for _, _, _, k in there], dtype=np.intp)

        def r_of(readings: Sequence[Array], rows: Index | None = None) -> float:
            rows = np.arange(len(there)) if rows is None else rows
            return float(pearson(np.concatenate([readings[i] for i in rows]), np.concatenate([said[i] for i in rows])))

        own = [m[:, k] for m, k in zip(means, at, strict=True)]
        value = r_of(own)
        turned: Callable[[], list[Array]] = lambda: [np.roll(x, rng.integers(1, len(x))) for x in own]
        random = []
        for _ in range(max(lab.draws.random // 4, 20)):
            probes = lab.random_sets(rng, 1)[0]
            readings = [u @ probes[k] for _, _, u, k in there]
            random.append(
                r_of([_centred(np.array([y[a:b].mean() for a, b in s.stretches(_STRETCH)])) for (s, _, _, _), y in zip(there, readings, strict=True)])
            )  # fmt: skip
        nulls = (
            null_of("stretches of a story shifted in a circle", value, np.array([r_of(turned()) for _ in range(lab.draws.permutation // 2)])),
            null_of(_OTHERS, value, np.array([
                r_of([m[:, k] for m, k in zip(means, _other(rng, at, len(lab.emotions)), strict=True)]) for _ in range(lab.draws.permutation // 4)
            ])),
            null_of(_RANDOM, value, np.array(random)),
        )  # fmt: skip
        ci = bootstrap(lambda rows: r_of(own, rows), len(there), rng, lab.draws.bootstrap // 2)
        verdict, why = self._words.judge(value, nulls, ci)
        return Finding(
            self.name, "follows_words_r", recipe, lab.block, value, ci, nulls, None, verdict, why, "story_tokens_local",
            f"Pearson r within stories, {sum(map(len, own))} stretches",
        )  # fmt: skip

    def _beside(
        self, lab: Lab, recipe: str, share: Array, above: Array, at_random: Array, rng: np.random.Generator
    ) -> list[Finding]:
        """How uneven the reading is; and the own vector's place among all, at each one's peaks."""
        value, number = float(share.mean()), len(share)
        nulls = (null_of(_RANDOM, value, at_random),)
        verdict, why = Rule(holds=0.0).judge(value, nulls)
        why += "; a normal variable of mean 0 gives 0.44, an even reading 0.10"
        ci = bootstrap(lambda rows: float(share[rows].mean()), number, rng, lab.draws.bootstrap)
        uneven = Finding(self.name, "top_tenth_share", recipe, lab.block, value, ci, nulls, None, verdict, why, "", "share of the positive reading")  # fmt: skip
        value = float(above[:, -1].mean())
        ci = bootstrap(lambda rows: float(above[rows, -1].mean()), number, rng, lab.draws.bootstrap)
        drawn = np.array([rng.random(number).mean() for _ in range(lab.draws.permutation)])
        nulls = (null_of("own emotion at a random place among all", value, drawn),)
        verdict, why = Rule(holds=0.6, partly=0.5).judge(value, nulls, ci)
        why += f"; over the lower half of the tokens it is {above[:, 0].mean():.2f}"
        return [
            uneven,
            Finding(self.name, "above_others_at_peaks", recipe, lab.block, value, ci, nulls, None, verdict, why, "", "share of the other emotions"),
        ]  # fmt: skip


def _centred(x: Array) -> Array:
    return np.asarray(x - x.mean(0))


def _above_others(fold: Fold, z: list[Array]) -> Array:
    """Share of the other emotions whose reading is below the story's own, (stories, 2): over each one's lower half of tokens, and over its highest tenth."""
    out = np.zeros((len(z), 2))
    for i, (readings, k) in enumerate(zip(z, fold.own, strict=True)):
        tenths = profile(readings)
        for place, level in enumerate((tenths[:_FLOOR].mean(0), tenths[-1])):
            out[i, place] = (np.delete(level, k) < level[k]).mean()
    return out


def _other(rng: np.random.Generator, own: Index, count: int) -> Index:
    """For each story another emotion than its own."""
    return np.asarray((own + rng.integers(1, count, len(own))) % count, dtype=np.intp)


def _peaks(story: Story, z: Array, own: int, emotions: Sequence[str]) -> list[tuple[object, ...]]:
    """The highest tokens, at least a stretch apart, with what stands around them, and where the own emotion stands among all there."""
    rows: list[tuple[object, ...]] = []
    taken: list[int] = []
    for at in np.argsort(-z[:, own], kind="stable").tolist():
        if any(abs(at - t) < _STRETCH for t in taken):
            continue
        taken.append(at)
        around = (
            story.chars(max(0, at - _AROUND), at),
            story.chars(at, at + 1),
            story.chars(at + 1, min(len(z), at + 1 + _AROUND)),
        )
        place = int((z[at] > z[at, own]).sum()) + 1
        rows.append((len(rows) + 1, *around, float(z[at, own]), place, emotions[int(z[at].argmax())]))
        if len(rows) == _PEAKS:
            break
    return rows
