"""Zero-shot reading of any labelled texts: do the vectors tell their labels apart, and better than words alone?"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emovec.corpora import Corpus
from emovec.corpora.blind import read_by_words
from emovec.errors import BadCorpus, BadInput
from emovec.lexicon import emotion, leaks
from emovec.progress import Progress
from emovec.stats import auc, bootstrap, rng_for, unit
from emovec.store import Store
from emovec.subject import Encoded, Subject, encode_text
from emovec.subject.passes import Pool
from emovec.vectors import EmotionVectors
from emovec.vectors.activations import encode_asked, pooled_many

__all__ = ["Labelled", "load_labelled", "validate"]


@dataclass(frozen=True)
class Labelled:
    """One text with its label and the emotion that the label stands for."""

    text: str
    label: str
    emotion: str


def _mapping(path: Path | None) -> Mapping[str, str | None] | None:
    """Label -> emotion (None: leave out) from a JSON file; values may also be lists whose first entry is the emotion."""
    if path is None:
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {label: (value[0] if isinstance(value, list) else value) for label, value in raw.items()}
    except (OSError, ValueError, AttributeError, IndexError) as error:
        raise BadInput(f"cannot read the label map {path}: {error}; give a JSON object label -> emotion") from None


def load_labelled(
    path: str | Path,
    *,
    text: str = "text",
    label: str = "label",
    labels: Path | None = None,
    per_label: int | None = None,
    seed: int = 0,
) -> list[Labelled]:
    """Rows of a CSV or JSONL file whose label is, or maps to, one of the 171 emotions.

    Args:
        text, label: names of the columns.
        labels: JSON file label -> emotion (null leaves a label out); without it labels must be emotion words themselves.
        per_label: at most so many rows of each label, drawn at random (default: all).

    Raises:
        BadCorpus: for a missing column, with the line.
        BadInput: if no row has a usable label.
    """
    path = Path(path)
    mapping = _mapping(labels)
    found: dict[str, list[Labelled]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = (json.loads(line) for line in file) if path.suffix == ".jsonl" else csv.DictReader(file)
            for number, row in enumerate(rows, 1 if path.suffix == ".jsonl" else 2):
                if not row.get(text) or row.get(label) is None:
                    raise BadCorpus(
                        path, number, f"the column {text if not row.get(text) else label!r} is missing or empty"
                    )
                name = str(row[label])
                word = mapping.get(name) if mapping is not None else name
                if word is not None:
                    found.setdefault(name, []).append(Labelled(str(row[text]), name, emotion(word).word))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise BadInput(f"{path} has a line that is not JSON: {error}") from None
    if len(found) < 2:
        raise BadInput(f"{path} has {len(found)} usable labels; at least two are needed (map them with --labels)")
    rng = random.Random(seed)
    picked = []
    for name in sorted(found):
        rows_of = found[name]
        picked += rng.sample(rows_of, per_label) if per_label and per_label < len(rows_of) else rows_of
    return picked


def validate(
    subject: Subject,
    vectors: EmotionVectors,
    rows: Sequence[Labelled],
    *,
    corpus: Corpus | None = None,
    block: int | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
    draws: int = 200,
) -> pd.DataFrame:
    """One-against-rest AUC of each label's vector, zero-shot, centred on the evaluation set; vectors of the ``asked`` recipe read at its questions.

    Beside it: the rows that do not name their emotion, the static token embeddings of text and word, and (with ``corpus``) a bag-of-words
    classifier trained on the texts that the vectors were made from.

    Returns:
        One row per label and a last one, ``(mean)``: ``label, emotion, n, auc, auc_low, auc_high, n_unnamed, auc_unnamed, auc_static, auc_words``.
        The interval is over resampled texts.

    Raises:
        ForeignSubject: if the vectors were made from another model.
    """
    vectors.check(subject)
    where = vectors.block if block is None else block
    encoded, pools = _pooled_as_made(subject, vectors, [r.text for r in rows])
    means, _, _ = pooled_many(subject, encoded, pools, [where], store or Store(), progress, "reading labelled texts")
    x = means[:, :, 0].mean(1).astype(np.float64)
    scores = unit(x - x.mean(0)) @ vectors.at("filters", where).T
    texts, words = (subject.mean_embeddings(t) for t in ([r.text for r in rows], [f" {w}" for w in vectors.emotions]))
    static = unit(texts - texts.mean(0)) @ unit(words - words.mean(0)).T
    by_words, names = read_by_words(corpus.texts, [r.text for r in rows]) if corpus else (None, [])
    truth = np.array([r.label for r in rows])
    unnamed = np.array([not leaks(r.text, r.emotion) for r in rows])
    table, areas = [], []
    for label in sorted(set(truth)):
        word = next(r.emotion for r in rows if r.label == label)
        own, column = truth == label, vectors.index(word)
        areas.append((column, own))
        words_auc = auc(by_words[:, names.index(word)], own) if by_words is not None and word in names else float("nan")
        low, high = bootstrap(
            lambda r, s=scores[:, column], own=own: auc(s[r], own[r]), len(rows), rng_for(0, label), draws  # type: ignore[misc]
        )  # fmt: skip
        table.append(
            (label, word, int(own.sum()), auc(scores[:, column], own), low, high, int((own & unnamed).sum()),
             auc(scores[unnamed, column], own[unnamed]), auc(static[:, column], own), words_auc)
        )  # fmt: skip
    columns = [
        "label",
        "emotion",
        "n",
        "auc",
        "auc_low",
        "auc_high",
        "n_unnamed",
        "auc_unnamed",
        "auc_static",
        "auc_words",
    ]
    frame = pd.DataFrame(table, columns=columns)

    def mean_auc(r: NDArray[np.intp]) -> float:
        return float(np.nanmean([auc(scores[r, c], own[r]) for c, own in areas]))

    low, high = bootstrap(mean_auc, len(rows), rng_for(0, "mean"), draws)
    mean = frame.mean(numeric_only=True)
    frame.loc[len(frame)] = [
        "(mean)", "", len(rows), mean["auc"], low, high, int(unnamed.sum()), mean["auc_unnamed"], mean["auc_static"], mean["auc_words"],
    ]  # fmt: skip
    return frame


def _pooled_as_made(
    subject: Subject, vectors: EmotionVectors, texts: Sequence[str]
) -> tuple[list[Encoded], list[list[Pool]]]:
    """The texts and where they are read: at the questions for vectors that were made there, else over all tokens but the first."""
    if vectors.recipe.get("asked"):
        asked = [encode_asked(subject, text) for text in texts]
        return [e for e, _ in asked], [list(pools[1:]) for _, pools in asked]
    encoded = [encode_text(subject, text) for text in texts]
    return encoded, [[(min(1, len(e) - 1), len(e))] for e in encoded]
