"""``emovec read`` and ``emovec lens``: vectors applied to text and to the vocabulary."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emovec.cli.options import Block, Device, ModelOption, Recipe, VectorsOption, open_subject, vectors_for
from emovec.errors import BadInput

if TYPE_CHECKING:
    from emovec.reading import Reading

__all__ = ["lens", "read"]


def _source(text: str | None, file: Path | None) -> str | list[dict[str, str]]:
    """What to read: an argument, a file or standard input; JSON messages are taken as a chat."""
    if (text is None) == (file is None) and not (text is None and not sys.stdin.isatty()):
        raise BadInput("give either a text or --file (or text on standard input)")
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"cannot read {file}: {error}; give a UTF-8 text or JSON file") from None
    elif text is None:
        text = sys.stdin.read()
    if text.lstrip().startswith("["):
        try:
            messages = json.loads(text)
        except json.JSONDecodeError:
            return text
        if isinstance(messages, list) and messages and isinstance(messages[0], dict):
            return messages
    return text


def read(
    text: Annotated[str | None, typer.Argument(help="Text, or JSON chat messages.", show_default=False)] = None,
    model: ModelOption = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Read this file instead.", show_default=False)
    ] = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    measure: Annotated[str, typer.Option(help="cosine or projection (in mean residual norms).")] = "cosine",
    emotion: Annotated[
        list[str] | None, typer.Option(help="Show this emotion per token (may be repeated).", show_default=False)
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many emotions to list.")] = 10,
    plain: Annotated[bool, typer.Option(help="Chats in the plain Human:/Assistant: form (base models).")] = False,
    output: Annotated[str, typer.Option("--format", help="table, json or csv (all tokens x emotions).")] = "table",
    device: Device = None,
) -> None:
    """Which emotion vectors does this text raise, overall and token by token?"""
    if output not in ("table", "json", "csv"):
        raise BadInput(f"unknown format {output!r}; known: table, json, csv")
    source = _source(text, file)
    if isinstance(source, str) and not source.strip():
        raise BadInput("the text is empty; give at least two words")
    from emovec.reading import read as run

    subject = open_subject(model, device)
    reading = run(subject, vectors_for(subject, vectors, recipe), source, block=block, how=measure, plain=plain)
    if output == "csv":
        typer.echo(reading.table().round(5).to_csv(index=False), nl=False)
    elif output == "json":
        typer.echo(json.dumps(_reading_json(reading, top), ensure_ascii=False, indent=1))
    else:
        _show_reading(reading, top, emotion or [])


def _reading_json(reading: Reading, top: int) -> dict[str, Any]:
    turns = [
        {"role": t.role, "top": [{"emotion": e, "value": round(v, 5)} for e, v in reading.top(top, i)]}
        for i, t in enumerate(reading.encoded.turns)
        if t.tokens[1] > max(1, t.tokens[0])
    ]
    whole = [{"emotion": e, "value": round(v, 5)} for e, v in reading.top(top)]
    return {
        "block": reading.block,
        "measure": reading.measure,
        "tokens": len(reading.encoded),
        "top": whole,
        "turns": turns,
    }


def _show_reading(reading: Reading, top: int, emotions: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from emovec.errors import UnknownEmotion

    console = Console()
    table = Table(title=f"mean {reading.measure} at block {reading.block}, {len(reading.encoded)} tokens")
    table.add_column("emotion")
    table.add_column(reading.measure, justify="right")
    for name, value in reading.top(top):
        table.add_row(name, f"{value:+.3f}")
    console.print(table)
    chosen = emotions or [reading.top(1)[0][0]]
    for word in chosen:
        if word not in reading.emotions:
            raise UnknownEmotion(word, reading.emotions)
        column = reading.values[:, reading.emotions.index(word)]
        # The paper's display scale: the 99th percentile of |reading| over all probes, clipped.
        import numpy as np

        scale = float(np.nanpercentile(np.abs(reading.values), 99)) or 1.0
        line = Text(f"{word}: ")
        for token, value in zip(reading.tokens, column, strict=True):
            level = 0.0 if np.isnan(value) else max(-1.0, min(1.0, value / scale))
            shade = int(255 - abs(level) * 150)
            colour = f"rgb(255,{shade},{shade})" if level > 0 else f"rgb({shade},{shade},255)"
            line.append(token, style=f"black on {colour}")
        console.print(line)


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
