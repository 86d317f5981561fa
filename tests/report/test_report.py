"""The report: self-contained, escaped, the same twice, with every figure and every claim."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from emovec.errors import BadInput
from emovec.report import Run, write_report
from emovec.report.figures import COLUMNS, figures_of
from emovec.report.run import tidy
from emovec.studies.base import StudyResult
from emovec.studies.claims import CLAIMS

from .conftest import make_run
from .made import EVIL

FIGURES = {
    "circumplex-plane", "circumplex-blocks", "own_ratings-valence", "own_ratings-arousal", "similarity-matrix", "clusters-map", "layers-rsa", "logit_lens-hits",
    "implicit_scenarios-matrix", *(f"intensity-{i}" for i in range(6)), "held_out-summary", "held_out-transfer",
    "held_out-emotions", "held_out-reliability",
    "post_training-ends", "post_training-plane", "post_training-profiles", "post_training-kinds", "post_training-blocks",
    "post_training_preferences-elo", "post_training_preferences-categories", "post_training_preferences-links", "post_training_preferences-shifts",
    "story_writer-agreement", "story_writer-emotions",
    "top_snippets-readers", "transcripts-readers",
    "chronic_state-conditions", "chronic_state-transfer", "chronic_state-hidden",
    "deflection-cosines", "deflection-norm", "deflection-firing", "deflection-steering",
    "steer_words-matrix", "steer_words-curves", "preferences-elo", "preferences-links", "preference_steering-scatter",
    "preference_steering-bars", "decisions-blackmail", "decisions-hacking",
    "user_vs_assistant-feelings", "user_vs_assistant-loving", "user_vs_assistant-correlation", "planned_emotion-correlation", "planned_emotion-emotions", "planned_emotion-points", "story_tokens-profile", "story_tokens-emotions", "persistence-curves", "persistence-emotions", "lexical_control-share", "lexical_control-auc", "lexical_control-emotions",
}  # fmt: skip
LISTINGS = {
    "chronic_state-natural",
    "deflection-words",
    "top_snippets-list",
    "transcripts-list",
    "clusters-list",
    "logit_lens-words",
    "implicit_scenarios-list",
    "post_training-contrasts",
    "post_training-list",
    "post_training_preferences-contrasts",
    "post_training_preferences-forms",
    "post_training_preferences-list",
    "planned_emotion-replies",
    "story_tokens-peaks",
    "held_out-pooling",
    "steer_words-replies",
    "decisions-slopes",
}


class Page(HTMLParser):
    """Tags, attributes and script bodies of a page."""

    def __init__(self, text: str) -> None:
        """Read ``text``."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))
        if identity := dict(attrs).get("id"):
            self.ids.append(identity)

    def handle_data(self, data: str) -> None:
        """Keep what stands in a script."""
        if self.tags and self.tags[-1][0] == "script" and data.strip():
            self.scripts.append((self.tags[-1][1], data))


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    assert write_report(out, run) == out / "report.html"
    return out


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_same_run_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_report(tmp_path, make_run())
    first = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    second = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert first == second
    assert Path("report.json") in first


def test_page_loads_nothing(page: Page, text: str) -> None:
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base", "form"}
        assert "src" not in attributes
        if href := attributes.get("href"):
            assert not href.startswith(("http", "//", "javascript"))
    policy = next(
        a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    assert policy.count("'sha256-") == 2
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_data_cannot_inject(page: Page, text: str) -> None:
    assert EVIL not in text
    assert len(page.scripts) == 3  # the figures' data, Plotly, the page's own
    hostile = make_run()
    result = hostile.results["circumplex"]
    points = result.tables["points"].assign(cluster=EVIL)
    finding = replace(result.findings[0], why=EVIL, unit=EVIL, recipe=EVIL)
    hostile = replace(
        hostile,
        subject={"name": EVIL, "revision": "</title>" + EVIL},
        notes=[EVIL],
        block_why=EVIL,
        recipes={EVIL: {EVIL: EVIL}},
        results={"circumplex": StudyResult([finding], {"points": points})},
        studies={"circumplex": dict.fromkeys(("title", "question", "paper_ref", "rule"), EVIL)},
        timings={EVIL: 1.0},
    )
    from emovec.report.page import render

    assert EVIL not in render(hostile)


def test_plotly_reads_no_html_from_data(run: Run) -> None:
    points = run.results["circumplex"].tables["points"].assign(emotion="<b>x</b>&amp;")
    figure = figures_of("circumplex", {"points": points}, 20)[0]
    assert "<b>x</b>" not in json.dumps(figure.to_json())  # type: ignore[union-attr]


def test_every_figure_is_there(page: Page, text: str) -> None:
    assert set(page.ids) >= FIGURES | LISTINGS
    assert len(page.ids) == len(set(page.ids))
    drawn = json.loads(next(body for attributes, body in page.scripts if attributes.get("id") == "figures"))
    assert {spec["id"] for spec in drawn} == FIGURES
    for spec in drawn:
        assert spec["frames"]
        assert all(frame["data"] for frame in spec["frames"].values())
    labels = [a for t, a in page.tags if t == "div" and a.get("class") == "plot"]
    assert len(labels) == len(FIGURES)
    assert all(a["role"] == "img" and a["aria-label"] for a in labels)


def test_plotly_accepts_every_trace(page: Page) -> None:
    go = pytest.importorskip("plotly.graph_objects")
    drawn = json.loads(next(body for attributes, body in page.scripts if attributes.get("id") == "figures"))
    scales = {"@pleasure", "@coolwarm", "@sequential"}

    def resolved(value: object) -> object:
        if isinstance(value, dict):
            return {key: resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [resolved(item) for item in value]
        if isinstance(value, str) and value.startswith("@"):
            return "Viridis" if value in scales else "#123456"
        return value

    for spec in drawn:
        for frame in spec["frames"].values():
            go.Figure(resolved(frame))  # raises on an unknown attribute


def test_colours_are_in_the_style_sheet(page: Page, text: str) -> None:
    data = next(body for attributes, body in page.scripts if attributes.get("id") == "figures")
    for token in set(re.findall(r'"(?:color|colorscale|fillcolor)":"@([a-z0-9]+)', data)):
        assert text.count(f"--{token}:") == 3, token  # light, dark by the system, dark by choice


def test_every_claim_is_a_row(page: Page) -> None:
    rows = {a["id"]: a for t, a in page.tags if t == "tr" and (a.get("id") or "").startswith("claim-")}
    assert set(rows) == {f"claim-{claim.id}" for claim in CLAIMS}
    assert rows["claim-pc1_valence"]["data-verdict"] == "holds"
    assert rows["claim-synonyms_near"]["data-verdict"] == "fails"
    assert rows["claim-blackmail_desperate"]["data-verdict"] == "untested"
    links = {a["href"] for t, a in page.tags if t == "a" and (a.get("href") or "").startswith("#")}
    assert {str(link)[1:] for link in links} <= set(page.ids)


def test_page_says_what_it_is_about(text: str) -> None:
    assert "functional emotions" in text
    assert "makes no claim that a model feels" in text


def test_json(folder: Path, run: Run) -> None:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    keys = ["subject", "corpus", "version", "preset", "seed", "block", "recipes", "findings", "scoreboard"]
    assert list(report) == keys
    assert report["findings"] == [finding.to_json() for finding in run.findings]
    assert [row["claim"] for row in report["scoreboard"]] == [claim.id for claim in CLAIMS]
    for row in report["scoreboard"]:
        assert row["verdict"] in {"holds", "partly", "fails", "untested"}
        assert row["why"]
        assert bool(row["headline"]) == (row["verdict"] != "untested")
    assert "harvest" not in json.dumps(report)  # timings differ from run to run


def test_tables(folder: Path, run: Run) -> None:
    names = {f"{study}-{name}.csv" for study, result in run.results.items() for name in result.tables}
    assert {path.name for path in (folder / "tables").iterdir()} == names
    with (folder / "tables" / "circumplex-blocks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(run.results["circumplex"].tables["blocks"])
    assert tuple(rows[0]) == COLUMNS["circumplex", "blocks"]


#: Their figures have tests of their own.
ELSEWHERE = {"context", "dosage", "negation", "binding", "speakers", "self_other"}


@pytest.mark.parametrize(("study", "table"), sorted(key for key in COLUMNS if key[0] not in ELSEWHERE))
def test_each_table_alone_gives_its_figure(run: Run, study: str, table: str) -> None:
    full = run.results[study].tables[table]
    assert figures_of(study, {table: full}, 20)
    assert figures_of(study, {table: full.iloc[:0]}, 20) == []
    with pytest.raises(BadInput, match=f"{COLUMNS[study, table][-1]}"):
        figures_of(study, {table: full.drop(columns=COLUMNS[study, table][-1])}, 20)


def test_a_run_of_nothing(run: Run, tmp_path: Path) -> None:
    empty = replace(run, results={}, studies={}, notes=[], timings={}, corpus={}, recipes={})
    page = write_report(tmp_path, empty)
    assert page.stat().st_size < 500_000  # no figure, no Plotly
    assert {row.verdict for row in empty.board} == {"untested"}


def test_a_study_of_ones_own(run: Run, tmp_path: Path) -> None:
    own = replace(run, results={"mine": StudyResult([], {"t": pd.DataFrame({"a": [1, None], "b": ["<i>", "y"]})})})
    assert "&lt;i&gt;" in write_report(tmp_path, own).read_text(encoding="utf-8")


def test_tidy_is_strict_json() -> None:
    import numpy as np

    value = {
        "a": np.float32(0.5),
        "b": float("nan"),
        3: (np.int64(1), {"z", "y"}),
        "p": Path("x"),
        "n": np.array([1.0, np.inf]),
    }
    assert (
        json.dumps(tidy(value), allow_nan=False)
        == '{"a": 0.5, "b": null, "3": [1, ["y", "z"]], "p": "x", "n": [1.0, null]}'
    )
