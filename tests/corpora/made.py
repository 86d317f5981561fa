"""Small corpora with known faults, and a writer with known habits."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from emovec.corpora import Corpus, Text

VOWELS, CONSONANTS = "aeiou", "bdfgklnprstv"


def nonsense(rng: random.Random, count: int) -> str:
    """Sentences of made-up words: no leak, no stock phrase, no run in common with anything."""
    lengths = [rng.randint(1, 4) for _ in range(count)]
    words = ["".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(n)) for n in lengths]
    for end in range(0, count, rng.randint(7, 19)):
        words[end] = words[end].capitalize()
        if end:
            words[end - 1] += "."
    return " ".join(words) + "."


def story(n: int, emotion: str, text: str, *, topic: str = "", person: str = "", register: str = "story") -> Text:
    return Text(f"x-{n:04d}", emotion, topic, register, person, "nobody", text)


def corpus(*texts: Text) -> Corpus:
    return Corpus("made", texts, ())


def good_answer(prompt: str, seed: int) -> str:
    """What an obedient writer answers to any of the prompts."""
    rng = random.Random(f"{prompt} {seed}")
    if found := re.search(r"exactly (\d+) turns", prompt):
        turns = "\n".join(f"{'AB'[i % 2]}: {nonsense(rng, 15)}" for i in range(int(found[1])))
        return ("P: " + nonsense(rng, 20) + "\n" if '"P: "' in prompt else "") + turns
    if "agent at work" in prompt:
        count = int(re.search(r"(\d+) times a tool", prompt)[1])  # type: ignore[index]
        calls = "".join(f'[assistant]\n{{"tool": "ls"}}\n[tool]\n{nonsense(rng, 10)}\n' for _ in range(count))
        return f"[system]\n{nonsense(rng, 9)}\n[user]\n{nonsense(rng, 9)}\n{calls}[assistant]\n{nonsense(rng, 9)}"
    if found := re.search(r"(\d+) times \[user\]", prompt):
        return "\n".join(f"[user]\n{nonsense(rng, 20)}\n[assistant]\n{nonsense(rng, 30)}" for _ in range(int(found[1])))
    return nonsense(rng, 130 if "short scene" in prompt else 45)


class Writer:
    """A mock writer: counts its calls, answers by ``answer(prompt, seed)``, and dies at a given call."""

    def __init__(self, answer: Callable[[str, int], str] = good_answer, dies_at: int = 0) -> None:
        self.answer, self.dies_at = answer, dies_at
        self.prompts: list[str] = []

    async def __call__(self, prompt: str, seed: int) -> str:
        self.prompts.append(prompt)
        if len(self.prompts) == self.dies_at:
            raise KeyboardInterrupt
        return self.answer(prompt, seed)
