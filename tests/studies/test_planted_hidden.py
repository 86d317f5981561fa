"""Chronic state and deflection on planted subjects: found where a preamble leaves a mark on the speaker's turns, not found where it leaves none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from emovec.corpora import Text
from emovec.corpora.scenario_sets import Antagonistic
from emovec.corpora.sets import CONDITIONS, HiddenDialogue, Spoken, load_hidden
from emovec.planted import Planted, planted_corpus, planted_subject
from emovec.store import Store
from emovec.studies import Draws, Lab, StudyResult
from emovec.studies.chronic_state import ChronicState
from emovec.studies.decoder import cross_validated, folds_of, train
from emovec.studies.deflection import Deflection
from emovec.studies.hidden_dialogues import encode_script, read_turns, sample_cells, sample_pairs
from emovec.vectors import RECIPES, collect_activations, make_vectors

Array = NDArray[np.float64]

EMOTIONS = ("afraid", "angry", "calm", "desperate", "excited", "lonely", "proud", "sad")
WORDS = ("A:", "B:", "feels", "hides", "not", "attack", "injustice", "I'm", "No,", "Yes,")
_DRAWS = Draws(bootstrap=200, permutation=200, refit=40, random=40, hidden=4)


def _marks(truth: Array) -> Array:
    """Unit directions, one per emotion, orthogonal to the true ones and to each other."""
    half = truth.shape[1] // 2
    _, _, vt = np.linalg.svd(truth[:, :half])
    free = np.zeros((len(EMOTIONS), truth.shape[1]))
    free[:, :half] = vt[-len(EMOTIONS) :]
    return free


def _stated_state(words: Sequence[str], truth: Array) -> Array:
    """After "feels X": the mark of X on A's turns; after "not X": on the rest of the turn; before the reply to an attack: that of anger."""
    marks, out = _marks(truth), np.zeros((len(words), truth.shape[1]))
    felt = denied = None
    speaker = ""
    for i, word in enumerate(words):
        if word in ("A:", "B:"):
            speaker, denied = word, None
        before = words[i - 1] if i else ""
        if before == "feels" and word in EMOTIONS:
            felt = EMOTIONS.index(word)
        if before == "not" and word in EMOTIONS:
            denied = EMOTIONS.index(word)
        mark = denied if denied is not None else felt
        if mark is not None and speaker == "A:" and word != "A:":
            out[i] = 2 * marks[mark]
        if word == "<assistant>":  # here no two messages are alike
            out[i] = 0.2 * np.random.default_rng(list("".join(words[:i]).encode())).standard_normal(out.shape[1])
            if "attack" in words[:i]:
                out[i] += 2 * marks[EMOTIONS.index("angry")]
    return out


def _fillers(rng: np.random.Generator, count: int) -> list[str]:
    return [f"filler{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in rng.integers(0, 60, count)]


def _hints(rng: np.random.Generator, word: str, count: int) -> list[str]:
    return [f"hint{word.replace(' ', '')}a{chr(97 + i)}" for i in rng.integers(0, 6, count)]


def _dialogue(rng: np.random.Generator, number: int, condition: str, felt: str, other: str | None) -> HiddenDialogue:
    shows = felt if condition == "expressed" else other
    turns = []
    for speaker in "ABA":
        said = _fillers(rng, 8) + (_hints(rng, shows, 4) if shows and speaker == "A" else [])
        turns.append(Spoken(speaker, " ".join(rng.permutation(said))))
    return HiddenDialogue(
        f"p{number}", condition, felt, other, "t", "planted", " ".join([*_fillers(rng, 3), "feels", felt, *_fillers(rng, 2)]), tuple(turns)
    )  # fmt: skip


def _dialogues() -> list[HiddenDialogue]:
    rng = np.random.default_rng(5)
    made: list[tuple[str, str, str | None]] = []
    for condition, needs_other in CONDITIONS.items():
        for e, felt in enumerate(EMOTIONS):
            others = [w for w in EMOTIONS if w != felt]
            count = 14 if condition == "hidden" else 4
            made += [(condition, felt, others[(i + e) % len(others)] if needs_other else None) for i in range(count)]
    return [_dialogue(rng, i, *one) for i, one in enumerate(made)]


def _cases() -> list[Antagonistic]:
    rng = np.random.default_rng(6)
    cases = [("denial", e, f"not {e} {' '.join(_fillers(rng, 8))}") for e in EMOTIONS]
    cases += [("attack_on_ai", None, f"attack {' '.join(_fillers(rng, 8))}") for _ in range(12)]
    cases += [("witnessed_injustice", None, f"injustice {' '.join(_fillers(rng, 8))}") for _ in range(12)]
    cases += [("control", None, " ".join(_fillers(rng, 9))) for _ in range(12)]
    return [Antagonistic(f"c{i}", kind, word, text, "planted") for i, (kind, word, text) in enumerate(cases)]


def _scenes() -> list[Text]:
    rng = np.random.default_rng(7)
    return [
        Text(
            f"s{e}{i}",
            e,
            "t",
            "story",
            "third",
            "planted",
            " ".join(rng.permutation(_fillers(rng, 40) + _hints(rng, e, 20))),
        )
        for e in EMOTIONS
        for i in range(4)
    ]


def _lab(planted: Planted, store: Store) -> Lab:
    corpus = planted_corpus(16)
    acts = collect_activations(planted.subject, corpus, [1, 3, 5], store=store)
    recipes = {name: RECIPES[name] for name in ("whitened", "paper")}
    vectors = {name: make_vectors(planted.subject, acts, recipe, 3) for name, recipe in recipes.items()}
    return Lab(planted.subject, corpus, acts, recipes, vectors, 3, 0, _DRAWS, store)


def _deny_under_the_mark(words: Sequence[str], residual: Array, truth: Array) -> Array:
    """What the last block makes of a mark, also of one that steering puts there: the answer "No,"."""
    along = np.clip(residual @ _marks(truth).T, 0, None).sum(1)
    out = np.zeros_like(residual)
    out[:, -1] = 4 * along
    return out


@pytest.fixture(scope="module")
def marked(planted_store: Store) -> Lab:
    """Preambles and denials leave marks, which name their emotion and make for denial."""
    import torch

    planted = planted_subject(scripts={2: _stated_state}, circuits={5: _deny_under_the_mark}, words=WORDS)
    head, vocabulary = planted.subject.model.lm_head.weight, planted.subject.tokenizer.get_vocab()
    with torch.no_grad():
        for mark, word in zip(_marks(planted.truth), EMOTIONS, strict=True):
            head[vocabulary[word]] += torch.as_tensor(mark, dtype=torch.float32)
        head[vocabulary["No,"], -1] += 0.5
    return _lab(planted, planted_store)


@pytest.fixture(scope="module")
def unmarked(planted_store: Store) -> Lab:
    return _lab(planted_subject(words=WORDS), planted_store)


@pytest.fixture(scope="module")
def dialogues() -> list[HiddenDialogue]:
    return _dialogues()


@pytest.fixture(scope="module")
def deflection(marked: Lab, dialogues: list[HiddenDialogue]) -> StudyResult:
    return Deflection(dialogues, _cases()).run(marked)


@pytest.fixture(scope="module")
def no_deflection(unmarked: Lab, dialogues: list[HiddenDialogue]) -> StudyResult:
    return Deflection(dialogues, _cases()).run(unmarked)


@pytest.fixture(scope="module")
def chronic(marked: Lab, dialogues: list[HiddenDialogue]) -> StudyResult:
    return ChronicState(dialogues, _scenes()).run(marked)


@pytest.fixture(scope="module")
def no_chronic(unmarked: Lab, dialogues: list[HiddenDialogue]) -> StudyResult:
    return ChronicState(dialogues, _scenes()).run(unmarked)


def verdicts(result: StudyResult, recipe: str) -> dict[str, str]:
    return {f.metric: f.verdict for f in result.findings if f.recipe == recipe}


@pytest.mark.parametrize("recipe", ["paper", "whitened"])
def test_planted_deflection_is_found(deflection: StudyResult, recipe: str) -> None:
    found = {f.metric: f for f in deflection.findings if f.recipe == recipe}
    assert {f.verdict for f in found.values()} == {"holds"}, {m: (f.verdict, f.why) for m, f in found.items()}
    assert abs(found["felt_story_cosine"].value or 1) < 0.1
    assert (found["shown_story_cosine"].value or 0) > 0.9
    assert (found["norm_kept"].value or 0) > 0.95
    assert (found["denial_log_odds"].value or 0) > 0.5
    assert (found["attack_rise"].value or 0) > 0.3


@pytest.mark.parametrize("recipe", ["paper", "whitened"])
def test_no_deflection_is_found_where_none_is(no_deflection: StudyResult, recipe: str) -> None:
    found = verdicts(no_deflection, recipe)
    assert found.pop("shown_story_cosine") == "holds"  # what is put on is in the words
    assert found.pop("felt_story_cosine") == "untested"
    assert found.pop("norm_kept") == "untested"
    # Seven questions at the 5 % level: one that is beaten by chance, and by little, is no finding.
    assert "holds" not in found.values(), found
    assert sum(v == "partly" for v in found.values()) <= 1, found


def test_planted_state_is_decoded_and_is_not_in_the_words(chronic: StudyResult) -> None:
    found = {f.metric: f for f in chronic.findings}
    for condition in ("hidden", "neutral_topic", "story_of_other", "discussing_other"):
        for metric in (f"accuracy_{condition}", f"preamble_gain_{condition}"):
            assert found[metric].verdict == "holds", found[metric].why
    assert found["transfer_to_unexpressed"].verdict == "holds", found["transfer_to_unexpressed"].why
    assert found["hidden_felt_minus_shown"].verdict == "holds"
    assert found["neutral_topic_deficit"].verdict == "fails"  # it is planted alike in all
    # The scenes carry what the words show, and no mark of a stated state.
    assert found["scene_accuracy"].verdict != "fails", found["scene_accuracy"].why
    assert found["scene_accuracy"].value is not None
    assert found["scene_accuracy"].value < 0.35


def test_without_a_state_only_shown_emotion_is_decoded(no_chronic: StudyResult) -> None:
    found = {f.metric: f for f in no_chronic.findings}
    for condition in ("hidden", "neutral_topic", "story_of_other", "discussing_other"):
        for metric in (f"accuracy_{condition}", f"preamble_gain_{condition}"):
            assert found[metric].verdict == "fails", (metric, found[metric].why)
    table = no_chronic.tables["conditions"].set_index(["condition", "reader"])["accuracy"]
    assert table["expressed", "with the preamble"] > 0.6
    assert found["transfer_to_unexpressed"].verdict == "fails"
    assert (found["hidden_felt_minus_shown"].value or 0) < -0.5
    assert found["scene_accuracy"].verdict == "untested"  # what decodes nothing finds nothing anywhere
    assert (found["scene_accuracy_expressed"].value or 0) > 0.9


def test_too_few_dialogues_are_said_to_be(unmarked: Lab, dialogues: list[HiddenDialogue]) -> None:
    for study in (ChronicState(dialogues[:3]), Deflection(dialogues[:3])):
        result = study.run(unmarked)
        assert {f.verdict for f in result.findings} == {"untested"}
        assert all("too few" in f.why for f in result.findings)


def test_only_a_turns_are_read(unmarked: Lab, dialogues: list[HiddenDialogue]) -> None:
    for preamble in (True, False):
        encoded, pools = encode_script(unmarked.subject, dialogues[0], preamble=preamble)
        said = [encoded.text[encoded.offsets[a][0] : encoded.offsets[b - 1][1]] for a, b in pools]
        assert said == [t.text for t in dialogues[0].turns if t.speaker == "A"]
        assert encoded.text.startswith(dialogues[0].preamble) == preamble


def test_turns_come_in_the_order_asked_for(unmarked: Lab, dialogues: list[HiddenDialogue]) -> None:
    few = dialogues[:40:4]
    together = read_turns(unmarked, few, preamble=True)
    alone = np.stack([read_turns(unmarked, [d], preamble=True).whole[0] for d in few])
    np.testing.assert_allclose(together.whole, alone, atol=1e-5)


def test_samples_are_balanced() -> None:
    shipped = load_hidden()
    cells = sample_cells(shipped, 2, np.random.default_rng(0))
    assert len(cells) == 2 * 15 * len(CONDITIONS)
    assert len({d.id for d in cells}) == len(cells)
    for per_cell, each in ((2, 7), (4, 14), (None, 14)):
        pairs = sample_pairs(shipped, per_cell)
        assert {sum(d.felt == w for d in pairs) for w in {d.felt for d in pairs}} == {each}
        assert {sum(d.other == w for d in pairs) for w in {d.felt for d in pairs}} == {each}


def test_decoder_is_multinomial_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(4), 8)
    x = rng.standard_normal((32, 50)) + rng.standard_normal((4, 50))[labels]
    ours = train(x, [labels], 4)[0]
    z = (x - x.mean(0)) / x.std(0)
    theirs = LogisticRegression(C=0.01, max_iter=1000, tol=1e-8).fit(z, labels)
    np.testing.assert_allclose(ours.weights, theirs.coef_.T, atol=1e-3)
    folds = folds_of(list(labels), 4, rng)
    assert set(np.bincount(folds)) == {8}
    said = cross_validated(x, [labels, rng.permutation(labels)], 4, folds)[0]
    assert (said[0] == labels).mean() > 0.9
    assert (said[1] == labels).mean() < 0.7


def test_the_same_seed_gives_the_same(marked: Lab, dialogues: list[HiddenDialogue]) -> None:
    study = Deflection(dialogues, _cases()[:8])
    lab = replace(marked, draws=Draws(bootstrap=20, permutation=20, refit=4, random=4, hidden=4))
    first, second = study.run(lab), study.run(lab)
    assert [f.value for f in first.findings] == [f.value for f in second.findings]
    assert next(f for f in first.findings if f.metric == "attack_rise").verdict == "untested"  # no attacks among these
