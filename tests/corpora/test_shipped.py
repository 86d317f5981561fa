"""The texts that ship are what the project says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emovec.corpora import CheckReport, Corpus, load_corpus, scenarios, shipped_folder
from emovec.corpora.check import check_corpus
from emovec.corpora.check_sets import check_scenarios
from emovec.corpora.scenario_sets import SCENARIO_SETS, Intensity, load_scenarios
from emovec.corpora.sets import load_hidden, load_speakers
from emovec.lexicon import leaks


@pytest.fixture(scope="module")
def shipped() -> Corpus:
    return load_corpus()


@pytest.fixture(scope="module")
def report(shipped: Corpus) -> CheckReport:
    return check_corpus(shipped, blind=False)


@pytest.mark.parametrize(
    "name",
    ["leaks", "length", "stock phrases", "near duplicates", "openings", "distinct n-grams", "reading level", "topics"],
)
def test_a_check_passes_on_the_shipped_texts(report: CheckReport, name: str) -> None:
    assert report[name].passed, (report[name].figures(), report[name].offenders[:10])


def test_no_shipped_text_names_its_emotion(shipped: Corpus) -> None:
    assert [t.id for t in shipped.texts if leaks(t.text, t.emotion)] == []


def test_no_stock_phrase_is_in_more_than_half_a_percent(report: CheckReport) -> None:
    assert report["stock phrases"].numbers["worst %"] <= 0.5


def test_the_report_is_plain_json_and_a_table(report: CheckReport) -> None:
    assert json.loads(json.dumps(report.to_json(), allow_nan=False))["corpus"] == "emovec"
    assert list(report.table()["check"]) == [c.name for c in report.checks]


@pytest.mark.parametrize("name", SCENARIO_SETS)
def test_a_scenario_set_fits_its_schema_and_is_complete(name: str) -> None:
    rows = load_scenarios(name)
    check = check_scenarios(name, rows)
    assert check.passed, (check.figures(), check.offenders)
    assert [row.id for row in rows] == [row["id"] for row in scenarios(name)]


def test_every_scenario_file_has_a_schema() -> None:
    assert {p.stem for p in (shipped_folder() / "scenarios").glob("*.jsonl")} == set(SCENARIO_SETS)


def test_intensity_says_in_advance_which_way() -> None:
    for row in load_scenarios("intensity"):
        assert isinstance(row, Intensity)
        assert set(row.expected.values()) <= {1, -1}
        assert "{x}" not in row.template.format(x=row.shown[0])


@pytest.mark.parametrize(("name", "load"), [("speakers", load_speakers), ("hidden", load_hidden)])
def test_the_dialogue_sets_fit_their_schema(name: str, load) -> None:  # type: ignore[no-untyped-def]
    path = shipped_folder() / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"{name} is still being written")
    lines = path.read_text(encoding="utf-8").splitlines()
    dialogues = load()
    assert [d.to_json() for d in dialogues] == [json.loads(line) for line in lines]
    for d in dialogues:
        emotions = d.emotions if name == "speakers" else [e for e in (d.felt, d.other) if e]
        said = " ".join(t.text for t in d.turns)
        assert not [e for e in emotions if leaks(said, e)], d.id


def _configs() -> dict[str, str]:
    yaml = pytest.importorskip("yaml")
    header = (shipped_folder() / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    return {c["config_name"]: c["data_files"] for c in yaml.safe_load(header)["configs"]}


def test_the_data_card_names_every_file() -> None:
    files = {str(p.relative_to(shipped_folder())) for p in shipped_folder().rglob("*.jsonl")}
    assert files <= set(_configs().values())


@pytest.mark.filterwarnings("default")  # what `datasets` warns of is not ours
def test_the_folder_loads_with_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    for config, file in _configs().items():
        path = shipped_folder() / file
        if not path.is_file():
            continue
        rows = datasets.load_dataset(str(shipped_folder()), config, split="train", cache_dir=str(tmp_path))
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(rows) == len(lines), config
        assert set(json.loads(lines[0])) <= set(rows.column_names), config
