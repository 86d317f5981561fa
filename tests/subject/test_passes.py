"""Harvest is right: padding, batching, early stop and block numbering change nothing, on six architectures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emovec.errors import BadInput
from emovec.subject import Subject, encode_text
from emovec.subject.passes import batches_of, forward_tokens, generate, harvest
from emovec.subject.rows import choice_logprobs

TEXTS = [
    "fillerab filleraa topicaaxaa hintsadaa fillerac fillerad filleraf",
    "hinthappyaa fillerab",
    "filleraa fillerab fillerac fillerad filleraf fillerag filleraa fillerab fillerac fillerad hintangryab",
    "topicabxab topicabxaa hintcalmaa",
]
TOLERANCE = {"rtol": 2e-5, "atol": 2e-5}


def pools_of(encoded):
    return [[(0, len(e)), (len(e) // 2, len(e)), (len(e) - 1, len(e))] for e in encoded]


def test_batch_equals_single_and_left_equals_right_padding(tiny: Subject) -> None:
    encoded = [encode_text(tiny, t) for t in TEXTS]
    together = harvest(tiny, encoded, pools_of(encoded), range(4))
    left = harvest(tiny, encoded, pools_of(encoded), range(4), side="left")
    alone = np.concatenate([harvest(tiny, [e], pools_of([e]), range(4)).means for e in encoded])
    np.testing.assert_allclose(together.means, alone, **TOLERANCE)
    np.testing.assert_allclose(left.means, together.means, **TOLERANCE)
    np.testing.assert_allclose(left.mean_norms, together.mean_norms, rtol=1e-5)


def test_early_stop_equals_full_pass_and_blocks_are_hidden_states(tiny: Subject) -> None:
    encoded = [encode_text(tiny, TEXTS[2])]
    stopped = harvest(tiny, encoded, pools_of(encoded), [1]).means[0, :, 0]
    full = harvest(tiny, encoded, pools_of(encoded), [1, 3]).means[0, :, 0]
    np.testing.assert_allclose(stopped, full, **TOLERANCE)
    ids = torch.tensor([encoded[0].ids])
    with torch.no_grad():
        states = tiny.model(input_ids=ids, output_hidden_states=True).hidden_states
    tokens = forward_tokens(tiny, encoded[0], range(4))
    for block in range(3):  # the last hidden state has gone through the final norm, the block's output has not
        np.testing.assert_allclose(tokens[:, block], states[block + 1][0].numpy(), **TOLERANCE)
    normed = tiny.anatomy.final_norm(torch.tensor(tokens[:, 3]))
    np.testing.assert_allclose(normed.detach().numpy(), states[4][0].numpy(), rtol=1e-4, atol=1e-4)


def test_final_norm_gain_and_unembedding_make_the_logits(tiny: Subject) -> None:
    encoded = encode_text(tiny, TEXTS[0])
    with torch.no_grad():
        normed = tiny.anatomy.final_norm(torch.tensor(forward_tokens(tiny, encoded, [3])[:, 0]))
        logits = normed @ tiny.anatomy.unembedding_matrix().T
        wanted = tiny.model(input_ids=torch.tensor([encoded.ids])).logits[0]
        x = torch.randn(1, 1, tiny.width)
        moved = tiny.anatomy.final_norm(x + 1e-3 * torch.eye(tiny.width)[0]) - tiny.anatomy.final_norm(x)
    np.testing.assert_allclose(logits.numpy(), wanted.numpy(), rtol=1e-3, atol=1e-3)
    assert torch.sign(moved[0, 0, 0]) == torch.sign(tiny.anatomy.final_norm_gain()[0])


def test_score_of_a_batch_equals_one_by_one(tiny: Subject) -> None:
    encoded = [encode_text(tiny, t) for t in TEXTS]
    together = choice_logprobs(tiny, encoded, [5, 9, 11])
    alone = np.concatenate([choice_logprobs(tiny, [e], [5, 9, 11]) for e in encoded])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-4)
    assert (np.exp(together).sum(1) <= 1 + 1e-9).all()


def test_generation_of_a_batch_equals_one_by_one(tiny: Subject) -> None:
    encoded = [encode_text(tiny, t) for t in TEXTS[:2]]
    assert generate(tiny, encoded, max_new_tokens=5) == [generate(tiny, [e], max_new_tokens=5)[0] for e in encoded]


def test_batches_respect_the_budget_and_cover_every_row_once(tiny: Subject) -> None:
    encoded = [encode_text(tiny, t) for t in TEXTS * 3]
    batches = list(batches_of(tiny, encoded, budget=20))
    assert sorted(r for b in batches for r in b.rows) == list(range(len(encoded)))
    assert all(b.ids.numel() <= 20 or len(b.rows) == 1 for b in batches)


def test_memory_running_out_halves_the_batch(tiny: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = [encode_text(tiny, t) for t in TEXTS]
    wanted = harvest(tiny, encoded, pools_of(encoded), [2])
    forward = tiny.anatomy.decoder.forward

    def greedy(*args, **kwargs):
        if len(kwargs["input_ids"]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(*args, **kwargs)

    monkeypatch.setattr(tiny.anatomy.decoder, "forward", greedy)
    monkeypatch.setitem(tiny.__dict__, "takes_positions", "position_ids" in forward.__code__.co_varnames)
    got = harvest(tiny, encoded, pools_of(encoded), [2])
    np.testing.assert_allclose(got.means, wanted.means, **TOLERANCE)


@pytest.mark.parametrize(
    ("pool", "blocks", "says"),
    [((3, 3), [0], "empty"), ((0, 99), [0], "reaches beyond"), ((0, 2), [7], "block 7"), ((0, 2), [], "no block")],
)
def test_bad_requests_are_refused(tiny: Subject, pool, blocks, says) -> None:
    with pytest.raises(BadInput, match=says):
        harvest(tiny, [encode_text(tiny, TEXTS[0])], [[pool]], blocks)
