"""The command line. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emovec.errors import BadInput, EmovecError
from emovec.version import __version__

if TYPE_CHECKING:
    from emovec.reading import Reading
    from emovec.subject import Subject
    from emovec.vectors import EmotionVectors

__all__ = ["app", "main"]

app = typer.Typer(
    help="Find, validate and steer emotion vectors in open-weights language models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
vectors_app = typer.Typer(help="Make, inspect and export emotion vectors.", no_args_is_help=True, rich_markup_mode=None)
corpus_app = typer.Typer(
    help="Check a corpus, have a model write one, compare two.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(vectors_app, name="vectors")
app.add_typer(corpus_app, name="corpus")

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


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"emovec {__version__}")
        raise typer.Exit


def _subject(model: str | None, device: str | None) -> Subject:
    from emovec.subject.load import load_subject

    typer.echo(f"loading {model or 'the embedded default, SmolLM2-135M-Instruct'} ...", err=True)
    return load_subject(model, device=device)


def _vectors_for(subject: Subject, folder: Path | None, recipe: str) -> EmotionVectors:
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


@app.command(epilog="Example: emovec replicate Qwen/Qwen3-0.6B --preset standard --out runs/qwen")
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
    subject = _subject(model, device)
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
    _print_verdicts(outcome.run)
    typer.echo(f"\nreport: {outcome.report}")


def _print_verdicts(run: Any) -> None:
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
    Console().print(table)
    counts = {v: sum(row.verdict == v for row in run.board) for v in ("holds", "partly", "fails", "untested")}
    typer.echo(
        f"of {len(run.board)} claims: {counts['holds']} hold, {counts['partly']} hold in part, {counts['fails']} do not hold, "
        f"{counts['untested']} not tested (the report says why)"
    )


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


@app.command(epilog='Example: emovec read "They promised to call. It is past midnight." --top 5')
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

    subject = _subject(model, device)
    reading = run(subject, _vectors_for(subject, vectors, recipe), source, block=block, how=measure, plain=plain)
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


@app.command(epilog="Example: emovec lens desperate calm --count 12")
def lens(
    emotions: Annotated[list[str], typer.Argument(help="Emotion words.")],
    model: ModelOption = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    count: Annotated[int, typer.Option(min=1, help="Tokens on each side.")] = 10,
    variant: Annotated[
        str, typer.Option(help="plain; gain; gain, whole words; gain, cosine; gain, cosine, whole words.")
    ] = "gain, whole words",
    device: Device = None,
) -> None:
    """Which tokens does an emotion vector raise and lower through the unembedding?"""
    from rich.console import Console
    from rich.table import Table

    from emovec.lexicon import emotion
    from emovec.reading import logit_lens, own_words

    for word in emotions:
        emotion(word)
    subject = _subject(model, device)
    made = _vectors_for(subject, vectors, recipe)
    table = Table(title=f"{recipe} patterns at block {made.block if block is None else block} (own words in brackets)")
    for head in ("emotion", "raises", "lowers"):
        table.add_column(head)
    for word in emotions:
        result = logit_lens(subject, made.pattern(word, block)[None], count=count, variant=variant)
        own = own_words(word, result.top[0])
        raised = ", ".join(f"\\[{t.strip()}]" if o else t.strip() for t, o in zip(result.top[0], own, strict=True))
        table.add_row(word, raised, ", ".join(t.strip() for t in result.bottom[0]))
    Console().print(table)


@app.command(epilog="Example: emovec models")
def models() -> None:
    """What emovec can load here: where the embedded default lies, converted models, the Hugging Face cache."""
    from emovec.store import cache_root
    from emovec.subject.load import DEFAULT_MODEL, default_sources

    typer.echo(f"embedded default: {DEFAULT_MODEL}")
    for place, found in default_sources():
        typer.echo(f"  {place + ':':<20} {found or 'not here'}")
    converted = sorted((cache_root() / "models").glob("*/config.json"))
    typer.echo(f"converted GGUF models in {cache_root() / 'models'}: {len(converted)}")
    for path in converted:
        typer.echo(f"  {path.parent}")
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = sorted(r.repo_id for r in scan_cache_dir().repos if r.repo_type == "model")
    except CacheNotFound:
        repos = []
    typer.echo(f"Hugging Face cache: {len(repos)} models")
    for repo in repos:
        typer.echo(f"  {repo}")
    typer.echo("Any other decoder: give a Hub id, a local transformers folder or a .gguf file.")


@vectors_app.command("make", epilog="Example: emovec vectors make Qwen/Qwen3-0.6B --out my-vectors")
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
    subject = _subject(model, device)
    with LiveProgress() as progress:
        made = make_vector_set(subject, preset=preset, corpus=texts, seed=seed, progress=progress)
    for name, vectors in made.items():
        typer.echo(f"{name}: {vectors.save(out / name)}")


@vectors_app.command("show", epilog="Example: emovec vectors show runs/SmolLM2-135M-Instruct/vectors/whitened")
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


@vectors_app.command("export", epilog="Example: emovec vectors export vectors/whitened calm calm.gguf --strength 0.1")
def vectors_export(
    folder: Annotated[Path, typer.Argument(help="A vectors folder.")],
    emotion: Annotated[str, typer.Argument(help="Which emotion.")],
    path: Annotated[Path, typer.Argument(help="GGUF file to write.")],
    strength: Annotated[float, typer.Option(help="Length, as a fraction of the mean residual norm.")] = 1.0,
) -> None:
    """Write one emotion as a llama.cpp control vector (GGUF)."""
    from emovec.vectors import EmotionVectors, export_gguf

    typer.echo(export_gguf(EmotionVectors.load(folder), emotion, path, strength))


@vectors_app.command("words", epilog="Example: emovec vectors words")
def vectors_words() -> None:
    """The 171 emotions, with what tells each from its neighbours."""
    from emovec.lexicon import emotions

    for entry in emotions():
        typer.echo(f"{entry.word:<16} {entry.gloss}")


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
