"""``emovec read`` and ``emovec lens``: vectors applied to text and to the vocabulary."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovec.cli.options import Block, Device, ModelOption, Recipe, VectorsOption, open_subject, vectors_for
from emovec.cli.read_output import FORMATS, write_rows, write_summary
from emovec.errors import BadInput

if TYPE_CHECKING:
    from emovec.progress import Progress
    from emovec.reading import Reference
    from emovec.reading.documents import Content
    from emovec.subject import Subject
    from emovec.vectors import EmotionVectors

__all__ = ["lens", "read"]

#: Texts of more tokens show a progress bar.
_LONG = 4096


def _content(text: str | None, file: Path | None) -> Content:
    """What to read: an argument, a file or standard input; JSON messages are taken as a chat."""
    if (text is None) == (file is None) and not (text is None and not sys.stdin.isatty()):
        raise BadInput("give either a text or --file (or text on standard input)")
    from emovec.reading import load_contents, parse_content

    if file is not None:
        found = load_contents(file)
        if len(found) != 1:
            raise BadInput(
                f"{file} holds {len(found)} texts or chats, and emovec read takes one; emovec sweep reads many"
            )
        return found[0]
    content = parse_content(sys.stdin.read() if text is None else text)
    if isinstance(content, str) and not content.strip():
        raise BadInput("the text is empty; give at least two words")
    return content


def _blocks(given: str | None, html: Path | None, chosen: int, vectors: EmotionVectors, tokens: int) -> list[int]:
    """The blocks to read: the chosen one, and for a heatmap those named (or as many as keep it small)."""
    if html is None:
        if given is not None:
            raise BadInput("--blocks is for the heatmap (--html FILE); one block elsewhere is --block")
        return [chosen]
    if given is None:
        from emovec.report.heatmap import blocks_for

        return blocks_for(vectors.blocks, chosen, tokens, len(vectors.emotions))
    if given.strip() == "all":
        return sorted({*vectors.blocks, chosen})
    try:
        return sorted({*(int(part) for part in given.split(",")), chosen})
    except ValueError:
        raise BadInput(f"--blocks {given!r}: give numbers with commas between them, or all") from None


def _reference(
    subject: Subject, vectors: EmotionVectors, file: Path, blocks: list[int], plain: bool, progress: Progress
) -> Reference:
    from emovec.reading import load_contents, make_reference

    return make_reference(
        subject, vectors, load_contents(file), blocks=blocks, plain=plain, name=file.name, progress=progress
    )


def read(
    text: Annotated[str | None, typer.Argument(help="Text, or JSON chat messages.", show_default=False)] = None,
    model: ModelOption = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", help="Read this file instead: text, or JSON or JSONL messages.", show_default=False
        ),
    ] = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    how: Annotated[
        str, typer.Option("--how", "--measure", help="cosine, projection (in mean residual norms) or zscore.")
    ] = "cosine",
    reference: Annotated[
        Path | None,
        typer.Option(
            help="Texts or chats that the z-score is relative to. Default: the shipped neutral dialogues.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Rows: token, turn or span. Default: the whole text.", show_default=False)
    ] = None,
    span: Annotated[
        list[str] | None,
        typer.Option(help="Read over these words, wherever they stand (may be repeated).", show_default=False),
    ] = None,
    emotion: Annotated[
        list[str] | None, typer.Option(help="Show this emotion (may be repeated). Default: all.", show_default=False)
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many emotions to list.")] = 10,
    plain: Annotated[bool, typer.Option(help="Chats in the plain Human:/Assistant: form (base models).")] = False,
    window: Annotated[
        int | None,
        typer.Option(
            min=16, help="Most tokens in one pass. Default: 4096, or what the model takes.", show_default=False
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--format", help="table, json, csv or parquet. Default: as --out ends, else table.", show_default=False
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.", show_default=False)] = None,
    html: Annotated[Path | None, typer.Option(help="Write the heatmap to this file.", show_default=False)] = None,
    blocks: Annotated[
        str | None,
        typer.Option(
            help="Blocks of the heatmap: 15,21,26 or all. Default: as many as keep it small.", show_default=False
        ),
    ] = None,
    device: Device = None,
) -> None:
    """Which emotion vectors does this text raise, overall, turn by turn and token by token?"""
    form = output or (out.suffix[1:] if out is not None and out.suffix[1:] in FORMATS else "table")
    if form not in FORMATS:
        raise BadInput(f"unknown format {form!r}; known: {', '.join(FORMATS)}")
    rows = by or ("span" if span else "token" if form in ("csv", "parquet") else None)
    if rows not in (None, "token", "turn", "span"):
        raise BadInput(f"unknown rows {rows!r}; known: token, turn, span")
    if rows == "span" and not span:
        raise BadInput("--by span needs the words: --span 'some words' (may be repeated)")
    if form == "parquet" and out is None:
        raise BadInput("parquet goes to a file; name it with --out FILE.parquet")
    if reference is not None and how != "zscore":
        raise BadInput("--reference is for --how zscore")
    content = _content(text, file)
    from emovec.progress import LiveProgress, Progress
    from emovec.reading import encode, read_blocks

    subject = open_subject(model, device)
    made = vectors_for(subject, vectors, recipe)
    words = [made.emotions[made.index(e)] for e in emotion or ()]
    encoded = encode(subject, content, plain=plain)
    live = len(encoded) > _LONG or how == "zscore"
    chosen = made.block if block is None else block
    with LiveProgress() if live else nullcontext(Progress()) as progress:
        at = _blocks(blocks, html, chosen, made, len(encoded))
        yardstick = None if reference is None else _reference(subject, made, reference, at, plain, progress)
        readings = read_blocks(
            subject, made, encoded, at, how=how, plain=plain, reference=yardstick, window=window, progress=progress
        )
    reading = readings[chosen]
    if html is not None:
        from emovec.report.heatmap import write_heatmap

        title = file.stem if file is not None else "Text" if isinstance(content, str) else "Chat"
        facts = [subject.name, f"recipe {made.name}"]
        write_heatmap(html, readings, title=title, first=chosen, facts=facts, emotions=words)
        typer.echo(f"wrote {html}", err=True)
    if rows is None:
        write_summary(reading, form, out, top, words, text=html is None)
        return
    frame = {
        "span": lambda: reading.by_span(span or ()),
        "turn": reading.by_turn,
    }.get(rows, reading.table)()
    kept = words or list(reading.emotions)
    write_rows(frame[[c for c in frame.columns if c not in reading.emotions]], frame[kept], form, out, top)


def lens(
    emotions: Annotated[list[str], typer.Argument(help="Emotion words.")],
    model: ModelOption = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    count: Annotated[int, typer.Option(min=1, help="Tokens on each side.")] = 10,
    variant: Annotated[
        str, typer.Option(help="plain; gain; gain, whole words; gain, cosine; gain, cosine, whole words.")
    ] = "gain, cosine, whole words",
    device: Device = None,
) -> None:
    """Which tokens does an emotion vector raise and lower through the unembedding?"""
    from rich.console import Console
    from rich.table import Table

    from emovec.lexicon import emotion
    from emovec.reading import logit_lens, own_words

    for word in emotions:
        emotion(word)
    subject = open_subject(model, device)
    made = vectors_for(subject, vectors, recipe)
    table = Table(title=f"{recipe} patterns at block {made.block if block is None else block} (own words in brackets)")
    for head in ("emotion", "raises", "lowers"):
        table.add_column(head)
    for word in emotions:
        result = logit_lens(subject, made.pattern(word, block)[None], count=count, variant=variant)
        own = own_words(word, result.top[0])
        raised = ", ".join(f"\\[{t.strip()}]" if o else t.strip() for t, o in zip(result.top[0], own, strict=True))
        table.add_row(word, raised, ", ".join(t.strip() for t in result.bottom[0]))
    Console().print(table)
