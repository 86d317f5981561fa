"""``emovec vectors``: make, inspect and export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from emovec.cli.options import Device, Model, open_subject

__all__ = ["app"]

app = typer.Typer(help="Make, inspect and export emotion vectors.", no_args_is_help=True, rich_markup_mode=None)


@app.command("make", epilog="Example: emovec vectors make Qwen/Qwen3-0.6B --out my-vectors")
def vectors_make(
    model: Model = None,
    out: Annotated[Path, typer.Option(help="Folder: one artifact per recipe goes into it.")] = Path("vectors"),
    preset: Annotated[str, typer.Option(help="quick, standard or paper: how many texts and blocks.")] = "standard",
    corpus: Annotated[Path | None, typer.Option(help="Folder with your own texts.", show_default=False)] = None,
    device: Device = None,
    seed: int = 0,
) -> None:
    """Make vectors without running the studies."""
    from emovec.corpora import load_corpus
    from emovec.progress import LiveProgress
    from emovec.replicate import make_vector_set

    texts = load_corpus(corpus)
    subject = open_subject(model, device)
    with LiveProgress() as progress:
        made = make_vector_set(subject, preset=preset, corpus=texts, seed=seed, progress=progress)
    for name, vectors in made.items():
        typer.echo(f"{name}: {vectors.save(out / name)}")


@app.command("show", epilog="Example: emovec vectors show runs/SmolLM2-135M-Instruct/vectors/whitened")
def vectors_show(folder: Annotated[Path, typer.Argument(help="A vectors folder.")]) -> None:
    """What made these vectors, from what, how reliable they are."""
    from emovec.vectors import EmotionVectors

    v = EmotionVectors.load(folder)
    halves = sorted((entry["split_half"], word) for word, entry in v.reliability.items())
    typer.echo(
        json.dumps(
            {
                "subject": vars(v.subject),
                "recipe": dict(v.recipe),
                "corpus": dict(v.corpus),
                "emotions": len(v.emotions),
                "blocks": list(v.blocks),
                "block": v.block,
                "block_why": v.block_why,
                "version": v.version,
                "split_half_median": halves[len(halves) // 2][0] if halves else None,
                "least_reliable": [f"{word} {value:.2f}" for value, word in halves[:5]],
            },
            indent=1,
            ensure_ascii=False,
        )
    )


@app.command("export", epilog="Example: emovec vectors export vectors/whitened calm calm.gguf --strength 0.1")
def vectors_export(
    folder: Annotated[Path, typer.Argument(help="A vectors folder.")],
    emotion: Annotated[str, typer.Argument(help="Which emotion.")],
    path: Annotated[Path, typer.Argument(help="GGUF file to write.")],
    strength: Annotated[float, typer.Option(help="Length, as a fraction of the mean residual norm.")] = 1.0,
) -> None:
    """Write one emotion as a llama.cpp control vector (GGUF)."""
    from emovec.vectors import EmotionVectors, export_gguf

    typer.echo(export_gguf(EmotionVectors.load(folder), emotion, path, strength))


@app.command("words", epilog="Example: emovec vectors words")
def vectors_words() -> None:
    """The 171 emotions, with what tells each from its neighbours."""
    from emovec.lexicon import emotions

    for entry in emotions():
        typer.echo(f"{entry.word:<16} {entry.gloss}")
