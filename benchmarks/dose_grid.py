"""A dose grid (9 strengths x 12 emotions) as common batches, against the same doses one by one: same machine, one run, interleaved rounds.

    python benchmarks/dose_grid.py --vectors runs/SmolLM2-135M-Instruct/vectors/whitened --where @assistant

One by one means: the same code, called once per dose, with all prompts of a dose in one batch. Strength 0 is run once on both sides, not once
per emotion. Both sides must give the same texts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from emovec.steering import dose_choices, dose_grid, levers_of
from emovec.subject import Subject, encode_chat
from emovec.subject.load import load_subject
from emovec.vectors import EmotionVectors

EMOTIONS = (
    "happy", "inspired", "loving", "proud", "calm", "desperate", "angry", "guilty", "sad", "afraid", "nervous", "surprised",
)  # fmt: skip
STRENGTHS = (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
QUESTIONS = (
    "How was your day at the office, and what will you do tonight?",
    "The train is late again. What should I tell the others about it?",
    "Write a short note to the neighbour about the parcel.",
    "What do you make of the letter that came this morning?",
)
CHOICES = (" happy", " sad", " I", " The")

Run = Callable[[tuple[str, ...], tuple[float, ...]], pd.DataFrame]


def one_by_one(run: Run) -> pd.DataFrame:
    """Every dose in a call of its own; strength 0 once, for the first emotion."""
    doses = [(e, s) for e in EMOTIONS for s in STRENGTHS if s != 0 or e == EMOTIONS[0]]
    return pd.concat([run((emotion,), (strength,)) for emotion, strength in doses])


def same(grid: pd.DataFrame, single: pd.DataFrame, column: str) -> float:
    """Share of cells in which both sides gave the same text; for numbers, the largest difference."""
    keys = ["direction", "strength", "prompt", *(["choice"] if "choice" in grid else [])]
    both = grid.merge(single, on=keys, suffixes=("", "_single"))
    if column == "text":
        return float((both["text"] == both["text_single"]).mean())
    return float(np.abs(both[column] - both[f"{column}_single"]).max())


def compare(name: str, run: Run, column: str, rounds: int) -> None:
    """Interleaved rounds; prints seconds, the ratio's median and range, and how far the results agree."""
    seconds: dict[str, list[float]] = {"grid": [], "one by one": []}
    for turn in range(rounds):
        found = {}
        sides: list[tuple[str, Callable[[], pd.DataFrame]]] = [
            ("grid", lambda: run(EMOTIONS, STRENGTHS)),
            ("one by one", lambda: one_by_one(run)),
        ]
        for side, work in sides if turn % 2 == 0 else reversed(sides):
            start = time.perf_counter()
            found[side] = work()
            seconds[side].append(time.perf_counter() - start)
        agree = same(found["grid"], found["one by one"], column)
        print(
            f"{name}, round {turn + 1}: grid {seconds['grid'][-1]:.1f} s, one by one {seconds['one by one'][-1]:.1f} s",
            flush=True,
        )
    ratios = [a / b for a, b in zip(seconds["grid"], seconds["one by one"], strict=True)]
    said = f"{agree:.1%} of the texts are the same" if column == "text" else f"largest difference {agree:.1e}"
    print(
        f"{name}: ratio {statistics.median(ratios):.3f} (median of {rounds}; {min(ratios):.3f} to {max(ratios):.3f}), "
        f"grid {statistics.median(seconds['grid']):.1f} s, one by one {statistics.median(seconds['one by one']):.1f} s; {said}"
    )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vectors", required=True, help="vectors folder of the embedded default")
    parser.add_argument("--model", default=None)
    parser.add_argument("--where", default="@assistant", help="places and blocks, as in the steering expression")
    parser.add_argument("--prompts", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--what", nargs="+", choices=("choices", "replies"), default=["choices", "replies"])
    options = parser.parse_args()
    subject: Subject = load_subject(options.model)
    levers = levers_of(EmotionVectors.load(options.vectors, subject))
    prompts = [encode_chat(subject, [{"role": "user", "content": q}], reply=True) for q in QUESTIONS[: options.prompts]]
    print(
        f"{subject.name}: {len(STRENGTHS)} strengths x {len(EMOTIONS)} emotions x {len(prompts)} prompts of "
        f"{', '.join(str(len(p)) for p in prompts)} tokens, {options.tokens} new tokens, {options.where}"
    )

    def choices(emotions: tuple[str, ...], strengths: tuple[float, ...]) -> pd.DataFrame:
        return dose_choices(subject, levers, prompts, CHOICES, strengths, directions=emotions, where=options.where)

    def replies(emotions: tuple[str, ...], strengths: tuple[float, ...]) -> pd.DataFrame:
        return dose_grid(
            subject, levers, prompts, strengths, directions=emotions, where=options.where,
            max_new_tokens=options.tokens, measure=False,
        )  # fmt: skip

    choices(EMOTIONS[:1], (0.0,))  # warm-up
    if "choices" in options.what:
        compare("choices", choices, "logprob", options.rounds)
    if "replies" in options.what:
        compare("replies", replies, "text", options.rounds)


if __name__ == "__main__":
    main()
