"""The span map: which tokens belong to which turn, where the assistant colon is, and how bad chats are refused."""

from __future__ import annotations

import copy

import pytest

from emovec.errors import BadInput, NoChatTemplate
from emovec.planted import Planted
from emovec.subject import Subject, encode_chat, encode_plain_chat, encode_text

CHAT = [
    {"role": "system", "content": "filleraa fillerab"},
    {"role": "user", "content": "hintsadaa fillerac hintsadab"},
    {"role": "assistant", "content": "fillerac filleraa"},
    {"role": "user", "content": "fillerac"},
]


def test_turns_cover_exactly_their_content(planted: Planted) -> None:
    encoded = encode_chat(planted.subject, CHAT, reply=True)
    for message, turn in zip(CHAT, encoded.turns, strict=True):
        assert encoded.text[slice(*turn.chars)] == message["content"]
        words = [encoded.text[a:b] for a, b in encoded.offsets[slice(*turn.tokens)]]
        assert words == message["content"].split()
        assert turn.role == message["role"]


def test_the_colon_is_the_last_token_of_the_generation_prompt(planted: Planted) -> None:
    encoded = encode_chat(planted.subject, CHAT, reply=True)
    assert encoded.colon == len(encoded) - 1
    assert encoded.text[slice(*encoded.offsets[encoded.colon])] == "<assistant>"
    with pytest.raises(BadInput, match="without a generation prompt"):
        _ = encode_chat(planted.subject, CHAT).colon


def test_words_are_found_by_characters_in_the_right_turn(planted: Planted) -> None:
    encoded = encode_chat(planted.subject, CHAT)
    first, _ = encoded.find("fillerac", turn=1)
    later, _ = encoded.find("fillerac", turn=3)
    assert encoded.turns[1].tokens[0] < first < later
    assert encoded.find("fillerac", occurrence=2)[0] == later
    with pytest.raises(BadInput, match="does not occur"):
        encoded.find("fillerac", turn=3, occurrence=1)


def test_the_embedded_defaults_own_template(default_subject: Subject) -> None:
    chat = [{"role": "user", "content": "Name three fruits."}, {"role": "assistant", "content": "Figs, kiwis, limes."}]
    encoded = encode_chat(default_subject, chat)
    assert [encoded.text[slice(*t.chars)] for t in encoded.turns] == [m["content"] for m in chat]
    low, high = encoded.turns[1].tokens
    assert default_subject.tokenizer.decode(encoded.ids[low:high]).strip() == "Figs, kiwis, limes."
    assert encoded.text.startswith("<|im_start|>system")
    assert encode_chat(default_subject, chat[:1], reply=True).text.endswith("<|im_start|>assistant\n")


def test_the_plain_form_for_base_models(planted: Planted) -> None:
    encoded = encode_plain_chat(planted.subject, CHAT[1:2], reply=True)
    assert encoded.text == "Human: hintsadaa fillerac hintsadab\n\nAssistant:"
    assert encoded.colon == len(encoded) - 1


def test_no_template_is_an_error_with_a_remedy(planted: Planted) -> None:
    tokenizer = copy.deepcopy(planted.subject.tokenizer)
    tokenizer.chat_template = None
    bare = Subject(planted.subject.model, tokenizer, name="bare")
    with pytest.raises(NoChatTemplate, match="plain"):
        encode_chat(bare, CHAT)


@pytest.mark.parametrize(
    ("chat", "says"),
    [
        ([], "no messages"),
        ([{"role": "user"}], "message 1"),
        (["hi"], "message 1"),
        ([{"role": "user", "content": 3}], "message 1"),
    ],
)
def test_malformed_chats_are_refused(planted: Planted, chat, says) -> None:
    with pytest.raises(BadInput, match=says):
        encode_chat(planted.subject, chat)


def test_empty_text_is_refused(planted: Planted) -> None:
    with pytest.raises(BadInput, match="empty"):
        encode_text(planted.subject, "  \n")
