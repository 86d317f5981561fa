"""What a writer is asked: one prompt per text, and the request to write again what could not be used.

A change here changes the hash that every written line carries, and a folder written with older prompts is written anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from emovec.lexicon import emotion

__all__ = [
    "hidden_prompt",
    "implicit_prompt",
    "neutral_prompt",
    "never",
    "piece_prompt",
    "rewrite_prompt",
    "speakers_prompt",
    "story_prompt",
]

_ONLY = (
    "Answer with the text alone: no title, no heading, no note before or after it, no lists, no bold or other markup, "
    "plain quotation marks."
)

_REGISTERS = {
    "assistant_message": "a message that somebody types to an AI assistant, asking or telling something",
    "friend_message": "a message to a friend, a relative or a group chat, colloquial and in the middle of things",
    "diary": "a fragment of a diary or of a private letter",
    "memory": "a situation that somebody remembers, told plainly in the first person",
}

_CONDITIONS = {
    "expressed": "A lets that feeling show in what they say, without ever naming it.",
    "hidden": "A hides it and puts on being {other} instead: A's words show {other} convincingly ({gloss}).",
    "neutral_topic": "But the two talk of a neutral matter that has nothing to do with it, and A's words stay "
    "matter-of-fact.",
    "story_of_other": "But A does not show it; A tells B a story about a character who is {other} ({gloss}), and "
    "that shows.",
    "discussing_other": "But A does not show it; A and B discuss a third person who is {other} ({gloss}).",
}


def never(words: Sequence[str]) -> str:
    """The words that a text about these emotions must not use, each once."""
    banned = [w for word in words for w in (*emotion(word).forms, *emotion(word).synonyms)]
    return ", ".join(dict.fromkeys(banned))


def _feels(word: str) -> str:
    return f'"{word}" ({emotion(word).gloss})'


def _rules(words: Sequence[str]) -> str:
    return (
        f"Never use any of these words, in any sense: {never(words)}. A careful reader must be sure of the feeling "
        "from what happens and from what is done, said and thought. No stock gestures (pounding hearts, clenched jaws, "
        "held breath, tears)."
    )


def story_prompt(word: str, topic: str, person: str, hints: str) -> str:
    """A scene of 110 to 170 words."""
    voice = 'the first person ("I")' if person == "first" else 'the third person (no "I" outside quoted speech)'
    return (
        f"Write one short scene of fiction, 120 to 150 words in a single paragraph, told in {voice}. The main person "
        f"feels {_feels(word)} from the first sentence to the last; it is the one dominant feeling.\n"
        f"Topic: {topic}.\nIngredients to use as far as they fit: {hints}.\n{_rules([word])}\n{_ONLY}"
    )


def piece_prompt(word: str, topic: str, register: str, hints: str) -> str:
    """A short piece of 20 to 70 words in one of the four registers."""
    return (
        f"Write {_REGISTERS[register]}, 35 to 55 words. Whoever writes it feels {_feels(word)} throughout.\n"
        f"Topic: {topic}.\nThe writer: {hints}.\n{_rules([word])}\n{_ONLY}"
    )


def implicit_prompt(word: str, topic: str, hints: str) -> str:
    """A user's message whose situation brings about an emotion."""
    return (
        "Write a message of 30 to 60 words in which somebody tells an AI assistant of their situation, perhaps with a "
        f"request. In that situation anybody would feel {_feels(word)}, and so does the writer.\n"
        f"Topic: {topic}.\nThe writer: {hints}.\n{_rules([word])}\n{_ONLY}"
    )


def neutral_prompt(kind: str, subject: str, exchanges: int, system: bool) -> str:
    """A matter-of-fact dialogue or agent transcript."""
    if kind == "agent":
        shape = (
            "a transcript of an AI agent at work: [system] (its job and its tools), [user] (the task), then "
            f"{exchanges} times a tool call by [assistant] as one line of JSON and its result under [tool], and last "
            "a plain outcome by [assistant]"
        )
    else:
        start = "one [system] message, then " if system else ""
        shape = f"a dialogue of a user and an AI assistant: {start}{exchanges} times [user] and [assistant] in turn"
    return (
        f"Write {shape}. Kind: {kind}. Subject: {subject}. 80 to 300 words in all. Real content, correct, terse and "
        "matter-of-fact; no feeling at all: no greetings, thanks, praise, apologies, worry or enthusiasm, and no "
        "exclamation marks.\nBegin each message with its role in brackets on a line of its own, and write nothing "
        "before the first or after the last message."
    )


def _turns(count: int) -> str:
    return (
        f"Write exactly {count} turns of 12 to 45 words, one line each, by A and B in turn; A begins. Each line starts "
        'with "A: " or "B: ". Nothing else: no title, no narration, no stage directions, no markup.'
    )


def speakers_prompt(first: str, second: str, topic: str, setting: str, turns: int) -> str:
    """A dialogue in which A and B each feel an emotion that neither names."""
    who = "A, a human, and B, an AI assistant" if setting == "human-assistant" else "two people, A and B"
    return (
        f"Write a dialogue between {who}. A feels {_feels(first)} and B feels {_feels(second)}, both throughout and "
        f"each for reasons of their own.\nTopic: {topic}.\nNever use any of these words: {never([first, second])}.\n"
        f"{_turns(turns)}"
    )


def hidden_prompt(condition: str, felt: str, other: str | None, topic: str, turns: int) -> str:
    """A preamble that says what A feels, and turns in which it shows or does not, by condition."""
    gloss = emotion(other).gloss if other else ""
    rule = _CONDITIONS[condition].format(other=other, gloss=gloss)
    words = [felt, other] if other else [felt]
    return (
        f"Write a dialogue between A and B. A feels {_feels(felt)}. {rule}\nTopic: {topic}.\n"
        'The first line starts with "P: " and says in one or two sentences, in the third person, what the situation '
        f"is and what A feels. In the turns none of these words may stand: {never(words)}.\n{_turns(turns)}"
    )


def rewrite_prompt(prompt: str, earlier: str, fault: str) -> str:
    """The same task again, with what was wrong with the last answer."""
    return f"{prompt}\n\nThis is an earlier answer:\n\n{earlier.strip()}\n\nIt cannot be used: {fault}. Write it again."
