"""The main job: from a model to a verdict on every claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from emovec.corpora import Corpus, load_corpus
from emovec.errors import BadInput
from emovec.progress import Progress
from emovec.report import Run, write_report
from emovec.store import Store
from emovec.studies import STUDIES, Draws, Lab, study
from emovec.studies.results import run_study
from emovec.subject import Subject
from emovec.vectors import RECIPES, Activations, EmotionVectors, Recipe, collect_activations, make_vectors
from emovec.vectors.selection import Selection, select
from emovec.version import __version__

__all__ = ["PRESETS", "Outcome", "Preset", "make_vector_set", "replicate"]


@dataclass(frozen=True)
class Preset:
    """How much of everything a run takes.

    Attributes:
        sample: texts per emotion and register; None is all.
        neutral: neutral dialogues; None is all.
        blocks: how many blocks, spread evenly between a third of the depth and ``top``; None is every block there. The block that
            reads best is picked among these.
        early: how many blocks below them, for the studies of what comes with depth; None is every block.
        top: deepest block, as a fraction of the depth (the pass stops there).
        draws: how often nulls and intervals are drawn.
        skips: studies that are left out unless they are asked for by name.
        says: one line for ``--help``.
    """

    sample: dict[str, int] | None
    neutral: int | None
    blocks: int | None
    early: int | None
    top: float
    draws: Draws
    says: str
    skips: tuple[str, ...] = ()


PRESETS: dict[str, Preset] = {
    "quick": Preset(
        {"story": 4, "assistant_message": 1, "friend_message": 1, "diary": 1, "memory": 1}, 40, 8, 1, 0.8,
        Draws(bootstrap=400, permutation=400, refit=40, random=60, hidden=2, meetings=4, steered=8),
        "a balanced sample of the texts, nine blocks, the studies that read little more text; minutes on a laptop",
        ("own_ratings", "story_tokens", "top_snippets", "transcripts", "planned_emotion", "preferences", "preference_steering", "decisions", "chronic_state",
         "speakers", "deflection", "story_writer", "self_other", "persistence"),
    ),
    "standard": Preset(None, 100, 10, 3, 0.9, Draws(), "all texts, thirteen blocks; about half an hour on a laptop for a small model"),
    "paper": Preset(
        None, None, None, None, 1.0, Draws(bootstrap=2000, permutation=5000, refit=500, random=500, hidden=None, meetings=None, steered=None), "all texts, every block, many draws"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: the report's page, the run behind it, and the vectors by recipe."""

    report: Path
    run: Run
    vectors: dict[str, EmotionVectors]


def _blocks(subject: Subject, preset: Preset) -> tuple[list[int], list[int]]:
    """Blocks among which one is picked, and the early ones below them."""
    low, high = round(subject.depth / 3), max(1, round(subject.depth * preset.top)) - 1
    low = min(low, high)
    first = min(round(subject.depth / 15), low)
    return _spread(low, high + 1, preset.blocks), _spread(first, low, preset.early)


def _spread(start: int, stop: int, count: int | None) -> list[int]:
    """``count`` whole numbers from ``start`` on and below ``stop``, evenly (all of them for None)."""
    count = stop - start if count is None else min(count, stop - start)
    if count < 2:
        return [start] * count
    return sorted({round(start + i * (stop - 1 - start) / (count - 1)) for i in range(count)})


def _sampled(corpus: Corpus, preset: Preset, seed: int) -> Corpus:
    if preset.sample is None:
        return corpus if preset.neutral is None else corpus.with_neutral(preset.neutral, seed)
    present = {t.register for t in corpus.texts}
    fewest = {
        r: min(sum(t.emotion == e for t in texts) for e in corpus.emotions) for r in present for texts in [corpus.of(r)]
    }
    # A corpus with stories only gives more of them; one with fewer than asked for gives what it has.
    wanted = {r: min(n, fewest[r]) for r, n in preset.sample.items() if r in present}
    if present == {"story"}:
        wanted = {"story": min(fewest["story"], 6)}
    return corpus.balanced({r: n for r, n in wanted.items() if n}, preset.neutral, seed)


@dataclass(frozen=True)
class _Made:
    texts: Corpus
    acts: Activations
    selection: Selection
    asked: Selection
    recipes: dict[str, Recipe]
    vectors: dict[str, EmotionVectors]


def _make(
    subject: Subject, preset: Preset, corpus: Corpus, seed: int, topic_adjusted: bool, store: Store, progress: Progress
) -> _Made:
    """Texts read, block and whitening picked, vectors of every recipe made."""
    texts = _sampled(corpus, preset, seed)
    upper, early = _blocks(subject, preset)
    acts = collect_activations(subject, texts, sorted({*early, *upper}), store=store, progress=progress)
    tuned = {name: replace(RECIPES[name], topic_adjusted=topic_adjusted) for name in ("whitened", "asked")}
    selection = select(acts, tuned["whitened"], upper, progress)
    asked = select(acts, tuned["asked"], upper, progress, map_of=selection)
    recipes = {"whitened": selection.recipe, "paper": replace(RECIPES["paper"], topic_adjusted=topic_adjusted)}
    vectors = {}
    with progress.stage("making vectors", len(recipes) + 1, "recipes") as advance:
        for name, recipe, picked in (*((n, r, selection) for n, r in recipes.items()), ("asked", asked.recipe, asked)):
            vectors[name] = make_vectors(
                subject, acts, recipe, picked.block, block_why=picked.why, corpus=texts.describe(), seed=seed
            )
            advance(1)
    return _Made(texts, acts, selection, asked, recipes, vectors)


def make_vector_set(
    subject: Subject,
    *,
    preset: str = "quick",
    corpus: Corpus | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, EmotionVectors]:
    """Vectors of every recipe, without the studies.

    Raises:
        BadInput: for an unknown preset.
    """
    chosen = _preset(preset)
    return _make(subject, chosen, corpus or load_corpus(), seed, False, Store(), progress or Progress()).vectors


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        raise BadInput(f"unknown preset {name!r}; known: {', '.join(PRESETS)}")
    return PRESETS[name]


def replicate(
    subject: Subject,
    *,
    preset: str = "quick",
    out: str | Path | None = None,
    corpus: Corpus | None = None,
    seed: int = 0,
    topic_adjusted: bool = False,
    studies: Sequence[str] | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Make vectors of a subject, run every study on them, write the report.

    Args:
        subject: the model.
        preset: ``quick``, ``standard`` or ``paper``.
        out: folder for ``report.html``, ``report.json``, ``tables/`` and ``vectors/`` (default: ``runs/<model name>``).
        corpus: default: the shipped one.
        seed: of everything that is drawn.
        topic_adjusted: adjust emotion effects for topics, in both recipes.
        studies: names (default: all that the preset does not skip).
        store: where finished stages are kept (default: emovec's cache).
        progress: where progress is shown.

    Raises:
        BadInput: for an unknown preset or study.
    """
    chosen = _preset(preset)
    picked = [study(name) for name in (studies or [name for name in STUDIES if name not in chosen.skips])]
    store, progress = store or Store(), progress or Progress()
    folder = Path(out) if out is not None else Path("runs") / subject.name.replace("/", "--")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--out {folder} is a file; give a folder")
    made = _make(subject, chosen, corpus or load_corpus(), seed, topic_adjusted, store, progress)
    for name, artifact in made.vectors.items():
        artifact.save(folder / "vectors" / name)
    texts, selection, recipes = made.texts, made.selection, made.recipes
    studied = {name: made.vectors[name] for name in recipes}
    transfer = {"whitened": selection.table, "asked": made.asked.table}
    lab = Lab(
        subject, texts, made.acts, recipes, studied, selection.block, seed, chosen.draws, store, progress, transfer
    )
    results = {}
    with progress.stage("studies", len(picked), "studies") as advance:
        for one in picked:
            results[one.name] = run_study(one, lab)
            advance(1)
    run = Run(
        subject={
            **asdict(subject.fingerprint),
            "dtype": str(subject.model.dtype).removeprefix("torch."),
            "device": subject.device.type,
        },
        corpus=texts.describe(),
        version=__version__,
        preset=preset,
        seed=seed,
        block=selection.block,
        block_why=selection.why,
        recipes={name: recipe.to_json() for name, recipe in recipes.items()},
        results=results,
        studies={
            s.name: {"title": s.title, "question": s.question, "paper_ref": s.paper_ref, "rule": s.rule} for s in picked
        },
        timings=dict(progress.timings),
    )
    return Outcome(write_report(folder, run), run, made.vectors)
