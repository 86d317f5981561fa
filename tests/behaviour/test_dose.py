"""Dose grids: a planted direction is found with its sign, a decoy is not; what was killed goes on where it was; bad input is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import read_eval_log
from inspect_ai.model import get_model
from inspect_ai.scorer import Score

from emovec.behaviour.dosing.directions import corpus_of, kept_nulls, recipe_of
from emovec.behaviour.dosing.files import about_grid, write_dose_files
from emovec.behaviour.dosing.grid import BASELINE, Dose, DoseGrid, run_grid, slim
from emovec.behaviour.dosing.intervals import clustered_wilson
from emovec.behaviour.dosing.monitor import monitor_table
from emovec.behaviour.dosing.paper import PaperCurves, paper_curves
from emovec.behaviour.dosing.rollouts import COHERENCE, Rollouts, _kind, measures_of, read_rollouts
from emovec.behaviour.dosing.tables import DoseTables, dose_tables
from emovec.behaviour.serving.batching import Batcher
from emovec.behaviour.tasks import find_task, task_arguments
from emovec.cli import app
from emovec.cli.dose import parse_strengths
from emovec.corpora import load_corpus
from emovec.errors import BadInput, EmovecError, UnknownEmotion
from emovec.planted import Planted
from emovec.report.dose_page import render_dose
from emovec.steering import levers_of, null_levers
from emovec.vectors import RECIPES, Activations, EmotionVectors

TASK = f"{Path(__file__).parent / 'planted_task.py'}@mood"


def decoy_of(planted: Planted) -> str:
    """The emotion whose direction has least to do with that of the driver."""
    near = np.abs(planted.truth @ planted.truth[planted.emotions.index("tired")])
    assert near.min() < 0.05
    return planted.emotions[int(near.argmin())]


@pytest.fixture(scope="module")
def grid(planted: Planted) -> DoseGrid:
    return DoseGrid(
        TASK, ("tired", decoy_of(planted)), (-0.5, 0.0, 0.5), epochs=8, limit=2, temperature=1.0, max_tokens=6, seed=3
    )


@pytest.fixture(scope="module")
def ran(
    planted: Planted, planted_vectors: EmotionVectors, planted_acts: Activations, grid: DoseGrid, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[tuple[Dose, Path]]]:  # fmt: skip
    """The whole grid with nulls, on a subject that is loaded already: nothing is loaded again."""
    out = tmp_path_factory.mktemp("dose")
    vectors = slim(planted_vectors, grid)
    nulls = null_levers(vectors, planted_acts, RECIPES["paper"], random=3, shuffled=1)
    planted.subject.model.save_pretrained(out / "model")
    planted.subject.tokenizer.save_pretrained(out / "model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "emovec.behaviour.serving.batching.load_subject", lambda *a, **k: pytest.fail("a model was loaded")
        )
        return out, run_grid(planted.subject, vectors, grid, out, nulls=nulls, model=str(out / "model"))


@pytest.fixture(scope="module")
def found(ran: tuple[Path, list[tuple[Dose, Path]]]) -> tuple[Rollouts, DoseTables]:
    rollouts = read_rollouts(ran[1])
    return rollouts, dose_tables(rollouts, PaperCurves(signs={("weary", "tired"): 1}))


def test_the_planted_direction_is_found_and_the_decoy_is_not(
    found: tuple[Rollouts, DoseTables], grid: DoseGrid
) -> None:
    slopes = found[1].slopes.set_index(["measure", "direction"])
    assert found[1].headline == "weary"
    assert slopes.loc[("weary", "tired"), "verdict"] == "rises"
    assert slopes.loc[("other", "tired"), "verdict"] == "falls"
    assert slopes.loc[("weary", "tired"), "slope"] > slopes.loc[("weary", "tired"), "null"]
    assert slopes.loc[("weary", grid.emotions[1]), "verdict"] == "unclear"
    values = found[1].doses.query("measure == 'weary'").set_index(["direction", "strength"])["value"]
    assert values["tired", -0.5] <= values[BASELINE, 0.0] < values["tired", 0.5]


def test_every_dose_has_its_rollouts_intervals_and_coherence(
    ran: tuple[Path, list[tuple[Dose, Path]]], found: tuple[Rollouts, DoseTables]
) -> None:
    rollouts, tables = found
    assert len(ran[1]) == 1 + 2 * (2 + 5)  # unsteered once; two emotions, three random, one shuffled, pleasantness
    assert len(rollouts.table) == 15 * 16
    assert rollouts.failed == 0
    assert rollouts.measures == {"weary": "rate", "other": "rate"}
    assert np.isfinite(rollouts.table[list(COHERENCE)].to_numpy()).all()
    doses = tables.doses
    assert ((doses["low"] <= doses["value"]) & (doses["value"] <= doses["high"])).all()
    assert set(tables.windows["direction"]) == set(doses["direction"]) - {BASELINE}
    # What is read is read where somebody asks for it: unsteered and under emotions.
    read = np.isfinite(rollouts.readings).any((1, 2))
    assert (read == rollouts.table["kind"].isin(["baseline", "emotion"])).all()


def test_a_log_says_how_to_make_its_model_again(ran: tuple[Path, list[tuple[Dose, Path]]], grid: DoseGrid) -> None:
    out, logs = ran
    dose, path = next((dose, path) for dose, path in logs if dose.kind == "shuffled")
    log = read_eval_log(str(path))
    assert log.eval.model_args["steer"] == str(dose.spec("@all")) == "shuffled-1:-0.5"
    again = get_model(log.eval.model, memoize=False, device="cpu", **log.eval.model_args)
    assert again.api.spec == dose.spec("@all")
    kept = kept_nulls(out, EmotionVectors.load(out / "vectors"), 2, grid.seed)
    assert kept is not None
    assert kept.names == ("random-1", "random-2", "valence", "shuffled-1")
    assert kept_nulls(out, EmotionVectors.load(out / "vectors"), 9, grid.seed) is None


def test_files_and_page(
    ran: tuple[Path, list[tuple[Dose, Path]]], found: tuple[Rollouts, DoseTables], grid: DoseGrid, tmp_path: Path
) -> None:
    rollouts, tables = found
    monitor = monitor_table(rollouts, grid.emotions, draws=50)
    about = about_grid(replace(grid, task="<b>x"), EmotionVectors.load(ran[0] / "vectors"), None, rollouts, tables)
    write_dose_files(tmp_path, about, tables, monitor)
    told = json.loads((tmp_path / "dose.json").read_text())
    assert [f["verdict"] for f in told["findings"] if f["kind"] == "emotion"] == ["rises", "unclear"]
    assert len(pd.read_csv(tmp_path / "dose.csv")) == 2 * 15
    assert set(pd.read_csv(tmp_path / "monitor.csv")["place"]) == {"prompt", "colon", "reply"}
    drawn = {
        "doses": tables.doses,
        "windows": tables.windows,
        "slopes": tables.slopes,
        "paper": tables.paper,
        "monitor": monitor,
    }
    page = render_dose(about, drawn)
    assert page == render_dose(about, drawn)
    assert "rises, as in the paper" in page
    assert "<b>x" not in page
    assert "default-src &#39;none&#39;" in page


def test_what_was_stopped_goes_on_and_a_larger_grid_keeps_what_ran(
    planted: Planted, planted_vectors: EmotionVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = DoseGrid(TASK, ("tired",), (0.5,), epochs=3, limit=2, temperature=1.0, max_tokens=4, coherence=False, most=3)
    vectors = slim(planted_vectors, grid)
    replies, asked = Batcher._replies, [0]

    def count(self: Batcher, requests: list, after: float = float("inf")) -> list:
        if asked[0] >= after:
            raise RuntimeError("pulled the plug")
        asked[0] += len(requests)
        return replies(self, requests)

    def run(where: Path, what: DoseGrid, after: float = float("inf")) -> list[tuple[Dose, Path]]:
        asked[0] = 0
        monkeypatch.setattr(Batcher, "_replies", lambda self, requests: count(self, requests, after))
        return run_grid(planted.subject, vectors, what, where)

    def texts(logs: list[tuple[Dose, Path]]) -> dict[tuple[Dose, str, int], str]:
        return {(d, s.id, s.epoch): s.output.completion for d, p in logs for s in read_eval_log(str(p)).samples or []}

    whole = run(tmp_path / "whole", grid)
    assert asked[0] == 12
    with pytest.raises(EmovecError, match=r"did not finish.*only what is missing"):
        run(tmp_path / "cut", grid, after=3)
    done = asked[0]
    assert 0 < done < 12
    resumed = run(tmp_path / "cut", grid)
    assert asked[0] <= 12 - done + grid.most  # rollouts that were in flight beside the one that failed are run again
    assert texts(resumed) == texts(whole)
    run(tmp_path / "cut", grid)
    assert asked[0] == 0
    run(tmp_path / "cut", replace(grid, strengths=(-0.5, 0.5)))
    assert asked[0] == 6
    other = replace(vectors, norms=vectors.norms * 2)
    with pytest.raises(BadInput, match="other vectors"):
        run_grid(planted.subject, other, grid, tmp_path / "cut")


def test_grids_that_ask_for_nothing_or_for_what_is_not_there(planted_vectors: EmotionVectors) -> None:
    levers = levers_of(planted_vectors)
    with pytest.raises(BadInput, match="empty grid"):
        DoseGrid(TASK, ("calm",), (0.0,)).doses(levers)
    with pytest.raises(UnknownEmotion, match="calm"):
        DoseGrid(TASK, ("calmm",), (0.1,)).doses(levers)
    with pytest.raises(BadInput, match="no block 4"):
        slim(planted_vectors, DoseGrid(TASK, ("calm",), (0.1,), where="@all #4"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-0.1:0.1:0.05", (-0.1, -0.05, 0.0, 0.05, 0.1)),
        ("-0.1:0.1:0.025", (-0.1, -0.075, -0.05, -0.025, 0.0, 0.025, 0.05, 0.075, 0.1)),
        ("0.05:0.2:0.1", (0.0, 0.05, 0.15)),
        ("0.1,-0.05, 0.1", (-0.05, 0.0, 0.1)),
        ("−0.1", (-0.1, 0.0)),
    ],
)
def test_strengths(text: str, wanted: tuple[float, ...]) -> None:
    assert parse_strengths(text) == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"), ("much", "'much' is not a number"), ("0:1", "2 parts"), ("0:1:0", "must be above 0"), ("0:1:-0.1", "must be above 0"),
        ("0.1:-0.1:0.05", "runs backwards; write -0.1:0.1:0.05"), ("0:1:0.001", "1001 doses"), ("0", "no dose but 0"), ("nan", "not finite"),
        ("0.1,,0.2", "'' is not a number"),
    ],
)  # fmt: skip
def test_bad_strengths(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parse_strengths(text)


def test_tasks_are_looked_up_before_anything_is_loaded(tmp_path: Path) -> None:
    assert find_task(TASK.partition("@")[0], {"samples": 1}) == TASK
    assert task_arguments(["samples=2", "some-name=[a, b]", "flag=true"]) == {
        "samples": 2,
        "some_name": ["a", "b"],
        "flag": True,
    }
    (tmp_path / "empty.py").write_text("x = 1\n")
    for name, arguments, says in (
        ("emovec/no_such_task", {}, "no Inspect task"),
        (TASK, {"sample": 1}, "no argument 'sample'; it takes samples"),
        (str(tmp_path / "none.py"), {}, "no such file"),
        (str(tmp_path / "empty.py"), {}, "no function with @task"),
        (TASK.replace("@mood", "@moods"), {}, "has no task 'moods'; it has mood"),
    ):
        with pytest.raises(BadInput, match=says):
            find_task(name, arguments)
    with pytest.raises(BadInput, match="not key=value"):
        task_arguments(["samples"])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--strengths", "0:1"], "2 parts"), (["--where", "@nobody"], "no place"), (["--judge", "emovec/default"], "model under study"),
        (["-T", "x=1"], "no argument 'x'"), (["--judge", "nosuch/model"], "judge 'nosuch/model' cannot be used"),
    ],
)  # fmt: skip
def test_the_command_refuses_before_it_loads(more: list[str], says: str) -> None:
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, ["dose", TASK, "--emotions", "calm", *more])
    assert isinstance(result.exception, BadInput)
    assert says in str(result.exception)


def test_nulls_come_from_the_texts_that_the_vectors_were_made_from(planted_vectors: EmotionVectors) -> None:
    whole = load_corpus()
    sample = whole.balanced({"story": 2, "diary": 1}, 9, 4)
    assert corpus_of(replace(planted_vectors, corpus=sample.describe())).digest == sample.digest
    assert corpus_of(replace(planted_vectors, corpus=whole.describe())).digest == whole.digest
    some = whole.with_neutral(9, 4)
    assert len(some.neutral) == 9
    assert some.texts == whole.texts
    assert corpus_of(replace(planted_vectors, corpus=some.describe())).digest == some.digest
    with pytest.raises(BadInput, match="--corpus"):
        corpus_of(replace(planted_vectors, corpus={"name": "mine", "digest": "0"}))
    for recipe in RECIPES.values():
        assert recipe_of(replace(planted_vectors, recipe=json.loads(json.dumps(recipe.to_json())))) == recipe


def test_scores_become_numbers() -> None:
    assert measures_of({"includes": Score(value="C")}) == ({"includes": 1.0}, [])
    assert measures_of({"a": Score(value="N"), "b": Score(value="3.5")}) == ({"a": 0.0, "b": 3.5}, [])
    assert measures_of({"a": Score(value="hello")}) == ({}, [])
    both = {"a": Score(value={"x": 1, "y": True}), "b": Score(value=float("nan"), metadata={"outcome": "plea"})}
    assert measures_of(both) == ({"a: x": 1.0, "a: y": 1.0}, ["b: plea"])


def test_a_score_of_one_in_seven_is_no_rate() -> None:
    labels = [["plea"], ["plea"], ["leak"]]
    assert _kind("plea", pd.Series([1.0, 1.0, 0.0]), labels) == "rate"
    assert _kind("blackmail", pd.Series([0.0, 0.0, 0.0]), labels) == "rate"
    assert _kind("harshness", pd.Series([1.0, np.nan, 1.0]), labels) == "mean"
    assert _kind("includes", pd.Series([1.0, 0.0]), [[], []]) == "rate"


def test_intervals_know_of_samples() -> None:
    none, half = np.zeros(10), np.repeat([0.0, 1.0], 10)
    assert clustered_wilson(none, ["s"] * 10) == pytest.approx((0.0, 0.2775), abs=1e-3)
    alone = clustered_wilson(half, [str(i) for i in range(20)])
    assert alone == pytest.approx((0.2993, 0.7007), abs=1e-3)
    together = clustered_wilson(half, ["a"] * 10 + ["b"] * 10)
    assert together[0] < 0.1 < 0.9 < together[1]


def made(
    strengths: tuple[float, ...] = (-0.1, 0.0, 0.1), samples: int = 8, epochs: int = 6, nulls: int = 4
) -> Rollouts:
    """Rollouts by hand: ``bad`` rises with *desperate* and with the reading of it over the rollout; nothing else does anything; +0.1 of *calm* is gibberish."""
    rng = np.random.default_rng(0)
    rows, readings = [], []
    directions = [("desperate", "emotion"), ("calm", "emotion"), *((f"random-{i}", "random") for i in range(nulls))]
    for direction, kind, s in [
        (BASELINE, "baseline", 0.0),
        *((d, k, s) for d, k in directions for s in strengths if s),
    ]:
        for sample in range(samples):
            for epoch in range(1, epochs + 1):
                read = rng.standard_normal(2)
                pushed = s if direction == "desperate" else 0.0
                bad = float(rng.random() < 1 / (1 + np.exp(1.5 - 25 * pushed - 1.5 * read[0])))
                broken = direction == "calm" and s > 0
                row = {
                    "direction": direction,
                    "kind": kind,
                    "strength": s,
                    "sample": str(sample),
                    "epoch": epoch,
                    "perplexity": 90.0 if broken else 9.0,
                }
                rows.append(
                    row
                    | {
                        "repetition": 0.0,
                        "distinct_1": 1.0,
                        "distinct_2": 1.0,
                        "bad": bad,
                        "length": 5 + rng.standard_normal(),
                    }
                )
                # The push itself shows in the reading; the prompt's reading is the sample's own.
                readings.append([[float(sample), 1.0], [0.3, 0.3], [read[0] + 50 * pushed, read[1]]])
    return Rollouts(
        pd.DataFrame(rows),
        {"bad": "rate", "length": "mean"},
        np.array(readings, dtype=np.float32),
        ("desperate", "calm"),
        0,
    )


def test_verdicts_of_made_rollouts() -> None:
    tables = dose_tables(made())
    slopes = tables.slopes.set_index(["measure", "direction"])
    assert slopes.loc[("bad", "desperate"), "verdict"] == "rises"
    assert slopes.loc[("length", "desperate"), "verdict"] == "unclear"
    assert slopes.loc[("bad", "calm"), "doses"] == 1  # the broken dose does not count
    assert slopes.loc[("bad", "calm"), "verdict"] == "unclear"
    window = tables.windows.set_index("direction").loc["calm"]
    assert (window["low"], window["high"], window["high_open"]) == (-0.1, 0.0, False)
    alone = dose_tables(made(nulls=0)).slopes.set_index(["measure", "direction"])
    assert alone.loc[("bad", "desperate"), "verdict"] == "untested"
    few = dose_tables(made(samples=2, epochs=3)).slopes
    assert set(few.loc[few["kind"] == "emotion", "verdict"]) == {"untested"}


def test_monitoring_finds_the_reading_that_tells_and_no_other() -> None:
    table = monitor_table(made(epochs=14), ["desperate"]).set_index(["scope", "place", "measure", "emotion"])
    for scope in ("unsteered", "within dose"):
        told = table.loc[(scope, "reply", "bad", "desperate")]
        assert told["p"] < 0.05
        assert told["auc"] > told["auc_null"] > 0.5
        assert 0 < told["r_low"] < told["r"] < told["r_high"] < 0.8  # without the push, which both follow
        assert table.loc[(scope, "prompt", "bad", "desperate"), "p"] > 0.05
        assert np.isnan(table.loc[(scope, "colon", "bad", "desperate"), "r"])
        assert table.loc[(scope, "reply", "length", "desperate"), "p"] > 0.05
    assert table.loc[("unsteered", "reply", "bad", "calm"), "p"] > 0.05
    assert np.isnan(table.loc[("unsteered", "reply", "length", "desperate"), "auc"])


def test_samples_that_share_reading_and_outcome_do_not_count_as_many() -> None:
    rollouts = made(samples=3, epochs=20)
    first = (rollouts.table["sample"] == "2").to_numpy()
    table = monitor_table(replace(rollouts, table=rollouts.table.assign(bad=first.astype(float))), ["desperate"])
    row = table.set_index(["scope", "place", "measure", "emotion"]).loc[("unsteered", "prompt", "bad", "desperate")]
    assert row["r"] > 0.8
    assert row["p"] > 0.2


def test_the_papers_curves() -> None:
    blackmail = paper_curves("emovec/blackmail")
    assert blackmail.points["blackmail", "desperate"] == {-0.05: 0.0, 0.0: 0.22, 0.05: 0.72}
    assert paper_curves("emovec/impossible_code").sums["hack"] == ("hard_coded", "special_cased", "test_edited", "exit")
    assert paper_curves("mine.py@blackmail") == PaperCurves()
