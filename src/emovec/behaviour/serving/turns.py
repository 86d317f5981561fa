"""Readings of a turn, as they stand in the Inspect log: at the prompt's end, over the reply, and over what was said before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emovec.behaviour.serving.batching import Batcher
from emovec.errors import BadInput
from emovec.reading.probe import measure
from emovec.steering import Spec, plan
from emovec.subject import Encoded
from emovec.subject.decode import Reply
from emovec.subject.passes import forward_tokens

__all__ = ["PLACES", "turn_readings"]

#: Where a turn is read: mean over the prompt, at its last token (the assistant colon), mean over the reply.
PLACES = ("prompt", "colon", "reply")


def turn_readings(batcher: Batcher, prompt: Encoded, reply: Reply, spec: Spec) -> dict[str, dict[str, float]]:
    """``{"prompt": {emotion: cosine}, "colon": {...}, "reply": {...}}``, read from the model steered as it was when it wrote.

    Raises:
        BadInput: if the batcher has no vectors.
    """
    vectors, levers = batcher.vectors, batcher.levers
    if vectors is None or levers is None:
        raise BadInput("readings need vectors; add -M vectors=FOLDER or switch them off with -M readings=false")
    where = vectors.block if batcher.block is None else batcher.block
    whole = replace(prompt, ids=prompt.ids + reply.ids, reply_follows=False)

    def read() -> dict[str, dict[str, float]]:
        made = plan(batcher.subject, levers, [spec], [prompt], where)
        with made.over([0]):
            states = forward_tokens(batcher.subject, whole, [where])[:, 0]
        values = measure(states, vectors, where)
        n = len(prompt)
        spans = dict(zip(PLACES, (slice(1, n), slice(n - 1, n), slice(n, len(whole))), strict=True))
        return {
            name: dict(zip(vectors.emotions, np.round(values[span].mean(0), 4).tolist(), strict=True))
            for name, span in spans.items()
            if len(values[span])
        }

    return batcher.call(read)
