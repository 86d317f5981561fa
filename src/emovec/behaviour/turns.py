"""Readings of a turn, as they stand in the Inspect log: at the prompt's end, over the reply, and over what was said before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emovec.behaviour.batching import Batcher
from emovec.reading.probe import measure
from emovec.steering import plan
from emovec.subject import Encoded
from emovec.subject.decode import Reply
from emovec.subject.passes import forward_tokens
from emovec.vectors import EmotionVectors

__all__ = ["turn_readings"]


def turn_readings(
    batcher: Batcher, vectors: EmotionVectors, prompt: Encoded, reply: Reply, block: int | None
) -> dict[str, dict[str, float]]:
    """``{"prompt": {emotion: cosine}, "colon": {...}, "reply": {...}}``, read from the steered model as it wrote."""
    where = vectors.block if block is None else block
    whole = replace(prompt, ids=prompt.ids + reply.ids, reply_follows=False)

    def read() -> dict[str, dict[str, float]]:
        made = plan(batcher.subject, vectors, [batcher.spec], [prompt], where)
        with made.over([0]):
            states = forward_tokens(batcher.subject, whole, [where])[:, 0]
        values = measure(states, vectors, where)
        n = len(prompt)
        spans = {"prompt": slice(1, n), "colon": slice(n - 1, n), "reply": slice(n, len(whole))}
        return {
            name: dict(zip(vectors.emotions, np.round(values[span].mean(0), 4).tolist(), strict=True))
            for name, span in spans.items()
            if len(values[span])
        }

    return batcher.call(read)
