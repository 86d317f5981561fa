"""The page of a sweep: one self-contained file to browse snippets, transcripts and distributions by emotion (the paper's figure 1)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from emovec.reading.sweep import PERCENTILES, Snippet, Sweep, Transcript
from emovec.report.page import _asset, _environment, _policy
from emovec.store import write_text

__all__ = ["render_sweep", "write_sweep_page"]

#: Bars of a distribution on the page; the files have all bins.
_BARS = 90


def write_sweep_page(folder: Path, result: Sweep) -> Path:
    """Write ``sweep.html`` into ``folder``, whole or not at all; the same sweep gives the same bytes.

    Returns:
        Its path: one file that loads nothing.
    """
    page = folder / "sweep.html"
    write_text(page, render_sweep(result))
    return page


def render_sweep(result: Sweep) -> str:
    """The page as text. Documents stand in it as JSON only, and the script puts them on the page as text, never as HTML."""
    script = _asset("sweep.js")
    about = result.about
    text: str = (
        _environment()
        .get_template("sweep.html.j2")
        .render(
            about=about,
            counts=result.counts,
            model=about["subject"]["name"] or "unnamed model",
            settings=about["settings"],
            emotions=len(result.emotions),
            bin_width=result.histogram.width,
            data=_data(result),
            style=_asset("style.css") + _asset("sweep.css"),
            script=script,
            policy=_policy(script),
        )
    )
    return text


def _data(result: Sweep) -> dict[str, Any]:
    """What the script browses: lists in the order of the emotions; readings in thousandths."""
    h = result.histogram
    marks = np.stack([h.percentile(q) for q in PERCENTILES], axis=1)
    # Colours reach their fullest at the 99.9th percentile of |reading|, or near it: the larger tail decides.
    scale = np.maximum(np.abs(h.percentile(99.9)), np.abs(h.percentile(0.1)))
    rows = []
    for e, name in enumerate(result.emotions):
        rows.append(
            {
                "name": name,
                "mean": _round(h.mean[e]),
                "sd": _round(h.deviation[e]),
                "least": _round(h.least[e]),
                "most": _round(h.most[e]),
                "marks": [_round(v) for v in marks[e]],
                "scale": _round(scale[e]) or 1.0,
                "bars": _bars(result, e),
                "snippets": [_snippet(s) for s in result.snippets[name]],
                "transcripts": [_transcript(t) for t in result.transcripts[name]],
            }
        )
    return {"percentiles": list(PERCENTILES), "measure": result.about["settings"]["how"], "emotions": rows}


def _round(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def _bars(result: Sweep, e: int) -> dict[str, Any]:
    """Counts in at most ``_BARS`` bars from the lowest to the highest reading."""
    h = result.histogram
    used = np.flatnonzero(h.counts[e])
    if not used.size:
        return {"low": 0.0, "width": 1.0, "counts": []}
    first, last = int(used[0]), int(used[-1]) + 1
    step = max(1, -(-(last - first) // _BARS))
    counts = np.add.reduceat(h.counts[e, first:last], np.arange(0, last - first, step))
    return {"low": _round(h.low + first * h.width), "width": step * h.width, "counts": counts.tolist()}


def _snippet(s: Snippet) -> dict[str, Any]:
    return {
        "score": _round(s.score), "where": _where(s.document, s.source, s.number), "role": s.role, "start": s.start,
        "tokens": list(s.tokens), "values": _thousandths(s.values), "before": s.before, "after": s.after,
    }  # fmt: skip


def _transcript(t: Transcript) -> dict[str, Any]:
    return {
        "score": _round(t.score), "where": _where(t.document, t.source, t.number), "tokens": t.tokens, "averaged": t.averaged,
        "opening": t.opening, "peak": _snippet(t.peak) if t.peak else None,
    }  # fmt: skip


def _where(document: str, source: str, number: int) -> str:
    """A document's id, with file and row where the id does not say them already."""
    return document if document.startswith(source) else f"{document} ({source}:{number})"


def _thousandths(values: Iterable[float]) -> list[int]:
    return [round(1000 * v) for v in values]
