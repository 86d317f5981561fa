"""Zero-shot validation on labelled files: right on planted labels, chance on wrong ones, clear about bad files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emovec.errors import BadCorpus, BadInput, UnknownEmotion
from emovec.planted import Planted, planted_corpus
from emovec.reading import Labelled, load_labelled, validate
from emovec.store import Store
from emovec.vectors import EmotionVectors


@pytest.fixture
def rows(planted: Planted) -> list[Labelled]:
    texts = planted_corpus(6, seed=5).texts
    return [Labelled(t.text, t.emotion, t.emotion) for t in texts if t.emotion in ("afraid", "calm", "happy")]


def test_planted_labels_are_read(
    planted: Planted, planted_vectors: EmotionVectors, rows: list[Labelled], tmp_path: Path
) -> None:
    corpus = planted_corpus(8)
    table = validate(planted.subject, planted_vectors, rows, corpus=corpus, store=Store(tmp_path), draws=20)
    mean = table.iloc[-1]
    assert list(table["label"]) == ["afraid", "calm", "happy", "(mean)"]
    assert mean["auc"] == 1.0
    assert mean["auc_words"] > 0.95
    assert (table["auc_low"] <= table["auc"]).all()


def test_shifted_labels_are_not(
    planted: Planted, planted_vectors: EmotionVectors, rows: list[Labelled], tmp_path: Path
) -> None:
    turn = {"afraid": "calm", "calm": "happy", "happy": "afraid"}
    wrong = [Labelled(r.text, turn[r.label], turn[r.label]) for r in rows]
    assert validate(planted.subject, planted_vectors, wrong, store=Store(tmp_path), draws=5).iloc[-1]["auc"] < 0.6


def test_files_in_both_forms_and_label_maps(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nhi there,joy\ngo away,anger\nhm,neutral\n")
    (tmp_path / "map.json").write_text(
        json.dumps({"joy": ["joyful", "exact"], "anger": "angry", "neutral": [None, "none"]})
    )
    rows = load_labelled(tmp_path / "a.csv", labels=tmp_path / "map.json")
    assert {(r.label, r.emotion) for r in rows} == {("joy", "joyful"), ("anger", "angry")}
    (tmp_path / "b.jsonl").write_text('{"t": "x", "l": "sad"}\n{"t": "y", "l": "happy"}\n{"t": "z", "l": "happy"}\n')
    assert len(load_labelled(tmp_path / "b.jsonl", text="t", label="l", per_label=1)) == 2


def test_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\nhi,sad\n,happy\n")
    with pytest.raises(BadCorpus, match=r"a\.csv, line 3: the column 'text'"):
        load_labelled(path)
    path.write_text("text,label\nhi,glum\n")
    with pytest.raises(UnknownEmotion, match="glum"):
        load_labelled(path)
    path.write_text("text,label\nhi,sad\n")
    with pytest.raises(BadInput, match="1 usable labels"):
        load_labelled(path)
    with pytest.raises(BadInput, match="cannot read"):
        load_labelled(tmp_path / "none.csv")
