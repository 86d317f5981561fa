"""The command line. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from typing import Annotated

import typer

from emovec.cli import corpus, vectors
from emovec.cli.compare import compare
from emovec.cli.dose import dose
from emovec.cli.models import models
from emovec.cli.read import lens, read
from emovec.cli.replicate import replicate
from emovec.cli.steer import steer
from emovec.cli.sweep import sweep
from emovec.cli.validate import validate
from emovec.errors import EmovecError
from emovec.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    help="Find, validate and steer emotion vectors in open-weights language models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog="Example: emovec replicate Qwen/Qwen3-0.6B --preset standard --out runs/qwen")(replicate)
app.command(epilog="Example: emovec compare Qwen/Qwen3-0.6B-Base Qwen/Qwen3-0.6B --out runs/qwen-pair")(compare)
app.command(epilog='Example: emovec read "They promised to call. It is past midnight." --top 5')(read)
app.command(epilog="Example: emovec lens desperate calm --count 12")(lens)
app.command(epilog='Example: emovec steer "How was your day?" --steer "desperate:0.1 - calm:0.1 @assistant"')(steer)
app.command(
    epilog="Example: emovec dose emovec/blackmail --emotions desperate,calm --strengths -0.1:0.1:0.025 --epochs 50"
)(dose)
app.command(epilog="Example: emovec validate comments.csv --labels map.json --per-label 200")(validate)
app.command(epilog="Example: emovec sweep chats.jsonl logs/ --out runs/sweep --top 20")(sweep)
app.command(epilog="Example: emovec models")(models)
app.add_typer(vectors.app, name="vectors")
app.add_typer(corpus.app, name="corpus")


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"emovec {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point: errors that emovec raises on purpose become one line and exit code 2."""
    try:
        app()
    except EmovecError as error:
        typer.echo(f"emovec: {' '.join(str(error).split())}", err=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        typer.echo("emovec: stopped; run the same command again to go on where it was", err=True)
        raise SystemExit(130) from None
