"""A sweep finds what was planted, counts exactly, stays within its buffer, and ends with the same bytes however often it is killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emovec.errors import BadCorpus, BadInput, ForeignSubject
from emovec.planted import Planted
from emovec.reading import read
from emovec.reading.sweep import Settings, Snippet, Sweep, sweep
from emovec.reading.sweep.cut import chunks_of, parts_of, pieces, tiles
from emovec.reading.sweep.histogram import Histogram
from emovec.reading.sweep.top import Top
from emovec.subject import encode_chat, encode_text
from emovec.vectors import EmotionVectors

FILES = (
    "documents.parquet",
    "snippets.jsonl",
    "transcripts.jsonl",
    "emotions.csv",
    "distribution.safetensors",
    "summary.json",
)
Words = Callable[..., str]


@pytest.fixture(scope="module")
def words() -> Words:
    """``words(n, "angry", share)``: n words, a share of them evocative of an emotion, the others filler."""
    rng = np.random.default_rng(0)

    def make(count: int, emotion: str = "", share: float = 0.0) -> str:
        out = [f"filler{chr(97 + int(i) // 26)}{chr(97 + int(i) % 26)}" for i in rng.integers(0, 60, count)]
        for i in np.flatnonzero(rng.random(count) < share):
            out[i] = f"hint{emotion.replace(' ', '')}a{chr(97 + int(rng.integers(6)))}"
        return " ".join(out)

    return make


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, words: Words) -> Path:
    """Texts of 5 to 2,500 words and chats; some angry, some proud stretches."""
    rng = np.random.default_rng(1)
    rows: list[dict[str, object]] = []
    for i in range(70):
        length = int(np.exp(rng.uniform(np.log(5), np.log(300))))
        mood = ("angry", "proud", "sad", "calm")[i % 4]
        rows.append({"id": f"t{i}", "text": words(length, mood, 0.3 * rng.random())})
    rows[20]["text"] = f"{words(1200)} {words(60, 'angry', 0.9)} {words(1200)}"
    rows[30]["text"] = "   "
    for i in range(20):
        chat = [("user", words(20, "sad", 0.5)), ("assistant", words(60, "proud", i / 20)), ("user", "fillerab")]
        rows.insert(3 * i, {"id": f"c{i}", "messages": [{"role": r, "content": t} for r, t in chat]})
    return write(tmp_path_factory.mktemp("corpus") / "mixed.jsonl", rows)


@pytest.fixture(scope="module")
def whole(
    planted: Planted, planted_vectors: EmotionVectors, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("swept") / "out"
    sweep(planted.subject, planted_vectors, [corpus], out, Settings(top=5, least=10))
    return out


def test_files_are_all_there_and_nothing_else(whole: Path) -> None:
    assert sorted(p.name for p in whole.iterdir()) == sorted(FILES)


def test_counts_are_exact(planted: Planted, whole: Path, corpus: Path) -> None:
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    encoded = [
        encode_chat(planted.subject, r["messages"]) if "messages" in r else encode_text(planted.subject, r["text"])
        for r in rows
        if "messages" in r or r["text"].strip()
    ]
    counts = Sweep.load(whole).counts
    tokens = sum(map(len, encoded))
    assert counts["documents"] == 90
    assert (counts["chats"], counts["empty"], counts["skipped"], counts["plain_chats"]) == (20, 1, 0, 0)
    template = 20 * 6  # <role> and <end> of three turns
    first = 69  # of the texts (a chat's first token is the template's); and 20 pieces of long texts begin with one too
    more = sum(len(list(pieces(r["text"]))) - 1 for r in rows if "text" in r)
    assert counts["tokens"] == tokens
    assert counts["counted_tokens"] == tokens - template - first - more
    assert Sweep.load(whole).histogram.total == counts["counted_tokens"]


def test_table_has_the_mean_that_read_gives(
    planted: Planted, planted_vectors: EmotionVectors, whole: Path, corpus: Path
) -> None:
    table = pd.read_parquet(whole / "documents.parquet")
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    assert list(table["document"]) == [r["id"] for r in rows]
    assert list(table["number"]) == list(range(1, 91))
    for i in (0, 1, 5, 40):
        reading = read(planted.subject, planted_vectors, rows[i].get("messages") or rows[i]["text"])
        turns = [k for k, t in enumerate(reading.encoded.turns) if t.role in ("assistant", "text")]
        expected = reading.mean(turns[0])
        assert np.allclose(table.loc[i, list(planted_vectors.emotions)].to_numpy(float), expected, atol=1e-5)
    empty = table[table["document"] == "t30"].iloc[0]
    assert empty["tokens"] == 0
    assert np.isnan(empty["angry"])


def test_top_lists_are_what_sorting_everything_gives(
    planted: Planted, planted_vectors: EmotionVectors, whole: Path, corpus: Path
) -> None:
    found = Sweep.load(whole)
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    every: list[tuple[float, int, int]] = []
    column = planted_vectors.index("angry")
    for ordinal, row in enumerate(rows):
        content = tuple(row["messages"]) if "messages" in row else row["text"]
        for part in parts_of(planted.subject, content):
            values = read(
                planted.subject, planted_vectors, part.encoded.text if "text" in row else row["messages"]
            ).values
            for chunk in chunks_of(part, 512, 64):
                window = chunk.window
                for a, b in tiles(part.turn, window.new, window.stop, 32):
                    every.append((float(values[a:b, column].mean()), ordinal, part.base + a))
    kept: list[tuple[float, int, int]] = []
    for item in sorted(every, reverse=True):
        if sum(k[1] == item[1] for k in kept) < 3 and len(kept) < 5:
            kept.append(item)
    assert [(s.ordinal, s.start) for s in found.snippets["angry"]] == [(o, s) for _, o, s in kept]
    assert np.allclose([s.score for s in found.snippets["angry"]], [k[0] for k in kept], atol=1e-5)
    table = pd.read_parquet(whole / "documents.parquet")
    best = table[table["averaged"] >= 10].sort_values("angry", ascending=False)["document"].head(5)
    assert [t.document for t in found.transcripts["angry"]] == list(best)


def test_a_planted_stretch_is_found_and_its_tokens_are_marked(whole: Path) -> None:
    found = Sweep.load(whole)
    snippet = found.snippets["angry"][0]
    assert snippet.document == "t20"
    assert 1190 < snippet.start < 1260
    bar = found.histogram.percentile(90)[found.emotions.index("angry")]
    hints = np.array(["hintangry" in token for token in snippet.tokens])
    assert np.array_equal(np.array(snippet.values) > bar, hints)
    assert hints.mean() > 0.8
    assert snippet.before.split()[-1].startswith(("filler", "hint"))
    # Nothing angry or proud about it: the control's best snippet is not there, and reads far lower.
    assert all(s.document != "t20" for s in found.snippets["proud"])
    assert found.snippets["lonely"][0].score < snippet.score - 0.2


def test_transcripts_are_ranked_by_the_assistant(
    planted: Planted, planted_vectors: EmotionVectors, corpus: Path, whole: Path, tmp_path: Path
) -> None:
    found = Sweep.load(whole)
    assert found.transcripts["proud"][0].document == "c19"
    assert {t.document for t in found.transcripts["proud"][:3]} == {"c19", "c18", "c17"}
    assert all(t.kind == "text" for t in found.transcripts["sad"][:1])  # the users' sadness counts for nothing
    assert found.transcripts["proud"][0].averaged == 60
    by_user = sweep(
        planted.subject, planted_vectors, [corpus], tmp_path / "user", Settings(top=5, least=10, over="user")
    )
    assert {t.kind for t in by_user.transcripts["sad"]} == {"chat"}
    best = found.transcripts["proud"][0]
    assert best.peak is not None
    assert best.peak.document == "c19"
    assert best.opening.startswith("user: ")


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_it_ends_with_the_same_bytes(
    planted: Planted,
    planted_vectors: EmotionVectors,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setattr("emovec.reading.sweep.run.buffer_tokens", lambda subject: 900)
    settings = Settings(top=5, least=10)
    sweep(planted.subject, planted_vectors, [corpus], tmp_path / "whole", settings)
    rng = np.random.default_rng(seed)
    calls = {"left": 0}
    deaths = 0
    for name in (
        "run.chunk_states",
        "checkpoint.save_arrays",
        "table.atomic_path",
        "result.write_json",
        "result._write_lines",
    ):
        module, attribute = name.split(".")
        target = f"emovec.reading.sweep.{module}.{attribute}"
        real = getattr(__import__(f"emovec.reading.sweep.{module}", fromlist=[attribute]), attribute)

        def deadly(*args: object, real: Callable[..., object] = real, **more: object) -> object:
            calls["left"] -= 1
            if calls["left"] == 0:
                raise KeyboardInterrupt
            return real(*args, **more)

        monkeypatch.setattr(target, deadly)
    for _ in range(200):
        calls["left"] = int(rng.integers(2, 9))
        try:
            sweep(
                planted.subject,
                planted_vectors,
                [corpus],
                tmp_path / "killed",
                settings,
                every=float(rng.choice([0.0, 0.02])),
            )
            break
        except KeyboardInterrupt:
            deaths += 1
            assert not (tmp_path / "killed" / "summary.json").exists()
    assert deaths >= 3
    assert sorted(p.name for p in (tmp_path / "killed").iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_the_buffer_never_holds_more_than_its_cap(
    planted: Planted, planted_vectors: EmotionVectors, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import emovec.reading.sweep.run as run

    monkeypatch.setattr(run, "buffer_tokens", lambda subject: 1100)
    real, held = run.chunk_states, []

    def watched(subject: object, chunks: list[object], block: int) -> object:
        held.append(sum(map(len, chunks)))  # type: ignore[arg-type]
        return real(subject, chunks, block)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "chunk_states", watched)
    swept = sweep(planted.subject, planted_vectors, [corpus], tmp_path / "out", Settings(top=5, least=10))
    assert max(held) <= 1100
    assert len(held) > 8
    assert sum(held) >= swept.counts["tokens"]


def test_the_buffer_does_not_change_what_is_found(
    whole: Path,
    planted: Planted,
    planted_vectors: EmotionVectors,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("emovec.reading.sweep.run.buffer_tokens", lambda subject: 600)
    small = sweep(planted.subject, planted_vectors, [corpus], tmp_path / "out", Settings(top=5, least=10))
    large = Sweep.load(whole)
    assert small.counts == large.counts
    for e in large.emotions:
        assert [(s.document, s.start) for s in small.snippets[e]] == [(s.document, s.start) for s in large.snippets[e]]
        assert [(t.document, t.peak and t.peak.start) for t in small.transcripts[e]] == [
            (t.document, t.peak and t.peak.start) for t in large.transcripts[e]
        ]


def test_a_finished_sweep_is_not_run_again_and_another_is_not_overwritten(
    whole: Path,
    planted: Planted,
    planted_vectors: EmotionVectors,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {name: (whole / name).read_bytes() for name in FILES}

    def never(*args: object) -> None:
        raise AssertionError

    monkeypatch.setattr("emovec.reading.sweep.run.chunk_states", never)
    again = sweep(planted.subject, planted_vectors, [corpus], whole, Settings(top=5, least=10))
    assert again.counts == Sweep.load(whole).counts
    with pytest.raises(BadInput, match=r"holds another sweep \(it differs in: settings\); give another --out"):
        sweep(planted.subject, planted_vectors, [corpus], whole, Settings(top=6, least=10))
    other = write(tmp_path / "mixed.jsonl", [{"text": "fillerab fillerac"}])
    with pytest.raises(BadInput, match=r"it differs in: sources"):
        sweep(planted.subject, planted_vectors, [other], whole, Settings(top=5, least=10))
    assert before == {name: (whole / name).read_bytes() for name in FILES}


def test_bad_rows_stop_a_sweep_which_goes_on_without_them(
    planted: Planted, planted_vectors: EmotionVectors, words: Words, tmp_path: Path
) -> None:
    lines = [json.dumps({"text": words(40)}) for _ in range(30)]
    lines[20] = "{"
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(BadCorpus, match=r"x\.jsonl, line 21: not JSON"):
        sweep(planted.subject, planted_vectors, [path], tmp_path / "out", every=0.0)
    swept = sweep(planted.subject, planted_vectors, [path], tmp_path / "out", skip_bad=True, every=0.0)
    assert (swept.counts["documents"], swept.counts["skipped"]) == (29, 1)
    limited = sweep(planted.subject, planted_vectors, [path], tmp_path / "ten", Settings(limit=10))
    assert limited.counts["documents"] == 10


def test_projection_and_blocks(planted: Planted, planted_vectors: EmotionVectors, words: Words, tmp_path: Path) -> None:
    text = words(80, "angry", 0.4)
    path = write(tmp_path / "x.jsonl", [{"text": text}])
    for block in (1, 5):
        swept = sweep(
            planted.subject, planted_vectors, [path], tmp_path / f"o{block}", Settings(how="projection", block=block)
        )
        reading = read(planted.subject, planted_vectors, text, block=block, how="projection")
        assert np.allclose(swept.histogram.mean, np.nanmean(reading.values, axis=0), atol=1e-5)
        assert swept.about["settings"]["block"] == block


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"how": "angle"}, "unknown measure 'angle'"),
        ({"block": 2}, "have no block 2; they have 1, 3, 5"),
        ({"chunk": 4096}, "takes 512 tokens at once; --chunk 4096 is too long"),
        ({"chunk": 100}, "--context 64 is more than half of a chunk of 100"),
        ({"top": 0}, "top must be at least 1, not 0"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_before_anything_runs(
    planted: Planted,
    planted_vectors: EmotionVectors,
    corpus: Path,
    tmp_path: Path,
    settings: dict[str, object],
    says: str,
) -> None:
    with pytest.raises(BadInput, match=says):
        sweep(planted.subject, planted_vectors, [corpus], tmp_path / "out", Settings(**settings))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_foreign_vectors_are_refused(
    planted_vectors: EmotionVectors, corpus: Path, tmp_path: Path, tiny: object
) -> None:
    with pytest.raises(ForeignSubject):
        sweep(tiny, planted_vectors, [corpus], tmp_path / "out")  # type: ignore[arg-type]


def test_percentiles_are_off_by_less_than_a_bin() -> None:
    values = np.random.default_rng(0).normal([0, 0.2, -0.3], 0.1, (20_000, 3))
    histogram = Histogram(3, "cosine")
    for block in np.array_split(values, 7):
        histogram.add(block)
    for q in (0.1, 10, 50, 90, 99.9):
        exact = np.sort(values, axis=0)[int(np.ceil(q / 100 * len(values))) - 1]
        assert np.abs(histogram.percentile(q) - exact).max() < histogram.width
    assert np.allclose(histogram.deviation, values.std(0))
    assert np.array_equal(histogram.counts.sum(1), [20_000] * 3)


def made(score: float, ordinal: int, start: int, key: str = "") -> Snippet:
    return Snippet(
        score, ordinal, start, key or f"{ordinal}.{start}", f"d{ordinal}", "f", ordinal, "text", (), (), "", ""
    )


def test_top_is_exact_in_any_order() -> None:
    rng = np.random.default_rng(0)
    items = [made(round(float(rng.normal()), 1), int(rng.integers(12)), i) for i in range(300)]
    expected: list[Snippet] = []
    for item in sorted(items, key=lambda s: s.rank):
        if sum(e.ordinal == item.ordinal for e in expected) < 2 and len(expected) < 10:
            expected.append(item)
    for _ in range(5):
        top: Top[Snippet] = Top(10, 2)
        for i in rng.permutation(len(items)):
            top.offer(items[int(i)])
        assert top.items == expected


def test_equal_texts_stand_once_where_they_read_highest() -> None:
    top: Top[Snippet] = Top(3, 2)
    for score, ordinal, key in ((0.1, 0, "a"), (0.3, 1, "a"), (0.2, 2, "a"), (0.15, 3, "b")):
        top.offer(made(score, ordinal, 0, key))
    assert [(s.score, s.key) for s in top.items] == [(0.3, "a"), (0.15, "b")]


def test_tiles_cover_turns_and_do_not_overlap() -> None:
    turn = np.array([-1] * 3 + [0] * 100 + [-1] * 4 + [1] * 5 + [-1] * 2 + [2] * 31 + [3] * 40, dtype=np.int32)
    found = tiles(turn, 0, len(turn), 32)
    assert all(len(set(turn[a:b])) == 1 and turn[a] >= 0 for a, b in found)
    assert all(21 <= b - a <= 48 for a, b in found)
    covered = np.concatenate([np.arange(a, b) for a, b in found])
    assert len(covered) == len(set(covered)) == 171
    assert tiles(turn, 107, 112, 32) == []


def test_a_long_text_is_read_token_by_token_once(planted: Planted, words: Words) -> None:
    text = words(9000)
    parts = list(parts_of(planted.subject, text))
    assert len(parts) == len(list(pieces(text))) > 3
    assert "".join(pieces(text)) == text
    assert [p.base for p in parts] == list(np.cumsum([0, *(len(p.encoded) for p in parts[:-1])]))
    for part in parts:
        new = np.concatenate([np.arange(c.window.new, c.window.stop) for c in chunks_of(part, 128, 32)])
        assert np.array_equal(new, np.arange(len(part.encoded)))
        assert all(len(c.ids) == len(c) <= 128 for c in chunks_of(part, 128, 32))


def test_pieces_of_an_emoji_show_it_once(default_subject: object, tmp_path: Path) -> None:
    from emovec.reading.sweep.cut import Chunk
    from emovec.reading.sweep.tally import Open, _Tile, _written
    from emovec.subject.windows import Window

    text = "So 😀😭 日本 " + "very glad of it " * 8
    part = next(parts_of(default_subject, text))  # type: ignore[arg-type]
    tile = _Tile(
        Chunk(part, Window(0, 0, len(part.encoded))),
        1,
        len(part.encoded),
        np.zeros((len(part.encoded) - 1, 1), np.float32),
    )
    snippet = _written(Open(0, "d", "s", 1, "text", "", "", np.zeros(1)), tile, 0, 0.0)
    assert snippet.before + "".join(snippet.tokens) == text


def test_inspect_logs_are_swept_as_chats(
    planted: Planted, planted_vectors: EmotionVectors, inspect_log: Path, tmp_path: Path
) -> None:
    swept = sweep(planted.subject, planted_vectors, [inspect_log], tmp_path / "out", Settings(least=1))
    assert (swept.counts["chats"], swept.counts["documents"]) == (4, 4)
    table = pd.read_parquet(tmp_path / "out" / "documents.parquet")
    assert list(table["document"]) == ["run.eval:alpha:1", "run.eval:alpha:2", "run.eval:beta:1", "run.eval:beta:2"]
    assert (table["averaged"] > 0).all()
