"""Options that several commands share, and finding the subject and its vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovec.errors import BadInput

if TYPE_CHECKING:
    from emovec.subject import Subject
    from emovec.vectors import EmotionVectors

__all__ = ["Block", "Device", "Model", "ModelOption", "Recipe", "VectorsOption", "open_subject", "vectors_for"]

Model = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODEL]", help="Hub id, local folder or GGUF file. Default: SmolLM2-135M-Instruct.", show_default=False
    ),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="Hub id, local folder or GGUF file.", show_default=False)
]
Device = Annotated[
    str | None, typer.Option(help="cpu, cuda, cuda:1, mps. Default: the best there is.", show_default=False)
]
VectorsOption = Annotated[
    Path | None,
    typer.Option(
        "--vectors",
        help="Vectors folder. Default: this model's in runs/, else made from a quick sample.",
        show_default=False,
    ),
]
Recipe = Annotated[str, typer.Option(help="paper or whitened.")]
Block = Annotated[
    int | None, typer.Option(help="Block to read at. Default: the one that the vectors picked.", show_default=False)
]


def open_subject(model: str | None, device: str | None) -> Subject:
    """Load the model that a command names, saying so."""
    from emovec.subject.load import load_subject

    typer.echo(f"loading {model or 'the embedded default, SmolLM2-135M-Instruct'} ...", err=True)
    return load_subject(model, device=device)


def vectors_for(subject: Subject, folder: Path | None, recipe: str) -> EmotionVectors:
    """Vectors from a folder; else this model's from ``runs/`` or the cache; else made now and kept in the cache."""
    from emovec.store import cache_root
    from emovec.vectors import EmotionVectors
    from emovec.vectors.recipes import RECIPES

    if recipe not in RECIPES:
        raise BadInput(f"unknown recipe {recipe!r}; known: {', '.join(RECIPES)}")
    if folder is not None:
        return EmotionVectors.load(folder, subject)
    name = subject.name.replace("/", "--")
    kept = cache_root() / "vectors" / f"{name}-{subject.fingerprint.weights}"
    for place in (Path("runs") / name / "vectors" / recipe, kept / recipe):
        if (place / "vectors.json").is_file():
            return EmotionVectors.load(place, subject)
    from emovec.progress import LiveProgress
    from emovec.replicate import make_vector_set

    typer.echo(
        "no vectors of this model yet: making them from a quick sample of the texts (minutes; kept for next time)",
        err=True,
    )
    with LiveProgress() as progress:
        made = make_vector_set(subject, progress=progress)
    for kind, vectors in made.items():
        vectors.save(kept / kind)
    return made[recipe]
