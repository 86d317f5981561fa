"""Ingredients that keep a writer from always writing of the same person in the same kitchen."""

from __future__ import annotations

__all__ = [
    "ERAS",
    "HIDDEN_EMOTIONS",
    "IMPLICIT_EMOTIONS",
    "NEUTRAL_KINDS",
    "PLACES",
    "SPEAKER_EMOTIONS",
    "SUBJECTS",
    "TRADES",
]

ERAS = ("the present day",) * 6 + ("the 1990s", "the 1970s", "the 1950s", "around 1900", "long ago", "the near future")

PLACES = (
    "a port town", "a hill village", "a suburb", "a high-rise block", "a farm far from anywhere", "an island",
    "a railway town", "a mining town", "a university town", "a market quarter", "a border town", "a mill town",
    "an old town centre", "a fishing harbour", "a hospital", "an office park", "a ski village", "a desert town",
    "a river port", "a caravan site", "a housing estate", "a mountain pass", "a research station", "a ship",
)  # fmt: skip

TRADES = (
    "bus driver", "midwife", "bookkeeper", "beekeeper", "night porter", "geologist", "seamstress", "piano tuner",
    "nurse", "baker", "welder", "teacher", "customs clerk", "translator", "plumber", "botanist", "goalkeeper",
    "dental assistant", "crane operator", "archivist", "radio engineer", "caterer", "programmer", "optician", "roofer",
    "shepherd",
    "hairdresser", "astronomer", "tailor", "paramedic", "student", "pensioner", "cook", "social worker", "surveyor",
    "stage manager", "cleaner", "letter carrier", "farmhand", "schoolchild",
)  # fmt: skip

NEUTRAL_KINDS = (
    "code", "facts", "how-to", "work", "lists", "maths and units", "data and formats", "language and wording",
    "household", "planning", "agent",
)  # fmt: skip

#: Subjects of neutral dialogues; none of them stirs.
SUBJECTS = (
    "sorting and searching", "spreadsheet formulas", "unit conversion", "paper sizes", "time zones", "file formats",
    "regular expressions", "map projections", "rock types", "bicycle gears", "train timetables", "date formats",
    "shelf brackets", "paint quantities", "boiling and freezing points", "postal codes", "database indexes",
    "version control", "grammar of articles", "punctuation of lists", "tyre pressures", "musical intervals",
    "the periodic table", "river systems", "bread hydration", "battery sizes", "screw threads", "image resolution",
    "library classification", "meeting minutes", "stock taking", "room booking", "shell scripts", "log files",
    "invoice numbering", "seed spacing", "moon phases", "knots", "fonts", "alphabetical order",
)  # fmt: skip

SPEAKER_EMOTIONS = (
    "happy", "excited", "proud", "grateful", "calm", "relieved", "loving", "hopeful", "amused", "playful", "inspired",
    "content", "afraid", "nervous", "desperate", "angry", "irritated", "hostile", "resentful", "suspicious", "sad",
    "lonely", "hurt", "guilty", "ashamed", "embarrassed", "jealous", "tired", "bored", "surprised", "skeptical",
    "overwhelmed",
)  # fmt: skip

HIDDEN_EMOTIONS = (
    "happy", "proud", "calm", "hopeful", "grateful", "excited", "afraid", "desperate", "angry", "sad", "guilty",
    "ashamed", "jealous", "lonely", "nervous",
)  # fmt: skip

IMPLICIT_EMOTIONS = (
    "happy", "inspired", "loving", "proud", "calm", "desperate", "angry", "guilty", "sad", "afraid", "nervous",
    "surprised", "grateful", "lonely", "jealous", "embarrassed", "excited", "disgusted", "relieved", "bored",
    "frustrated", "nostalgic", "hopeful", "grief-stricken",
)  # fmt: skip
