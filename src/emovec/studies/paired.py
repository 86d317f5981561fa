"""Two subjects on the same prompts: readings of both, prompts resampled, subjects exchanged, and what other directions would show.

Means over prompts are weights (draws, groups, prompts) times readings (prompts, ...), so that a bootstrap, an exchange of the subjects and
a relabelling of the prompts are all the same product with other weights.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.stats import covariance_factor, random_directions, rng_for, unit
from emovec.studies.lab import Draws
from emovec.vectors import EmotionVectors

__all__ = ["FORMS", "GROUPS", "RANDOM", "TURNED", "Contrast", "Pair", "Weights", "contrasts_of", "family_p"]

Array = NDArray[np.float64]
#: A chat in the subject's own template, or as plain ``Human:``/``Assistant:`` text.
FORMS = ("template", "plain")
#: Kinds of prompt, and both with equal weight.
GROUPS = ("neutral", "challenging", "both")
RANDOM = "random directions (covariance at A:)"
TURNED = "the set of vectors, turned at random"


@dataclass(frozen=True)
class Contrast:
    """Two sets of readings to be told apart: (subject, form) before and after, and what differs between them."""

    name: str
    before: tuple[str, str]
    after: tuple[str, str]
    says: str


def contrasts_of(form: str, sides: Container[tuple[str, str]]) -> tuple[Contrast, ...]:
    """What can be compared of the (subject, form) that there are, the base read in ``form``; in the first only training differs."""
    other = FORMS[1 - FORMS.index(form)]
    found = [Contrast("training", ("base", form), ("chat", form), f"the same text to both ({form} form)")]
    if ("chat", other) in sides:
        if form == "plain":
            found.append(
                Contrast("as used", ("base", form), ("chat", other), "base in the plain form, chat in its template")
            )
        elif ("base", other) in sides:
            found.append(
                Contrast("training, plain", ("base", other), ("chat", other), "the same text to both (plain form)")
            )
        found.append(
            Contrast("form", ("chat", "plain"), ("chat", "template"), "the chat model: template against plain form")
        )
    return tuple(found)


@dataclass(frozen=True)
class Pair:
    """The bench of a study of two subjects: what both have at A: on the same prompts, and one set of vectors to read it with.

    Attributes:
        kinds: (prompts,) ``neutral`` or ``challenging``.
        states: (subject, form) -> residuals at A:, (prompts, blocks, width); the subjects are ``base`` and ``chat``. A subject
            without a chat template has none in that form.
        blocks: of ``states``; all of them are blocks of the vectors.
        form: in which the base is read.
        vectors: recipe -> artifact; the first headlines.
        block: the picked block.
    """

    kinds: NDArray[np.str_]
    states: Mapping[tuple[str, str], NDArray[np.float32]]
    blocks: tuple[int, ...]
    form: str
    vectors: Mapping[str, EmotionVectors]
    block: int
    seed: int = 0
    draws: Draws = field(default_factory=Draws)

    def __post_init__(self) -> None:
        for subject in ("base", "chat"):
            if (subject, self.form) not in self.states:
                raise BadInput(
                    f"the {subject} model has no chat template, so the two cannot both be read in the form {self.form!r}; "
                    "read the base in the plain form (--base-form plain)"
                )
        counts = {kind: int((self.kinds == kind).sum()) for kind in GROUPS[:2]}
        if min(counts.values()) < 2:
            raise BadInput(f"two prompts of each kind are needed; there are {counts}")

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """What can be compared; the first is the one that claims are judged on, because only training differs in it."""
        return contrasts_of(self.form, self.states)

    def rng(self, *names: str) -> np.random.Generator:
        """A generator for one purpose."""
        return rng_for(self.seed, *names)

    def offsets(self, side: tuple[str, str], vectors: EmotionVectors, block: int) -> Array:
        """Unit vectors from the vectors' centre to the states of one side at a block, (prompts, width): times filters they are cosines."""
        states = self.states[side][:, self.blocks.index(block)]
        return unit(states - vectors.centre[vectors.slot(block)].astype(np.float64))

    def readings(self, contrast: Contrast, vectors: EmotionVectors, block: int) -> tuple[Array, Array]:
        """Cosines before and after, both (prompts, emotions)."""
        filters = vectors.at("filters", block).T
        return tuple(self.offsets(side, vectors, block) @ filters for side in (contrast.before, contrast.after))  # type: ignore[return-value]

    def chance(
        self,
        contrast: Contrast,
        vectors: EmotionVectors,
        block: int,
        count: int,
        kinds: Sequence[str] = (RANDOM, TURNED),
    ) -> dict[str, Iterator[tuple[Array, Array]]]:
        """Cosines before and after with ``count`` sets of other directions, as many as emotions in each.

        Random directions have the covariance of the contrast's own states, each side centred (so that the shift itself is not in
        it). A set *turned at random* has in addition the vectors' likenesses to each other: the same mixtures of random directions
        as the vectors are of orthogonal ones. The draws are the same at every block.
        """
        before, after = (self.offsets(side, vectors, block) for side in (contrast.before, contrast.after))
        factor = covariance_factor(np.concatenate([before - before.mean(0), after - after.mean(0)]))
        mixture, scale, _ = np.linalg.svd(vectors.at("filters", block), full_matrices=False)

        def sets(name: str) -> Iterator[tuple[Array, Array]]:
            rng = self.rng("directions", contrast.name, vectors.name, name)
            for _ in range(count):
                drawn = random_directions(factor, len(scale) if name == TURNED else len(vectors.emotions), rng)
                chosen = unit((mixture * scale) @ drawn) if name == TURNED else drawn
                yield before @ chosen.T, after @ chosen.T

        return {name: sets(name) for name in kinds}


class Weights:
    """Weights of prompts in the mean of each group (:data:`GROUPS`): (draws, groups, prompts)."""

    def __init__(self, kinds: NDArray[np.str_]) -> None:
        """``kinds`` (prompts,)."""
        self.kinds = kinds
        self.rows = [np.flatnonzero(kinds == kind) for kind in GROUPS[:2]]

    def plain(self) -> Array:
        """The means themselves, one draw."""
        return self._of(np.ones((1, len(self.kinds))))

    def resampled(self, rng: np.random.Generator, draws: int) -> Array:
        """Prompts drawn anew with replacement within their kind."""
        counts = np.zeros((draws, len(self.kinds)))
        for rows in self.rows:
            counts[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), draws)
        return self._of(counts)

    def exchanged(self, rng: np.random.Generator, draws: int) -> Array:
        """For differences: the two subjects exchanged at random, prompt by prompt (the sign of every difference is tossed)."""
        return self._of(rng.choice((-1.0, 1.0), (draws, len(self.kinds))))

    def relabelled(self, rng: np.random.Generator, draws: int) -> Array:
        """The kinds of the prompts permuted."""
        return np.concatenate([Weights(rng.permutation(self.kinds)).plain() for _ in range(draws)])

    def _of(self, counts: Array) -> Array:
        out = np.zeros((len(counts), len(GROUPS), len(self.kinds)))
        for group, rows in enumerate(self.rows):
            out[:, group, rows] = counts[:, rows] / len(rows)
        out[:, -1] = out[:, :-1].mean(1)
        return out


def family_p(weights: Array, exchanged: Array, differences: Array) -> tuple[Array, Array]:
    """Two-sided p of each mean difference under exchanged subjects: alone, and against the largest of all emotions.

    Args:
        weights: (1, groups, prompts) and ``exchanged`` (draws, groups, prompts), from :class:`Weights`.
        differences: (prompts, emotions).

    Returns:
        p and family-wise p (single-step max-t), both (groups, emotions).
    """
    square = np.einsum("gp,pe->ge", weights[0] ** 2, differences**2)
    share = (weights[0] ** 2).sum(-1)[:, None]

    def score(means: Array) -> Array:
        spread = square - means**2 * share
        # A mean far beyond its spread (all differences alike) scores high but finite; no difference at all scores 0.
        return np.asarray(np.abs(means) / np.sqrt(np.maximum(spread, 1e-12 * square) + 1e-300))

    observed = score((weights @ differences)[0])
    above, above_all = np.zeros_like(observed), np.zeros_like(observed)
    for draw in exchanged:
        drawn = score(draw @ differences)
        above += drawn >= observed - 1e-12
        above_all += drawn.max(-1, keepdims=True) >= observed - 1e-12
    return (above + 1) / (len(exchanged) + 1), (above_all + 1) / (len(exchanged) + 1)
