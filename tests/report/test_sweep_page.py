"""The page of a sweep: self-contained, escaped, the same twice; and the command that writes it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from emovec.cli import app
from emovec.planted import Planted
from emovec.reading.sweep import Settings, Snippet, Sweep, Transcript
from emovec.reading.sweep.histogram import Histogram
from emovec.report.sweep_page import render_sweep, write_sweep_page
from emovec.vectors import EmotionVectors

from .made import EVIL
from .test_report import Page


def made_sweep() -> Sweep:
    """Two emotions; hostile text wherever text can be."""
    rng = np.random.default_rng(0)
    histogram = Histogram(3, "cosine")
    histogram.add(np.c_[rng.normal([0.02, -0.01], 0.05, (5000, 2)), np.zeros(5000)])
    tokens = ("So", " he", " said", EVIL, "\n\n", "</script>", " and", " left")
    snippet = Snippet(
        0.21, 3, 40, "k", f"doc{EVIL}", "f.jsonl", 4, f"user{EVIL}", tokens, (0.1, -0.1, 0.3, 0.2, 0.0, 0.1, 0.2, 0.3), EVIL, EVIL
    )  # fmt: skip
    transcript = Transcript(0.1, 3, 0, "k", f"doc{EVIL}", "f.jsonl", 4, "chat", 90, 60, f"user: {EVIL}", snippet)
    about = {
        "emovec": "0", "subject": {"name": f"model{EVIL}"}, "computed": "", "vectors": {"recipe": EVIL, "digest": ""},
        "settings": Settings(block=3).to_json(), "sources": {"names": [EVIL], "files": 1, "digest": ""},
    }  # fmt: skip
    counts = dict.fromkeys(
        ("documents", "chats", "plain_chats", "empty", "skipped", "tokens", "counted_tokens", "averaged_tokens"), 5000
    )
    return Sweep(
        ("afraid", "calm", EVIL), about, counts, histogram,
        {"afraid": [snippet] * 3, "calm": [], EVIL: [snippet]}, {"afraid": [transcript], "calm": [], EVIL: []},
    )  # fmt: skip


def test_documents_cannot_inject(tmp_path: Path) -> None:
    path = write_sweep_page(tmp_path, made_sweep())
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert "<script>alert" not in text
    assert len(page.scripts) == 2  # the data, and the page's own
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base", "form"}
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes)
    policy = next(
        a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    assert policy.count("'sha256-") == 1
    data = json.loads(page.scripts[0][1])
    first = data["emotions"][0]
    assert "".join(first["snippets"][0]["tokens"]).count(EVIL) == 1
    assert first["snippets"][0]["values"][2] == 300
    assert sum(first["bars"]["counts"]) == 5000
    assert first["marks"][data["percentiles"].index(90)] == pytest.approx(0.02 + 1.2816 * 0.05, abs=0.005)
    # The page's script puts text on the page as text: it never parses HTML.
    assert not any(
        word in page.scripts[1][1]
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
    )


def test_same_sweep_same_page() -> None:
    assert render_sweep(made_sweep()) == render_sweep(made_sweep())


def test_the_command(
    planted: Planted, planted_vectors: EmotionVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted model stands in for a loaded one."""
    module = import_module("emovec.cli.sweep")  # the package's name "sweep" is the command
    monkeypatch.setattr(module, "open_subject", lambda model, device: planted.subject)
    planted_vectors.save(tmp_path / "vectors")
    words = " ".join(f"filler{a}{b}" for a in "ab" for b in "abcdefghijklm")
    (tmp_path / "x.jsonl").write_text(
        json.dumps({"text": words}) + "\n" + json.dumps({"text": words + " hintangryaa" * 9})
    )
    arguments = [
        "sweep",
        str(tmp_path / "x.jsonl"),
        "--vectors",
        str(tmp_path / "vectors"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(app, [*arguments, "--least", "10", "--snippet", "8", "--context", "8", "--chunk", "64"])
    assert done.exit_code == 0, done.output
    assert "2 documents (0 chats), 61 tokens, 59 of them counted" in done.stdout
    assert (tmp_path / "out" / "sweep.html").is_file()
    rows = [json.loads(line) for line in (tmp_path / "out" / "snippets.jsonl").read_text().splitlines()]
    assert "hintangryaa" in "".join(next(r for r in rows if r["emotion"] == "angry")["tokens"])


def test_the_command_has_help_with_an_example() -> None:
    done = CliRunner().invoke(app, ["sweep", "--help"], env={"COLUMNS": "160"})
    assert done.exit_code == 0
    assert "Example: emovec sweep" in " ".join(done.stdout.split())
