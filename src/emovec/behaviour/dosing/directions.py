"""What a dose grid is steered with, kept beside its logs: the vectors, and nulls made from the very texts that the vectors were made from."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from emovec.corpora import Corpus, load_corpus
from emovec.errors import BadInput
from emovec.progress import Progress
from emovec.steering import Levers, null_levers
from emovec.store import Store, digest
from emovec.subject import Subject
from emovec.vectors import EmotionVectors, Recipe, collect_activations

__all__ = ["corpus_of", "keep", "kept_nulls", "make_nulls", "nulls_path", "recipe_of"]

_ALL_TEXTS = re.compile(r"all texts, (?P<neutral>\d+) neutral dialogues, seed (?P<seed>\d+)")
_SAMPLE = re.compile(
    r"(?P<parts>.+) per emotion, (?P<neutral>\d+) neutral dialogues, topics balanced, seed (?P<seed>\d+)"
)


def make_nulls(
    subject: Subject,
    vectors: EmotionVectors,
    slim: EmotionVectors,
    random: int,
    *,
    corpus: str | Path | None = None,
    seed: int = 0,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Levers:
    """``random-1`` ... ``random-N``, ``shuffled-1`` and ``valence`` (see :mod:`emovec.steering.nulls`) at the blocks of ``slim``.

    The texts' activations come from the cache where the vectors were made on this machine; else the texts are read again.

    Raises:
        BadInput: if the texts that the vectors were made from cannot be found.
    """
    texts = corpus_of(vectors, corpus)
    acts = collect_activations(subject, texts, vectors.blocks, store=store, progress=progress)
    return null_levers(slim, acts, recipe_of(vectors), random=random, shuffled=1, seed=seed)


def kept_nulls(folder: Path, slim: EmotionVectors, random: int, seed: int = 0) -> Levers | None:
    """Those that an earlier run left in a folder, if there are as many; None if not. The first few are the same however many are made.

    Raises:
        BadInput: if the folder has other vectors.
    """
    path = nulls_path(folder, seed)
    if not _same(folder, slim) or not path.is_file():
        return None
    levers = Levers.load(path)
    wanted = [*(f"random-{i + 1}" for i in range(random)), "valence", "shuffled-1"]
    return levers[wanted] if set(wanted) <= set(levers.names) else None


def keep(folder: Path, slim: EmotionVectors, nulls: Levers | None, seed: int = 0) -> None:
    """Write what is steered with; the logs name it.

    Raises:
        BadInput: if the folder has other vectors.
    """
    if not _same(folder, slim):
        folder.mkdir(parents=True, exist_ok=True)
        slim.save(folder / "vectors")
    path = nulls_path(folder, seed)
    if nulls is not None and not (path.is_file() and set(nulls.names) <= set(Levers.load(path).names)):
        nulls.save(path)


def _same(folder: Path, slim: EmotionVectors) -> bool:
    """Whether the folder has these vectors; False if it has none."""
    if not (folder / "vectors").exists():
        return False
    if _identity(EmotionVectors.load(folder / "vectors")) != _identity(slim):
        raise BadInput(f"{folder} holds rollouts under other vectors or another block; choose another --out")
    return True


def _identity(v: EmotionVectors) -> str:
    arrays = (v.patterns, v.filters, v.centre, v.norms)
    return digest(*arrays, list(v.blocks), v.block, list(v.emotions), v.subject.weights)


def nulls_path(folder: Path, seed: int) -> Path:
    """Where the nulls of a grid lie."""
    return folder / f"nulls-{seed}.safetensors"


def recipe_of(vectors: EmotionVectors) -> Recipe:
    """The recipe that the vectors were made by, with its amounts."""

    def value(v: object) -> object:
        return float("inf") if v is None else tuple(v) if isinstance(v, list) else v

    known = {f.name for f in fields(Recipe)}
    if unknown := set(vectors.recipe) - known:
        raise BadInput(
            f"the vectors' recipe has {', '.join(sorted(unknown))}, which this emovec does not know; run without nulls (--nulls 0)"
        )
    return Recipe(**{name: value(v) for name, v in vectors.recipe.items()})  # type: ignore[arg-type]


def corpus_of(vectors: EmotionVectors, folder: str | Path | None = None) -> Corpus:
    """The texts that the vectors were made from: from the shipped corpus, or a folder, thinned as it was then.

    Raises:
        BadInput: if they are other texts.
    """
    whole = load_corpus(folder)
    wanted = vectors.corpus.get("digest")
    found = [whole]
    sample = str(vectors.corpus.get("sample", ""))
    if match := _ALL_TEXTS.fullmatch(sample):
        found.append(whole.with_neutral(int(match["neutral"]), int(match["seed"])))
    if match := _SAMPLE.fullmatch(sample):
        counts = {register: int(n) for n, register in re.findall(r"(\d+) (\w+)", match["parts"])}
        found.append(whole.balanced(counts, int(match["neutral"]), int(match["seed"])))
    for corpus in found:
        if corpus.digest == wanted:
            return corpus
    raise BadInput(
        f"the nulls need the texts that the vectors were made from ({vectors.corpus.get('name') or 'not named in the vectors'}), and "
        f"{whole.name!r} has others; name their folder with --corpus, or run without nulls (--nulls 0)"
    )
