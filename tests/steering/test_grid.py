"""Dose grids give what the doses give one by one; coherence is what it says; the window ends where the rule says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from emovec.errors import BadInput, UnknownEmotion
from emovec.planted import Planted
from emovec.steering import CoherenceRule, Levers, coherence, coherent_window, dose_choices, dose_grid, steer
from emovec.steering.coherence import distinct
from emovec.subject import Encoded, Subject, encode_chat
from emovec.subject.decode import Reply, decode
from emovec.subject.passes import generate
from emovec.vectors import EmotionVectors

STRENGTHS = (-0.4, 0.0, 0.4)


@pytest.mark.parametrize("where", ["@all", "@assistant", "@generated #0,2"])
def test_a_grid_equals_its_doses_one_by_one(tiny: Subject, levers: Levers, prompts: list[Encoded], where: str) -> None:
    names, prompts = ["calm", "desperate"], prompts[:2]
    table = dose_grid(tiny, levers, prompts, STRENGTHS, directions=names, where=where, max_new_tokens=4, measure=False)
    assert len(table) == len(names) * len(STRENGTHS) * len(prompts)
    for (direction, strength), part in table.groupby(["direction", "strength"]):
        for text, prompt in zip(part["text"], prompts, strict=True):
            with steer(tiny, levers, f"{direction}:{strength} {where}", prompts=prompt):
                assert [text] == generate(tiny, [prompt], max_new_tokens=4)
    choices = dose_choices(tiny, levers, prompts, ["filleraa", "fillerab"], STRENGTHS, directions=names, where=where)
    assert len(choices) == 2 * len(table)
    for (direction, strength), part in choices.groupby(["direction", "strength"]):
        for i, prompt in enumerate(prompts):
            with steer(tiny, levers, f"{direction}:{strength} {where}", prompts=prompt):
                logits = tiny.model(input_ids=torch.tensor([prompt.ids])).logits[0, -1].detach()
            wanted = torch.log_softmax(logits.double(), -1)[[7, 8]].numpy()
            np.testing.assert_allclose(part[part["prompt"] == i]["logprob"], wanted, rtol=2e-4, atol=2e-4)


def test_strength_0_is_run_once_and_samples_do_not_depend_on_the_grid(
    tiny: Subject, levers: Levers, prompts: list[Encoded]
) -> None:
    options = {"where": "@assistant", "seeds": (0, 1), "temperature": 1.0, "max_new_tokens": 4, "measure": False}
    levers = levers[["happy", "calm"]]
    table = dose_grid(tiny, levers, prompts, STRENGTHS, **options)
    zero = table[table["strength"] == 0]
    assert zero.groupby(["prompt", "seed"])["text"].nunique().max() == 1
    assert zero["text"].nunique() > 3  # seeds and prompts differ
    alone = dose_grid(tiny, levers, prompts[1:2], (0.4,), directions=["happy"], **options)
    same = table[(table["direction"] == "happy") & (table["strength"] == 0.4) & (table["prompt"] == 1)]
    assert list(alone["text"]) == list(same["text"])
    pd.testing.assert_frame_equal(table, dose_grid(tiny, levers, prompts, STRENGTHS, **options))


def test_the_planted_word_rises_with_the_dose_and_no_other(planted: Planted, planted_vectors: EmotionVectors) -> None:
    prompt = encode_chat(planted.subject, [{"role": "user", "content": "filleraa fillerab"}], reply=True)
    words = [word.replace(" ", "-") for word in planted.emotions]
    for where in ("@all", "@assistant"):
        table = dose_choices(planted.subject, planted_vectors, [prompt], words, (-0.5, 0.0, 0.5, 1.0), where=where)
        for direction, part in table.groupby("direction"):
            curve = part.pivot(index="strength", columns="choice", values="logprob")
            own = direction.replace(" ", "-")
            assert curve[own].is_monotonic_increasing
            assert curve.loc[1.0].idxmax() == own
            assert (curve.loc[1.0] - curve.loc[0.0]).idxmax() == own
    nothing = dose_choices(planted.subject, planted_vectors, [prompt], words, (0.0, 1.0), where="@generated")
    assert (
        nothing.groupby(["direction", "choice"])["logprob"].nunique().max() == 1
    )  # the next word is read off the prompt


def test_expressions_steer_the_planted_subject(planted: Planted, planted_vectors: EmotionVectors) -> None:
    prompt = encode_chat(planted.subject, [{"role": "user", "content": "filleraa fillerab"}], reply=True)
    for spec, first in (
        ("desperate:1 @assistant", "desperate"),
        ("calm:1 @assistant #1,5", "calm"),
        ("at ease:1.5 - calm:0.2", "at-ease"),
        ("clamp happy:1 @from:-1", "happy"),
    ):
        with steer(planted.subject, planted_vectors, spec, prompts=prompt):
            assert generate(planted.subject, [prompt], max_new_tokens=1) == [first]
    hint = encode_chat(planted.subject, [{"role": "user", "content": "filleraa"}], reply=True)
    with steer(planted.subject, planted_vectors, "happy:1 + ablate happy", prompts=hint):
        assert generate(planted.subject, [hint], max_new_tokens=1) != ["happy"]


def test_empty_grids_and_bad_choices_are_refused(tiny: Subject, levers: Levers, prompts: list[Encoded]) -> None:
    for options, says in (
        ({"strengths": ()}, "0 strengths"),
        ({"prompts": []}, "0 prompts"),
        ({"seeds": ()}, "0 seeds"),
        ({"where": "@usr"}, "no place is called 'usr'"),
        ({"where": "@user calm:1"}, "a place or block"),
    ):
        with pytest.raises(BadInput, match=says):
            dose_grid(tiny, levers, **{"prompts": prompts, "strengths": (0.1,), **options})
    with pytest.raises(UnknownEmotion):
        dose_grid(tiny, levers, prompts, (0.1,), directions=["clam"])
    with pytest.raises(BadInput, match="'filleraa fillerab' is 2 tokens"):
        dose_choices(tiny, levers, prompts, ["filleraa fillerab"], (0.1,))


def test_perplexity_is_the_unsteered_models(tiny: Subject, levers: Levers, prompts: list[Encoded]) -> None:
    with steer(tiny, levers, "calm:0.8"):
        replies = decode(tiny, prompts, max_new_tokens=7)
    for prompt, reply, got in zip(prompts, replies, coherence(tiny, prompts, replies), strict=True):
        with torch.no_grad():
            logits = tiny.model(input_ids=torch.tensor([[*prompt.ids, *reply.ids]]), use_cache=False).logits[0]
        each = torch.log_softmax(logits[len(prompt) - 1 : -1].double(), -1)[range(len(reply.ids)), list(reply.ids)]
        assert got.perplexity == pytest.approx(float(torch.exp(-each.mean())), rel=1e-4)
    doubled = coherence(tiny, prompts[:1] * 2, replies[:1] * 2)
    assert doubled[0] == doubled[1]


def test_repetition_and_distinct_grams() -> None:
    assert distinct([1, 2, 3, 4], 1) == 1.0
    assert distinct([1, 1, 1, 1], 1) == 0.25
    assert distinct([1, 2, 1, 2, 1], 2) == 0.5
    assert distinct([1], 2) == distinct([], 1) == 1.0
    assert Reply((1, 2, 1, 2, 1, 2, 1, 2), "", True).ids == (1, 2) * 4
    assert 1 - distinct([1, 2] * 4, 4) == pytest.approx(0.6)


def made_table() -> pd.DataFrame:
    rows = []
    for strength, perplexity, repetition in (
        (-0.4, 50.0, 0.0), (-0.2, 5.0, 0.0), (-0.1, 40.0, 0.0), (0.0, 4.0, 0.1), (0.1, 6.0, 0.2), (0.2, 11.0, 0.29), (0.4, 4.0, 0.9),
    ):  # fmt: skip
        for factor in (0.5, 2.0):  # geometric means are over prompts
            rows.append(("calm", "emotion", strength, perplexity * factor, repetition))
            rows.append(("happy", "emotion", strength, 4.0 * factor, 0.1))
    return pd.DataFrame(rows, columns=["direction", "kind", "strength", "perplexity", "repetition"])


def test_the_window_ends_at_the_first_dose_that_breaks_the_rule() -> None:
    window = coherent_window(made_table()).set_index("direction")
    assert tuple(window.loc["calm", ["low", "high", "low_open", "high_open"]]) == (0.0, 0.2, False, False)
    assert tuple(window.loc["happy", ["low", "high", "low_open", "high_open"]]) == (-0.4, 0.4, True, True)
    strict = coherent_window(made_table(), CoherenceRule(perplexity=1.6, repetition=0.0)).set_index("direction")
    assert strict.loc["calm", "high"] == 0.0
    assert "3 times" in CoherenceRule().says
    with pytest.raises(BadInput, match="add 0 to the strengths"):
        coherent_window(made_table().query("strength != 0"))
