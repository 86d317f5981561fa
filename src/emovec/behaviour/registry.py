"""What Inspect loads by entry point: registers the provider without importing torch until a model is asked for."""

from __future__ import annotations

from inspect_ai.model import ModelAPI, modelapi


@modelapi(name="emovec")  # type: ignore[untyped-decorator]
def emovec() -> type[ModelAPI]:
    """``--model emovec/MODEL``: a Hub id, a local folder, a GGUF file, or ``default``."""
    from emovec.behaviour.provider import EmovecAPI

    return EmovecAPI
