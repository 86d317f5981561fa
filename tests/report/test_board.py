"""The scoreboard's joins, and how numbers are written."""

from __future__ import annotations

import pytest

from emovec.report import Run
from emovec.report.board import counts, number, parts, strip, typeset
from emovec.stats import Null
from emovec.studies.base import Finding
from emovec.studies.claims import CLAIMS, PARTS, Row, scoreboard


def found(recipe: str, verdict: str, block: int = 20, metric: str = "m", value: float = 0.5) -> Finding:
    return Finding(
        "circumplex", metric, recipe, block, value, verdict=verdict, why=f"{recipe} {verdict}", claim="pc1_valence"
    )  # type: ignore[arg-type]


def row(*findings: Finding, **more: object) -> Row:
    return next(r for r in scoreboard(findings, **more) if r.claim.id == "pc1_valence")  # type: ignore[arg-type]


def test_claims_are_distinct_and_have_a_part() -> None:
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    assert [claim.part for claim in CLAIMS] == sorted((c.part for c in CLAIMS), key=list(PARTS).index)
    assert {study for studies in PARTS.values() for study in studies} == {claim.study for claim in CLAIMS}


def test_ids_that_the_studies_emit() -> None:
    ids = {claim.id for claim in CLAIMS}
    assert ids >= {
        "pc1_valence", "pc2_arousal", "pc_variance", "opposites_negative", "synonyms_near", "clusters_k10",
        "layers_stable", "lens_names_emotion", "implicit_diagonal", "loving_raised", "intensity_direction",
        "held_out_stories", "held_out_other_text", "vectors_reliable",
    }  # fmt: skip


def test_whitened_headlines_and_paper_stands_beside() -> None:
    r = row(found("paper", "fails"), found("whitened", "holds"))
    assert (r.verdict, r.why) == ("holds", "whitened holds")
    assert [f.recipe for f in r.beside] == ["paper"]
    assert row(found("paper", "fails"), found("whitened", "holds"), recipes=("paper",)).verdict == "fails"
    assert row(found("other", "partly")).verdict == "partly"


def test_the_picked_block_headlines() -> None:
    both = found("paper", "fails", block=3), found("paper", "holds", block=20)
    assert row(*both, block=20).verdict == "holds"
    assert row(*both).verdict == "fails"
    assert row(*both, block=9).verdict == "fails"


def test_several_metrics_of_one_claim() -> None:
    r = row(found("paper", "holds", metric="a"), found("paper", "fails", metric="b"))
    assert r.verdict == "partly"
    assert "a holds, b does not hold" in r.why
    assert row(found("paper", "fails", metric="a"), found("paper", "fails", metric="b")).verdict == "fails"


def test_why_a_claim_is_untested() -> None:
    assert row().why == "not run in this preset"
    assert row(ran=["circumplex"]).why == "the study ran but has no finding on this"
    assert row(found("", "untested")).why == " untested"
    blackmail = next(r for r in scoreboard([]) if r.claim.study == "blackmail")
    assert blackmail.why.endswith("emovec dose emovec/blackmail")


def test_parts_put_what_was_tested_first(run: Run) -> None:
    assert sum(counts(run.board).values()) == len(CLAIMS)
    for part in parts(run.board):
        tested = [r.verdict != "untested" for r in part.rows]
        assert tested == sorted(tested, reverse=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.874, "0.87"),
        (-0.5, "−0.50"),
        (0.0004, "0.0004"),
        (212.0, "212"),
        (0.0, "0.00"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


def test_typeset() -> None:
    assert typeset("r = -0.47, Figs 7-8") == "r = −0.47, Figs 7-8"
    assert typeset("22 % to 72 %") == "22\u00a0% to 72\u00a0%"


def test_strip_places_everything_on_one_axis() -> None:
    null = Null("shuffled", 0.1, 0.2, 0.001, 999)
    s = strip(Finding("s", "m", "", 0, 0.5, (0.4, 0.6), (null,), paper=0.8))
    assert s is not None
    assert (s.value, s.ci, s.null, s.paper, s.zero) == (50, (40, 60), (10, 20), 80, None)
    assert strip(Finding("s", "m", "", 0, -0.5)).value == 25  # type: ignore[union-attr]
    assert strip(Finding("s", "m", "", 0, 212.0, (150.0, 260.0))).ci[1] < 100  # type: ignore[union-attr,index]
    assert strip(Finding("s", "m", "", 0, None)) is None
