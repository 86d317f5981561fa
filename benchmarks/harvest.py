"""Harvest (pooled means of stories at many blocks) against the usual loop and against the bare forward pass: same machine, one run, interleaved rounds.

    python benchmarks/harvest.py --texts 96

The usual loop: one text at a time, ``output_hidden_states=True``, means taken from the whole stack afterwards. The bare pass: emovec's own
batches through the blocks, nothing captured; with the same early stop it is the limit for pooling on the fly. Means of both harvests are compared.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from emovec.corpora import load_corpus
from emovec.subject import Encoded, Subject, encode_text
from emovec.subject.load import load_subject
from emovec.subject.passes import batches_of, harvest
from emovec.subject.taps import stopped_after

SKIP = 50


def pooled(subject: Subject, texts: list[Encoded], blocks: list[int]) -> NDArray[np.float32]:
    """emovec: sorted batches, pooled in the hook, stopped after the deepest block."""
    return harvest(subject, texts, [[(SKIP, len(e))] for e in texts], blocks).means[:, 0]


def usual(subject: Subject, texts: list[Encoded], blocks: list[int]) -> NDArray[np.float32]:
    """One text at a time, every hidden state kept, then averaged. The last entry of ``hidden_states`` is normed, so the deepest block must lie below."""
    out = []
    with torch.inference_mode():
        for e in texts:
            states = subject.model(torch.tensor([e.ids]), output_hidden_states=True).hidden_states
            out.append(torch.stack([states[b + 1][0, SKIP:].float().mean(0) for b in blocks]).numpy())
    return np.stack(out)


def bare(subject: Subject, texts: list[Encoded], blocks: list[int]) -> None:
    """The same batches, nothing captured."""
    for batch in batches_of(subject, texts):
        with torch.inference_mode(), stopped_after(subject.anatomy, max(blocks)):
            subject.model.base_model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False)


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="Hub id, folder or GGUF file (default: the embedded default)")
    parser.add_argument("--texts", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--blocks", type=int, nargs="+", default=[10, 15, 20])
    given = parser.parse_args()
    subject = load_subject(given.model)
    stories = [t.text for t in load_corpus().of("story")]
    step = max(1, len(stories) // given.texts)
    texts = [encode_text(subject, s) for s in stories[::step][: given.texts]]
    tokens = sum(map(len, texts))
    sides: dict[str, Callable[[], object]] = {
        "emovec": lambda: pooled(subject, texts, given.blocks),
        "usual loop": lambda: usual(subject, texts, given.blocks),
        "bare pass": lambda: bare(subject, texts, given.blocks),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    found: dict[str, object] = {}
    for turn in range(given.rounds):
        for name in list(sides) if turn % 2 == 0 else reversed(list(sides)):
            start = time.perf_counter()
            found[name] = sides[name]()
            seconds[name].append(time.perf_counter() - start)
            print(f"round {turn + 1}: {name} {tokens / seconds[name][-1]:.0f} tokens/s", flush=True)
    for other in ("usual loop", "bare pass"):
        ratios = [a / b for a, b in zip(seconds["emovec"], seconds[other], strict=True)]
        print(
            f"time of emovec over {other}: {statistics.median(ratios):.2f} (median of {given.rounds}; {min(ratios):.2f} to {max(ratios):.2f})"
        )
    ours, theirs = np.asarray(found["emovec"]), np.asarray(found["usual loop"])
    print(
        f"{len(texts)} stories, {tokens} tokens, blocks {given.blocks}; largest difference of means over the largest mean {np.abs(ours - theirs).max() / np.abs(theirs).max():.1e}"
    )


if __name__ == "__main__":
    main()
