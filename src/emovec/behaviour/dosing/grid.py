"""The dose grid: one Inspect evaluation per direction and strength, all on one loaded subject, resumable.

Unsteered (strength 0) is the same for every direction and runs once. What has run stands in ``logs/``; run again, only what is missing runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from emovec.behaviour.dosing.directions import keep, nulls_path
from emovec.behaviour.serving.batching import Batcher
from emovec.errors import BadInput, EmovecError
from emovec.steering import Levers, Spec, Term, levers_of
from emovec.steering.grammar import parse_where
from emovec.subject import Subject
from emovec.vectors import EmotionVectors

__all__ = ["BASELINE", "Dose", "DoseGrid", "run_grid", "slim"]

#: The name of no direction, in tables.
BASELINE = "unsteered"


@dataclass(frozen=True)
class Dose:
    """One evaluation: a direction (an emotion's or a null's) at a strength. ``kind``: ``baseline`` or the lever's."""

    direction: str = BASELINE
    kind: str = "baseline"
    strength: float = 0.0

    def spec(self, where: str) -> Spec:
        """What is added where."""
        if self.kind == "baseline":
            return Spec()
        places, blocks = parse_where(where)
        return Spec((Term(self.direction, self.strength, "add", places, blocks),))


@dataclass(frozen=True)
class DoseGrid:
    """What is asked.

    Attributes:
        task: ``package/task`` or ``file.py@task``; ``arguments`` are its own.
        emotions: names; each is run at every strength but 0, and so is every null.
        strengths: fractions of the mean residual norm.
        where: places and blocks of the steering grammar (``"@all"``, ``"@assistant #18"``).
        block: where it is read, and steered if ``where`` names no block (default: the block that the vectors picked).
        epochs: rollouts per sample; ``limit``: samples.
        seed: of the noise (the same for every dose) and of what is drawn.
        temperature, max_tokens: default: the task's, or 1 and 512.
        judge: Inspect model for the roles ``judge`` (our tasks) and ``grader`` (Inspect's own); ``sandbox``: Inspect sandbox, where the task needs one.
        coherence: measure it (without it the window is not known).
        most: rollouts that run together.
    """

    task: str
    emotions: tuple[str, ...]
    strengths: tuple[float, ...]
    where: str = "@all"
    block: int | None = None
    epochs: int = 1
    limit: int | None = None
    seed: int = 0
    temperature: float | None = None
    max_tokens: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    judge: str | None = None
    sandbox: str | None = None
    coherence: bool = True
    most: int = 32

    def doses(self, levers: Levers) -> list[Dose]:
        """Unsteered first, then every direction at every other strength.

        Raises:
            UnknownEmotion: for an emotion that the levers lack.
            BadInput: for a grid without an emotion or a strength.
        """
        strengths = sorted({float(s) for s in self.strengths if s})
        if not self.emotions or not strengths:
            raise BadInput(f"an empty grid: {len(self.emotions)} emotions, {len(strengths)} strengths other than 0")
        names = list(dict.fromkeys(levers.names[levers.index(word)] for word in self.emotions))
        names += [name for name, kind in zip(levers.names, levers.kinds, strict=True) if kind != "emotion"]
        kinds = dict(zip(levers.names, levers.kinds, strict=True))
        return [Dose(), *(Dose(name, kinds[name], s) for name in names for s in strengths)]

    @property
    def blocks(self) -> tuple[int, ...]:
        """Blocks that ``where`` names."""
        return parse_where(self.where)[1]


def slim(vectors: EmotionVectors, grid: DoseGrid) -> EmotionVectors:
    """The vectors at the blocks that the grid needs, with its reading block picked.

    Raises:
        BadInput: if they lack one.
    """
    block = vectors.block if grid.block is None else grid.block
    return replace(vectors.with_blocks(tuple(sorted({block, *grid.blocks}))), block=block)


def run_grid(
    subject: Subject,
    vectors: EmotionVectors,
    grid: DoseGrid,
    out: Path,
    *,
    nulls: Levers | None = None,
    model: str = "default",
    display: str = "none",
) -> list[tuple[Dose, Path]]:
    """Run what of the grid has not run yet.

    Args:
        vectors: as :func:`slim` gives them.
        out: its ``logs`` folder gets the logs; ``vectors`` and ``nulls-SEED.safetensors`` are what they were steered with.
        nulls: directions that are run at every dose beside the emotions.
        model: the subject's name in the logs, as ``--model emovec/MODEL`` has it.
        display: Inspect's: ``none``, ``plain``, ``rich``.

    Returns:
        Every dose with its log.

    Raises:
        BadInput: if the task cannot be made, or ``out`` belongs to other vectors.
        EmovecError: if evaluations failed; those that did not are kept.
    """
    from inspect_ai import eval_set
    from inspect_ai._util.error import PrerequisiteError

    from emovec.behaviour.tasks import plain

    doses = grid.doses(levers_of(vectors) | nulls if nulls else levers_of(vectors))
    keep(out, vectors, nulls, grid.seed)
    batcher = Batcher(subject, vectors, nulls, None, grid.most)
    try:
        models = [_model(dose, grid, out, batcher, model, nulls is not None) for dose in doses]
        settings = {"seed": grid.seed, "temperature": grid.temperature, "max_tokens": grid.max_tokens}
        # Enough evaluations side by side to fill the batches, and no more: each holds its samples (and sandboxes) open.
        together = max(2, -(-grid.most // (grid.epochs * (grid.limit or 1))))
        try:
            _, logs = eval_set(
                grid.task,
                log_dir=str(out / "logs"),
                retry_attempts=1,
                retry_immediate=False,
                log_dir_allow_dirty=True,
                model=models,
                model_roles=_roles(grid.judge),
                task_args=dict(grid.arguments),
                sandbox=grid.sandbox,
                display=display,
                epochs=grid.epochs,
                limit=grid.limit,
                max_tasks=together,
                max_connections=grid.most,
                score_display=False,
                ctl_server=False,
                **{name: value for name, value in settings.items() if value is not None},
            )
        except PrerequisiteError as error:
            raise BadInput(plain(error)) from None
    finally:
        batcher.close()
    return _paired(doses, grid, logs)


def _model(dose: Dose, grid: DoseGrid, out: Path, batcher: Batcher, model: str, nulls: bool) -> Any:
    """The provider at one dose. Its arguments stand in the log, and from them Inspect can make it again."""
    from inspect_ai.model import get_model

    arguments: dict[str, Any] = {
        "vectors": str((out / "vectors").absolute()),
        "block": batcher.block,
        # Readings cost a pass per turn, and under a null nobody asks for them.
        "readings": dose.kind in ("baseline", "emotion"),
        "coherence": grid.coherence,
    }
    if dose.kind != "baseline":
        arguments["steer"] = str(dose.spec(grid.where))
    if nulls and dose.kind not in ("baseline", "emotion"):
        arguments["levers"] = str(nulls_path(out, grid.seed).absolute())
    made = get_model(f"emovec/{model}", memoize=False, batcher=batcher, **arguments)
    del made.model_args["batcher"]
    return made


def _paired(doses: Sequence[Dose], grid: DoseGrid, logs: Sequence[Any]) -> list[tuple[Dose, Path]]:
    by_spec = {str(dose.spec(grid.where)): dose for dose in doses}
    failed = [log for log in logs if log.status != "success"]
    if failed:
        why = next((f": {log.error.message}" for log in failed if log.error), "")
        raise EmovecError(
            f"{len(failed)} of {len(doses)} evaluations did not finish{why[:300]}; run the same command again and only what is missing runs"
        )
    found = {by_spec[log.eval.model_args.get("steer", "")]: Path(_local(log.location)) for log in logs}
    return [(dose, found[dose]) for dose in doses]


def _local(location: str) -> str:
    from urllib.parse import unquote, urlparse

    return unquote(urlparse(location).path) if location.startswith("file:") else location


def _roles(judge: str | None) -> dict[str, Any] | None:
    from emovec.behaviour.tasks import find_judge

    if judge is None:
        return None
    model = find_judge(judge)
    return {"judge": model, "grader": model}
