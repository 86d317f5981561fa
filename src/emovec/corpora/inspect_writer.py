"""Any model that Inspect reaches (Hub, vLLM, an API provider, a mock) as a writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emovec.corpora.write import Generate
from emovec.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    from inspect_ai.model import Model

__all__ = ["inspect_writer"]


def inspect_writer(
    model: str | Model,
    *,
    max_connections: int = 8,
    max_retries: int | None = 10,
    timeout: int | None = None,
    max_tokens: int = 1500,
    temperature: float | None = 1.0,
    arguments: Mapping[str, Any] | None = None,
) -> tuple[Generate, str]:
    """The writer and its name.

    Inspect's own connection limit, back-off and retries are in force, so a provider's rate limits are respected. The
    seed goes to providers that take one.

    Args:
        model: an Inspect model name (``"openai/gpt-4o"``, ``"hf/Qwen/Qwen3-4B"``, ``"vllm/..."``) or a model that is
        already open.
        max_connections: requests at a time (give :func:`~emovec.corpora.write.write_corpus` the same ``concurrency``).
        max_retries, timeout: per request; None leaves them to the provider.
        temperature: None leaves it to the provider.
        arguments: the provider's own, where ``model`` is a name.

    Raises:
        MissingExtra: if inspect-ai is not installed.
        BadInput: if Inspect does not know the model or its provider's package or key is missing.
    """
    try:
        from inspect_ai.model import GenerateConfig, get_model
    except ImportError:
        raise MissingExtra("writing with a model needs Inspect; install it with: pip install 'emovec[write]'") from None
    config = GenerateConfig(
        max_connections=max_connections,
        max_retries=max_retries,
        timeout=timeout,
        max_tokens=max_tokens,
        temperature=temperature,
    )
    try:
        opened = get_model(model, config=config, **(arguments or {})) if isinstance(model, str) else model
    except Exception as error:
        raise BadInput(f"Inspect cannot open the model {model!r}: {error}") from error

    async def generate(prompt: str, seed: int) -> str:
        # An open model has a configuration of its own, over which this call's goes.
        output = await opened.generate(prompt, config=config.merge(GenerateConfig(seed=seed)))
        return "" if output.stop_reason == "content_filter" else output.completion

    return generate, model if isinstance(model, str) else str(opened)
