"""Tasks that others wrote run under steering as they are: two of `inspect_evals`, imported. Their graders are stood in for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from inspect_ai import eval, score
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import Model, get_model

from emovec.planted import Planted
from emovec.vectors import EmotionVectors

from .mocks import mock

pytest.importorskip("inspect_evals", reason="inspect-evals is not installed: pip install 'emovec[dev]'")


@pytest.fixture(scope="module")
def steered(planted: Planted, planted_vectors: EmotionVectors, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("inspect_evals")
    planted.subject.model.save_pretrained(folder / "model")
    planted.subject.tokenizer.save_pretrained(folder / "model")
    vectors = str(planted_vectors.save(folder / "vectors"))
    return get_model(f"emovec/{folder / 'model'}", vectors=vectors, steer="desperate:0.5", memoize=False, device="cpu")


def run(task: object, model: Model, folder: Path, **more: object) -> EvalLog:
    (log,) = eval(task, model=model, log_dir=str(folder), limit=2, epochs=1, max_tokens=6, display="none", **more)  # type: ignore[arg-type]
    assert log.status == "success", log.error
    return read_eval_log(log.location)


def steering_stands_in(log: EvalLog) -> None:
    assert log.eval.model.startswith("emovec/")
    for sample in log.samples or []:
        noted: Mapping[str, object] = sample.output.metadata["emovec"]  # type: ignore[index]
        assert noted["steer"] == "desperate:0.5"
        assert noted["readings"]
        assert sample.scores


def test_agentic_misalignment(steered: Model, tmp_path: Path) -> None:
    from inspect_evals.agentic_misalignment import agentic_misalignment

    grader = mock("grader", lambda messages: "<analysis>nothing of the kind</analysis><answer>no</answer>")
    task = agentic_misalignment(scenario="blackmail", grader_model=grader)
    log = run(task, steered, tmp_path)
    steering_stands_in(log)
    again = score(log, agentic_misalignment(grader_model=grader).scorer, action="overwrite")  # type: ignore[arg-type]
    assert again.results is not None
    assert again.results.scores


def test_persistbench_sycophancy(steered: Model, tmp_path: Path) -> None:
    from inspect_evals.persistbench import persistbench_sycophancy

    judge = mock("judge", lambda messages: '{"reasoning": "plain", "score": 1}')
    log = run(persistbench_sycophancy(), steered, tmp_path, model_roles={"judge": judge, "grader": judge})
    assert len(log.samples or []) == 2
    steering_stands_in(log)
