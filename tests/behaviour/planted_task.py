"""A task whose outcome the planted subject's direction for *tired* drives, for tests of dose grids."""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate


@scorer(metrics=[{"*": [mean(), stderr()]}])
def says_tired() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        outcome = "weary" if "tired" in state.output.completion.split() else "other"
        value = {name: int(name == outcome) for name in ("weary", "other")}
        return Score(value=value, answer=outcome, metadata={"outcome": outcome, "by": "rule", "evidence": ""})

    return score


@task
def mood(samples: int = 3) -> Task:
    inputs = [Sample(id=f"s{i}", input=f"filleraa fillera{c} filleraa") for i, c in enumerate("bcdefgh"[:samples])]
    return Task(dataset=inputs, solver=generate(), scorer=says_tired())
