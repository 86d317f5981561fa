"""Reality: the embedded default chats, its vectors recognise held-out texts, and a nudge changes what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emovec.corpora import Corpus, load_corpus
from emovec.reading import read
from emovec.steering import steered
from emovec.store import Store
from emovec.subject import Subject, encode_chat, encode_text
from emovec.subject.passes import generate, harvest
from emovec.vectors import RECIPES, EmotionVectors, collect_activations, directions, make_vectors
from emovec.vectors.selection import mean_auc

WORDS = ("happy", "sad", "angry", "afraid", "calm", "proud", "bored", "grateful")
BLOCK = 18


@pytest.fixture(scope="module")
def few() -> tuple[Corpus, Corpus]:
    """Two thirds of the stories of eight emotions to make vectors on, the rest to read."""
    corpus = load_corpus()
    texts = [t for t in corpus.of("story") if t.emotion in WORDS]
    kept = {w: [t for t in texts if t.emotion == w] for w in WORDS}
    made = [t for w in WORDS for t in kept[w][:6]]
    held = [t for w in WORDS for t in kept[w][6:9]]
    return replace(corpus, texts=tuple(made), neutral=corpus.neutral[:6]), replace(
        corpus, texts=tuple(held), neutral=corpus.neutral[:1]
    )


@pytest.fixture(scope="module")
def vectors(
    default_subject: Subject, few: tuple[Corpus, Corpus], tmp_path_factory: pytest.TempPathFactory
) -> EmotionVectors:
    acts = collect_activations(default_subject, few[0], [BLOCK], store=Store(tmp_path_factory.mktemp("store")))
    return make_vectors(default_subject, acts, replace(RECIPES["whitened"], style_adjusted=False, reading=3.0), BLOCK)


def test_it_chats(default_subject: Subject) -> None:
    prompt = encode_chat(default_subject, [{"role": "user", "content": "What is the capital of France?"}], reply=True)
    assert "Paris" in generate(default_subject, [prompt], max_new_tokens=16)[0]


def test_vectors_recognise_stories_that_they_were_not_made_from(
    default_subject: Subject, vectors: EmotionVectors, few: tuple[Corpus, Corpus], tmp_path: Path
) -> None:
    held = collect_activations(default_subject, few[1], [BLOCK], store=Store(tmp_path))
    x = held.at(BLOCK) - held.at(BLOCK).mean(0)
    area = mean_auc(x @ vectors.at("filters").T, held.emotion)
    assert area > 0.8
    shuffled = [
        mean_auc(x @ vectors.at("filters").T, np.random.default_rng(i).permutation(held.emotion)) for i in range(20)
    ]
    assert area > max(shuffled)


def test_a_reading_follows_the_text(default_subject: Subject, vectors: EmotionVectors) -> None:
    bright = (
        "It was the best morning of the year; the sun was out, the children laughed, and everything smelled of cake."
    )
    dark = "The funeral was small. Nobody spoke, it rained, and the empty chair stood where it had always stood."
    readings = {text: read(default_subject, vectors, text).mean() for text in (bright, dark)}
    happy, sad = vectors.index("happy"), vectors.index("sad")
    assert readings[bright][happy] - readings[bright][sad] > readings[dark][happy] - readings[dark][sad]


def test_a_shove_changes_what_it_writes_and_nothing_stays(default_subject: Subject, vectors: EmotionVectors) -> None:
    prompt = encode_chat(default_subject, [{"role": "user", "content": "Write one sentence about my day."}], reply=True)
    before = generate(default_subject, [prompt], max_new_tokens=20)
    with steered(default_subject, vectors, {"angry": 0.4}):
        assert generate(default_subject, [prompt], max_new_tokens=20) != before
    assert generate(default_subject, [prompt], max_new_tokens=20) == before


def test_batch_equals_single_on_a_real_model(default_subject: Subject) -> None:
    texts = [
        "The kettle boiled.",
        "Nobody had told her that the last train left at nine, and now the platform was dark and empty.",
    ]
    encoded = [encode_text(default_subject, t) for t in texts]
    pools = [[(1, len(e))] for e in encoded]
    together = harvest(default_subject, encoded, pools, [5, BLOCK]).means
    alone = np.concatenate(
        [harvest(default_subject, [e], [p], [5, BLOCK]).means for e, p in zip(encoded, pools, strict=True)]
    )
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-3)


def test_the_paper_recipe_removes_what_neutral_text_does(
    default_subject: Subject, few: tuple[Corpus, Corpus], tmp_path: Path
) -> None:
    from emovec.vectors.estimate import neutral_basis

    acts = collect_activations(default_subject, few[0], [BLOCK], store=Store(tmp_path))
    basis = neutral_basis(acts.neutral_at(BLOCK), 0.5)
    patterns = directions(acts, RECIPES["paper"], BLOCK).patterns
    assert np.abs(patterns @ basis.T).max() < 1e-6 * np.linalg.norm(patterns)
