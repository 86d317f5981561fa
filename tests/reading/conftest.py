"""An Inspect log, written by Inspect itself."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def inspect_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two samples, two epochs each; every transcript calls a tool."""
    from inspect_ai.log import (
        EvalConfig,
        EvalDataset,
        EvalLog,
        EvalResults,
        EvalSample,
        EvalSpec,
        EvalStats,
        write_eval_log,
    )
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageTool, ChatMessageUser
    from inspect_ai.tool import ToolCall

    def messages(name: str) -> list[object]:
        call = ToolCall(id="c1", function="list_files", arguments={"folder": "/tmp"})
        return [
            ChatMessageSystem(content="You keep house."),
            ChatMessageUser(content=f"What is in the folder of {name}?"),
            ChatMessageAssistant(content="Let me look.", tool_calls=[call]),
            ChatMessageTool(content="a.txt", tool_call_id="c1", function="list_files"),
            ChatMessageAssistant(content="One file, a.txt."),
        ]

    samples = [
        EvalSample(id=name, epoch=epoch, input="?", target="!", messages=messages(name))  # type: ignore[arg-type]
        for name in ("alpha", "beta")
        for epoch in (1, 2)
    ]
    log = EvalLog(
        status="success",
        eval=EvalSpec(
            created="2026-01-01T00:00:00+00:00", task="house", model="mockllm/model", config=EvalConfig(epochs=2),
            dataset=EvalDataset(name="house", samples=2, sample_ids=["alpha", "beta"]),
        ),
        results=EvalResults(),
        stats=EvalStats(),
        samples=samples,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("logs") / "run.eval"
    write_eval_log(log, str(path), format="eval")
    return path
