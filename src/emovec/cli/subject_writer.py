"""The subject as its own writer, for ``emovec corpus write --writer subject``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emovec.subject import Subject

__all__ = ["subject_writer"]


def subject_writer(subject: Subject, max_new_tokens: int = 320) -> tuple[Callable[[str, int], Awaitable[str]], str]:
    """A writer as :func:`emovec.corpora.write.write` takes it: prompt and seed to text, sampled at temperature 1; and its name."""
    from emovec.subject import encode_chat
    from emovec.subject.passes import generate as run

    def write(prompt: str, seed: int) -> str:
        chat = encode_chat(subject, [{"role": "user", "content": prompt}], reply=True)
        return run(subject, [chat], max_new_tokens=max_new_tokens, temperature=1.0, seed=seed)[0]

    async def generate(prompt: str, seed: int) -> str:
        return await asyncio.to_thread(write, prompt, seed)

    return generate, subject.name
