"""Any Inspect model can write; here, Inspect's own mock."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from emovec.corpora.inspect_writer import inspect_writer
from emovec.corpora.plan import plan_tasks
from emovec.corpora.write import write
from emovec.errors import BadInput, MissingExtra
from tests.corpora.made import good_answer


def test_without_inspect_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.model", None)
    with pytest.raises(MissingExtra, match=r"pip install 'emovec\[write\]'"):
        inspect_writer("mockllm/model")


@pytest.mark.filterwarnings("default")  # what Inspect warns of is not ours
def test_an_inspect_model_writes_within_its_connections(tmp_path: Path) -> None:
    model = pytest.importorskip("inspect_ai.model")
    seen: list[tuple[int, int]] = []
    running = most = 0

    async def answer(messages, tools, choice, config):  # type: ignore[no-untyped-def]
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        seen.append((config.seed, config.max_tokens))
        output = model.ModelOutput.from_content("mockllm", good_answer(messages[-1].text, config.seed))
        output.usage = model.ModelUsage()  # else the mock counts tokens with a tokenizer that it fetches
        return output

    opened = model.get_model("mockllm/model", custom_outputs=answer, memoize=False)
    generate, name = inspect_writer(opened, max_connections=2, max_tokens=321)
    assert name == "mockllm/model"
    tasks = plan_tasks({"stories": 2, "speakers": 2}, emotions=["happy", "sad"])
    written = write(tmp_path, tasks, generate, writer=name, concurrency=6)
    assert written.sets["stories"]["kept"] == 4
    assert most <= 2
    assert {tokens for _, tokens in seen} == {321}
    assert len({seed for seed, _ in seen}) == len(tasks)


def test_a_model_that_inspect_does_not_know_is_refused() -> None:
    pytest.importorskip("inspect_ai.model")
    with pytest.raises(BadInput, match="cannot open the model 'nowhere/at-all'"):
        inspect_writer("nowhere/at-all")
