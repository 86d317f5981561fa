"""``emovec sweep``: what in a pile of texts or transcripts raises each emotion vector most?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovec.cli.options import Block, Device, ModelOption, Recipe, VectorsOption, open_subject, vectors_for

if TYPE_CHECKING:
    from emovec.reading.sweep import Sweep

__all__ = ["sweep"]


def sweep(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="JSONL, parquet, Arrow or text files, Inspect logs (.eval), folders of them, datasets saved to disk.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.", show_default=False)],
    model: ModelOption = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    how: Annotated[
        str, typer.Option("--how", "--measure", help="cosine or projection (in mean residual norms).")
    ] = "cosine",
    top: Annotated[int, typer.Option(min=1, help="Snippets and transcripts kept per emotion.")] = 20,
    per_document: Annotated[int, typer.Option(min=1, help="At most so many snippets of one document.")] = 3,
    snippet: Annotated[int, typer.Option(min=4, help="Length of a snippet in tokens, about.")] = 32,
    over: Annotated[str, typer.Option(help="A chat's mean is over this role's tokens, or over all.")] = "assistant",
    least: Annotated[
        int, typer.Option(min=1, help="Transcripts with fewer tokens than that to average over are not ranked.")
    ] = 32,
    field: Annotated[
        str | None,
        typer.Option(help="Field with the text or messages. Default: the usual names.", show_default=False),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many documents.", show_default=False)] = None,
    chunk: Annotated[
        int | None, typer.Option(min=8, help="Most tokens in one pass. Default: 512.", show_default=False)
    ] = None,
    context: Annotated[
        int, typer.Option(min=0, help="Tokens of a long document that the next pass reads again, as context.")
    ] = 64,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count bad lines instead of stopping.")] = False,
    device: Device = None,
) -> None:
    """Top snippets and top transcripts of every emotion, distributions, and a mean per document, in one pass.

    It can be stopped at any time: the same command goes on where it was, and the result is the same.
    """
    from emovec.progress import LiveProgress
    from emovec.reading.documents import find_sources
    from emovec.reading.sweep import Settings
    from emovec.reading.sweep import sweep as run
    from emovec.report.sweep_page import write_sweep_page

    find_sources(sources)  # a wrong name is said before the model is loaded
    settings = Settings(how, block, top, per_document, snippet, over, least, chunk, context, field, limit)
    subject = open_subject(model, device)
    made = vectors_for(subject, vectors, recipe)
    with LiveProgress() as progress:
        result = run(subject, made, sources, out, settings, skip_bad=skip_bad, progress=progress)
    page = write_sweep_page(out, result)
    _say(result)
    typer.echo(f"\npage: {page}\ntable of documents: {out / 'documents.parquet'}")


def _say(result: Sweep) -> None:
    c = result.counts
    says = f"{c['documents']:,} documents ({c['chats']:,} chats), {c['tokens']:,} tokens, {c['counted_tokens']:,} of them counted"
    for name, what in (
        ("empty", "without a token to count"),
        ("skipped", "bad rows skipped"),
        ("plain_chats", "chats in the plain Human:/Assistant: form"),
    ):
        says += f"; {c[name]:,} {what}" if c[name] else ""
    typer.echo(says)
