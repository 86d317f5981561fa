"""Taps leave the model as found, add exactly what they say, and end passes where they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emovec.errors import BadInput
from emovec.subject import Subject, encode_text
from emovec.subject.passes import forward_tokens
from emovec.subject.taps import added, capture, stopped_after

TEXT = "fillerab filleraa topicaaxaa hintsadaa fillerac"


def hooks_on(subject: Subject) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in subject.model.modules())


def test_the_residual_changes_by_exactly_the_vector(tiny: Subject) -> None:
    encoded = encode_text(tiny, TEXT)
    vector = np.linspace(-1, 1, tiny.width).astype(np.float32)
    before = forward_tokens(tiny, encoded, range(4))
    with added(tiny.anatomy, {2: vector}):
        after = forward_tokens(tiny, encoded, range(4))
    np.testing.assert_array_equal(after[:, :2], before[:, :2])
    np.testing.assert_allclose(after[:, 2] - before[:, 2], np.tile(vector, (len(encoded), 1)), atol=1e-5)
    assert not np.allclose(after[:, 3], before[:, 3])
    np.testing.assert_array_equal(forward_tokens(tiny, encoded, range(4)), before)


def test_adding_nothing_is_the_identity(tiny: Subject) -> None:
    encoded = encode_text(tiny, TEXT)
    before = forward_tokens(tiny, encoded, [3])
    with added(tiny.anatomy, {1: np.zeros(tiny.width)}):
        np.testing.assert_array_equal(forward_tokens(tiny, encoded, [3]), before)


def test_the_model_is_left_as_found_after_an_error(tiny: Subject) -> None:
    found = hooks_on(tiny)  # transformers keeps hooks of its own

    def fail(block: int, residual: torch.Tensor) -> None:
        raise RuntimeError("reader failed")

    with pytest.raises(RuntimeError, match="reader failed"), capture(tiny.anatomy, [0], fail):
        tiny.model(input_ids=torch.tensor([[5, 6]]))
    with (
        pytest.raises(ZeroDivisionError),
        stopped_after(tiny.anatomy, 1),
        added(tiny.anatomy, {0: np.ones(tiny.width)}),
    ):
        raise ZeroDivisionError
    assert hooks_on(tiny) == found


def test_a_block_that_does_not_exist_is_refused(tiny: Subject) -> None:
    found = hooks_on(tiny)
    with (
        pytest.raises(BadInput, match="block 4 does not exist; this model has blocks 0 to 3"),
        capture(tiny.anatomy, [4], print),
    ):
        pass
    assert hooks_on(tiny) == found
