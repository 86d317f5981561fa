"""Reading as a tool: windows, spans, turns and thinking, z-scores, every input and output form."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from emovec.cli import app
from emovec.errors import BadInput, EmovecError
from emovec.planted import Planted, planted_corpus
from emovec.reading import load_contents, make_reference, parse_content, read, read_blocks, reference
from emovec.store import Store
from emovec.subject import Subject, encode_text, windows
from emovec.subject.passes import forward_tokens
from emovec.subject.windows import forward_windows, max_positions, windows_of
from emovec.vectors import EmotionVectors

CHAT = [
    {"role": "user", "content": "filleraa hintsadaa"},
    {"role": "assistant", "content": "<think> hintangryaa hintangryab </think> hintcalmaa hintcalmab fillerac"},
    {"role": "user", "content": "fillerab hintsadab"},
]


def words(count: int, seed: int = 0) -> str:
    every = [w for t in planted_corpus(1, seed=seed).texts for w in t.text.split()]
    return " ".join(np.random.default_rng(seed).choice(every, count))


# ---- windows ----


def test_windows_cover_every_token_once_with_context_and_never_exceed_the_size() -> None:
    for length in (1, 2, 15, 16, 17, 40, 333):
        for size, context in ((16, 0), (16, 5), (16, 14), (64, 16)):
            found = windows_of(length, size, context)
            assert [i for w in found for i in range(w.new, w.stop)] == list(range(length))
            assert all(len(w) <= size for w in found)
            assert all(w.new - w.start >= min(context, w.new - 1) for w in found[1:])
    with pytest.raises(BadInput, match="no room for 15 tokens of context"):
        windows_of(40, 16, 15)


def test_what_fits_is_one_pass_exactly(tiny: Subject) -> None:
    encoded = encode_text(tiny, words(200))
    [(start, stop, states)] = forward_windows(tiny, encoded, [1, 3])
    assert (start, stop) == (0, len(encoded))
    np.testing.assert_array_equal(states, forward_tokens(tiny, encoded, [1, 3]))


def test_more_tokens_than_the_model_takes(tiny: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = encode_text(tiny, words(700))
    passes: list[int] = []

    def spy(subject: Subject, part: Any, blocks: Any) -> Any:
        passes.append(len(part.ids))
        return forward_tokens(subject, part, blocks)

    monkeypatch.setattr(windows, "forward_tokens", spy)
    limit = max_positions(tiny)
    pieces = list(forward_windows(tiny, encoded, [2], size=256, context=64))
    assert limit in (256, None)
    assert max(passes) == 256
    states = np.concatenate([s for _, _, s in pieces])
    assert states.shape == (len(encoded), 1, tiny.width)
    assert np.isfinite(states).all()
    # The window's new tokens are what the window read alone gives: sink, context, new.
    start, stop, last = pieces[-1]
    ids = encoded.ids[:1] + encoded.ids[start - 64 : stop]
    alone = forward_tokens(tiny, encode_text(tiny, tiny.tokenizer.decode(ids)), [2])
    assert tiny.tokenizer(tiny.tokenizer.decode(ids))["input_ids"] == list(ids)
    np.testing.assert_allclose(last, alone[-len(last) :], rtol=1e-4, atol=1e-4)
    with pytest.raises(BadInput, match="takes 256 tokens at once"):
        list(forward_windows(tiny, encoded, [2], size=257))


def test_windows_do_not_change_a_reading_that_needs_no_context(
    planted: Planted, planted_vectors: EmotionVectors
) -> None:
    text = words(1300)
    whole = read(planted.subject, planted_vectors, " ".join(text.split()[:500]))
    parts = read(planted.subject, planted_vectors, text, window=100, context=30)
    assert len(parts.encoded) == 1300
    assert np.isnan(parts.values[0]).all()
    np.testing.assert_allclose(parts.values[1:500], whole.values[1:], atol=1e-6)


def test_several_blocks_in_one_pass(planted: Planted, planted_vectors: EmotionVectors) -> None:
    together = read_blocks(planted.subject, planted_vectors, words(40), [5, 1])
    assert list(together) == [1, 5]
    for block, reading in together.items():
        alone = read(planted.subject, planted_vectors, words(40), block=block)
        np.testing.assert_array_equal(reading.values, alone.values)
        assert reading.block == block


# ---- turns, thinking, spans ----


def test_thinking_is_apart_from_what_is_said(planted: Planted, planted_vectors: EmotionVectors) -> None:
    reading = read(planted.subject, planted_vectors, CHAT)
    parts = [(s.turn, s.role, reading.encoded.text[slice(*s.chars)].strip()) for s in reading.segments]
    assert parts == [
        (0, "user", "filleraa hintsadaa"),
        (1, "thinking", "<think> hintangryaa hintangryab </think>"),
        (1, "assistant", "hintcalmaa hintcalmab fillerac"),
        (2, "user", "fillerab hintsadab"),
    ]
    table = reading.by_turn()
    top = table[list(reading.emotions)].idxmax(axis=1)
    assert list(top) == ["sad", "angry", "calm", "sad"]
    assert list(table["role"]) == [p[1] for p in parts]
    roles = reading.table()
    assert list(roles[roles["token"].str.startswith("hintangry")]["role"]) == ["thinking", "thinking"]
    assert set(roles["role"]) == {"", "user", "thinking", "assistant"}


@pytest.mark.parametrize(
    ("content", "roles"),
    [
        ("<think> hintsadaa", ["thinking"]),
        ("hintsadaa <think> fillerab </think> filleraa <think> fillerac </think>", ["assistant", "thinking"] * 2),
        ("<think> fillerab </think>", ["thinking"]),
        ("filleraa fillerab", ["assistant"]),
    ],
)
def test_thoughts_of_all_shapes(
    planted: Planted, planted_vectors: EmotionVectors, content: str, roles: list[str]
) -> None:
    chat = [{"role": "user", "content": "filleraa"}, {"role": "assistant", "content": content}]
    reading = read(planted.subject, planted_vectors, chat)
    mine = [s for s in reading.segments if s.turn == 1]
    assert [s.role for s in mine] == roles
    tokens = [i for s in mine for i in range(*s.tokens)]
    assert tokens == list(range(*reading.encoded.turns[1].tokens))


def test_spans_are_found_by_their_characters(planted: Planted, planted_vectors: EmotionVectors) -> None:
    reading = read(planted.subject, planted_vectors, CHAT)
    table = reading.by_span(["hintcalmaa hintcalmab", "hintsad"])
    assert list(table["span"]) == ["hintcalmaa hintcalmab", "hintsad", "hintsad"]
    assert list(table["occurrence"]) == [1, 1, 2]
    assert list(table["turn"]) == [1, 0, 2]
    assert list(table["tokens"]) == [2, 1, 1]
    start = table["start"][0]
    np.testing.assert_allclose(
        table.loc[0, list(reading.emotions)].astype(float), reading.values[start : start + 2].mean(0)
    )
    with pytest.raises(BadInput, match="'hintbored' does not occur"):
        reading.by_span(["hintbored"])
    with pytest.raises(BadInput, match="a span is empty"):
        reading.by_span([" "])
    with pytest.raises(BadInput, match="attention sink"):
        read(planted.subject, planted_vectors, "hintsadaa filleraa").by_span(["hintsadaa"])


# ---- z-score ----


def test_zscore_of_the_reference_itself(
    planted: Planted, planted_vectors: EmotionVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, texts = Store(tmp_path), [words(80, seed) for seed in range(4)]
    made = make_reference(planted.subject, planted_vectors, texts, blocks=[1, 3], store=store)
    rows = np.concatenate(
        [read(planted.subject, planted_vectors, t, block=1, how="zscore", reference=made).values[1:] for t in texts]
    )
    assert made.tokens == len(rows)
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(rows.std(0), 1, atol=1e-9)
    monkeypatch.setattr(reference, "forward_windows", None)  # a second time nothing is read
    again = make_reference(planted.subject, planted_vectors, texts, blocks=[3, 1], store=store)
    np.testing.assert_array_equal(again.mean, made.mean)
    with pytest.raises(TypeError):
        make_reference(planted.subject, planted_vectors, texts[:3], blocks=[3], store=store)


def test_a_reference_needs_variation_and_its_block(
    planted: Planted, planted_vectors: EmotionVectors, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="does not vary"):
        make_reference(planted.subject, planted_vectors, ["filleraa " * 9], store=Store(tmp_path))
    made = make_reference(planted.subject, planted_vectors, [words(60)], blocks=[1], store=Store(tmp_path))
    with pytest.raises(BadInput, match="was read at 1, not at block 3"):
        read(planted.subject, planted_vectors, words(9), block=3, how="zscore", reference=made)


# ---- input ----


def test_contents_of_files(tmp_path: Path) -> None:
    def file(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert load_contents(file("a.txt", "[not a chat] at all")) == ["[not a chat] at all"]
    assert load_contents(file("b.txt", json.dumps(chat))) == [tuple(chat)]
    assert load_contents(file("c.json", json.dumps({"messages": chat}))) == [tuple(chat)]
    assert load_contents(file("d.jsonl", "\n".join(json.dumps(m) for m in chat))) == [tuple(chat)]
    assert load_contents(file("e.jsonl", json.dumps({"messages": chat}) + "\n" + json.dumps({"text": "t"}))) == [
        tuple(chat),
        "t",
    ]
    assert load_contents(file("f.jsonl", json.dumps({"text": "a\u2028b"}, ensure_ascii=False))) == ["a\u2028b"]
    assert parse_content("[1, 2] and so on") == "[1, 2] and so on"
    assert parse_content("[1, 2]") == "[1, 2]"
    for name, text, says in (
        ("g.json", "[1]", "holds no chat"),
        ("h.jsonl", '{"role": "user", "content": "a"}\n{oops', "line 2: not JSON"),
        ("i.jsonl", '{"role": "user", "content": "a"}\n{"text": "b"}', "line 2: lines of single messages"),
        ("j.jsonl", '{"number": 3}', "line 1: no text and no chat"),
        ("k.json", '[{"role": "user"}]', "message 1 has no content"),
        ("l.txt", " \n", "is empty"),
    ):
        with pytest.raises(BadInput, match=says):
            load_contents(file(name, text))
    with pytest.raises(BadInput, match="cannot read"):
        load_contents(tmp_path / "nowhere.txt")


# ---- output ----


@pytest.fixture
def run(planted: Planted, planted_vectors: EmotionVectors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    module = importlib.import_module("emovec.cli.read")  # emovec.cli.read is also the command's name
    monkeypatch.setattr(module, "open_subject", lambda model, device: planted.subject)
    monkeypatch.setattr(module, "vectors_for", lambda subject, folder, recipe: planted_vectors)
    monkeypatch.setenv("EMOVEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def call(*args: str, stdin: str | None = None, fails: str = "") -> str:
        result: Result = CliRunner().invoke(app, ["read", *args], input=stdin)
        if fails:
            assert isinstance(result.exception, EmovecError)
            assert fails in str(result.exception)
        else:
            assert result.exception is None, result.output
        return result.stdout

    return call


def test_rows_in_every_format(run: Any, tmp_path: Path) -> None:
    chat = json.dumps(CHAT)
    tokens = json.loads(run("--by", "token", "--format", "json", stdin=chat))
    assert [t["token"] for t in tokens][:3] == ["<user>", "filleraa", "hintsadaa"]
    assert tokens[0]["readings"]["sad"] is None
    assert max(tokens[2]["readings"], key=lambda e: tokens[2]["readings"][e]) == "sad"
    csv = run(chat, "--format", "csv").splitlines()
    assert csv[0].startswith("position,token,role,afraid")
    assert len(csv) == len(tokens) + 1
    run(chat, "--by", "turn", "--out", "turns.parquet", "--emotion", "sad", "--emotion", "angry")
    turns = pd.read_parquet(tmp_path / "turns.parquet")
    assert list(turns.columns) == ["turn", "role", "start", "tokens", "text", "sad", "angry"]
    assert turns["sad"].dtype == "float32"
    table = run(chat, "--by", "turn", "--emotion", "calm")
    assert "thinking" in table
    assert "calm" in table
    spans = run(chat, "--span", "hintcalmaa", "--span", "hintsad")
    assert spans.count("hintsad") == 2
    assert "calm +" in spans
    run(chat, "--out", "summary.json")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [t["role"] for t in summary["turns"]] == ["user", "assistant", "user"]
    assert not list(tmp_path.glob(".*"))


def test_jsonl_and_zscore_against_a_file(run: Any, tmp_path: Path) -> None:
    (tmp_path / "chat.jsonl").write_text("\n".join(json.dumps(m) for m in CHAT))
    (tmp_path / "ref.txt").write_text(words(300))
    options = ("--file", "chat.jsonl", "--how", "zscore", "--format", "json")
    summary = json.loads(run(*options, "--reference", "ref.txt"))
    assert summary["measure"] == "zscore"
    assert summary["reference"] == "ref.txt (299 tokens)"
    assert summary["top"][0]["value"] > 0


def test_a_transcript_cannot_steer_the_terminal(run: Any) -> None:
    hostile = "filleraa \x1b[2J\x9b31m hintsadaa \x07 [bold]x[/bold]"
    for out in (run(hostile), run(hostile, "--by", "token")):
        assert not {"\x1b", "\x9b", "\x07"} & set(out)
        assert "[bold]x[/bold]" in out


def test_the_heatmap_is_written(run: Any, tmp_path: Path) -> None:
    out = run(json.dumps(CHAT), "--html", "map.html", "--blocks", "1,5", "--emotion", "calm")
    assert "mean cosine at block 3" in " ".join(out.split())
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert [f'id="readings-{b}"' in page for b in (1, 3, 5)] == [True] * 3
    assert '"first":"calm"' in page


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--format", "xml"), "unknown format 'xml'"),
        (("--by", "word"), "unknown rows 'word'"),
        (("--by", "span"), "--by span needs the words"),
        (("--format", "parquet"), "name it with --out"),
        (("--reference", "x"), "--reference is for --how zscore"),
        (("--blocks", "1,3"), "--blocks is for the heatmap"),
        (("--html", "x.html", "--blocks", "1;3"), "give numbers with commas"),
        (("--html", "x.html", "--blocks", "2"), "have no block 2"),
        (("--how", "dot"), "unknown measure 'dot'; known: cosine, projection, zscore"),
        (("--window", "513"), "takes 512 tokens at once"),
        (("--span", "nowhere"), "does not occur"),
    ],
)
def test_bad_arguments_say_what_to_do(run: Any, args: tuple[str, ...], says: str, tmp_path: Path) -> None:
    run("filleraa fillerab", *args, fails=says)
    assert not list(tmp_path.glob("*.html"))


def test_a_file_of_many_texts_is_for_sweep(run: Any, tmp_path: Path) -> None:
    (tmp_path / "many.jsonl").write_text('{"text": "a b"}\n{"text": "c d"}')
    run("--file", "many.jsonl", fails="holds 2 texts or chats")
