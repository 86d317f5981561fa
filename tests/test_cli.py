"""What people type: help with examples, one-line errors with a remedy and exit code 2, fast start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emovec.planted import Planted, planted_corpus
from emovec.vectors import EmotionVectors

COMMANDS = (
    "replicate", "compare", "read", "lens", "models", "vectors make", "vectors show", "vectors export", "vectors words", "corpus check",
    "corpus compare", "corpus write", "steer", "sweep", "validate", "dose",
)  # fmt: skip


def run(*args: str, cwd: Path | None = None, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "emovec", *args], capture_output=True, text=True, cwd=cwd, input=stdin if stdin is not None else "",
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "160", **env}, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, planted: Planted, planted_vectors: EmotionVectors) -> Path:
    """A working folder with the planted model, its vectors, and its corpus."""
    place = tmp_path_factory.mktemp("cli")
    planted.subject.model.save_pretrained(place / "planted")
    planted.subject.tokenizer.save_pretrained(place / "planted")
    planted_vectors.save(place / "vectors")
    (place / "texts").mkdir()
    corpus = planted_corpus(16)
    stories = [t.to_json() | {"person": t.person} for t in corpus.texts if t.register == "story"]
    (place / "texts" / "stories.jsonl").write_text("\n".join(json.dumps(s) for s in stories))
    (place / "texts" / "neutral.jsonl").write_text("\n".join(json.dumps(d.to_json()) for d in corpus.neutral))
    return place


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    assert f"emovec {command}" in " ".join(done.stdout.split())


def test_import_and_help_load_nothing_heavy() -> None:
    code = "import sys, emovec.cli; print([m for m in ('torch', 'transformers', 'numpy', 'pandas', 'plotly') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def bad(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    lines = [line for line in done.stderr.splitlines() if not line.startswith("loading ")]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1, done.stderr
    for part in parts:
        assert part in lines[0]


def test_bad_input_is_one_line_with_a_remedy(folder: Path, tmp_path: Path) -> None:
    model = str(folder / "planted")
    vectors = str(folder / "vectors")
    bad(run("lens", "desparate"), "unknown emotion 'desparate'", "did you mean desperate")
    bad(run("replicate", "./nowhere"), "no such model folder or file: ./nowhere")
    bad(run("replicate", "no-such/model"), "cannot load model 'no-such/model'", "local model folder")
    bad(run("replicate", str(tmp_path)), "has no config.json")
    bad(run("read", "  ", "-m", model), "the text is empty")
    bad(run("read", "filleraa", "-m", model, "--vectors", vectors), "single token", "give more text")
    bad(run("read", "filleraa fillerab", "-m", model, "--vectors", str(tmp_path)), "vectors.json is missing")
    bad(run("replicate", model, "--preset", "huge"), "unknown preset 'huge'", "quick, standard, paper")
    bad(run("replicate", model, "--corpus", str(tmp_path)), "stories.jsonl", "cannot be read")
    bad(run("vectors", "show", str(tmp_path)), "is not a vectors folder")


def test_a_bad_line_of_a_corpus_is_named(folder: Path, tmp_path: Path) -> None:
    good = (folder / "texts" / "stories.jsonl").read_text().splitlines()
    (tmp_path / "neutral.jsonl").write_text((folder / "texts" / "neutral.jsonl").read_text())
    for line, reason in (
        ("{oops", "not JSON"), ('{"id": "x", "emotion": "hapy", "text": "a"}', "did you mean happy"), ('{"id": "x", "emotion": "sad"}', "'text' is missing"),
    ):  # fmt: skip
        (tmp_path / "stories.jsonl").write_text("\n".join([*good[:2], line]))
        out = tmp_path / "out"
        bad(
            run("replicate", str(folder / "planted"), "--corpus", str(tmp_path), "--out", str(out)),
            "stories.jsonl, line 3",
            reason,
        )
        assert not out.exists()


def test_vectors_of_another_model_are_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "other"
    shutil.copytree(folder / "planted", other)
    template = other / "chat_template.jinja"
    template.write_text(template.read_text() + " ")
    done = run("read", "filleraa fillerab", "-m", str(other), "--vectors", str(folder / "vectors"))
    bad(done, "made from 'planted'", "differs in: template", "emovec vectors make")


def test_a_tokenizer_without_a_chat_template(folder: Path, tmp_path: Path) -> None:
    import shutil

    bare = tmp_path / "bare"
    shutil.copytree(folder / "planted", bare)
    (bare / "chat_template.jinja").unlink()
    made = run(
        "vectors",
        "make",
        str(bare),
        "--preset",
        "quick",
        "--corpus",
        str(folder / "texts"),
        "--out",
        str(tmp_path / "v"),
    )
    assert made.returncode == 0, made.stderr
    chat = '[{"role": "user", "content": "hintsadaa fillerac"}]'
    with_vectors = ("-m", str(bare), "--vectors", str(tmp_path / "v" / "paper"))
    bad(run("read", chat, *with_vectors), "no chat template", "--plain")
    done = run("read", chat, "--plain", "--format", "json", *with_vectors)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["turns"][0]["role"] == "user"


def test_read_in_every_form(folder: Path, tmp_path: Path) -> None:
    options = ("-m", str(folder / "planted"), "--vectors", str(folder / "vectors"))
    text = "filleraa hintcalmaa hintcalmab fillerab"
    table = run("read", text, *options)
    assert table.returncode == 0, table.stderr
    assert "calm" in table.stdout
    as_json = json.loads(run("read", *options, "--format", "json", stdin=text).stdout)
    assert as_json["top"][0]["emotion"] == "calm"
    (tmp_path / "t.txt").write_text(text)
    csv = run("read", "-f", str(tmp_path / "t.txt"), *options, "--format", "csv").stdout.splitlines()
    assert csv[0].startswith("position,token,role,afraid")
    assert len(csv) == 5
    bad(run("read", text, *options, "-f", "x.txt"), "either a text or --file")
    bad(run("read", text, *options, "--emotion", "clam"), "did you mean calm")


def test_replicate_prints_verdicts_and_where_the_report_is(folder: Path, tmp_path: Path) -> None:
    done = run(
        "replicate", str(folder / "planted"), "--corpus", str(folder / "texts"), "--out", str(tmp_path / "out"), "--study", "held_out",
        EMOVEC_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "leave_topic_out_top1" in done.stdout
    assert (tmp_path / "out" / "report.html").is_file()
    assert str(tmp_path / "out" / "report.html") in done.stdout
    shown = run("vectors", "show", str(tmp_path / "out" / "vectors" / "paper"))
    assert json.loads(shown.stdout)["recipe"]["name"] == "paper"


def test_the_subject_can_be_its_own_writer(folder: Path, tmp_path: Path) -> None:
    done = run(
        "corpus", "write", str(tmp_path / "own"), "--writer", "subject", "--model", str(folder / "planted"), "--amount", "pieces=4",
        "--emotion", "calm", "--rewrites", "0",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counts = json.loads((tmp_path / "own" / "written.json").read_text())["sets"]["pieces"]
    # A planted model writes filler words only, so every text is refused, and counted.
    assert counts["asked"] == 4
    assert sum(v for k, v in counts.items() if k.startswith("dropped")) == 4


def test_two_corpora_are_compared(folder: Path) -> None:
    texts = str(folder / "texts")
    done = run("corpus", "compare", texts, texts, "--model", str(folder / "planted"), "--block", "3")
    assert done.returncode == 0, done.stderr
    assert "1.000" in next(line for line in done.stdout.splitlines() if "(all)" in line)
