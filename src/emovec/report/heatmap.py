"""A transcript's readings, token by token, as one self-contained page (figures 20-25 of the paper; its display scale).

The page holds the text once, the tokens' lengths, and every reading packed into one or two bytes; its script breaks the text into lines and keeps
only those in sight in the document, so that 100,000 tokens scroll as one screen does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emovec.errors import BadInput, UnknownEmotion
from emovec.lexicon.norms import agreement
from emovec.reading import Reading
from emovec.report import heatmap_data as data
from emovec.report.page import _asset, _environment, _policy
from emovec.store import write_text
from emovec.version import __version__

__all__ = ["LIMIT", "blocks_for", "render_heatmap", "write_heatmap"]

#: Bytes that packed readings may take; beyond it fewer emotions are kept.
LIMIT = 64_000_000
#: Bytes within which blocks are added that nobody asked for.
_ROOM = 24_000_000
_SCRIPTS = ("data.js", "colour.js", "layout.js", "view.js", "minimap.js", "card.js", "panel.js", "main.js")
_KEYS = (
    ("n, p", "next and previous peak; h: the highest"),
    ("← →", "from token to token (click a token to begin there)"),
    ("v", "one emotion, or valence and arousal"),
    ("m", "zero is zero, or the transcript's mean"),
    ("[ ]", "earlier and later block"),
    ("e", "find an emotion; arrows go through the list"),
    ("/", "find in the text; Enter and Shift+Enter go on and back"),
    ("Esc", "close the card or the panel"),
)


def blocks_for(vectors_blocks: Sequence[int], picked: int, tokens: int, emotions: int) -> list[int]:
    """Blocks to read for a heatmap when none is named: the picked one, and as many others, spread over the depth, as keep the file small."""
    others = [b for b in sorted(vectors_blocks) if b != picked]
    room = _ROOM // max(1, data.stored_bytes(tokens, emotions + 2, 1)) - 1
    if room < 1:
        return [picked]
    spread = (
        np.linspace(0, len(others) - 1, min(room, len(others))).round().astype(int) if others else np.array([], int)
    )
    return sorted([picked, *(others[i] for i in sorted(set(spread.tolist())))])


def write_heatmap(
    path: str | Path,
    readings: Reading | Mapping[int, Reading],
    *,
    title: str = "",
    first: int | None = None,
    facts: Sequence[str] = (),
    emotions: Sequence[str] = (),
    limit: int = LIMIT,
) -> Path:
    """Write the page, whole or not at all; the same readings give the same bytes. Arguments and errors are :func:`render_heatmap`'s."""
    path = Path(path)
    write_text(path, render_heatmap(readings, title=title, first=first, facts=facts, emotions=emotions, limit=limit))
    return path


def render_heatmap(
    readings: Reading | Mapping[int, Reading],
    *,
    title: str = "",
    first: int | None = None,
    facts: Sequence[str] = (),
    emotions: Sequence[str] = (),
    limit: int = LIMIT,
) -> str:
    """The page as text.

    Args:
        readings: one text's, at one block or at several (:func:`emovec.reading.read_blocks`).
        title: heading of the page.
        first: the block shown first. Default: the lowest.
        facts: short facts for the head of the page: the model, the recipe.
        emotions: kept whatever the limit; the first of them is shown first. Default: the one with the highest peak is.
        limit: bytes that packed readings may take. Where all emotions would take more, those that move most on this transcript are kept.

    Raises:
        BadInput: if the readings are not all of one text and one measure, or not even one emotion fits the limit.
        UnknownEmotion: if an emotion asked for was not read.
    """
    given = {readings.block: readings} if isinstance(readings, Reading) else dict(readings)
    if not given:
        raise BadInput("no reading given to draw")
    lead = first if first is not None else min(given)
    if lead not in given:
        raise BadInput(f"no reading at block {lead}; there are readings at {', '.join(map(str, sorted(given)))}")
    of = given[lead]
    asked = [_known(of, e) for e in emotions]
    if any(r.encoded is not of.encoded or r.measure != of.measure or r.emotions != of.emotions for r in given.values()):
        raise BadInput("the readings of a heatmap must be of one text, one measure and the same emotions")
    tokens = len(of.encoded)
    planes = {b: data.plane_of(r.values, r.emotions) for b, r in given.items()}
    extra = 0 if planes[lead] is None else 2
    kept = data.choose_emotions(given, asked, limit // max(1, data.stored_bytes(tokens, 1, len(given))) - extra)
    bits = data.bits_for(tokens, len(kept) + extra, len(given))
    order = [lead, *(b for b in sorted(given) if b != lead)]
    packed, blocks = [], []
    for block in order:
        columns, plane = given[block].values[:, kept], planes[block]
        found = data.pack(columns if plane is None else np.hstack([columns, plane]), bits)
        packed.append((block, found.text))
        blocks.append(data.block_facts(given[block], found, kept))
    names = [of.emotions[i] for i in kept]
    steps = [step for facts_ in blocks for step in facts_["step"][: len(kept)]]
    parts = data.parts_of(of)
    about: dict[str, Any] = {
        "measure": of.measure,
        "emotions": names,
        "all": len(of.emotions),
        "first": asked[0] if asked else names[int(np.argmax(blocks[0]["peak"]))],
        "plane": bool(extra),
        "bits": bits,
        "resolution": float(f"{max(steps) / 2:.2g}"),
        "lengths": [data.utf16(piece) for piece in data.pieces_of(of.encoded)],
        "parts": parts,
        "blocks": blocks,
    }
    script = '"use strict";\n(() => {\n' + "\n".join(_asset(f"heatmap/{name}") for name in _SCRIPTS) + "})();\n"
    page = _environment().get_template("heatmap.html.j2")
    text: str = page.render(
        title=title or "A transcript",
        facts=[*facts, f"{tokens:,} tokens", f"{len(of.encoded.turns):,} turn{'s' * (len(of.encoded.turns) != 1)}"],
        blocks=[(str(b), str(b)) for b in sorted(given)],
        plane=bool(extra),
        framed=any(not part["role"] for part in parts),
        many=len(of.segments) > 1,
        keys=_KEYS,
        notes=_notes(of, about),
        about=about,
        text=of.encoded.text,
        readings=packed,
        style=_asset("style.css") + _asset("heatmap.css"),
        script=script,
        policy=_policy(script),
        version=__version__,
    )
    return text


def _known(reading: Reading, word: str) -> str:
    if (name := word.lower().strip()) not in reading.emotions:
        raise UnknownEmotion(word, reading.emotions)
    return name


def _notes(reading: Reading, about: Mapping[str, Any]) -> list[str]:
    """What the numbers on the page are, in sentences."""
    what = {
        "cosine": "A reading is the cosine of a token's residual, centred on the vectors' own centre, with an emotion's vector.",
        "projection": "A reading is the projection of a token's residual, centred on the vectors' own centre, on an emotion's vector, in mean residual norms.",
        "zscore": f"A reading is the z-score of the cosine of a token's residual with an emotion's vector, against {reading.reference}.",
    }[reading.measure]
    kept, total = len(about["emotions"]), about["all"]
    notes = [
        f"{what} It says what the model represents at that token, not what anybody feels: emovec makes no claim that a model feels.",
        "Red is up, blue is down. Full colour is the 99th percentile of the size of all emotions' readings on this transcript, as in the paper; beyond it "
        "colours are clipped. The template's own tokens are coloured, but count neither for the scale nor for means.",
        f"Readings are stored in {about['bits']} bits, each emotion over its own range, so a number on this page may be off by up to {about['resolution']:g}.",
    ]
    if kept < total:
        notes.append(
            f"To keep the file small it holds {kept} of {total} emotions: those asked for, and those that move most on this transcript. Scales, "
            "valence and arousal are from all of them."
        )
    if about["plane"]:
        (v, n), (a, _) = agreement("own_valence", "rm77_pleasure"), agreement("own_arousal", "rm77_arousal")
        notes.append(
            "Valence and arousal of a token are the slopes of its readings over the emotions' ratings, both fitted at once, per standard deviation of rating. "
            f"The ratings are a language model's, for every word; with human ratings of {n} of them they correlate at {v:.2f} and {a:.2f}."
        )
    notes.append(
        "The strip along the side shows means of the tokens that share a spot, on a scale of its own; its ticks are peaks, the ten highest dark."
    )
    notes.append("A peak is a high mean over nine tokens of one turn; peaks are at least 30 tokens apart.")
    return notes
