"""What is to be written: emotions x topics x n, dealt so that topics are spread evenly over emotions and quadrants."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from emovec.corpora import prompts
from emovec.corpora.check import LENGTHS
from emovec.corpora.corpus import shipped_folder
from emovec.corpora.fields import string
from emovec.corpora.ingredients import (
    ERAS,
    HIDDEN_EMOTIONS,
    IMPLICIT_EMOTIONS,
    NEUTRAL_KINDS,
    PLACES,
    SPEAKER_EMOTIONS,
    SUBJECTS,
    TRADES,
)
from emovec.corpora.schema import REGISTERS, read_jsonl
from emovec.corpora.sets import CONDITIONS
from emovec.errors import BadInput
from emovec.lexicon import emotion, words

__all__ = ["DEFAULT_AMOUNTS", "FILES", "Task", "load_topics", "plan_tasks"]

#: Set -> how much of it a whole corpus has: stories, pieces and implicit scenarios per emotion, hidden dialogues per
#: emotion and
#: condition, neutral and speaker dialogues in all.
DEFAULT_AMOUNTS: dict[str, int] = {
    "stories": 10, "pieces": 16, "neutral": 260, "speakers": 480, "hidden": 10, "implicit": 10,
}  # fmt: skip

#: Set -> its file.
FILES: dict[str, str] = {
    "stories": "stories.jsonl",
    "pieces": "pieces.jsonl",
    "neutral": "neutral.jsonl",
    "speakers": "speakers.jsonl",
    "hidden": "hidden.jsonl",
    "implicit": "scenarios/implicit.jsonl",
}

_LETTER = {"assistant_message": "a", "friend_message": "f", "diary": "d", "memory": "m"}


@dataclass(frozen=True)
class Task:
    """One text to be written.

    Attributes:
        id: of the task and of the line.
        set: one of :data:`FILES`.
        fields: what the line holds beside its text.
        prompt: what the writer is asked.
        named: emotions that the text must not name.
        length: fewest and most words, if there is a limit.
        count: turns or exchanges that the answer must have.
    """

    id: str
    set: str
    fields: Mapping[str, Any]
    prompt: str
    named: tuple[str, ...] = ()
    length: tuple[int, int] | None = None
    count: int = 0


Topics = Sequence[tuple[str, str]]


def load_topics(folder: str | Path | None = None) -> tuple[tuple[str, str], ...]:
    """(id, topic) of ``topics.jsonl``, shipped or from a folder.

    Raises:
        BadCorpus: for a bad line.
    """
    place = shipped_folder() if folder is None else Path(folder).expanduser()
    return tuple(read_jsonl(place / "topics.jsonl", lambda row: (string(row, "id"), string(row, "topic"))))


def _deal(emotions: Sequence[str], topics: Topics, rounds: int, rng: random.Random) -> list[dict[str, int]]:
    """Per round, a topic (index) for every emotion: one that it has not had, least used in its quadrant and in all."""
    total, round_uses, by_quadrant = Counter[int](), Counter[int](), Counter[tuple[str, int]]()
    had: dict[str, set[int]] = {word: set() for word in emotions}
    dealt = []
    for _ in range(rounds):
        round_uses.clear()
        order = list(emotions)
        rng.shuffle(order)
        hand: dict[str, int] = {}
        for word in order:
            if len(had[word]) == len(topics):
                had[word].clear()
            q = emotion(word).quadrant
            costs = [
                (3 * round_uses[t] + 2 * by_quadrant[q, t] + total[t] + rng.random() / 2, t)
                for t in range(len(topics))
                if t not in had[word]
            ]
            _, best = min(costs)
            had[word].add(best)
            total[best] += 1
            round_uses[best] += 1
            by_quadrant[q, best] += 1
            hand[word] = best
        dealt.append(hand)
    return dealt


def _hints(seed: int, name: str, *, place: bool) -> str:
    rng = random.Random(f"{seed} {name}")
    person = f"{rng.choice(TRADES)}, {rng.randint(12, 84)} years old"
    return f"{person}; {rng.choice(PLACES)}; {rng.choice(ERAS)}" if place else person


def _slug(word: str) -> str:
    return word.replace(" ", "-")


def _single(name: str, emotions: Sequence[str], topics: Topics, amount: int, seed: int) -> Iterator[Task]:
    """Stories, pieces or implicit scenarios."""
    rng = random.Random(f"{seed} {name}")
    first = {word: rng.randrange(2) for word in emotions}
    for n, hand in enumerate(_deal(emotions, topics, amount, rng)):
        for word in emotions:
            topic_id, topic = topics[hand[word]]
            if name == "stories":
                person = ("first", "third")[(first[word] + n) % 2]
                key = f"s-{_slug(word)}-{n + 1:02d}"
                prompt = prompts.story_prompt(word, topic, person, _hints(seed, key, place=True))
                fields = {"emotion": word, "topic": topic_id, "person": person}
                yield Task(key, name, fields, prompt, (word,), LENGTHS["story"])
            elif name == "pieces":
                register = REGISTERS[1:][n % 4]
                key = f"{_LETTER[register]}-{_slug(word)}-{n // 4 + 1:02d}"
                prompt = prompts.piece_prompt(word, topic, register, _hints(seed, key, place=False))
                fields = {"emotion": word, "topic": topic_id, "register": register}
                yield Task(key, name, fields, prompt, (word,), LENGTHS[register])
            else:
                key = f"im-{_slug(word)}-{n + 1:02d}"
                prompt = prompts.implicit_prompt(word, topic, _hints(seed, key, place=False))
                yield Task(key, name, {"emotion": word}, prompt, (word,), (20, 80))


def _neutral(amount: int) -> Iterator[Task]:
    lengths = cycle((1, 2, 1, 3, 1, 4, 2, 5, 1, 6, 2, 3))
    for n, exchanges in zip(range(amount), lengths, strict=False):
        kind = NEUTRAL_KINDS[n % len(NEUTRAL_KINDS)]
        subject = SUBJECTS[(n * 7) % len(SUBJECTS)]
        prompt = prompts.neutral_prompt(kind, subject, exchanges, system=n % 3 == 0)
        yield Task(f"n-{n + 1:03d}", "neutral", {"kind": kind}, prompt, (), (30, 500), exchanges)


def _speakers(emotions: Sequence[str], topics: Topics, amount: int, seed: int) -> Iterator[Task]:
    if len(emotions) < 2:
        raise BadInput(f"speaker dialogues need at least two emotions, found {len(emotions)}")
    rng = random.Random(f"{seed} speakers")
    ring = list(emotions)
    rng.shuffle(ring)
    shifts = rng.sample(range(1, len(ring)), len(ring) - 1)
    pairs = [(ring[i], ring[(i + k) % len(ring)]) for k in shifts for i in range(len(ring))]
    for n, (a, b) in enumerate(islice(cycle(pairs), amount)):
        topic_id, topic = rng.choice(list(topics))
        setting, turns = ("human-assistant" if n % 4 == 3 else "two-people"), rng.choice((6, 7, 8))
        fields = {"emotions": {"A": a, "B": b}, "setting": setting, "topic": topic_id}
        prompt = prompts.speakers_prompt(a, b, topic, setting, turns)
        yield Task(f"d-{n + 1:03d}", "speakers", fields, prompt, (a, b), None, turns)


def _hidden(emotions: Sequence[str], topics: Topics, amount: int, seed: int) -> Iterator[Task]:
    rng = random.Random(f"{seed} hidden")
    n = 0
    for felt in emotions:
        others = [word for word in emotions if word != felt]
        for condition, needs_other in CONDITIONS.items():
            rng.shuffle(others)
            # From ten of each on, every emotion is hidden behind every other.
            count = max(amount, len(others)) if condition == "hidden" and amount >= 10 else amount
            for other in islice(cycle(others if needs_other else [None]), count):
                n += 1
                topic_id, topic = rng.choice(list(topics))
                turns = rng.choice((4, 5, 6))
                fields = {"condition": condition, "felt": felt, "other": other, "topic": topic_id}
                prompt = prompts.hidden_prompt(condition, felt, other, topic, turns)
                named = (felt, other) if other else (felt,)
                yield Task(f"h-{n:03d}", "hidden", fields, prompt, named, None, turns)


def plan_tasks(
    amounts: Mapping[str, int] | None = None,
    *,
    emotions: Sequence[str] | None = None,
    topics: Topics | None = None,
    seed: int = 0,
) -> list[Task]:
    """All tasks, in the order of the files that they end in.

    The same arguments always give the same tasks; a larger amount of stories, pieces or implicit scenarios holds the
    tasks of a smaller one.

    Args:
        amounts: set -> how much of it (units as in :data:`DEFAULT_AMOUNTS`, which is the default). ``topics x n``
        stories
            per emotion give each emotion each topic n times.
        emotions: the emotions to write of (default: all 171; the dialogue and scenario sets their own choice of them).
        topics: (id, topic) pairs (default: the 100 shipped ones).

    Raises:
        BadInput: for an unknown set, a negative amount, an unknown emotion or no topics.
    """
    amounts = DEFAULT_AMOUNTS if amounts is None else amounts
    for name, amount in amounts.items():
        if name not in FILES:
            raise BadInput(f"unknown set {name!r}; there are: {', '.join(FILES)}")
        if amount < 0:
            raise BadInput(f"{amount} {name} cannot be written; give 0 or more")
    topics = load_topics() if topics is None else topics
    if not topics:
        raise BadInput("there are no topics to write about; give at least one")
    wanted = None if emotions is None else [emotion(word).word for word in emotions]

    def among(own: Sequence[str]) -> Sequence[str]:
        return own if wanted is None else ([w for w in own if w in wanted] or wanted)

    tasks: list[Task] = []
    for name in FILES:
        if amount := amounts.get(name, 0):
            if name == "neutral":
                tasks += _neutral(amount)
            elif name == "speakers":
                tasks += _speakers(among(SPEAKER_EMOTIONS), topics, amount, seed)
            elif name == "hidden":
                tasks += _hidden(among(HIDDEN_EMOTIONS), topics, amount, seed)
            else:
                own = IMPLICIT_EMOTIONS if name == "implicit" else words()
                tasks += _single(name, among(own), topics, amount, seed)
    return tasks
