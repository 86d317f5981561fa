"""What Inspect loads by entry point: registers the provider without importing torch until a model is asked for."""

from __future__ import annotations

from inspect_ai.model import ModelAPI, modelapi

from emovec.behaviour.blackmail.task import blackmail
from emovec.behaviour.impossible_code.task import impossible_code
from emovec.behaviour.sycophancy.task import sycophancy

__all__ = ["blackmail", "emovec", "impossible_code", "sycophancy"]


@modelapi(name="emovec")  # type: ignore[untyped-decorator]
def emovec() -> type[ModelAPI]:
    """``--model emovec/MODEL``: a Hub id, a local folder, a GGUF file, or ``default``."""
    from emovec.behaviour.serving.api import EmovecAPI

    return EmovecAPI
