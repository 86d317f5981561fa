"""``emovec dose``: what does the model do, dose by dose, in any Inspect task?"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovec.cli.options import Block, Device, ModelOption, Recipe, VectorsOption, open_subject, vectors_for
from emovec.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    from emovec.behaviour.dosing.grid import DoseGrid
    from emovec.behaviour.dosing.tables import DoseTables
    from emovec.steering import Levers
    from emovec.subject import Subject
    from emovec.vectors import EmotionVectors

__all__ = ["dose", "parse_strengths"]

#: More doses than that in one direction are a slip of the keyboard.
_MOST = 101


def dose(
    task: Annotated[
        str, typer.Argument(help="Inspect task: emovec/blackmail, inspect_evals/..., file.py@task.", show_default=False)
    ],
    emotions: Annotated[str, typer.Option("--emotions", "-e", help="Names, with commas.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for logs and results. Default: runs/<model>/dose/<task>.", show_default=False),
    ] = None,
    strengths: Annotated[str, typer.Option(help="START:STOP:STEP, or numbers with commas.")] = "-0.1:0.1:0.05",
    epochs: Annotated[int, typer.Option(min=1, help="Rollouts per sample and dose.")] = 20,
    limit: Annotated[
        int | None, typer.Option(min=1, help="First samples of the task only.", show_default=False)
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Option("-T", help="Task argument, key=value (may be repeated).", show_default=False)
    ] = None,
    model: ModelOption = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    where: Annotated[
        str, typer.Option(help='Places and blocks of the steering expression: "@assistant #18".')
    ] = "@all",
    nulls: Annotated[
        int,
        typer.Option(
            min=0, help="Random directions run beside, with one of shuffled labels and pleasantness; 0: none of these."
        ),
    ] = 5,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="Texts that the vectors were made from, for the nulls. Default: the shipped ones.", show_default=False
        ),
    ] = None,
    coherence: Annotated[bool, typer.Option(help="Measure it at every dose.")] = True,
    judge: Annotated[
        str | None,
        typer.Option(help="Inspect model for the roles judge and grader; never the model itself.", show_default=False),
    ] = None,
    sandbox: Annotated[
        str | None, typer.Option(help="Inspect sandbox: docker; local runs code right here.", show_default=False)
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Default: the task's, or 512.", show_default=False)
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, help="Default: the task's, or 1.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise, the same at every dose, and of what is drawn.")] = 0,
    batch: Annotated[int, typer.Option(min=1, help="Rollouts that run together.")] = 32,
    device: Device = None,
) -> None:
    """Rates of every outcome by dose, with intervals, coherence, nulls and a verdict; and do readings tell the outcome?

    It can be stopped at any time: the same command runs only what is missing. Larger grids in the same folder keep what has run.
    """
    doses = parse_strengths(strengths)
    words = tuple(dict.fromkeys(" ".join(word.lower().split()) for word in emotions.split(",") if word.strip()))
    if not words:
        raise BadInput(f"--emotions {emotions!r} names none; give for example --emotions desperate,calm")
    if out is not None and out.exists() and not out.is_dir():
        raise BadInput(f"--out {out} is a file; give a folder")
    try:
        import inspect_ai  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtra("emovec dose needs Inspect; install it with: pip install 'emovec[behaviour]'") from None
    from emovec.behaviour.dosing.grid import DoseGrid, run_grid, slim
    from emovec.behaviour.tasks import find_judge, find_task, task_arguments
    from emovec.steering.grammar import parse_where

    # All that can be wrong is said before a model is loaded.
    parse_where(where)
    given = task_arguments(arguments or [])
    task = find_task(task, given)
    name = model or "default"
    if judge and judge.removeprefix("emovec/") == name:
        raise BadInput(f"the judge {judge} is the model under study; name another with --judge")
    if judge and not judge.startswith("emovec/"):
        find_judge(judge)
    grid = DoseGrid(
        task, words, doses, where, block, epochs, limit, seed, temperature, max_tokens, given, judge, sandbox, coherence, batch
    )  # fmt: skip
    subject = open_subject(model, device)
    made = vectors_for(subject, vectors, recipe)
    own = slim(made, grid)
    for word in words:
        own.index(word)
    folder = out or Path("runs") / subject.name.replace("/", "--") / "dose" / task.rpartition("/")[2].replace("@", "-")
    beside = _nulls(subject, made, own, folder, nulls, corpus, seed) if nulls else None
    display = "rich" if sys.stderr.isatty() else "plain"
    logs = run_grid(subject, own, grid, folder, nulls=beside, model=name, display=display)
    from emovec.behaviour.dosing.files import about_grid, write_dose_files
    from emovec.behaviour.dosing.monitor import monitor_table
    from emovec.behaviour.dosing.paper import paper_curves
    from emovec.behaviour.dosing.rollouts import read_rollouts
    from emovec.behaviour.dosing.tables import dose_tables
    from emovec.report.dose_page import write_dose_page

    curves = paper_curves(task)
    rollouts = read_rollouts(logs, curves.sums)
    tables = dose_tables(rollouts, curves, seed=seed)
    monitor = monitor_table(rollouts, words, seed=seed)
    about = about_grid(grid, own, beside, rollouts, tables)
    write_dose_files(folder, about, tables, monitor)
    drawn = {
        "doses": tables.doses, "windows": tables.windows, "slopes": tables.slopes, "paper": tables.paper, "monitor": monitor
    }  # fmt: skip
    page = write_dose_page(folder / "dose.html", about, drawn)
    _say(grid, tables)
    typer.echo(f"\npage: {page}\nlogs: {folder / 'logs'} (inspect view --log-dir {folder / 'logs'})")


def parse_strengths(text: str) -> tuple[float, ...]:
    """``-0.1:0.1:0.025`` (both ends included) or ``-0.1,0,0.1``; sorted, each once, 0 always among them.

    Raises:
        BadInput: naming what is wrong.
    """
    example = "write for example --strengths -0.1:0.1:0.025 or --strengths -0.1,-0.05,0.05,0.1"
    if not text.strip():
        raise BadInput(f"--strengths is empty; {example}")
    ranged = ":" in text
    parts = text.split(":" if ranged else ",")
    numbers = []
    for part in parts:
        try:
            numbers.append(float(part.replace("−", "-")))
        except ValueError:
            raise BadInput(f"--strengths {text!r}: {part.strip()!r} is not a number; {example}") from None
        if not math.isfinite(numbers[-1]):
            raise BadInput(f"--strengths {text!r}: {part.strip()!r} is not finite; {example}")
    if ranged:
        if len(numbers) != 3:
            raise BadInput(f"--strengths {text!r} has {len(numbers)} parts, not START:STOP:STEP; {example}")
        start, stop, step = numbers
        if step <= 0:
            raise BadInput(f"--strengths {text!r}: the step {step:g} must be above 0; {example}")
        if stop < start:
            raise BadInput(f"--strengths {text!r} runs backwards; write {stop:g}:{start:g}:{step:g}")
        # A hair of slack, because 0.2 / 0.025 is not quite 8.
        count = math.floor((stop - start) / step + 1e-9) + 1
        if count > _MOST:
            raise BadInput(f"--strengths {text!r} are {count} doses for each direction; at most {_MOST}")
        numbers = [round(start + i * step, 9) for i in range(count)]
    found = tuple(sorted({x + 0.0 for x in numbers} | {0.0}))
    if len(found) < 2:
        raise BadInput(f"--strengths {text!r} has no dose but 0; {example}")
    return found


def _nulls(
    subject: Subject, vectors: EmotionVectors, own: EmotionVectors, folder: Path, count: int, corpus: Path | None, seed: int
) -> Levers:  # fmt: skip
    """Those of an earlier run in this folder, if they are enough of them; else made."""
    from emovec.behaviour.dosing.directions import kept_nulls, make_nulls
    from emovec.progress import LiveProgress

    if (kept := kept_nulls(folder, own, count, seed)) is not None:
        return kept
    with LiveProgress() as progress:
        return make_nulls(subject, vectors, own, count, corpus=corpus, seed=seed, progress=progress)


def _number(value: float, form: str = "+.3f") -> str:
    return format(value, form) if math.isfinite(value) else ""


def _say(grid: DoseGrid, tables: DoseTables) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{grid.task}: {tables.headline}, change per +0.1 of strength")
    for column in ("added", "slope", "95 % interval", "nulls reach", "the paper", "verdict"):
        table.add_column(column, justify="right" if column in ("slope", "nulls reach") else "left")
    mine = tables.slopes[tables.slopes["measure"] == tables.headline]
    for r in mine[mine["kind"].isin(["emotion", "valence"])].to_dict("records"):
        expected = {1: "rises", -1: "falls"}.get(int(r["paper"]), "")
        interval = f"{_number(r['low'])} to {_number(r['high'])}" if math.isfinite(r["low"]) else ""
        name = "pleasantness alone" if r["kind"] == "valence" else r["direction"]
        table.add_row(name, _number(r["slope"]), interval, _number(r["null"], ".3f"), expected, r["verdict"])
    console = Console()
    # A log has no width of its own, and Rich would take 80 columns.
    (console if console.is_terminal else Console(width=140)).print(table)
