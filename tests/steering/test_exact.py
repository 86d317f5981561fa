"""Steering is exact, on six architectures: the right change at the right tokens, whatever the padding, the batch, the cache or the decoding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emovec.errors import BadInput, ForeignSubject, UnknownEmotion
from emovec.planted import Planted
from emovec.steering import Levers, plan, steer
from emovec.subject import Encoded, Subject, encode_chat
from emovec.subject.decode import decode
from emovec.subject.passes import batches_of, forward_tokens
from emovec.subject.rows import Prefilled, choice_logprobs, reply_logprobs

CLOSE = {"rtol": 2e-4, "atol": 2e-4}
#: Of numbers of about 10 in float32.
ROUNDING = 2e-5
CHOICES = [5, 9, 11, 40]
#: One spec per place, mode and number of blocks.
SPECS = (
    "calm:0.4 @assistant",
    "desperate:0.5 - calm:0.3",
    "happy:0.6 @generated #0,2",
    "ablate calm + angry:0.5 @from:2",
    "clamp at ease:0.5 @user ; afraid:0.4 @from:-1 #3",
)


def hooks_on(subject: Subject) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in subject.model.modules())


def test_strength_0_is_the_identity(tiny: Subject, levers: Levers, prompts: list[Encoded]) -> None:
    before = forward_tokens(tiny, prompts[0], range(4))
    for spec in ("calm:0", "calm:0 - happy:0 @assistant #0,1,2,3", None, {}, "calm:0.5 @generated"):
        with steer(tiny, levers, spec, prompts=prompts[0]):
            np.testing.assert_array_equal(forward_tokens(tiny, prompts[0], range(4)), before)


def test_the_residual_changes_by_exactly_the_vector_at_exactly_the_positions(
    tiny: Subject, levers: Levers, prompts: list[Encoded]
) -> None:
    prompt = prompts[0]
    before = forward_tokens(tiny, prompt, range(4))
    wanted = levers.norms[2] * (
        0.25 * levers.units[levers.index("calm"), 2] - 0.5 * levers.units[levers.index("happy"), 2]
    )
    spans = {
        "": range(len(prompt)),
        "@tokens:3:6": range(3, 6),
        "@from:12": range(12, len(prompt)),
        "@user": range(*prompt.turns[0].tokens),
    }
    for where, covered in spans.items():
        with steer(tiny, levers, f"calm:0.25 - happy:0.5 {where} #2", prompts=prompt):
            after = forward_tokens(tiny, prompt, range(4))
        change = np.zeros((len(prompt), tiny.width))
        change[list(covered)] = wanted
        np.testing.assert_array_equal(after[:, :2], before[:, :2])
        np.testing.assert_allclose(after[:, 2] - before[:, 2], change, atol=ROUNDING)
        np.testing.assert_allclose(after[: covered[0], 3], before[: covered[0], 3], atol=ROUNDING)  # nothing leaks back
        assert not np.allclose(after[covered[-1], 3], before[covered[-1], 3])
    np.testing.assert_array_equal(forward_tokens(tiny, prompt, range(4)), before)


def projection(levers: Levers, name: str, residual: np.ndarray, block: int = 1) -> np.ndarray:
    return residual @ levers.units[levers.index(name), block]


def test_ablation_leaves_no_projection_and_clamping_sets_it(
    tiny: Subject, levers: Levers, prompts: list[Encoded]
) -> None:
    prompt = prompts[0]
    before = forward_tokens(tiny, prompt, [1])[:, 0]
    with steer(tiny, levers, "ablate calm @from:4", prompts=prompt):
        after = forward_tokens(tiny, prompt, [1])[:, 0]
    np.testing.assert_allclose(projection(levers, "calm", after[4:]), 0, atol=ROUNDING)
    np.testing.assert_array_equal(after[:4], before[:4])
    # The smallest change that does it: nothing moves across the direction.
    unit = levers.units[levers.index("calm"), 1]
    moved = after - before
    np.testing.assert_allclose(moved - np.outer(moved @ unit, unit), 0, atol=ROUNDING)
    with steer(tiny, levers, "clamp calm:-0.75", prompts=prompt):
        np.testing.assert_allclose(
            projection(levers, "calm", forward_tokens(tiny, prompt, [1])[:, 0]), -0.75 * levers.norms[1], atol=ROUNDING
        )
    # Several at once hold at once, though the directions are not orthogonal, and also against what is added, in any order; where only
    # one of them applies, only that one is set.
    for spec in (
        "ablate calm + clamp happy:0.5 + angry:0.8 ; ablate afraid @from:4",
        "ablate afraid @from:4 ; angry:0.8 + clamp happy:0.5 + ablate calm",
    ):
        with steer(tiny, levers, spec, prompts=prompt):
            after = forward_tokens(tiny, prompt, [1])[:, 0]
        np.testing.assert_allclose(projection(levers, "calm", after), 0, atol=ROUNDING)
        np.testing.assert_allclose(projection(levers, "happy", after), 0.5 * levers.norms[1], atol=ROUNDING)
        np.testing.assert_allclose(projection(levers, "afraid", after[4:]), 0, atol=ROUNDING)
        assert np.abs(projection(levers, "afraid", after[:4])).min() > 1e-3


def step_logits(subject: Subject, ids: list[int], cached: bool, chunk: int) -> np.ndarray:
    """Logits after every token from the ``chunk``-th on, through the cache or by reading everything again."""
    out, cache = [], None
    with torch.no_grad():
        for stop in range(chunk, len(ids) + 1):
            if cached:
                start = 0 if cache is None else stop - 1
                got = subject.model(
                    input_ids=torch.tensor([ids[start:stop]]), attention_mask=torch.ones(1, stop, dtype=torch.long), past_key_values=cache, use_cache=True
                )  # fmt: skip
                cache = got.past_key_values
            else:
                got = subject.model(input_ids=torch.tensor([ids[:stop]]), use_cache=False)
            out.append(got.logits[0, -1].numpy())
    return np.stack(out)


@pytest.mark.parametrize("spec", SPECS)
def test_cached_decoding_equals_uncached(tiny: Subject, levers: Levers, prompts: list[Encoded], spec: str) -> None:
    prompt = prompts[2]
    ids = [*prompt.ids, 7, 9, 11, 13, 15, 17]
    plain = step_logits(tiny, ids, False, len(prompt))
    with steer(tiny, levers, spec, prompts=prompt):
        whole = step_logits(tiny, ids, False, len(prompt))
        for chunk in (2, len(prompt)):  # the prompt in pieces, and at once
            cached = step_logits(tiny, ids, True, chunk)[len(prompt) - chunk :]
            np.testing.assert_allclose(cached, whole, **CLOSE)
    assert np.abs(whole - plain)[-1].max() > 1e-2
    first_differs = np.abs(whole - plain)[0].max() > 1e-3
    assert first_differs == ("@generated" not in spec)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_batch_of_different_rows_equals_the_rows_alone(
    tiny: Subject, levers: Levers, prompts: list[Encoded], side: str
) -> None:
    rows = [(prompt, spec) for prompt in prompts for spec in SPECS]
    alone = []
    for prompt, spec in rows:
        with steer(tiny, levers, spec, prompts=prompt):
            alone.append(forward_tokens(tiny, prompt, [3])[:, 0])
    got: dict[int, np.ndarray] = {}
    for batch in batches_of(tiny, [p for p, _ in rows], 10_000, side=side):
        positions = (batch.mask.cumsum(-1) - 1).clamp(min=0)
        picked = [rows[r] for r in batch.rows]
        with torch.no_grad(), steer(tiny, levers, [s for _, s in picked], prompts=[p for p, _ in picked]):
            states = residuals(tiny, input_ids=batch.ids, attention_mask=batch.mask, position_ids=positions)
        for i, row in enumerate(batch.rows):
            got[row] = states[i][batch.mask[i].bool()].numpy()
    assert len(got) == len(rows)
    for r, wanted in enumerate(alone):
        np.testing.assert_allclose(got[r], wanted, **CLOSE)


def residuals(subject: Subject, **arguments: torch.Tensor) -> torch.Tensor:
    from emovec.subject.taps import capture

    found: list[torch.Tensor] = []
    with capture(subject.anatomy, [3], lambda _block, residual: found.append(residual)):
        subject.model(**arguments, use_cache=False)
    return found[0]


def test_scores_of_a_batch_with_a_shared_start_equal_the_rows_alone(
    tiny: Subject, levers: Levers, prompts: list[Encoded]
) -> None:
    rows = [(prompt, spec) for prompt in prompts for spec in (*SPECS, *SPECS[:1], None)]
    made = plan(tiny, levers, [s for _, s in rows], [p for p, _ in rows])
    together = choice_logprobs(tiny, [p for p, _ in rows], CHOICES, around=made.over, free=made.free)
    late = [
        i for i, (_, s) in enumerate(rows) if s in (None, SPECS[0], SPECS[2])
    ]  # all of these share the prompt's start
    sharing = plan(tiny, levers, [rows[i][1] for i in late], [rows[i][0] for i in late])
    shared = choice_logprobs(tiny, [rows[i][0] for i in late], CHOICES, around=sharing.over, free=sharing.free)
    for i, (prompt, spec) in enumerate(rows):
        with torch.no_grad(), steer(tiny, levers, spec, prompts=prompt):
            logits = tiny.model(input_ids=torch.tensor([prompt.ids]), use_cache=False).logits[0, -1]
        wanted = torch.log_softmax(logits.double(), -1)[CHOICES].numpy()
        np.testing.assert_allclose(together[i], wanted, **CLOSE)
        if i in late:
            np.testing.assert_allclose(shared[late.index(i)], wanted, **CLOSE)


@pytest.mark.parametrize("where", ["@assistant", "@generated", "@all"])
def test_rows_of_one_prompt_split_off_at_the_block_equal_the_rows_alone(
    tiny: Subject, levers: Levers, prompts: list[Encoded], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed: list[tuple[int, ...]] = []
    feed = Prefilled.feed
    monkeypatch.setattr(
        Prefilled, "feed", lambda self, s, ids, *a: fed.append(tuple(ids.shape)) or feed(self, s, ids, *a)
    )
    specs = [f"{name}:{dose} {where}" for name in ("afraid", "calm", "happy") for dose in (0, 0.3, -0.2)]
    rows = [(p, s) for p in prompts for s in specs]
    made = plan(tiny, levers, [s for _, s in rows], [p for p, _ in rows], 2)
    assert made.lowest == 2
    split = choice_logprobs(tiny, [p for p, _ in rows], CHOICES, around=made.over, free=made.free, lowest=made.lowest)
    if where == "@assistant":
        assert all(n == 1 for n, _ in fed)  # rows are split off within the pass
    for (prompt, spec), got in zip(rows, split, strict=True):
        alone = plan(tiny, levers, [spec], [prompt], 2)
        expected = choice_logprobs(tiny, [prompt], CHOICES, around=alone.over, free=alone.free)[0]
        np.testing.assert_allclose(got, expected, **CLOSE)
    assert hooks_on(tiny) == 0


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_replies_of_a_batch_equal_the_rows_alone(
    tiny: Subject, levers: Levers, prompts: list[Encoded], temperature: float
) -> None:
    rows = [(prompt, spec, seed) for seed, prompt in enumerate(prompts) for spec in (*SPECS, None)]
    options = {"max_new_tokens": 6, "temperature": temperature}
    made = plan(tiny, levers, [s for _, s, _ in rows], [p for p, _, _ in rows])
    texts, seeds = [p for p, _, _ in rows], [s for _, _, s in rows]
    together = decode(tiny, texts, seeds=seeds, around=made.over, free=made.free, **options)
    alone = decode(tiny, texts, seeds=seeds, around=made.over, free=made.free, most=1, **options)
    unshared = decode(tiny, texts, seeds=seeds, around=made.over, **options)
    assert together == alone == unshared
    assert len({r.ids for r in together[:6]}) > 2  # doses do differ
    scored = reply_logprobs(tiny, texts, [r.ids for r in together], around=made.over, free=made.free)
    for i in (0, 5, 17):
        with torch.no_grad(), steer(tiny, levers, rows[i][1], prompts=texts[i]):
            logits = tiny.model(input_ids=torch.tensor([[*texts[i].ids, *together[i].ids]]), use_cache=False).logits[0]
        each = torch.log_softmax(logits[len(texts[i]) - 1 : -1].double(), -1)
        np.testing.assert_allclose(scored[i], each[range(len(together[i].ids)), together[i].ids].numpy(), **CLOSE)


def generated(subject: Subject, prompts: list[Encoded], **how: object) -> list[list[int]]:
    """transformers' own ``generate`` on a left-padded batch: the new tokens of every sequence."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + list(p.ids) for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    torch.manual_seed(1)
    out = subject.model.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=6, min_new_tokens=6, pad_token_id=0, **how
    )
    return out[:, longest:].tolist()


@pytest.mark.parametrize("how", [{"num_beams": 3, "num_return_sequences": 2}, {}, {"use_cache": False}], ids=str)
def test_transformers_generate_with_beams_padding_and_no_cache(
    tiny: Subject, levers: Levers, prompts: list[Encoded], how: dict[str, object]
) -> None:
    specs = list(SPECS[: len(prompts)])
    with steer(tiny, levers, specs, prompts=prompts):
        together = generated(tiny, prompts, do_sample=False, **how)
    alone = []
    for prompt, spec in zip(prompts, specs, strict=True):
        with steer(tiny, levers, spec, prompts=prompt):
            alone += generated(tiny, [prompt], do_sample=False, **how)
    assert together == alone
    assert together != generated(tiny, prompts, do_sample=False, **how)
    if not how:
        made = plan(tiny, levers, specs, prompts)
        own = decode(tiny, prompts, max_new_tokens=6, around=made.over, free=made.free)
        assert all(tuple(t[: len(r.ids)]) == r.ids for t, r in zip(together, own, strict=True))


def test_several_samples_of_one_prompt_are_steered_alike(tiny: Subject, levers: Levers, prompts: list[Encoded]) -> None:
    how = {"do_sample": True, "temperature": 1e-5, "top_k": 0}  # so cold that all must agree
    with steer(tiny, levers, list(SPECS[:2]), prompts=prompts[:2]):
        together = generated(tiny, prompts[:2], num_return_sequences=3, **how)
    alone = []
    for prompt, spec in zip(prompts[:2], SPECS[:2], strict=True):
        with steer(tiny, levers, spec, prompts=prompt):
            alone += generated(tiny, [prompt], **how) * 3
    assert together == alone


def test_the_model_is_untouched_after_an_error(tiny: Subject, levers: Levers, prompts: list[Encoded]) -> None:
    found = hooks_on(tiny)
    before = forward_tokens(tiny, prompts[0], [3])
    with pytest.raises(ZeroDivisionError), steer(tiny, levers, SPECS[4], prompts=prompts[0]):
        raise ZeroDivisionError
    with (
        pytest.raises(BadInput, match="4 rows, but 3 are steered"),
        steer(tiny, levers, list(SPECS[:3]), prompts=prompts),
    ):
        tiny.model(input_ids=torch.ones(4, 5, dtype=torch.long))
    with pytest.raises(BadInput, match="block 9"), steer(tiny, levers, "calm:0.1 #9"):
        pass
    made = plan(tiny, levers, ["calm:1"] * 3, prompts)
    with pytest.raises(IndexError), made.over([7]):
        pass
    assert hooks_on(tiny) == found
    np.testing.assert_array_equal(forward_tokens(tiny, prompts[0], [3]), before)


def test_bad_requests_are_refused(tiny: Subject, levers: Levers, prompts: list[Encoded], planted: Planted) -> None:
    for spec, rows, says in (
        ("calm:1 @generated", None, "give the prompts"),
        (["calm:1", "calm:2"], prompts, "2 specs for 3 prompts"),
        ("calm:1 @tokens:3:2", None, "empty range"),
    ):
        with pytest.raises(BadInput, match=says), steer(tiny, levers, spec, prompts=rows):
            pass
    with pytest.raises(UnknownEmotion, match="did you mean calm"), steer(tiny, levers, "clam:1"):
        pass
    with pytest.raises(ForeignSubject, match="belong to"), steer(planted.subject, levers, "calm:1"):
        pass


def test_replies_end_where_they_should(tiny: Subject, levers: Levers, prompts: list[Encoded]) -> None:
    whole = decode(tiny, prompts, max_new_tokens=8)
    for reply in whole:
        assert reply.ended == (reply.ids[-1] == 2)
    words = whole[0].text.split()
    cut = decode(tiny, prompts[:1], max_new_tokens=8, stop=[words[2]])[0]
    assert cut.ended
    assert words[2] not in cut.text
    assert cut.ids == whole[0].ids[: len(cut.ids)]
    for bad, says in (
        ({"max_new_tokens": 0}, "at least 1"),
        ({"temperature": -1.0}, "at least 1 and 0"),
        ({"seeds": [1]}, "1 seeds for 3 prompts"),
        ({"free": [1]}, "1 free for 3 prompts"),
    ):
        with pytest.raises(BadInput, match=says):
            decode(tiny, prompts, **bad)


def test_the_assistants_turns_of_a_longer_chat(tiny: Subject, levers: Levers) -> None:
    chat = [
        {"role": "user", "content": "filleraa"},
        {"role": "assistant", "content": "fillerab fillerac"},
        {"role": "user", "content": "fillerad"},
    ]
    prompt = encode_chat(tiny, chat, reply=True)
    before = forward_tokens(tiny, prompt, [1])[:, 0]
    with steer(tiny, levers, "calm:1 @assistant", prompts=prompt):
        after = forward_tokens(tiny, prompt, [1])[:, 0]
    changed = set(np.flatnonzero(np.abs(after - before).max(1) > 1e-6))
    start, stop = prompt.turns[1].tokens
    assert changed == {start - 1, *range(start, stop), prompt.colon}
