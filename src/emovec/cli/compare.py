"""``emovec compare``: what post-training changed, read with one set of vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovec.cli.options import Device, open_subject
from emovec.errors import BadInput

if TYPE_CHECKING:
    from emovec.vectors import EmotionVectors

__all__ = ["compare"]


def compare(
    base: Annotated[str, typer.Argument(help="Base model: Hub id, local folder or GGUF file.")],
    chat: Annotated[str, typer.Argument(help="The same model after post-training.")],
    vectors: Annotated[
        Path | None,
        typer.Option(
            help="Vectors of either model: one folder, or a folder with one per recipe. Default: made from CHAT.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="quick, standard or paper: texts, blocks and draws.")] = "quick",
    base_form: Annotated[
        str,
        typer.Option(help="plain (Human:/Assistant:), or template for a base that was trained on its chat template."),
    ] = "plain",
    preferences: Annotated[
        bool,
        typer.Option(help="Also ask both what they would rather do, steered and not: some minutes more on a laptop."),
    ] = True,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report. Default: runs/<base>-and-<chat>.", show_default=False)
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Folder with your own texts. Default: the shipped ones.", show_default=False)
    ] = None,
    device: Device = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """What did post-training change? One set of vectors read on BASE and CHAT, one model in memory at a time."""
    from emovec.cli.replicate import print_verdicts
    from emovec.compare_models import compare_models
    from emovec.corpora import load_corpus
    from emovec.progress import LiveProgress
    from emovec.replicate import PRESETS
    from emovec.studies.post_training_preferences import PostTrainingPreferences

    if preset not in PRESETS:
        raise BadInput(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
    made = _load(vectors) if vectors is not None else None
    texts = load_corpus(corpus)
    with LiveProgress() as progress:
        outcome = compare_models(
            lambda: open_subject(base, device),
            lambda: open_subject(chat, device),
            vectors=made,
            preset=preset,
            out=out,
            corpus=texts,
            base_form=base_form,
            seed=seed,
            progress=progress,
            preferences=PostTrainingPreferences() if preferences else None,
        )
    print_verdicts(outcome.run)
    typer.echo(f"\nreport: {outcome.report}")


def _load(folder: Path) -> dict[str, EmotionVectors]:
    """One artifact, or every artifact in a folder by recipe (``whitened`` first). Whose they are is checked later, against both models."""
    from emovec.vectors import EmotionVectors

    if (folder / "vectors.json").is_file():
        one = EmotionVectors.load(folder)
        return {one.name: one}
    places = sorted(
        (path.parent for path in folder.glob("*/vectors.json")), key=lambda p: (p.name != "whitened", p.name)
    )
    if not places:
        raise BadInput(f"{folder} holds no vectors; make some with `emovec vectors make`, or leave --vectors out")
    return {one.name: one for one in map(EmotionVectors.load, places)}
