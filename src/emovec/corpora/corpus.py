"""A corpus: labelled texts and neutral dialogues, shipped or the user's own."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from emovec.corpora.schema import Dialogue, Text, read_dialogues, read_jsonl, read_texts
from emovec.errors import BadInput
from emovec.lexicon import words
from emovec.store import digest

__all__ = ["Corpus", "load_corpus", "scenarios", "shipped_folder"]


@dataclass(frozen=True)
class Corpus:
    """Texts per emotion and neutral dialogues.

    Attributes:
        name: ``"emovec"`` for the shipped one, else the folder.
        sample: how it was thinned, in words ("" if whole).
    """

    name: str
    texts: tuple[Text, ...]
    neutral: tuple[Dialogue, ...]
    sample: str = ""

    @cached_property
    def emotions(self) -> tuple[str, ...]:
        """The emotions that have texts, in the lexicon's order."""
        present = {text.emotion for text in self.texts}
        return tuple(word for word in words() if word in present)

    @cached_property
    def digest(self) -> str:
        """Hash of everything that vectors depend on."""
        return digest(
            [[t.id, t.emotion, t.topic, t.register, t.text] for t in self.texts],
            [[d.id, *[[m["role"], m["content"]] for m in d.messages]] for d in self.neutral],
        )

    def of(self, *registers: str) -> tuple[Text, ...]:
        """Texts of some registers (all texts if none is named)."""
        return tuple(t for t in self.texts if not registers or t.register in registers)

    def balanced(self, per_emotion: dict[str, int], neutral: int | None = None, seed: int = 0) -> Corpus:
        """A sample with equally many texts of each emotion: ``{"story": 4, "diary": 1}``; topics spread as evenly as the texts allow.

        Raises:
            BadInput: if an emotion has fewer texts of a register than asked for.
        """
        rng = random.Random(seed)
        pools: dict[tuple[str, str], list[Text]] = defaultdict(list)
        for text in self.texts:
            pools[text.register, text.emotion].append(text)
        used: Counter[str] = Counter()
        picked: list[Text] = []
        for register, count in per_emotion.items():
            for word in self.emotions:
                pool = pools[register, word][:]
                if len(pool) < count:
                    raise BadInput(f"{word!r} has {len(pool)} texts of register {register!r}; {count} were asked for")
                rng.shuffle(pool)
                for _ in range(count):
                    best = min(pool, key=lambda t: used[t.topic])
                    pool.remove(best)
                    used[best.topic] += 1
                    picked.append(best)
        dialogues = _some(self.neutral, neutral, rng)
        order = {text.id: i for i, text in enumerate(self.texts)}
        says = ", ".join(f"{n} {r}" for r, n in per_emotion.items())
        return replace(
            self,
            texts=tuple(sorted(picked, key=lambda t: order[t.id])),
            neutral=dialogues,
            sample=f"{says} per emotion, {len(dialogues)} neutral dialogues, topics balanced, seed {seed}",
        )

    def with_neutral(self, neutral: int, seed: int = 0) -> Corpus:
        """All texts, and a sample of the neutral dialogues."""
        dialogues = _some(self.neutral, neutral, random.Random(seed))
        return replace(self, neutral=dialogues, sample=f"all texts, {len(dialogues)} neutral dialogues, seed {seed}")

    def describe(self) -> dict[str, Any]:
        """What the report says of it."""
        return {
            "name": self.name,
            "digest": self.digest,
            "sample": self.sample,
            "texts": len(self.texts),
            "emotions": len(self.emotions),
            "registers": dict(sorted(Counter(t.register for t in self.texts).items())),
            "topics": len({t.topic for t in self.texts if t.topic}),
            "neutral": len(self.neutral),
            "writers": sorted({t.writer for t in self.texts}),
        }


def _some(dialogues: tuple[Dialogue, ...], count: int | None, rng: random.Random) -> tuple[Dialogue, ...]:
    if count is None or count >= len(dialogues):
        return dialogues
    return tuple(dialogues[i] for i in sorted(rng.sample(range(len(dialogues)), count)))


def shipped_folder() -> Path:
    """The folder of the shipped texts."""
    return Path(str(resources.files("emovec.corpora") / "data"))


def load_corpus(folder: str | Path | None = None) -> Corpus:
    """The shipped corpus, or one from a folder with ``stories.jsonl`` and ``neutral.jsonl`` (``pieces.jsonl`` if there are any).

    Raises:
        BadCorpus: for a missing file or a bad line (file, line, reason).
    """
    place = Path(folder).expanduser() if folder is not None else shipped_folder()
    texts: Sequence[Text] = read_texts(place / "stories.jsonl")
    if (place / "pieces.jsonl").is_file():
        texts = [*texts, *read_texts(place / "pieces.jsonl")]
    return Corpus(
        name="emovec" if folder is None else place.name,
        texts=tuple(texts),
        neutral=tuple(read_dialogues(place / "neutral.jsonl")),
    )


def scenarios(name: str) -> list[dict[str, Any]]:
    """One of the shipped scenario sets, e.g. ``scenarios("implicit")``: the parsed lines of ``data/scenarios/NAME.jsonl``.

    Raises:
        BadInput: if there is no such set.
    """
    folder = shipped_folder() / "scenarios"
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.jsonl")))
        raise BadInput(f"no scenario set {name!r}; there are: {known}")
    return read_jsonl(path, dict)
