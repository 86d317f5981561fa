"""One recipe's sets of vectors, and what may be said of how alike they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emovec.stats import Null, baseline_null, bootstrap, null_of
from emovec.studies.base import Finding, Rule
from emovec.studies.crossed import Crossed
from emovec.studies.lab import Lab
from emovec.studies.speakers.dialogues import SETS
from emovec.studies.speakers.sets import Estimator

__all__ = ["KINDS", "Comparisons", "Pairs"]

Array = NDArray[np.float64]
Pairs = Sequence[tuple[str, str]]

_HALVINGS = 20
_CHAT = tuple(f"chat: {name}" for name in SETS)
#: What is compared with what in the chat form.
KINDS: dict[str, Pairs] = {
    "present with present": ((_CHAT[0], _CHAT[1]),),
    "other with other": ((_CHAT[2], _CHAT[3]),),
    "present with other": tuple((a, b) for a in _CHAT[:2] for b in _CHAT[2:]),
    "present with story": (("chat: present", "story"),),
}


@dataclass(frozen=True)
class Comparisons:
    """Everything estimated of one recipe's sets.

    Attributes:
        whole: all sets from all dialogues, (sets, emotions, width).
        shuffled: see :meth:`Estimator.shuffled`.
        random: sets of random directions in the same coordinates.
        weak: set -> why nothing can be said of it: its split halves agree no better than those of shuffled labels.
    """

    lab: Lab
    recipe: str
    estimator: Estimator
    crossed: Crossed
    whole: Array
    shuffled: Array
    random: list[Array]
    weak: dict[str, str]
    rng: np.random.Generator

    @classmethod
    def of(cls, lab: Lab, recipe: str, estimator: Estimator) -> Comparisons:
        """Estimate it all."""
        rng = lab.rng("speakers", recipe)
        crossed = estimator.crossed(rng, _HALVINGS)
        shuffled = estimator.shuffled(rng, lab.draws.refit)
        size = len(estimator.sides.emotions)
        random = [estimator.space.compare(d[:size]) for d in lab.random_sets(rng, lab.draws.random)]
        weak = {}
        for i, name in enumerate(estimator.names[: shuffled.shape[1]]):
            own = float(np.trace(crossed.products[i, i]))
            p = null_of("", own, shuffled[:, i, i].sum(-1)).p
            if p >= 0.05 or own <= 0:
                weak[name] = f"no reliable vectors '{name}' came of the dialogues (split halves against shuffled labels: p = {p:.2g}), so there is nothing to compare"  # fmt: skip
        return cls(lab, recipe, estimator, crossed, estimator.whole(), shuffled, random, weak, rng)

    @property
    def size(self) -> int:
        """How many emotions."""
        return len(self.estimator.sides.emotions)

    def slot(self, name: str) -> int:
        """Position of a set."""
        return self.estimator.names.index(name)

    def lacking(self, pairs: Pairs) -> str:
        """Why these sets cannot be compared; "" if they can."""
        return next((self.weak[name] for pair in pairs for name in pair if name in self.weak), "")

    def finding(
        self,
        metric: str,
        value: float | None,
        judged: tuple[str, str],
        claim: str,
        unit: str,
        ci: tuple[float, float] | None = None,
        nulls: tuple[Null, ...] = (),
        paper: float | None = None,
    ) -> Finding:
        """A finding at the lab's block."""
        verdict, why = judged
        return Finding("speakers", metric, self.recipe, self.lab.block, value, ci, nulls, paper, verdict, why, claim, unit)  # type: ignore[arg-type]  # fmt: skip

    def over_emotions(self, statistic: Callable[[NDArray[np.intp]], float]) -> tuple[float, float]:
        """Interval over resampled emotions, which carry their own vectors' noise with them."""
        return bootstrap(statistic, self.size, self.rng, self.lab.draws.bootstrap)

    def agreement(self, metric: str, pairs: Pairs, rule: Rule, claim: str) -> Finding:
        """Noise-corrected cosine of like emotions between sets. Sets of one kind that are not there do not agree; between kinds nothing can be said."""
        unit = f"cosine of like emotions, noise-corrected, {self.size} emotions"
        if why := self.lacking(pairs):
            missing = "fails" if pairs in (KINDS["present with present"], KINDS["other with other"]) else "untested"
            return self.finding(metric, None, (missing, why), claim, unit)
        value = self.crossed.cosine(pairs)
        nulls = self._nulls(pairs, value)
        ci = self.over_emotions(lambda rows: self.crossed.cosine(pairs, rows))
        return self.finding(metric, value, rule.judge(value, nulls, ci), claim, unit, ci, nulls)

    def _nulls(self, pairs: Pairs, value: float) -> tuple[Null, ...]:
        slots = [(self.slot(a), self.slot(b), self.crossed.scale(a, b)) for a, b in pairs]
        permuted = self.crossed.permuted(pairs, self.rng, self.lab.draws.permutation)
        made = [null_of("permuted emotions of one set", value, permuted)]
        if all(max(i, j) < self.shuffled.shape[1] for i, j, _ in slots):
            draws = np.mean([self.shuffled[:, i, j].sum(-1) / scale for i, j, scale in slots], axis=0)
            made.append(null_of("shuffled emotion labels", value, draws))
        lengths = [np.sqrt(np.trace(self.crossed.products[i, i])) for i, _, _ in slots]
        random = [
            np.mean([(self.whole[i] * d).sum() / (n * np.linalg.norm(d)) for (i, _, _), n in zip(slots, lengths, strict=True)])
            for d in self.random
        ]  # fmt: skip
        made.append(null_of("random directions (activation covariance)", value, np.array(random)))
        return tuple(made)

    def apart(self, metric: str, rule: Rule, claim: str) -> Finding:
        """How far present- and other-speaker vectors of one emotion are from being the same: 1 - |cosine|, against sets of one kind."""
        pairs, alike = KINDS["present with other"], (*KINDS["present with present"], *KINDS["other with other"])
        unit = "1 - |cosine of like emotions|, noise-corrected: 1 is orthogonal"
        if why := self.lacking(pairs):
            return self.finding(metric, None, ("untested", why), claim, unit)

        def both(rows: NDArray[np.intp]) -> tuple[float, float]:
            return 1 - abs(self.crossed.cosine(pairs, rows)), 1 - abs(self.crossed.cosine(alike, rows))

        value = 1 - abs(self.crossed.cosine(pairs))
        draws = self.lab.draws.bootstrap
        null = baseline_null("sets of one kind (present with present, other with other)", value, both, self.size, self.rng, draws)  # fmt: skip
        ci = self.over_emotions(lambda rows: both(rows)[0])
        return self.finding(metric, value, rule.judge(value, [null], ci), claim, unit, ci, (null,))

    def same_structure(self, metric: str, rule: Rule, claim: str) -> Finding:
        """Do present- and other-speaker vectors have the same structure of cosines? Mantel test, one set from each half."""
        a, b = "chat: present", "chat: other"
        unit = f"correlation of the two {self.size} x {self.size} cosine matrices, noise-corrected"
        scale = self.crossed.structure_scale(a, b)
        why = self.lacking([(a, b)])
        if not why and not np.isfinite(scale):
            why = "one of the two sets has no structure that its own split halves share, so there is nothing to compare"
        if why:
            return self.finding(metric, None, ("untested", why), claim, unit)
        value = self.crossed.structure(a, b) / scale
        everyone = self.crossed.pairs_of(np.arange(self.size))
        permuted = [
            self.crossed.structure(a, b, (everyone, self.crossed.pairs_of(self.rng.permutation(self.size)))) / scale
            for _ in range(self.lab.draws.permutation)
        ]

        def resampled(rows: NDArray[np.intp]) -> float:
            picked = self.crossed.pairs_of(rows)
            return self.crossed.structure(a, b, (picked, picked)) / scale

        nulls = (null_of("permuted emotions of one set (Mantel)", value, np.array(permuted)),)
        ci = bootstrap(resampled, self.size, self.rng, self.lab.draws.bootstrap // 2)
        return self.finding(metric, value, rule.judge(value, nulls, ci), claim, unit, ci, nulls)

    def reliabilities(self) -> list[Finding]:
        """Split-half reliability of every kind of set in the chat form, with shuffled labels as null (they only inform)."""
        found = []
        for metric, names in (("present_reliability", _CHAT[:2]), ("other_reliability", _CHAT[2:])):
            slots = [self.slot(n) for n in names]
            value = float(np.mean([self.crossed.reliability(n) for n in names]))
            own = float(np.mean([np.trace(self.crossed.products[i, i]) for i in slots]))
            # Shuffled labels are compared by the halves' inner products, then put on the scale of the reliability.
            draws = np.mean([self.shuffled[:, i, i].sum(-1) for i in slots], axis=0) * (value / own if own > 0 else 0.0)
            nulls = (null_of("shuffled emotion labels", value, draws),)
            found.append(self.finding(metric, value, Rule(holds=0.5).judge(value, nulls), "", "split-half cosine, stepped up to all dialogues", None, nulls))  # fmt: skip
        return found
