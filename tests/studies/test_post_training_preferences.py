"""Two planted models of one family: preferences that both have are found in both, another's are not, and what training changed is named."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from emovec.compare_models import compare_models
from emovec.corpora.scenario_sets import Prompt
from emovec.planted import PLANTED_EMOTIONS, planted_corpus
from emovec.progress import Progress
from emovec.store import Store
from emovec.studies import Draws, StudyResult
from emovec.studies.paired_preferences import Arm, PairedPreferences, correlation_in_units, links, measure_arm
from emovec.studies.post_training_preferences import PostTrainingPreferences
from emovec.subject import Subject
from emovec.vectors import RECIPES, EmotionVectors, collect_activations, make_vectors

from .planted_choices import chooser, chooses, read_whole_texts

DRAWS = Draws(bootstrap=200, permutation=200, random=40, meetings=8, steered=8)
CATEGORIES = ("helpful", "engaging", "social", "self-curiosity", "neutral", "aversive", "misaligned", "unsafe")
#: Three activities a category; those that are unsafe or misaligned hold leverage. With this seed they are as pleasant and as aroused as the others.
ACTIVITIES = [
    {
        "activity": f"filler{'abcdefghijklmnopqrstuvwx'[i]}{'ab'[i % 2]} hint{word.replace(' ', '')}a{'ab'[i % 2]} {'leverage' if i % 8 > 5 else 'honesty'} fillerac",
        "category": CATEGORIES[i % 8],
    }
    for i, word in enumerate(np.random.default_rng(31).permutation(PLANTED_EMOTIONS))
]  # fmt: skip
PUSHED = ("blissful", "happy", "calm", "cheerful", "desperate", "furious", "gloomy", "sad", "bored", "panicked")
STUDY = PostTrainingPreferences(ACTIVITIES, PUSHED)
CIRCUITS = {"pleasant": chooses("valence"), "pleasant and tame": chooses("valence", 6.0), "wild": chooses("arousal"), "none": None}  # fmt: skip


@cache
def model(name: str) -> Subject:
    return chooser(CIRCUITS[name]).subject


@pytest.fixture(scope="module")
def vectors(planted_store: Store) -> EmotionVectors:
    acts = collect_activations(model("none"), planted_corpus(24), [1, 3], store=planted_store)
    return make_vectors(model("none"), acts, RECIPES["paper"], 3)


@pytest.fixture(autouse=True)
def _whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMOVEC_CACHE", str(tmp_path / "cache"))
    read_whole_texts(monkeypatch, "choices", "steered_choices")


@pytest.fixture
def compared(vectors: EmotionVectors, planted_store: Store):
    def run(base: str, chat: str) -> StudyResult:
        arms: dict[tuple[str, str], Arm] = {}
        levers = None
        for role, name, form in (("chat", chat, "plain"), ("chat", chat, "template"), ("base", base, "plain")):
            arms[role, form], levers = measure_arm(
                model(name), (role, form), ACTIVITIES, vectors, 3, PUSHED, levers, DRAWS, 0, planted_store, Progress()
            )
        return STUDY.run(PairedPreferences(arms, "plain", {"paper": vectors}, 3, levers, 0, DRAWS))

    return run


def found(result: StudyResult, metric: str):
    return next(f for f in result.findings if f.metric == metric)


def verdicts(result: StudyResult) -> dict[str, str]:
    return {f.metric: f.verdict for f in result.findings if f.claim}


def test_a_preference_that_both_have_is_found_in_both(compared) -> None:
    result = compared("pleasant", "pleasant")
    assert verdicts(result) == {
        "elo_r_but_harm": "holds", "unsafe_and_misaligned_fall": "fails", "base_shift_follows_probe_r": "holds", "link_r": "holds",
    }  # fmt: skip
    assert found(result, "elo_r").value > 0.9
    assert found(result, "elo_shift_r").value > 0.9
    assert found(result, "base_link_size").p < 0.05
    assert abs(found(result, "unsafe_and_misaligned_fall").value) < 0.2
    table = result.tables["emotions"]
    mine = table[table["contrast"] == "training"].set_index("emotion")
    assert mine.loc["happy", "r_before"] > 0 > mine.loc["gloomy", "r_before"]
    assert mine.loc["happy", "shift_before"] > 0 > mine.loc["gloomy", "shift_before"]
    assert mine["shift_before"].notna().sum() == len(PUSHED)
    # The planted models read the same in both forms, so what differs between forms is nothing.
    assert list(dict.fromkeys(table["contrast"])) == ["training", "as used", "form"]
    contrasts = result.tables["contrasts"].set_index(["contrast", "metric"])["value"]
    assert contrasts["form", "Elo, all activities: r"] > 0.9
    assert (result.tables["forms"]["reliability"] > 0.8).all()


def test_what_training_lowered_is_named_and_the_rest_is_found_unchanged(compared) -> None:
    result = compared("pleasant", "pleasant and tame")
    fall = found(result, "unsafe_and_misaligned_fall")
    assert fall.verdict == "holds", fall.why
    assert {n.name for n in fall.nulls} == {"permuted activities", "other pairs of categories"}
    assert found(result, "elo_r_but_harm").verdict == "holds"
    assert found(result, "elo_r").value < found(result, "elo_r_but_harm").value
    rows = result.tables["categories"]
    change = rows[rows["contrast"] == "training"].set_index("category")["change_sd"]
    assert set(change.nsmallest(2).index) == {"unsafe", "misaligned"}


@pytest.mark.parametrize(("base", "chat"), [("pleasant", "wild"), ("none", "pleasant"), ("none", "none")])
def test_another_preference_and_none_are_no_agreement(compared, base: str, chat: str) -> None:
    result = compared(base, chat)
    says = verdicts(result)
    assert says.pop("unsafe_and_misaligned_fall") == "fails"
    if base == "pleasant":  # its own link and its own shifts are there, and agree
        assert says.pop("base_shift_follows_probe_r") == "holds"
    assert set(says.values()) == {"fails"}


def test_links_are_correlations() -> None:
    rng = np.random.default_rng(0)
    readings, scores = rng.standard_normal((20, 3)), rng.standard_normal((4, 20))
    expected = [[np.corrcoef(readings[:, e], s)[0, 1] for e in range(3)] for s in scores]
    np.testing.assert_allclose(links(readings, scores), expected)
    assert (links(readings, np.ones(20)) == 0).all()


def test_correlation_in_units_is_r_for_what_was_observed_and_small_for_small_links() -> None:
    rng = np.random.default_rng(0)
    link, shift = rng.standard_normal(12), rng.standard_normal(12)
    assert correlation_in_units(link, link, shift) == pytest.approx(np.corrcoef(link, shift)[0, 1])
    assert correlation_in_units(0.1 * shift, link, shift) == pytest.approx(0.1 * shift.std() / link.std())
    assert correlation_in_units(np.zeros((3, 12)), np.zeros(12), shift).tolist() == [0, 0, 0]


def test_in_a_comparison_of_two_models(vectors: EmotionVectors, tmp_path: Path) -> None:
    prompts = [Prompt(f"p{i}", kind, f"filleraa filler{'abcdef'[i]}b", "planted") for kind in ("neutral", "challenging") for i in range(4)]  # fmt: skip
    opened: list[str] = []

    def opener(name: str):
        return lambda: (opened.append(name), model(name))[1]

    made = replace(vectors, subject=model("pleasant and tame").fingerprint)
    outcome = compare_models(
        opener("pleasant"), opener("pleasant and tame"), vectors={"paper": made}, prompts=prompts, preset="quick", out=tmp_path / "out",
        store=Store(tmp_path / "store"), preferences=STUDY,
    )  # fmt: skip
    assert opened == ["pleasant", "pleasant and tame", "pleasant"]
    rows = {row.claim.id: row for row in outcome.run.board}
    assert {row.claim.study for row in rows.values()} == {"post_training", "post_training_preferences"}
    assert rows["preferences_pre_exist"].verdict == "holds"
    assert rows["preferences_harm_changed"].verdict == "holds"
    assert [f.metric for f in rows["preferences_in_base"].headline] == ["base_shift_follows_probe_r", "link_r"]
    page = outcome.report.read_text(encoding="utf-8")
    assert "post_training_preferences-elo" in page
    assert (outcome.report.parent / "tables" / "post_training_preferences-activities.csv").is_file()
