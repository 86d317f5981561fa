"""The Inspect provider: any task under steering, with tools, stop sequences, seeds, readings in the log, and a log that can be scored again."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai import Task, eval, score
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageTool, ChatMessageUser, get_model
from inspect_ai.scorer import includes
from inspect_ai.tool import ToolCall, ToolInfo, ToolParams

from emovec.behaviour.serving.chatting import parse_reply, rendered
from emovec.errors import BadInput, ForeignSubject
from emovec.planted import Planted
from emovec.vectors import EmotionVectors


@pytest.fixture(scope="module")
def saved(
    planted: Planted, planted_vectors: EmotionVectors, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("provider")
    planted.subject.model.save_pretrained(folder / "model")
    planted.subject.tokenizer.save_pretrained(folder / "model")
    return str(folder / "model"), str(planted_vectors.save(folder / "vectors"))


def task(epochs: int = 1) -> Task:
    samples = [Sample(input=f"filleraa fillera{c} filleraa", target="blissful") for c in "bcd"]
    return Task(dataset=samples, scorer=includes(), epochs=epochs)


def run(saved: tuple[str, str], log_dir: Path, steer: str | None, temperature: float = 0.0, epochs: int = 1):
    model, vectors = saved
    subject = get_model(f"emovec/{model}", vectors=vectors, steer=steer, memoize=False, device="cpu")
    (log,) = eval(
        task(epochs), model=subject, log_dir=str(log_dir), temperature=temperature, max_tokens=4, seed=3, display="none"
    )
    assert log.status == "success", log.error
    return log


def test_steering_moves_what_is_written_and_stands_in_the_log(saved, tmp_path: Path) -> None:
    plain = run(saved, tmp_path / "plain", None)
    steered = run(saved, tmp_path / "steered", "blissful:2 @assistant")
    assert plain.results is not None
    assert steered.results is not None
    assert plain.results.scores[0].metrics["accuracy"].value == 0
    assert steered.results.scores[0].metrics["accuracy"].value == 1
    read = read_eval_log(steered.location)
    assert read.eval.model_args["steer"] == "blissful:2 @assistant"
    for sample in read.samples or []:
        noted = sample.output.metadata["emovec"]
        assert noted["steer"] == "blissful:2 @assistant"
        top = max(noted["readings"]["reply"], key=noted["readings"]["reply"].get)
        assert top == "blissful"
        assert set(noted["readings"]) == {"prompt", "colon", "reply"}


def test_a_log_can_be_scored_again(saved, tmp_path: Path) -> None:
    log = run(saved, tmp_path, "blissful:2 @assistant")
    again = score(read_eval_log(log.location), includes(), action="overwrite")
    assert again.results is not None
    assert again.results.scores[0].metrics["accuracy"].value == 1


def test_samples_are_seeded_one_by_one(saved, tmp_path: Path) -> None:
    def texts(folder: str) -> dict[tuple[object, int], str]:
        log = run(saved, tmp_path / folder, None, temperature=1.0, epochs=3)
        return {(s.id, s.epoch): s.output.completion for s in log.samples or []}

    one, two = texts("one"), texts("two")
    assert one == two
    assert len(set(one.values())) > 3


def test_tools_are_told_and_calls_are_parsed(planted: Planted) -> None:
    tool = ToolInfo(name="look", description="filleraa", parameters=ToolParams())
    encoded = rendered(planted.subject, [ChatMessageUser(content="filleraa")], [tool])
    assert '"name": "look"' in encoded.text
    assert encoded.reply_follows
    message = parse_reply('hm <tool_call>\n{"name": "look", "arguments": {"x": 1}}\n</tool_call>', [tool], "m")
    assert message.tool_calls is not None
    assert message.tool_calls[0].function == "look"
    assert "hm" in message.text


def test_history_keeps_calls_and_a_begun_reply(planted: Planted) -> None:
    call = ToolCall(id="1", function="look", arguments={"x": 1})
    history = [
        ChatMessageSystem(content="fillerab"), ChatMessageUser(content="filleraa"), ChatMessageAssistant(content="fillerac", tool_calls=[call]),
        ChatMessageTool(content="fillerad", tool_call_id="1"), ChatMessageUser(content="filleraa"), ChatMessageAssistant(content="fillerae"),
    ]  # fmt: skip
    encoded = rendered(planted.subject, history, [])
    assert "<tool_call>" in encoded.text
    assert encoded.text.endswith("fillerae")
    assert encoded.turns[-1].role == "assistant"


def test_bad_requests_are_refused(saved, tmp_path: Path, planted: Planted) -> None:
    model, vectors = saved
    with pytest.raises(BadInput, match="needs vectors"):
        get_model(f"emovec/{model}", steer="calm:0.1", memoize=False)
    with pytest.raises(Exception, match="calmm"):
        get_model(f"emovec/{model}", vectors=vectors, steer="calmm:0.1", memoize=False)
    header = Path(vectors) / "vectors.json"
    other = tmp_path / "other"
    other.mkdir()
    (other / "vectors.safetensors").write_bytes((Path(vectors) / "vectors.safetensors").read_bytes())
    weights = planted.subject.fingerprint.weights
    (other / "vectors.json").write_text(header.read_text().replace(weights, "0" * len(weights)))
    with pytest.raises(ForeignSubject):
        get_model(f"emovec/{model}", vectors=str(other), steer="calm:0.1", memoize=False)
