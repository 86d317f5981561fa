"""``emovec corpus``: check a corpus, compare two, have a model write one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from emovec.cli.options import Device, ModelOption, open_subject
from emovec.errors import BadInput

__all__ = ["app"]

app = typer.Typer(
    help="Check a corpus, compare two, have a model write one.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("check", epilog="Example: emovec corpus check my-texts")
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with texts. Default: the shipped ones.", show_default=False)
    ] = None,
    blind: Annotated[bool, typer.Option(help="Also train a bag-of-words reader (half a minute).")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, with all offenders, as JSON.")] = False,
) -> None:
    """Leaks, lengths, balance, duplicates, stock phrases, diversity, and how far a bag of words gets. Exit code 1 if a check fails."""
    from emovec.corpora import load_corpus, shipped_folder
    from emovec.corpora.check import check_corpus
    from emovec.corpora.check_sets import check_sets
    from emovec.progress import LiveProgress

    corpus = load_corpus(folder)
    with LiveProgress() as progress:
        reports = {
            "texts": check_corpus(corpus, blind=blind, progress=progress),
            "sets": check_sets(folder or shipped_folder()),
        }
    if as_json:
        typer.echo(
            json.dumps({name: report.to_json() for name, report in reports.items()}, indent=1, ensure_ascii=False)
        )
    else:
        for report in reports.values():
            for one in report.checks:
                typer.echo(f"{one.mark:<5}{one.name:<28}{one.figures()}")
                for offender in one.offenders[:5] if one.passed is False else ():
                    typer.echo(f"       {offender}")
    if not all(report.passed for report in reports.values()):
        raise typer.Exit(1)


@app.command("compare", epilog="Example: emovec corpus compare mine theirs --model Qwen/Qwen3-0.6B")
def compare(
    first: Annotated[Path, typer.Argument(help="Folder with texts.")],
    second: Annotated[Path, typer.Argument(help="Folder with texts.")],
    model: ModelOption = None,
    block: Annotated[int | None, typer.Option(help="Block. Default: two thirds up.", show_default=False)] = None,
    recipe: Annotated[str, typer.Option(help="paper or whitened.")] = "paper",
    device: Device = None,
) -> None:
    """Do two corpora give the same vectors? Cosine per emotion, on one subject."""
    from emovec.corpora import load_corpus
    from emovec.progress import LiveProgress
    from emovec.vectors import RECIPES, collect_activations
    from emovec.vectors.compare import compare as run

    if recipe not in RECIPES:
        raise BadInput(f"unknown recipe {recipe!r}; known: {', '.join(RECIPES)}")
    corpora = [load_corpus(first), load_corpus(second)]
    subject = open_subject(model, device)
    where = subject.block_at(2 / 3) if block is None else block
    with LiveProgress() as progress:
        a, b = (collect_activations(subject, corpus, [where], progress=progress) for corpus in corpora)
    typer.echo(run(a, b, RECIPES[recipe], where).to_string(float_format=lambda x: f"{x:.3f}"))


@app.command(
    "write", epilog="Example: emovec corpus write mine --writer openai/gpt-4o --amount stories=10 --amount pieces=16"
)
def write(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; an unfinished one is gone on with.")],
    writer: Annotated[str, typer.Option(help="Inspect model name, or 'subject' for the model under study itself.")],
    amount: Annotated[
        list[str] | None,
        typer.Option(help="set=number, e.g. stories=10 (may be repeated). Default: as shipped.", show_default=False),
    ] = None,
    emotion: Annotated[
        list[str] | None, typer.Option(help="Only this emotion (may be repeated).", show_default=False)
    ] = None,
    model: ModelOption = None,
    seed: Annotated[int, typer.Option(help="Of the plan and the writer.")] = 0,
    rewrites: Annotated[
        int, typer.Option(min=0, help="How often a leaking text is written again before it is dropped.")
    ] = 2,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests at a time.")] = 8,
    temperature: Annotated[float, typer.Option(min=0.0, help="Of the writer; small models need less than 1.")] = 1.0,
    device: Device = None,
) -> None:
    """Have a model write a corpus: resumable, leaks rewritten or dropped, writer and prompts recorded."""
    from emovec.corpora.inspect_writer import inspect_writer
    from emovec.corpora.plan import plan_tasks
    from emovec.corpora.write import write as run
    from emovec.progress import LiveProgress

    amounts = {}
    for item in amount or []:
        name, _, number = item.partition("=")
        if not number.isdigit():
            raise BadInput(f"--amount {item!r} is not SET=NUMBER, e.g. stories=10")
        amounts[name] = int(number)
    tasks = plan_tasks(amounts or None, emotions=emotion or None, seed=seed)
    # The subject is reached as any Inspect model is, so its texts are decoded in batches.
    arguments = {"device": device, "max_batch": concurrency} if writer == "subject" else {}
    named = f"emovec/{model or 'default'}" if writer == "subject" else writer
    # Three tokens a word are more than any language model needs; a weak one that does not stop would write on and on.
    longest = max((3 * task.length[1] if task.length else 1500 for task in tasks), default=1500)
    generate, name = inspect_writer(
        named, max_connections=concurrency, max_tokens=longest, temperature=temperature, arguments=arguments
    )
    with LiveProgress() as progress:
        written = run(
            folder,
            tasks,
            generate,
            writer=name,
            seed=seed,
            rewrites=rewrites,
            concurrency=concurrency,
            progress=progress,
        )
    typer.echo(json.dumps(vars(written), indent=1, default=str))
