"""Top snippets and top transcripts: found where a block carries what no word tells, not found where it does not or carries something else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emovec.corpora import Text
from emovec.corpora.sets import SpeakerDialogue, Spoken
from emovec.planted import PLANTED_EMOTIONS, planted_corpus, planted_subject
from emovec.reading.sweep import Settings, sweep
from emovec.store import Store
from emovec.studies.base import Finding, StudyResult
from emovec.studies.lab import Draws, Lab
from emovec.studies.ranked import neighbours, share_on_top
from emovec.studies.top_snippets import TopSnippets
from emovec.studies.transcripts import Transcripts
from emovec.vectors import RECIPES, collect_activations, make_vectors

Array = NDArray[np.float64]
CASES = tuple(f"case{i}" for i in range(96))
#: What a case's words are made to carry between "start" and "stop"; no word says it.
MOOD = {case: PLANTED_EMOTIONS[i % len(PLANTED_EMOTIONS)] for i, case in enumerate(CASES)}
OTHER = {case: PLANTED_EMOTIONS[(5 * i + 7 + i // 24) % len(PLANTED_EMOTIONS)] for i, case in enumerate(CASES)}
DRAWS = Draws(bootstrap=200, permutation=200, refit=40, random=100)


def moody(moods: dict[str, str], strength: float = 1.5) -> Callable[[Sequence[str], Array], Array]:
    """Between "start" and "stop", the emotion of the last case named before."""

    def script(words: Sequence[str], truth: Array) -> Array:
        out = np.zeros((len(words), truth.shape[1]))
        case, on = "", False
        for i, word in enumerate(words):
            case = word if word in moods else case
            on = word == "start" or (on and word != "stop")
            if on and case:
                out[i] = strength * truth[PLANTED_EMOTIONS.index(moods[case])]
        return out

    return script


def filler(rng: np.random.Generator, count: int) -> str:
    return " ".join(f"filler{chr(97 + int(i) // 26)}{chr(97 + int(i) % 26)}" for i in rng.integers(0, 60, count))


def scenes() -> list[Text]:
    rng = np.random.default_rng(3)
    return [
        Text(
            case,
            MOOD[case],
            "t0",
            "story",
            "third",
            "test",
            f"{case} {filler(rng, 30)} start {filler(rng, 30)} stop {filler(rng, 40)}",
        )
        for case in CASES[:72]
    ]


def dialogues() -> list[SpeakerDialogue]:
    rng = np.random.default_rng(4)
    return [
        SpeakerDialogue(
            case, (OTHER[case], MOOD[case]), "human-assistant", "t0", "test",
            tuple(
                Spoken("AB"[i % 2], f"{filler(rng, 12)} start {filler(rng, 12)} stop" if i % 2 else f"{case} {filler(rng, 20)}")
                for i in range(4)
            ),
        )
        for case in CASES
    ]  # fmt: skip


def lab_of(script: Callable[[Sequence[str], Array], Array] | None, store: Store) -> Lab:
    planted = planted_subject(scripts={2: script} if script else None, words=(*CASES, "start", "stop"))
    corpus = planted_corpus(16)
    acts = collect_activations(planted.subject, corpus, [3], store=store)
    recipes = {name: RECIPES[name] for name in ("whitened", "paper")}
    vectors = {name: make_vectors(planted.subject, acts, recipe, 3) for name, recipe in recipes.items()}
    return Lab(planted.subject, corpus, acts, recipes, vectors, 3, draws=DRAWS, store=store)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def lab(store: Store) -> Lab:
    return lab_of(moody(MOOD), store)


@pytest.fixture(scope="module")
def blank(store: Store) -> Lab:
    return lab_of(None, store)


@pytest.fixture(scope="module")
def snippets(lab: Lab) -> StudyResult:
    return TopSnippets(scenes()).run(lab)


def found(result: StudyResult, metric: str, recipe: str) -> Finding:
    return next(f for f in result.findings if (f.metric, f.recipe) == (metric, recipe))


@pytest.mark.parametrize("recipe", ["whitened", "paper"])
def test_planted_snippets_are_on_top(snippets: StudyResult, recipe: str) -> None:
    fitting = found(snippets, "fitting_on_top", recipe)
    assert fitting.verdict == "holds", fitting.why
    assert fitting.value is not None
    assert fitting.value > 0.7
    assert fitting.claim == "snippets_show_emotion"
    assert found(snippets, "above_bag_of_words", recipe).verdict == "holds"
    assert found(snippets, "own_text_auc", recipe).verdict == "holds"
    top = snippets.tables["snippets"].query("rank == 1 and recipe == @recipe")
    assert (top["fits"] != "another").mean() > 0.9
    assert top["snippet"].str.contains("start|stop").mean() > 0.5  # the stretch itself, not the scene's beginning


@pytest.mark.parametrize("recipe", ["whitened", "paper"])
def test_the_control_has_no_fitting_snippets(blank: Lab, recipe: str) -> None:
    result = TopSnippets(scenes()).run(blank)
    for metric in ("fitting_on_top", "above_bag_of_words", "own_text_auc"):
        assert found(result, metric, recipe).verdict == "fails", metric


@pytest.mark.parametrize("recipe", ["whitened", "paper"])
def test_planted_transcripts_are_on_top(lab: Lab, recipe: str) -> None:
    result = Transcripts(dialogues()).run(lab)
    fitting = found(result, "fitting_on_top", recipe)
    assert fitting.verdict == "holds", fitting.why
    assert fitting.claim == "transcripts_fit"
    names = {n.name for n in fitting.nulls}
    assert {"the same vectors on the user's tokens", "the user's emotion in place of the assistant's"} <= names
    assert found(result, "own_transcript_auc", recipe).verdict == "holds"


@pytest.mark.parametrize("moods", [None, OTHER], ids=["nothing planted", "the user's emotion planted"])
def test_transcripts_that_carry_nothing_or_the_users_emotion_are_not_taken_for_the_assistants(
    moods: dict[str, str] | None, blank: Lab, store: Store
) -> None:
    lab = blank if moods is None else lab_of(moody(moods), store)
    result = Transcripts(dialogues()).run(lab)
    for recipe in ("whitened", "paper"):
        assert found(result, "fitting_on_top", recipe).verdict == "fails"


def test_the_study_scores_what_a_sweep_scores(lab: Lab, snippets: StudyResult, tmp_path: Path) -> None:
    path = tmp_path / "scenes.jsonl"
    path.write_text("\n".join(json.dumps({"id": s.id, "text": s.text}) for s in scenes()))
    swept = sweep(lab.subject, lab.vectors["paper"], [path], tmp_path / "out", Settings(top=3, per_document=1))
    table = snippets.tables["snippets"].query("recipe == 'paper'")
    for emotion in ("angry", "calm", "proud"):
        mine = table[table["emotion"] == emotion]
        assert np.allclose(mine["reading"], [s.score for s in swept.snippets[emotion]], atol=1e-5)
        assert list(mine["written_for"]) == [MOOD[s.document] for s in swept.snippets[emotion]]
        assert list(mine["snippet"]) == [" ".join("".join(s.tokens).split()) for s in swept.snippets[emotion]]


def test_the_same_lab_gives_the_same_result(lab: Lab, snippets: StudyResult) -> None:
    again = TopSnippets(scenes()).run(lab)
    assert again.findings == snippets.findings
    assert again.tables["snippets"].equals(snippets.tables["snippets"])


def test_shipped_scenes_give_one_of_each_emotion(lab: Lab) -> None:
    drawn = TopSnippets()._drawn(lab)
    assert [d.emotion for d in drawn] == list(lab.emotions)


def test_share_on_top_counts_as_many_as_fit() -> None:
    scores = np.array([[4.0, 1, 0], [3, 2, 0], [2, 3, 0], [1, 4, 0]])
    fits = np.array([[True, True, False], [False, False, False], [True, False, False], [False, False, False]])
    assert np.allclose(share_on_top(scores, fits), [0.5, 0.0, np.nan], equal_nan=True)


def test_neighbours_share_a_word() -> None:
    words = ("afraid", "calm", "serene", "terrified", "proud")
    near = neighbours(words)
    assert np.array_equal(near, near.T)
    assert near.diagonal().all()
    assert near[0, 3]
    assert near[1, 2]
    assert not near[0, 1]
