"""``emovec validate``: zero-shot reading of any labelled file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emovec.cli.options import Block, Device, ModelOption, Recipe, VectorsOption, open_subject, vectors_for

__all__ = ["validate"]


def validate(
    file: Annotated[Path, typer.Argument(help="CSV (with a header) or JSONL file.")],
    text: Annotated[str, typer.Option(help="Column that holds the text.")] = "text",
    label: Annotated[str, typer.Option(help="Column that holds the label.")] = "label",
    labels: Annotated[
        Path | None, typer.Option(help="JSON: label -> emotion word, or null to leave it out.", show_default=False)
    ] = None,
    per_label: Annotated[
        int | None, typer.Option(help="At most so many rows of each label.", show_default=False)
    ] = None,
    model: ModelOption = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    words: Annotated[bool, typer.Option(help="Also train a bag-of-words reader on the shipped texts.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write the table here as CSV.", show_default=False)] = None,
    device: Device = None,
    seed: int = 0,
) -> None:
    """Do the vectors tell the labels of texts apart that nobody here wrote? AUC per label, beside words alone."""
    from emovec.corpora import load_corpus
    from emovec.progress import LiveProgress
    from emovec.reading import load_labelled
    from emovec.reading import validate as run
    from emovec.store import write_text

    rows = load_labelled(file, text=text, label=label, labels=labels, per_label=per_label, seed=seed)
    subject = open_subject(model, device)
    made = vectors_for(subject, vectors, recipe)
    with LiveProgress() as progress:
        table = run(subject, made, rows, corpus=load_corpus() if words else None, block=block, progress=progress)
    typer.echo(table.to_string(index=False, float_format=lambda x: f"{x:.3f}"))
    if out is not None:
        write_text(out, table.round(6).to_csv(index=False))
