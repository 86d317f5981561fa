"""Only one text, in the form asked for, is taken from an answer."""

from __future__ import annotations

import pytest

from emovec.corpora.parsing import parse_hidden_turns, parse_messages, parse_text, parse_turns
from emovec.errors import BadInput

GOOD = "She shut the door. Nobody had come.\nIt was late."


@pytest.mark.parametrize("raw", [GOOD, f"  {GOOD}\n", f"<think>A sad one.\n# Plan</think>\n\n{GOOD}"])
def test_a_plain_text_is_taken(raw: str) -> None:
    assert parse_text(raw, one_paragraph=True) == "She shut the door. Nobody had come. It was late."
    assert parse_text(raw, one_paragraph=False) == GOOD


@pytest.mark.parametrize(
    "raw",
    [
        "Sorry, I can't come tonight.",
        "Of course, you were right.",
        "Here's the thing: I lost it.",
        "Dear Ada,\nit rains.\nYours, B.",
        "Note to self, buy salt - and 3 eggs.",
    ],
)
def test_a_message_that_looks_like_talk_to_the_reader_is_taken(raw: str) -> None:
    assert parse_text(raw, one_paragraph=False) == raw


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        ("<think>only a thought</think>", "empty"),
        (f"# The Door\n\n{GOOD}", "markup"),
        (f"**The Door**\n{GOOD}", "markup"),
        (f"1. {GOOD}\n2. {GOOD}", "markup"),
        (f"{GOOD}\n---\n{GOOD}", "markup"),
        (f"```\n{GOOD}\n```", "markup"),
        (f"Title: The Door\n{GOOD}", "heading"),
        (f"Story 1:\n{GOOD}", "heading"),
        (f"[The door]\n{GOOD}", "heading"),
        (f"Sure! Here is your scene:\n\n{GOOD}", "before the text"),
        (f"Here is a short scene of 130 words:\n{GOOD}", "before the text"),
        ("I'm sorry, but I can't assist with that.", "refusal"),
        (f"{GOOD}\n\nNote: I left the word out.", "after the text"),
        (f"{GOOD} (132 words)", "after the text"),
        ("She shut the door and", "broke off"),
    ],
)
def test_anything_around_the_text_is_refused(raw: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        parse_text(raw, one_paragraph=True)


def test_quotes_around_the_whole_are_taken_off_and_curly_ones_made_plain() -> None:
    assert parse_text("“It’s late. I waited.”", one_paragraph=True) == "It's late. I waited."
    assert parse_text('"Late," she said. "Go."', one_paragraph=True) == '"Late," she said. "Go."'


def test_turns_must_be_as_many_as_asked_for_and_alternate() -> None:
    found = parse_turns("A: One.\n\nB: Two.\n", 2)
    assert found == [{"speaker": "A", "text": "One."}, {"speaker": "B", "text": "Two."}]
    for raw in ("A: One.", "B: One.\nA: Two.", "A: One.\nA: Two.", "A: One.\nB: Two.\nA: Three."):
        with pytest.raises(BadInput, match="not 2 by A and B in turn"):
            parse_turns(raw, 2)
    for raw in ("Dialogue\nA: One.\nB: Two.", "A: One.\nB: Two.\n(They leave.)"):
        with pytest.raises(BadInput, match="did not begin with"):
            parse_turns(raw, 2)


def test_a_hidden_dialogue_needs_its_preamble() -> None:
    preamble, turns = parse_hidden_turns("P: A is sad.\nA: One.\nB: Two.", 2)
    assert preamble == "A is sad."
    assert len(turns) == 2
    with pytest.raises(BadInput, match='"P: "'):
        parse_hidden_turns("A: One.\nB: Two.", 2)


def test_messages_must_come_in_the_order_asked_for() -> None:
    raw = "[system]\nBe terse.\n[user]\nWhat is 2+2?\n[assistant]\n4\n"
    assert [m["role"] for m in parse_messages(raw, 1, agent=False)] == ["system", "user", "assistant"]
    agent = '[user]\nList.\n[assistant]\n{"tool": "ls"}\n[tool]\na b\n[assistant]\nTwo files.'
    assert len(parse_messages(agent, 1, agent=True)) == 4
    for bad, agentic in ((raw, True), (agent, False), ("Hello.\n" + raw, False), ("[user]\n\n[assistant]\n4", False)):
        with pytest.raises(BadInput):
            parse_messages(bad, 1, agent=agentic)
