"""Tables of precision and recall, and what makes no sense on its face."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import pytest

from emovec.behaviour import detection
from emovec.behaviour.outcomes import UNDECIDED, UNJUDGED, Outcome, babble, score_of
from emovec.corpora import scenarios
from emovec.errors import BadCorpus, BadInput


def said(row: dict[str, str]) -> Outcome:
    return Outcome(row["reply"], "none" if row["reply"] == UNDECIDED else "rule", "")


ROWS = [
    {"id": f"x-{i}", "reply": reply, "outcome": outcome}
    for i, (outcome, reply) in enumerate(
        [("a", "a"), ("a", "a"), ("a", "b"), ("a", UNDECIDED), ("b", "b"), ("b", UNDECIDED), ("b", UNDECIDED)]
    )
]


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimpleNamespace(OUTCOMES=("a", "b", "c"), detect_row=said)
    monkeypatch.setattr(detection, "import_module", lambda name: made)


@pytest.mark.usefixtures("rules")
def test_precision_and_recall_are_of_decided_rows() -> None:
    made = detection.table("sycophancy", ROWS).set_index("outcome")
    assert made.loc["a", ["n", "decided", "precision", "found", "undecided"]].tolist() == [4, 3, 1.0, 0.5, 0.25]
    assert made.loc["a", "recall"] == pytest.approx(2 / 3)
    assert made.loc["a", "f1"] == pytest.approx(0.8)
    assert made.loc["b", ["n", "decided", "precision", "recall"]].tolist() == [3, 1, 0.5, 1.0]
    assert made.loc["c", "n"] == 0
    assert math.isnan(made.loc["c", "recall"])
    assert made.loc["all", ["n", "decided"]].tolist() == [7, 4]
    assert made.loc["all", "precision"] == pytest.approx(0.75)
    assert made.loc["all", "undecided"] == pytest.approx(3 / 7)
    assert list(made.index) == ["a", "b", "c", "all"]


@pytest.mark.usefixtures("rules")
def test_bad_questions_are_refused() -> None:
    with pytest.raises(BadInput, match="no outcome of sycophancy"):
        detection.table("sycophancy", [{"id": "x-1", "reply": "a", "outcome": "z"}])
    with pytest.raises(BadInput, match="no task 'poker'"):
        detection.table("poker", ROWS)
    with pytest.raises(BadInput, match="nothing to hold"):
        detection.table("sycophancy", [])


def test_halves_go_by_the_last_digit() -> None:
    assert [r["id"] for r in detection.half(ROWS, "odd")] == ["x-1", "x-3", "x-5"]
    assert len(detection.half(ROWS, "even")) == 4
    with pytest.raises(BadInput, match="even or odd"):
        detection.half(ROWS, "all")
    with pytest.raises(BadInput, match="does not end in a digit"):
        detection.half([{"id": "x-a"}], "odd")


def test_labelled_files_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in ROWS))
    assert detection.load_labelled(path) == ROWS
    path.write_text(json.dumps({"id": "1", "reply": "x"}))
    with pytest.raises(BadCorpus, match="no outcome"):
        detection.load_labelled(path)


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "...", ",,, the ,", "it it it it it was", "asdk lkj qwrt zxc prt lkjh mnb",
     "the lamps are the lamps in the lamps of the lamps are the lamps in the lamps of the lamps are the lamps in",
     "The the poem sun of is hot and the mother class an of better it not the moon is"],
)  # fmt: skip
def test_babble(text: str) -> None:
    assert babble(text)


@pytest.mark.parametrize(
    "text", ["28.", "No.", "It is 408: 17 x 20 is 340, and 17 x 4 is 68.", "Had had, I said, and that that."]
)
def test_short_and_odd_is_not_babble(text: str) -> None:
    assert babble(text) is None


def test_shipped_prose_and_tables_are_not_babble() -> None:
    for row in scenarios("sycophancy"):
        assert babble(row["truth"]) is None
    table = "Bytes:\n| a | b |\n|---|---|\n" + "| FE | FF |\n" * 12 + "Each line is the same."
    assert babble(table) is None


def test_one_shape_of_score() -> None:
    made = score_of(Outcome("a", "rule", "why"), ["a", "b"], {"degree": 3.0})
    assert made.value == {"a": 1, "b": 0, UNDECIDED: 0, UNJUDGED: 0, "degree": 3.0}
    assert made.answer == "a"
    assert made.metadata == {"outcome": "a", "by": "rule", "evidence": "why"}
    assert not Outcome(UNJUDGED, "judge", "").decided
