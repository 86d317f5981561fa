"""Two corpora that mean the same give the same vectors; one that means other things by the words does not; noise is not judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from emovec.corpora import Corpus
from emovec.planted import PLANTED_EMOTIONS, Planted, planted_corpus
from emovec.store import Store
from emovec.studies import Draws, Finding, Lab
from emovec.studies.base import StudyResult
from emovec.studies.story_writer import StoryWriter, second_corpus, subset
from emovec.vectors import RECIPES, collect_activations, make_vectors

Run = Callable[[Corpus], StudyResult]


def told(corpus: Corpus) -> Corpus:
    """Every second text in the first person."""
    return replace(
        corpus, texts=tuple(replace(t, person="first" if n % 2 else "third") for n, t in enumerate(corpus.texts))
    )


@pytest.fixture(scope="module")
def run(planted: Planted, planted_store: Store) -> Run:
    corpus = told(planted_corpus(32))
    acts = collect_activations(planted.subject, corpus, [3], store=planted_store)
    recipes = {"whitened": RECIPES["whitened"], "paper": RECIPES["paper"]}
    vectors = {name: make_vectors(planted.subject, acts, recipe, 3) for name, recipe in recipes.items()}
    lab = Lab(
        planted.subject, corpus, acts, recipes, vectors, 3, draws=Draws(bootstrap=200, permutation=200), store=planted_store
    )  # fmt: skip
    return lambda other: StoryWriter(other).run(lab)


def found(result: StudyResult, metric: str, recipe: str = "paper") -> Finding:
    return next(f for f in result.findings if f.metric == metric and f.recipe == recipe)


def another(seed: int = 5, **more: bool) -> Corpus:
    made = planted_corpus(16, seed=seed, **more)
    return replace(made, texts=tuple(replace(t, register="story", id=f"other-{t.id}") for t in made.texts))


@pytest.mark.parametrize("recipe", ["whitened", "paper"])
def test_another_writer_who_means_the_same(run: Run, recipe: str) -> None:
    result = run(another())
    for metric in ("writer_agreement", "person_agreement", "register_agreement"):
        finding = found(result, metric, recipe)
        assert finding.verdict == "holds", finding.why
        assert finding.value == pytest.approx(1, abs=0.1)
    rows = result.tables["emotions"]
    assert set(rows["comparison"]) == {"writer", "person", "register"}
    assert (rows.loc[rows["comparison"] == "writer", "rank"] == 1).mean() > 0.9
    assert rows["ceiling"].between(0, 1).all()


@pytest.mark.parametrize("recipe", ["whitened", "paper"])
def test_a_writer_who_means_other_things_by_the_words(run: Run, recipe: str) -> None:
    order = np.random.default_rng(0).permutation(len(PLANTED_EMOTIONS))
    meant = dict(zip(PLANTED_EMOTIONS, (PLANTED_EMOTIONS[i] for i in order), strict=True))
    corpus = another()
    corpus = replace(corpus, texts=tuple(replace(t, emotion=meant[t.emotion]) for t in corpus.texts))
    finding = found(run(corpus), "writer_agreement", recipe)
    assert finding.verdict == "fails", finding.why


def test_noise_is_not_judged(run: Run) -> None:
    finding = found(run(another(emotional=False)), "writer_agreement")
    assert finding.verdict == "untested"
    assert finding.value is None
    assert "mostly noise" in finding.why


def test_the_sample_is_balanced(run: Run) -> None:
    rows = run(another()).tables["emotions"]
    words = rows.loc[(rows["comparison"] == "writer") & (rows["recipe"] == "paper"), "emotion"]
    assert sorted(words) == sorted(PLANTED_EMOTIONS)  # six of each quadrant: fewer than the study would take
    assert (rows.loc[rows["comparison"] == "writer", "texts_second"] == StoryWriter.texts).all()


def test_subset_keeps_rows_and_renumbers(planted: Planted, planted_store: Store) -> None:
    corpus = planted_corpus(4)
    acts = collect_activations(planted.subject, corpus, [1], store=planted_store)
    part = subset(acts, np.arange(len(acts.emotion)), ["sad", "calm"])
    assert part.emotions == ("sad", "calm")
    assert len(part.texts) == 8
    for index, word in enumerate(part.emotions):
        mine = [i for i, t in enumerate(corpus.texts) if t.emotion == word]
        np.testing.assert_array_equal(part.texts[part.emotion == index], acts.texts[mine])


def test_what_ships_beside_the_stories() -> None:
    shipped = second_corpus(Corpus("emovec", (), ()))
    assert shipped.name == "literary"
    assert len({t.emotion for t in shipped.texts}) == 171
    own = second_corpus(Corpus("mine", (), ()))
    assert own.name == "emovec"
    assert {t.register for t in own.texts} == {"story"}
