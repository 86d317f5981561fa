"""The model's own ratings of the emotion words, against people's (the 1-7 ratings beside figures 7 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.lexicon import norm
from emovec.stats import baseline_null, bootstrap, null_of, pearson
from emovec.steering.grid import choice_tokens
from emovec.studies.base import Finding, Rule, StudyResult
from emovec.studies.lab import Lab
from emovec.subject import Subject, encode_chat, encode_plain_chat, prefilled
from emovec.subject.rows import choice_logprobs

__all__ = ["OwnRatings", "rate"]

Array = NDArray[np.float64]
#: scale -> (its low end, its high end, human norm, the paper's r)
SCALES: Final = {
    "valence": ("very unpleasant", "very pleasant", "rm77_pleasure", 0.92),
    "arousal": ("very calm", "very excited", "rm77_arousal", 0.90),
}
_STEPS = 7


def rate(subject: Subject, words: Sequence[str], scale: str, *, turned: bool) -> Array:
    """Expected rating of each word from 1 to 7, from the probabilities of the seven digits: (words,).

    Args:
        turned: the high end stands at 1; the rating is turned back, so 7 is always the high end.

    Raises:
        BadInput: if a digit is more than one token.
    """
    low, high, _, _ = SCALES[scale]
    first, last = (high, low) if turned else (low, high)
    encode = encode_chat if subject.has_template else encode_plain_chat
    prompts = []
    for word in words:
        asked = f'How does it feel to be "{word}"? Rate the feeling from (1), {first}, to ({_STEPS}), {last}. Answer with one number in brackets.'
        encoded = encode(subject, [{"role": "user", "content": asked}], reply=True)
        prompts.append(prefilled(subject, encoded, "(" if subject.has_template else " ("))
    digits = np.arange(1, _STEPS + 1)
    share = np.exp(choice_logprobs(subject, prompts, choice_tokens(subject, [str(d) for d in digits])))
    expected = share @ digits / share.sum(1)
    return np.asarray(_STEPS + 1 - expected if turned else expected)


class OwnRatings:
    """Correlation of the model's ratings with Russell and Mehrabian's."""

    name = "own_ratings"
    title = "Own ratings: does the model rate the words as people do?"
    question = "Asked how pleasant and how excited each emotion feels, does the model answer as people did?"
    paper_ref = "Figures 7, 8"
    _rule = Rule(holds=0.7, partly=0.4)
    rule = (
        "Rated from 1 to 7 by the expected digit, with the scale running both ways and the two averaged, so a liking for one digit counts for nothing. "
        f"Pearson r over the 45 words that Russell & Mehrabian (1977) rated; {_rule.says}. Nulls: permuted human ratings, and the same words' ratings on the other "
        "scale (over resampled words)."
    )

    def run(self, lab: Lab) -> StudyResult:
        """Both scales, without any vectors."""
        human = {scale: norm(SCALES[scale][2]).aligned(lab.emotions) for scale in SCALES}
        at = human["valence"][0]
        words = [lab.emotions[i] for i in at]
        if len(words) < 5:
            return StudyResult([])
        try:
            rated = {
                (scale, turned): rate(lab.subject, words, scale, turned=turned)
                for scale in SCALES
                for turned in (False, True)
            }
        except BadInput as error:
            return StudyResult([self._untested(lab, scale, str(error)) for scale in SCALES])
        own = {scale: (rated[scale, False] + rated[scale, True]) / 2 for scale in SCALES}
        findings = [self._finding(lab, scale, own, human[scale][1], rated) for scale in SCALES]
        table = pd.DataFrame(
            {
                "emotion": np.tile(words, len(SCALES)),
                "scale": np.repeat(list(SCALES), len(words)),
                "people": np.concatenate([human[scale][1] for scale in SCALES]),
                "model": np.concatenate([own[scale] for scale in SCALES]),
            }
        )
        return StudyResult(findings, {"ratings": table})

    def _untested(self, lab: Lab, scale: str, why: str) -> Finding:
        return Finding(self.name, f"{scale}_r", "", -1, None, why=why, claim=f"own_ratings_{scale}")

    def _finding(
        self, lab: Lab, scale: str, own: dict[str, Array], people: Array, rated: dict[tuple[str, bool], Array]
    ) -> Finding:
        mine, other = own[scale], own["arousal" if scale == "valence" else "valence"]
        if min(mine.std(), other.std()) < 1e-9:
            return self._untested(lab, scale, "every word gets the same rating")
        rng = lab.rng(self.name, scale)

        value = float(pearson(mine, people))
        permuted = [float(pearson(mine, rng.permutation(people))) for _ in range(lab.draws.permutation)]

        def both(rows: NDArray[np.intp]) -> tuple[float, float]:
            return float(pearson(mine[rows], people[rows])), abs(float(pearson(other[rows], people[rows])))

        nulls = (
            null_of("permuted human ratings", value, np.array(permuted)),
            baseline_null("ratings on the other scale", value, both, len(people), rng, lab.draws.bootstrap // 2),
        )
        ci = bootstrap(lambda rows: float(pearson(mine[rows], people[rows])), len(people), rng, lab.draws.bootstrap)
        verdict, why = self._rule.judge(value, nulls, ci)
        both_ways = float(pearson(rated[scale, False], rated[scale, True]))
        return Finding(
            self.name, f"{scale}_r", "", -1, value, ci, nulls, SCALES[scale][3], verdict,
            f"{why}; the scale turned round, the same words are rated alike to r = {both_ways:.2f}",
            f"own_ratings_{scale}", f"Pearson r, {len(people)} words",
        )  # fmt: skip
