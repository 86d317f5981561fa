"""From pooled activations to emotion effects, within-emotion scatter and neutral directions: the statistics of every recipe."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["ShrunkCovariance", "emotion_effects", "neutral_basis", "project_out"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]


def _one_hot(index: Index, size: int) -> Array:
    out = np.zeros((len(index), size))
    out[np.arange(len(index)), index] = 1.0
    return out


def emotion_effects(
    x: Array, emotion: Index, size: int, groups: Sequence[Index] = (), covariates: Array | None = None
) -> tuple[Array, Array, Array]:
    """Emotion effects of an additive model, by least squares.

    Without ``groups`` this is the plain difference of means: each emotion's mean minus the mean of those means. With groups
    (topic, register) or covariates (style) the effects are adjusted for them: text = mean + emotion + topic + register + style + residual.

    Args:
        x: (texts, width).
        emotion: (texts,) indices below ``size``.
        groups: index arrays, one per factor to adjust for.
        covariates: (texts, features) to adjust for, centred.

    Returns:
        effects (size, width), centred over emotions (zero rows for emotions without texts); residuals (texts, width); grand mean (width,).
    """
    design = [_one_hot(emotion, size)]
    for group in groups:
        _, compact = np.unique(group, return_inverse=True)
        if compact.max(initial=0) > 0:
            columns = _one_hot(compact, int(compact.max()) + 1)
            design.append(columns[:, 1:] - columns[:, :1])  # effects that sum to zero
    if covariates is not None:
        design.append(covariates)
    matrix = np.concatenate(design, axis=1)
    gram = matrix.T @ matrix
    coefficients = np.linalg.pinv(gram, hermitian=True) @ (matrix.T @ x)
    present = gram.diagonal()[:size] > 0
    raw = coefficients[:size]
    centre = raw[present].mean(0)
    effects = np.where(present[:, None], raw - centre, 0.0)
    return effects, x - matrix @ coefficients, centre


def neutral_basis(neutral: Array, variance: float = 0.5) -> Array:
    """The fewest top principal components of neutral activations that explain ``variance`` of theirs: (components, width)."""
    centred = neutral - neutral.mean(0)
    _, s, vt = np.linalg.svd(centred, full_matrices=False)
    share = np.cumsum(s**2) / np.sum(s**2)
    return vt[: int(np.searchsorted(share, variance)) + 1]


def project_out(x: Array, basis: Array) -> Array:
    """``x`` (..., width) without its part in the span of the orthonormal rows of ``basis``."""
    return x - (x @ basis.T) @ basis


class ShrunkCovariance:
    """Within-emotion covariance, shrunk towards a multiple of the identity by any amount without a new decomposition.

    Shrunk by ``amount``: ``S + amount * mean_variance * I``, scaled so that large amounts tend to the identity.
    """

    def __init__(self, residuals: Array, lost: int) -> None:
        """``residuals`` (texts, width) of the additive model; ``lost`` degrees of freedom that its fit used up."""
        self.degrees = max(len(residuals) - lost, 1)
        scatter = residuals.T @ residuals / self.degrees
        values, self.vectors = np.linalg.eigh(scatter)
        self.values = np.clip(values, 0.0, None)
        self.mean_variance = float(self.values.mean()) or 1.0

    def power(self, x: Array, amount: float, exponent: float) -> Array:
        """``x @ C**exponent`` for the shrunk covariance C in units of its mean variance (exponent -1: filter; -1/2: whitening).

        An infinite amount leaves ``x`` as it is: no whitening.
        """
        if np.isinf(amount):
            return x
        scaled = (self.values / self.mean_variance + amount) / (1 + amount)
        return np.asarray((x @ self.vectors) * scaled**exponent @ self.vectors.T)
