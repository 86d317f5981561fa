"""``emovec replicate``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovec.cli.options import Device, Model, open_subject
from emovec.errors import BadInput

if TYPE_CHECKING:
    from emovec.report import Run

__all__ = ["print_verdicts", "replicate"]


def replicate(
    model: Model = None,
    preset: Annotated[
        str, typer.Option(help="quick (minutes), standard (half an hour), paper (everything).")
    ] = "quick",
    device: Device = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report. Default: runs/<model>.", show_default=False)
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Folder with your own texts. Default: the shipped ones.", show_default=False)
    ] = None,
    study: Annotated[
        list[str] | None, typer.Option(help="Run only this study (may be repeated).", show_default=False)
    ] = None,
    topic_adjusted: Annotated[bool, typer.Option(help="Adjust emotion effects for topics.")] = False,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """From stories to a verdict: make vectors of MODEL, run every study, write the report."""
    from emovec.corpora import load_corpus
    from emovec.progress import LiveProgress
    from emovec.replicate import PRESETS
    from emovec.replicate import replicate as run

    if preset not in PRESETS:
        raise BadInput(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
    texts = load_corpus(corpus)
    subject = open_subject(model, device)
    with LiveProgress() as progress:
        outcome = run(
            subject,
            preset=preset,
            out=out,
            corpus=texts,
            seed=seed,
            topic_adjusted=topic_adjusted,
            studies=study or None,
            progress=progress,
        )
    print_verdicts(outcome.run)
    typer.echo(f"\nreport: {outcome.report}")


def print_verdicts(run: Run) -> None:
    from rich.console import Console
    from rich.table import Table

    names = {"holds": "holds", "partly": "holds in part", "fails": "does not hold"}
    table = Table(title=f"{run.subject['name']} at block {run.block}, preset {run.preset}")
    for column in ("study", "metric", "recipe", "value", "95 % interval", "null 95 %", "paper", "verdict"):
        table.add_column(column, justify="right" if column in ("value", "null 95 %", "paper") else "left")
    for f in run.findings:
        if not f.claim or f.value is None:
            continue
        table.add_row(
            f.study, f.metric, f.recipe, f"{f.value:.2f}", f"{f.ci[0]:.2f} to {f.ci[1]:.2f}" if f.ci else "",
            f"{f.null.p95:.2f}" if f.null else "", f"{f.paper:g}" if f.paper is not None else "", names.get(f.verdict, f.verdict),
        )  # fmt: skip
    console = Console()
    # A log has no width of its own, and Rich would take 80 columns.
    (console if console.is_terminal else Console(width=140)).print(table)
    counts = {v: sum(row.verdict == v for row in run.board) for v in ("holds", "partly", "fails", "untested")}
    typer.echo(
        f"of {len(run.board)} claims: {counts['holds']} hold, {counts['partly']} hold in part, {counts['fails']} do not hold, "
        f"{counts['untested']} not tested (the report says why)"
    )
