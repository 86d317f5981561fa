"""Documents of every kind come out the same, in order, from any place on; bad ones are named in one line, or counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from emovec.errors import BadCorpus, BadInput
from emovec.reading.documents import Document, content_of, find_sources, stream

TEXTS = ["The kettle sang.", "Nobody came.", "Rain, and then more rain."]
CHAT = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day"}]


def jsonl(path: Path, rows: list[object]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def read(*paths: Path, **more: object) -> list[Document]:
    return list(stream(find_sources(paths), **more))  # type: ignore[arg-type]


def test_jsonl_of_texts_and_chats(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": TEXTS[0]},
        {"text": TEXTS[1], "meta": 3},
        {"messages": CHAT, "text": "not this"},
        TEXTS[2],
        CHAT,
    ]
    found = read(jsonl(tmp_path / "mixed.jsonl", rows))
    assert [d.id for d in found] == ["a", "mixed.jsonl:2", "mixed.jsonl:3", "mixed.jsonl:4", "mixed.jsonl:5"]
    assert [d.content for d in found] == [TEXTS[0], TEXTS[1], tuple(CHAT), TEXTS[2], tuple(CHAT)]
    assert {d.source for d in found} == {"mixed.jsonl"}
    assert sum(d.bytes for d in found) == pytest.approx((tmp_path / "mixed.jsonl").stat().st_size, rel=0.01)


def test_gzip_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n\n".join(json.dumps({"text": t}) for t in TEXTS))
    assert [(d.id, d.content) for d in read(path)] == [
        (f"t.jsonl.gz:{n}", t) for n, t in zip((1, 3, 5), TEXTS, strict=True)
    ]


@pytest.mark.parametrize(
    ("row", "roles", "last"),
    [
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]}, ["user", "assistant"], "Yes"),
        ({"turns": [{"speaker": "A", "text": "Hm"}, {"speaker": "B", "text": "Quite"}]}, ["A", "B"], "Quite"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "image"}, "two"]}]}, ["user"], "one\ntwo"),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "ls", "arguments": '{"at": "/"}'}}]}]},
            ["assistant"], 'ls({"at": "/"})',
        ),
        (
            {"chat": [{"role": "assistant", "content": [{"type": "reasoning", "reasoning": "I see."}, {"type": "text", "text": "So."}],
                       "tool_calls": [{"id": "1", "function": "ls", "arguments": {"at": "/"}}]}]},
            ["assistant"], 'I see.\nSo.\nls({"at": "/"})',
        ),
    ],
)  # fmt: skip
def test_chats_in_the_spellings_in_use(row: dict[str, object], roles: list[str], last: str) -> None:
    chat = content_of(row)
    assert isinstance(chat, tuple)
    assert [m["role"] for m in chat] == roles
    assert chat[-1]["content"] == last


def test_half_a_surrogate_becomes_a_question_mark() -> None:
    assert content_of(json.loads('{"text": "a \\ud83d b \\ud83d\\ude00 é"}')) == "a ? b 😀 é"


def test_the_field_can_be_named(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x.jsonl", [{"story": TEXTS[0], "text": "no"}, {"story": CHAT}])
    assert [d.content for d in read(path, field="story")] == [TEXTS[0], tuple(CHAT)]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"text": "open', "not JSON: .* at column"),
        (b"{\xff}", "not UTF-8"),
        (
            b'{"body_text": "x", "n": 1}',
            r"no text and no chat in any usual field among body_text, n; name the field with --field",
        ),
        (b'{"messages": []}', "found an empty list where a text or a list of messages should be"),
        (b'{"messages": [{"role": "user"}]}', "message 1 has no content"),
        (b'{"messages": [{"content": "x"}]}', "message 1 has no role"),
        (b'{"messages": ["x"]}', "message 1 is str, not an object"),
        (b"[" * 100_000, "nested too deep"),
        (b"3", "found int"),
    ],
)
def test_a_bad_line_is_named_or_counted(tmp_path: Path, line: bytes, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"text": "good"}\n' + line + b'\n{"text": "good too"}\n')
    with pytest.raises(BadCorpus, match=r"bad\.jsonl, line 2: .*" + says) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    found = read(path, skip_bad=True)
    assert [d.content for d in found] == ["good", None, "good too"]


def test_folders_of_texts(tmp_path: Path) -> None:
    (tmp_path / "texts" / "b").mkdir(parents=True)
    (tmp_path / "texts" / ".git").mkdir()
    for name, text in zip(("a.txt", "b/c.md", "b/d.txt", ".git/e.txt"), [*TEXTS, "hidden"], strict=True):
        (tmp_path / "texts" / name).write_text(text, encoding="utf-8")
    (tmp_path / "texts" / "notes.pdf").write_bytes(b"%PDF")
    found = read(tmp_path / "texts")
    assert [(d.id, d.content) for d in found] == list(
        zip(("texts/a.txt", "texts/b/c.md", "texts/b/d.txt"), TEXTS, strict=True)
    )
    jsonl(tmp_path / "texts" / "data.jsonl", [{"text": "rows win over a README"}])
    assert [d.content for d in read(tmp_path / "texts")] == ["rows win over a README"]
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(BadCorpus, match=r"latin\.txt, line 1: not UTF-8 at byte 3"):
        read(tmp_path / "latin.txt")


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    many = [{"id": f"r{i}", "text": f"text {i}", "messages": None} for i in range(150)]
    pq.write_table(pa.Table.from_pylist(many), tmp_path / "many.parquet", row_group_size=40)
    pq.write_table(pa.Table.from_pylist([{"messages": CHAT}]), tmp_path / "chats.parquet")
    found = read(tmp_path / "many.parquet", tmp_path / "chats.parquet")
    assert [d.id for d in found] == [*(f"r{i}" for i in range(150)), "chats.parquet:1"]
    assert found[-1].content == tuple(CHAT)
    assert sum(d.bytes for d in found[:150]) == pytest.approx((tmp_path / "many.parquet").stat().st_size)
    (tmp_path / "no.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(BadInput, match=r"no\.parquet is not a readable parquet file"):
        read(tmp_path / "no.parquet")
    pq.write_table(pa.Table.from_pylist([{"text": "x"}, {"text": None}]), tmp_path / "gap.parquet")
    with pytest.raises(BadInput, match=r"gap\.parquet, row 2: no text and no chat"):
        read(tmp_path / "gap.parquet")


def test_a_dataset_saved_to_disk(tmp_path: Path) -> None:
    import datasets

    rows = datasets.Dataset.from_list([{"text": f"text {i}"} for i in range(100)])
    rows.save_to_disk(str(tmp_path / "one"), num_shards=2)
    found = read(tmp_path / "one")
    assert [d.content for d in found] == [f"text {i}" for i in range(100)]
    assert len({d.id for d in found}) == 100
    both = datasets.DatasetDict({"train": rows, "test": datasets.Dataset.from_list([{"messages": CHAT}])})
    both.save_to_disk(str(tmp_path / "two"))
    found = read(tmp_path / "two")
    assert len(found) == 101
    assert found[-1].content == tuple(CHAT)
    (tmp_path / "one" / "data-00001-of-00002.arrow").unlink()
    with pytest.raises(BadInput, match=r"names 'data-00001-of-00002\.arrow', which is not there"):
        read(tmp_path / "one")
    (tmp_path / "broken.arrow").write_bytes(b"nothing of the sort")
    with pytest.raises(BadInput, match=r"broken\.arrow is not a readable Arrow file"):
        read(tmp_path / "broken.arrow")


def test_inspect_logs(inspect_log: Path) -> None:
    found = read(inspect_log)
    assert [d.id for d in found] == ["run.eval:alpha:1", "run.eval:alpha:2", "run.eval:beta:1", "run.eval:beta:2"]
    chat = found[0].content
    assert isinstance(chat, tuple)
    assert [m["role"] for m in chat] == ["system", "user", "assistant", "tool", "assistant"]
    assert chat[2]["content"] == 'Let me look.\nlist_files({"folder": "/tmp"})'
    assert chat[3]["content"] == "a.txt"
    (inspect_log.parent / "junk.eval").write_bytes(b"PK but no")
    with pytest.raises(BadInput, match=r"junk\.eval is not a readable Inspect log"):
        read(inspect_log.parent / "junk.eval")


def test_any_place_can_be_begun_at(tmp_path: Path, inspect_log: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.Table.from_pylist([{"text": f"{i}"} for i in range(70)]), tmp_path / "b.parquet", row_group_size=20
    )
    (tmp_path / "c.txt").write_text("c")
    paths = [jsonl(tmp_path / "a.jsonl", TEXTS), tmp_path / "b.parquet", tmp_path / "c.txt", inspect_log]  # type: ignore[arg-type]
    sources = find_sources(paths)
    whole = list(stream(sources))
    assert len(whole) == 3 + 70 + 1 + 4
    for i in (0, 1, 2, 3, 21, 22, 23, 60, 72, 73, 74, 76, 77):
        rest = list(stream(sources, after=whole[i].place))
        assert [(d.id, d.content, d.place) for d in rest] == [(d.id, d.content, d.place) for d in whole[i + 1 :]]


def test_what_cannot_be_swept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.json").write_text("[]")
    path = jsonl(tmp_path / "a.jsonl", TEXTS)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="does not exist; name a file or a folder"):
        find_sources([tmp_path / "nowhere"])
    with pytest.raises(BadInput, match="holds no file that emovec sweeps"):
        find_sources([tmp_path / "empty"])
    with pytest.raises(BadInput, match=r"make it JSONL, one object a line: jq -c"):
        find_sources([tmp_path / "a.json"])
    with pytest.raises(BadInput, match="named twice"):
        find_sources([path, path])
    with pytest.raises(BadInput, match="nothing to sweep"):
        find_sources([])


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        jsonl(tmp_path / folder / "same.jsonl", [TEXTS[0]])
    found = find_sources([tmp_path / "x" / "same.jsonl", tmp_path / "y" / "same.jsonl"])
    assert len({s.name for s in found}) == 2
