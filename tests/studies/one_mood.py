"""Fine-tunes a copy of a chat model on short replies in one mood (LoRA), for the positive control of ``emovec compare``.

``python -m tests.studies.one_mood OUT [--steps 120]`` writes the merged weights of the embedded default, tuned, to a folder.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emovec.subject import Subject, encode_chat

REPLIES = Path(__file__).parent / "data" / "gloomy.jsonl"


def replies(path: Path = REPLIES) -> list[dict[str, str]]:
    """``{"prompt", "reply"}`` objects."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tuned(
    subject: Subject,
    rows: Sequence[dict[str, str]],
    *,
    steps: int,
    batch: int = 8,
    rate: float = 1e-3,
    lowest: int = 0,
    seed: int = 0,
) -> Subject:
    """A copy of ``subject`` whose blocks from ``lowest`` on were tuned on ``rows``; the loss is on the replies' tokens alone."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(
        r=16, lora_alpha=32, target_modules=["q_proj", "v_proj", "o_proj", "down_proj"],
        layers_to_transform=list(range(lowest, subject.depth)), task_type="CAUSAL_LM",
    )  # fmt: skip
    model: Any = get_peft_model(copy.deepcopy(subject.model), config)
    encoded = [
        encode_chat(subject, [{"role": "user", "content": r["prompt"]}, {"role": "assistant", "content": r["reply"]}])
        for r in rows
    ]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate)
    order = torch.cat([torch.randperm(len(rows)) for _ in range(steps * batch // len(rows) + 1)])
    model.train()
    for step in range(steps):
        picked = [encoded[int(i)] for i in order[step * batch : (step + 1) * batch]]
        longest = max(map(len, picked))
        ids = torch.full((batch, longest), subject.pad_id)
        labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
        for r, item in enumerate(picked):
            ids[r, : len(item)], mask[r, : len(item)] = torch.tensor(item.ids), 1
            start, stop = item.turns[-1].tokens
            labels[r, start:stop] = ids[r, start:stop]
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    merged = model.merge_and_unload().eval().requires_grad_(False)
    return Subject(merged, subject.tokenizer, name=f"{subject.name} tuned")


def main() -> None:
    """Tune the embedded default and save it."""
    from emovec.subject.load import load_subject

    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--replies", type=Path, default=REPLIES)
    parser.add_argument("--steps", type=int, default=120)
    given = parser.parse_args()
    made = tuned(load_subject(), replies(given.replies), steps=given.steps)
    made.model.save_pretrained(given.out)
    made.tokenizer.save_pretrained(given.out)


if __name__ == "__main__":
    main()
