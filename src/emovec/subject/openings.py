"""Ways to open a reply, scored under many taps at once: the prompt is computed once per tap, and every opening goes on from its cache."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.subject.chat import Encoded
from emovec.subject.rows import prefill
from emovec.subject.subject import Subject

__all__ = ["opening_logprobs"]


def opening_logprobs(
    subject: Subject,
    prompt: Encoded,
    openings: Sequence[str],
    rows: int,
    around: Callable[[], AbstractContextManager[None]],
) -> NDArray[np.float64]:
    """Log-probability of each opening right after the prompt, summed over its tokens, in every row: (rows, openings).

    Args:
        rows: how often the prompt is run, side by side.
        around: gives a context in which passes over these rows are tapped, each in its own way.

    Raises:
        BadInput: if an opening has no tokens.
    """
    out = np.zeros((rows, len(openings)))
    with torch.no_grad():
        begun = prefill(subject, [prompt] * rows, around())
        for o, opening in enumerate(openings):
            ids = subject.tokenizer(opening, add_special_tokens=False)["input_ids"]
            if not ids:
                raise BadInput(f"the opening {opening!r} has no tokens")
            logits = begun.logits[:, None]
            if len(ids) > 1:
                fed = torch.tensor([ids[:-1]] * rows, device=subject.device)
                with around():
                    after = copy.deepcopy(begun).feed(subject, fed, keep=len(ids) - 1)
                logits = torch.cat([logits, after.float()], dim=1)
            wanted = torch.tensor(ids, device=subject.device)[None, :, None].expand(rows, -1, 1)
            out[:, o] = torch.log_softmax(logits.double(), -1).gather(-1, wanted)[..., 0].sum(-1).cpu().numpy()
    return out
