"""Every study finds what was planted, and finds nothing in the control; a killed run goes on and ends with the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from emovec.errors import BadInput
from emovec.planted import Planted, planted_corpus
from emovec.replicate import replicate
from emovec.report import Run
from emovec.stats import Null
from emovec.store import Store
from emovec.studies import STUDIES, Finding, study
from emovec.studies.base import Rule


@pytest.fixture(scope="module")
def outcome(planted: Planted, planted_store: Store, tmp_path_factory: pytest.TempPathFactory):
    return replicate(
        planted.subject,
        preset="standard",
        out=tmp_path_factory.mktemp("planted"),
        corpus=planted_corpus(48),
        store=planted_store,
    )


@pytest.fixture(scope="module")
def control(planted: Planted, planted_store: Store, tmp_path_factory: pytest.TempPathFactory):
    corpus = planted_corpus(48, emotional=False)
    return replicate(
        planted.subject, preset="standard", out=tmp_path_factory.mktemp("control"), corpus=corpus, store=planted_store
    )


def found(run: Run, metric: str, recipe: str = "paper") -> Finding:
    return next(f for f in run.findings if f.metric == metric and f.recipe == recipe)


@pytest.mark.parametrize("recipe", ["paper", "whitened"])
@pytest.mark.parametrize(
    ("metric", "least"),
    [
        ("leave_topic_out_top1", 0.95), ("other_register_auc", 0.97), ("split_half_reliability", 0.95), ("upper_blocks_rsa_r", 0.99),
        ("top10_lens_words", 0.95),
    ],
)  # fmt: skip
def test_planted_structure_is_found(outcome, recipe: str, metric: str, least: float) -> None:
    finding = found(outcome.run, metric, recipe)
    assert finding.value is not None
    assert finding.value >= least
    assert finding.verdict == "holds", finding.why


@pytest.mark.parametrize("metric", ["pc1_pleasure_r", "pc2_arousal_r"])
def test_planted_valence_and_arousal_are_the_first_two_components(outcome, metric: str) -> None:
    value = found(outcome.run, metric).value
    assert value is not None
    assert value > 0.7


@pytest.mark.parametrize("recipe", ["paper", "whitened"])
@pytest.mark.parametrize(
    "metric",
    [
        "leave_topic_out_top1",
        "other_register_auc",
        "split_half_reliability",
        "pc1_pleasure_r",
        "opposites_minus_cosine",
    ],
)
def test_the_control_shows_nothing(control, recipe: str, metric: str) -> None:
    finding = found(control.run, metric, recipe)
    assert finding.verdict == "fails", finding.why


def test_report_json_has_what_programs_need(outcome) -> None:
    report = json.loads((outcome.report.parent / "report.json").read_text())
    assert {"subject", "corpus", "version", "findings"} <= set(report)
    wanted = {"study", "metric", "recipe", "block", "value", "ci", "null", "p", "paper", "verdict", "why"}
    for finding in report["findings"]:
        assert wanted <= set(finding)
        assert finding["verdict"] in ("holds", "partly", "fails", "untested")
        if finding["null"]:
            assert set(finding["null"]) == {"name", "mean", "p95"}
            assert 0 < finding["p"] <= 1
    assert {f["study"] for f in report["findings"]} == set(STUDIES)


def test_a_run_killed_anywhere_goes_on_to_the_same_bytes(
    planted: Planted, outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    corpus = planted_corpus(48)
    for victim in ("vectors.activations.harvest", "studies.clusters.Clusters.run"):
        with monkeypatch.context() as patch:
            patch.setattr(f"emovec.{victim}", _killed)
            with pytest.raises(KeyboardInterrupt):
                replicate(planted.subject, preset="standard", out=tmp_path / "run", corpus=corpus, store=store)
        assert not (tmp_path / "run" / "report.json").exists()
    again = replicate(planted.subject, preset="standard", out=tmp_path / "run", corpus=corpus, store=store)
    for name in ("report.json", "vectors/whitened/vectors.safetensors", "vectors/paper/vectors.json"):
        assert (again.report.parent / name).read_bytes() == (outcome.report.parent / name).read_bytes(), name
    assert not list((tmp_path / "run").rglob(".*"))


def _killed(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def test_a_finished_study_is_not_run_again(
    planted: Planted, outcome, planted_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for one in STUDIES.values():
        monkeypatch.setattr(type(one), "run", _killed)
    again = replicate(planted.subject, preset="standard", out=tmp_path, corpus=planted_corpus(48), store=planted_store)
    assert [f.value for f in again.run.findings] == [f.value for f in outcome.run.findings]


def test_unknown_names_are_refused(planted: Planted, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"unknown study 'circumflex'; known: held_out"):
        study("circumflex")
    with pytest.raises(BadInput, match="unknown preset 'huge'"):
        replicate(planted.subject, preset="huge", out=tmp_path)


def test_rules_need_the_value_and_every_null() -> None:
    rule = Rule(holds=0.7, partly=0.4)
    easy, hard = Null("easy", 0.0, 0.1, 0.001, 999), Null("hard", 0.6, 0.9, 0.3, 999)
    assert rule.judge(0.8, [easy])[0] == "holds"
    assert rule.judge(0.5, [easy])[0] == "partly"
    assert rule.judge(0.3, [easy])[0] == "fails"
    verdict, why = rule.judge(0.8, [easy, hard], (0.7, 0.9))
    assert verdict == "fails"
    assert "hard" in why
    assert np.isclose(Finding("s", "m", "r", 0, 0.8, nulls=(easy, hard)).p or 0, 0.3)


def test_a_damaged_result_in_the_cache_is_made_anew(
    planted: Planted, outcome, planted_store: Store, tmp_path: Path
) -> None:
    kept = sorted((planted_store.root / "studies").glob("similarity-*.json"))
    before = [path.read_bytes() for path in kept]
    for path in kept:
        path.write_text("{")
    replicate(
        planted.subject,
        preset="standard",
        out=tmp_path,
        corpus=planted_corpus(48),
        store=planted_store,
        studies=["similarity"],
    )
    assert any(path.read_bytes() in before for path in kept)


def test_tables_are_whole(planted: Planted, outcome) -> None:
    table = outcome.run.results["similarity"].tables["matrix"]
    assert len(table) == 2 * 2 * len(planted.emotions) ** 2
