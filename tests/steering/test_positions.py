"""Places become absolute positions, and the taps know where every token stands, however it is fed."""

from __future__ import annotations

import pytest
import torch

from emovec.errors import BadInput
from emovec.planted import Planted
from emovec.steering.grammar import parse_where
from emovec.steering.positions import END, needs_prompt, ranges_of
from emovec.subject import Encoded, Subject, encode_chat, encode_text, prefilled
from emovec.subject.taps import edit

CHAT = [
    {"role": "system", "content": "filleraa"},
    {"role": "user", "content": "hintsadaa fillerac"},
    {"role": "assistant", "content": "fillerac filleraa"},
    {"role": "user", "content": "fillerac"},
]
# 0 <system> 1 aa 2 <end> 3 <user> 4 hint 5 ac 6 <end> 7 <assistant> 8 ac 9 aa 10 <end> 11 <user> 12 ac 13 <end> 14 <assistant>


@pytest.mark.parametrize(
    ("where", "ranges"),
    [
        ("", ((0, END),)),
        ("@all @user", ((0, END),)),
        ("@generated", ((15, END),)),
        ("@assistant", ((7, 10), (14, END))),
        ("@user", ((4, 6), (12, 13))),
        ("@system", ((1, 2),)),
        ("@tool", ()),
        ("@from:3", ((3, END),)),
        ("@from:-1", ((14, END),)),
        ("@tokens:2:4 @tokens:3:6 @tokens:8:9", ((2, 6), (8, 9))),
        ('@"fillerac"', ((5, 6), (8, 9), (12, 13))),
        ('@"fillerac <end>"', ((5, 7), (12, 14))),
        ('@generated @"hintsadaa"', ((4, 5), (15, END))),
    ],
)
def test_places_in_a_chat(planted: Planted, where: str, ranges: tuple[tuple[int, int], ...]) -> None:
    encoded = encode_chat(planted.subject, CHAT, reply=True)
    assert len(encoded) == 15
    assert ranges_of(parse_where(where)[0], encoded) == ranges


def test_characters_of_the_rendered_text(planted: Planted) -> None:
    encoded = encode_chat(planted.subject, CHAT)
    start = encoded.text.index("hintsadaa")
    assert ranges_of(parse_where(f"@chars:{start + 3}:{start + 12}")[0], encoded) == ((4, 6),)


def test_a_reply_is_steered_at_the_same_tokens_while_it_is_written_and_when_it_is_read_again(planted: Planted) -> None:
    asked = encode_chat(planted.subject, CHAT, reply=True)
    begun = prefilled(planted.subject, asked, "fillerad filleraa")
    place = parse_where("@assistant")[0]
    assert ranges_of(place, asked) == ((7, 10), (14, END))
    assert ranges_of(place, begun) == ((7, 10), (14, END))


def test_what_cannot_be_found_is_refused(planted: Planted) -> None:
    plain = encode_text(planted.subject, "filleraa fillerab")
    for where, prompt, says in (
        ("@assistant", plain, "plain text and has no assistant turns; use @generated"),
        ("@generated", None, "give the prompts"),
        ('@"nothing"', plain, "does not occur"),
        ("@from:-3", plain, "before the first of the prompt's 2 tokens"),
        ("@chars:90:95", plain, "no token covers"),
    ):
        with pytest.raises(BadInput, match=says):
            ranges_of(parse_where(where)[0], prompt)
    assert not needs_prompt(parse_where("@from:3 @tokens:1:2")[0])
    assert needs_prompt(parse_where("@from:3 @user")[0])


def seen(subject: Subject, **arguments: object) -> torch.Tensor:
    """The positions that a tap is told in one call of the model."""
    got: list[torch.Tensor] = []

    def note(residual: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        assert positions.shape == residual.shape[:2]
        got.append(positions)
        return residual

    with torch.no_grad(), edit(subject.anatomy, {2: note}):
        note_out = subject.model(**arguments)
    seen.cache = note_out.past_key_values  # type: ignore[attr-defined]
    return got[0]


def test_positions_are_absolute_under_padding_and_cache(tiny: Subject, prompts: list[Encoded]) -> None:
    ids = torch.tensor([[0, 0, 5, 6, 7], [8, 9, 10, 11, 12], [5, 6, 0, 0, 0]])
    mask = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    wanted = torch.tensor([[-1, -1, 0, 1, 2], [0, 1, 2, 3, 4], [0, 1, -1, -1, -1]])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    assert torch.equal(seen(tiny, input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False), wanted)
    # In chunks of 3, 1 and 1 tokens through the cache: the same positions.
    chunks, cache = [], None
    for start, stop in ((0, 3), (3, 4), (4, 5)):
        got = seen(
            tiny, input_ids=ids[:, start:stop], attention_mask=mask[:, :stop], position_ids=positions[:, start:stop],
            past_key_values=cache, use_cache=True,
        )  # fmt: skip
        cache = seen.cache  # type: ignore[attr-defined]
        chunks.append(got)
    assert torch.equal(torch.cat(chunks, 1), wanted)


def test_positions_without_a_mask_are_the_models_own(tiny: Subject) -> None:
    ids = torch.tensor([[5, 6, 7], [8, 9, 10]])
    assert torch.equal(seen(tiny, input_ids=ids, use_cache=True), torch.tensor([[0, 1, 2], [0, 1, 2]]))
    cache = seen.cache  # type: ignore[attr-defined]
    assert torch.equal(
        seen(tiny, input_ids=ids[:, :1], past_key_values=cache, use_cache=True), torch.tensor([[3], [3]])
    )
