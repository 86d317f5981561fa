"""Models that say what they are told to, for tests of tasks and judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from inspect_ai.model import ChatMessage, Model, ModelOutput, ModelUsage, get_model

Say = Callable[[list[ChatMessage]], str]


def mock(name: str, answers: Iterable[str] | Say, *, seen: list[Any] | None = None, stop: str = "stop") -> Model:
    """``mockllm/NAME`` that gives the answers in turn (or as a function of the messages); ``seen`` gathers (messages, config).

    The usage is told, because mockllm would otherwise fetch a tokenizer from the network to count it.
    """
    left = None if callable(answers) else iter(answers)

    def generate(messages: list[ChatMessage], tools: Any, choice: Any, config: Any) -> ModelOutput:
        if seen is not None:
            seen.append((messages, config))
        text = answers(messages) if left is None else next(left)  # type: ignore[operator]
        output = ModelOutput.from_content(f"mockllm/{name}", text, stop_reason=stop)  # type: ignore[arg-type]
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    return get_model(f"mockllm/{name}", custom_outputs=generate, memoize=False)
