"""Levers of the tiny subjects, and prompts for them."""

from __future__ import annotations

import numpy as np
import pytest

from emovec.stats import unit
from emovec.steering import Levers
from emovec.subject import Encoded, Subject, encode_chat

NAMES = ("afraid", "angry", "at ease", "calm", "desperate", "grief-stricken", "happy")
#: Longer than the sliding window of the tiny Gemma, and of different lengths.
TEXTS = (
    "filleraa fillerab fillerac hintsadaa fillerad filleraa fillerab fillerac fillerad filleraf fillerag topicaaxaa topicaaxab filleraf fillerae filleraa",
    "hintcalmaa fillerab",
    "topicabxab topicabxaa hintangryab fillerac fillerad",
)


@pytest.fixture(scope="session")
def levers(tiny: Subject) -> Levers:
    """Seven correlated directions at every block; a strength of 1 is a length of 10, far more than the tiny models' own residuals."""
    rng = np.random.default_rng(5)
    units = unit(rng.standard_normal((len(NAMES), 4, tiny.width)) + rng.standard_normal(tiny.width))
    return Levers(
        NAMES,
        ("emotion",) * len(NAMES),
        (0, 1, 2, 3),
        units,
        np.full(4, 10.0),
        1,
        tiny.fingerprint,
    )


@pytest.fixture(scope="session")
def prompts(tiny: Subject) -> list[Encoded]:
    """Chats that end with the assistant colon."""
    return [encode_chat(tiny, [{"role": "user", "content": text}], reply=True) for text in TEXTS]
