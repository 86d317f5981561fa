"""Checks of the dialogue sets and the scenario sets of a folder: schema, counts, coverage, leaks where none may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from emovec.corpora.check_report import Check, CheckReport
from emovec.corpora.corpus import shipped_folder
from emovec.corpora.scenario_sets import SCENARIO_SETS, load_scenarios
from emovec.corpora.sets import CONDITIONS, HiddenDialogue, SpeakerDialogue, load_hidden, load_speakers
from emovec.lexicon import QUADRANTS, emotion, leaks

__all__ = ["MINIMUM", "check_hidden", "check_scenarios", "check_sets", "check_speakers"]

#: Set -> fewest lines.
MINIMUM: dict[str, int] = {
    "speakers": 480,
    "hidden": 750,
    "activities": 64,
    "antagonistic": 60,
    "binding": 32,
    "context": 12,
    "decisions": 15,
    "dosage": 6,
    "implicit": 240,
    "intensity": 12,
    "negation": 24,
    "prompts": 80,
    "sycophancy": 40,
    "user_vs_assistant": 24,
}

#: Set -> (field to count by, fewest values of it, fewest lines of each).
_EACH: dict[str, tuple[str, int, int]] = {
    "activities": ("category", 8, 8),
    "antagonistic": ("kind", 4, 15),
    "implicit": ("emotion", 24, 10),
    "prompts": ("kind", 2, 40),
    "sycophancy": ("kind", 5, 8),
}


def _named(text: str, words: Sequence[str | None]) -> list[str]:
    return [f"{word}: {', '.join(dict.fromkeys(found))}" for word in words if word and (found := leaks(text, word))]


def check_speakers(dialogues: Sequence[SpeakerDialogue]) -> Check:
    """Enough dialogues, 32 emotions, every ordered pair of quadrants; neither speaker names either emotion."""
    bad = [
        f"{d.id} names {'; '.join(found)}"
        for d in dialogues
        if (found := _named(" ".join(t.text for t in d.turns), d.emotions))
    ]
    pairs = {(emotion(a).quadrant, emotion(b).quadrant) for a, b in (d.emotions for d in dialogues)}
    missing = [f"no dialogue of {a} with {b}" for a, b in product(QUADRANTS, QUADRANTS) if (a, b) not in pairs]
    emotions = {word for d in dialogues for word in d.emotions}
    return Check(
        "speakers",
        not bad and not missing and len(emotions) >= 32 and len(dialogues) >= MINIMUM["speakers"],
        f"{MINIMUM['speakers']} dialogues or more, 32 emotions, all 16 ordered quadrant pairs, no leak",
        {"dialogues": len(dialogues), "emotions": len(emotions), "quadrant pairs": len(pairs), "leaks": len(bad)},
        (*bad, *missing),
    )


def check_hidden(dialogues: Sequence[HiddenDialogue]) -> Check:
    """Enough of each emotion under each condition, all ordered pairs of (felt, shown); no turn names either emotion."""
    bad = [
        f"{d.id} names {'; '.join(found)}"
        for d in dialogues
        if (found := _named(" ".join(t.text for t in d.turns), (d.felt, d.other)))
    ]
    felt = sorted({d.felt for d in dialogues})
    cells = Counter((d.felt, d.condition) for d in dialogues)
    few = [f"{f}, {c}: {cells[f, c]}" for f, c in product(felt, CONDITIONS) if cells[f, c] < 10]
    pairs = {(d.felt, d.other) for d in dialogues if d.condition == "hidden"}
    absent = [f"hidden pair {f} behind {o}" for f, o in product(felt, felt) if f != o and (f, o) not in pairs]
    return Check(
        "hidden",
        not bad and not few and not absent and len(felt) >= 15 and len(dialogues) >= MINIMUM["hidden"],
        f"{MINIMUM['hidden']} dialogues or more, 15 emotions, 10 of each under each of 5 conditions, all (felt, "
        f"shown) pairs, "
        "no leak",
        {
            "dialogues": len(dialogues),
            "emotions": len(felt),
            "hidden pairs": len(pairs),
            "fewest in a cell": min((cells[f, c] for f, c in product(felt, CONDITIONS)), default=0),
            "leaks": len(bad),
        },
        (*bad, *few, *absent),
    )


def check_scenarios(name: str, rows: Sequence[Any]) -> Check:
    """Enough lines of a scenario set, and of each kind in it; implicit texts name no emotion."""
    numbers: dict[str, float] = {"lines": len(rows)}
    limit = f"{MINIMUM[name]} lines or more"
    bad: list[str] = []
    if name in _EACH:
        key, kinds, each = _EACH[name]
        counts = Counter(getattr(row, key) for row in rows)
        limit += f", {kinds} of {key} or more, {each} of each"
        numbers[f"kinds of {key}"] = len(counts)
        bad += [f"{key} {value}: {n}" for value, n in sorted(counts.items()) if n < each]
        bad += [f"{len(counts)} of {key}"] if len(counts) < kinds else []
    hides: Mapping[str, Callable[[Any], tuple[str, ...]]] = {
        "implicit": lambda row: (row.emotion,),
        "user_vs_assistant": lambda row: (row.user_emotion, row.reply_emotion),
    }
    if name in hides:
        limit += ", no leak"
        named = [f"{row.id} names {'; '.join(f)}" for row in rows if (f := _named(row.text, hides[name](row)))]
        numbers["leaks"] = len(named)
        bad += named
    return Check(f"scenarios: {name}", not bad and len(rows) >= MINIMUM[name], limit, numbers, tuple(bad))


def check_sets(folder: str | Path | None = None) -> CheckReport:
    """All dialogue and scenario sets of a folder (the shipped one by default).

    In a folder of one's own, sets that are not there are left out.

    Raises:
        BadCorpus: for a bad line (file, line, reason), or for a shipped set that is missing.
    """
    place = shipped_folder() if folder is None else Path(folder).expanduser()

    def wanted(path: Path) -> bool:
        return folder is None or path.is_file()

    checks = []
    if wanted(place / "speakers.jsonl"):
        checks.append(check_speakers(load_speakers(place)))
    if wanted(place / "hidden.jsonl"):
        checks.append(check_hidden(load_hidden(place)))
    for name in SCENARIO_SETS:
        if wanted(place / "scenarios" / f"{name}.jsonl"):
            checks.append(check_scenarios(name, load_scenarios(name, place)))
    return CheckReport("emovec" if folder is None else place.name, tuple(checks), {"sets": len(checks)})
