"""Two models, one set of vectors: a planted shift is found and named, no shift is not, and a foreign model is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emovec.compare_models import compare_models
from emovec.corpora.scenario_sets import Prompt
from emovec.errors import BadInput, ForeignSubject
from emovec.planted import PLANTED_EMOTIONS, Planted, Script, planted_corpus, planted_subject
from emovec.replicate import Outcome
from emovec.store import Store
from emovec.studies import Finding
from emovec.studies.paired import Weights, family_p
from emovec.studies.post_training import PostTraining
from emovec.subject import Subject
from emovec.vectors import RECIPES, EmotionVectors, collect_activations, make_vectors

RAISED, LOWERED = ("gloomy", "sad", "depressed"), ("cheerful", "excited", "ecstatic")
STUDY = PostTraining(raised=RAISED, lowered=LOWERED)
COLONS = ("<assistant>", "Assistant:")
#: Words of a text and the true directions -> what A: gets.
Reply = Callable[[Sequence[str], np.ndarray], np.ndarray]


def at_colon(reply: Reply) -> Script:
    """A script that adds to the last token of a prompt, where the reply begins."""

    def script(words: Sequence[str], truth: np.ndarray) -> np.ndarray:
        out = np.zeros((len(words), truth.shape[1]))
        if words[-1] in COLONS:
            out[-1] = reply(words, truth)
        return out

    return script


def reaction(words: Sequence[str], truth: np.ndarray) -> np.ndarray:
    """What both models make of a prompt: the emotions that it hints at, and something of its own in all directions."""
    own = np.random.default_rng(sum(map(ord, " ".join(words[:-1])))).standard_normal(truth.shape[1])
    hints = [i for i, e in enumerate(PLANTED_EMOTIONS) for w in words if w.startswith(f"hint{e.replace(' ', '')}")]
    return 0.15 * own + (truth[hints].mean(0) if hints else 0.0)


def reaction_and_more(words: Sequence[str], truth: np.ndarray) -> np.ndarray:
    """Training changed early blocks too, by something for each kind of prompt that is no emotion."""
    beside = np.zeros(truth.shape[1])
    beside[60 if any(w.startswith("hint") for w in words) else 70] = 1.5
    return reaction(words, truth) + beside


def mood(words: Sequence[str], truth: np.ndarray) -> np.ndarray:
    """What else training brought: gloom at every prompt."""
    return 0.7 * truth[PLANTED_EMOTIONS.index("gloomy")]


def elsewhere(words: Sequence[str], truth: np.ndarray) -> np.ndarray:
    """A shift that has nothing to do with emotions."""
    return np.concatenate([np.zeros(truth.shape[1] // 2), np.full(truth.shape[1] // 2, 0.15)])


def build(*scripts: tuple[int, Reply], template: bool = True) -> Planted:
    made = planted_subject(scripts={b: at_colon(r) for b, r in scripts}, words=("Human:", "Assistant:"))
    # Scripts are no weights; an idle weight stands for them in the fingerprint, which the cache goes by.
    idle = made.subject.model.model.layers[0].self_attn.q_proj.weight
    idle.data[0, 0] = sum(b + sum(map(ord, r.__name__)) for b, r in scripts)
    if not template:
        made.subject.tokenizer.chat_template = None
    return made


@pytest.fixture(scope="module")
def base() -> Subject:
    return build((0, reaction)).subject


@pytest.fixture(scope="module")
def gloomy() -> Subject:
    return build((0, reaction_and_more), (2, mood), (4, mood)).subject


@pytest.fixture(scope="module")
def prompts() -> list[Prompt]:
    rng = np.random.default_rng(3)
    made = []
    for kind in ("neutral", "challenging"):
        for n in range(16):
            words = [f"filler{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in rng.integers(0, 60, 6)]
            if kind == "challenging":
                e = PLANTED_EMOTIONS[int(rng.integers(len(PLANTED_EMOTIONS)))].replace(" ", "")
                words += [f"hint{e}aa"]
            made.append(Prompt(id=f"{kind}-{n}", kind=kind, text=" ".join(words), writer="planted"))
    return made


@pytest.fixture(scope="module")
def vectors(base: Subject, planted_store: Store) -> dict[str, EmotionVectors]:
    acts = collect_activations(base, planted_corpus(32), [1, 3, 5], store=planted_store)
    recipes = {"whitened": RECIPES["whitened"], "paper": RECIPES["paper"]}
    return {name: make_vectors(base, acts, recipe, 5) for name, recipe in recipes.items()}


Compare = Callable[..., Outcome]


@pytest.fixture
def compare(prompts: list[Prompt], vectors: dict[str, EmotionVectors], planted_store: Store, tmp_path: Path) -> Compare:
    def run(one: Subject, two: Subject, **more: object) -> Outcome:
        given: dict[str, object] = {
            "vectors": vectors, "prompts": prompts, "store": planted_store, "out": tmp_path / "out", "study": STUDY, "preset": "standard",
        }  # fmt: skip
        return compare_models(one, two, **{**given, **more})  # type: ignore[arg-type]

    return run


def found(outcome: Outcome, metric: str, recipe: str = "paper") -> Finding:
    return next(f for f in outcome.run.findings if f.metric == metric and f.recipe == recipe)


def table(outcome: Outcome, contrast: str = "training", kind: str = "both", recipe: str = "paper"):
    rows = outcome.run.results["post_training"].tables["emotions"]
    return rows[(rows["contrast"] == contrast) & (rows["kind"] == kind) & (rows["recipe"] == recipe)].set_index(
        "emotion"
    )


@pytest.mark.parametrize("recipe", ["whitened", "paper"])
def test_a_planted_mood_is_named(base: Subject, gloomy: Subject, compare: Compare, recipe: str) -> None:
    outcome = compare(base, gloomy)
    rows = table(outcome, recipe=recipe)
    assert rows["shift"].idxmax() == "gloomy"
    assert rows.loc["gloomy", "moved"] == "up"
    assert rows.loc["gloomy", "low"] > 0
    assert rows["around"].idxmax() in ("gloomy", "sad", "lonely", "depressed")
    for metric in ("shift_r", "shift_growth", "subdued"):
        finding = found(outcome, metric, recipe)
        assert finding.verdict == "holds", f"{metric}: {finding.why}"
    blocks = outcome.run.results["post_training"].tables["blocks"]
    curve = blocks[(blocks["contrast"] == "training") & (blocks["kind"] == "both") & (blocks["recipe"] == recipe)]
    assert curve.sort_values("block")["rms"].is_monotonic_increasing


def test_the_same_model_twice_shows_nothing(base: Subject, compare: Compare) -> None:
    outcome = compare(base, build((0, reaction)).subject)
    for recipe in ("whitened", "paper"):
        for metric in ("shift_r", "shift_growth", "subdued"):
            assert found(outcome, metric, recipe).verdict == "fails"
            assert "nothing shifted" in found(outcome, metric, recipe).why
        assert found(outcome, "emotions_moved", recipe).value == 0
        assert found(outcome, "neutral_profile_r", recipe).value == pytest.approx(1)
    assert "The two are the same model (nothing differs)." in outcome.run.notes


def test_a_shift_that_is_no_emotion_names_none(base: Subject, compare: Compare) -> None:
    outcome = compare(base, build((0, reaction), (2, elsewhere), (4, elsewhere)).subject)
    assert found(outcome, "emotions_moved").value == 0
    assert found(outcome, "subdued").verdict == "fails"
    assert (table(outcome)["moved"] == "").all()


def test_template_and_training_are_told_apart(base: Subject, gloomy: Subject, compare: Compare) -> None:
    outcome = compare(base, gloomy)
    contrasts = outcome.run.results["post_training"].tables["contrasts"]
    assert list(dict.fromkeys(contrasts["contrast"])) == ["training", "as used", "form"]
    # The planted models react to the last token alike in both forms.
    assert table(outcome, "as used")["shift"].idxmax() == "gloomy"
    assert abs(table(outcome, "form").loc["gloomy", "shift"]) < 0.3 * table(outcome).loc["gloomy", "shift"]
    native = compare(base, gloomy, base_form="template")
    names = native.run.results["post_training"].tables["contrasts"]["contrast"]
    assert list(dict.fromkeys(names)) == ["training", "training, plain", "form"]
    assert table(native)["shift"].idxmax() == "gloomy"


def test_a_base_without_a_template(gloomy: Subject, compare: Compare, vectors: Mapping[str, EmotionVectors]) -> None:
    bare = build((0, reaction), template=False).subject
    made = {name: replace(v, subject=gloomy.fingerprint) for name, v in vectors.items()}
    outcome = compare(bare, gloomy, vectors=made)
    assert table(outcome)["shift"].idxmax() == "gloomy"
    assert any("template (the base model has none)" in note for note in outcome.run.notes)
    with pytest.raises(BadInput, match="no chat template"):
        compare(bare, gloomy, vectors=made, base_form="template")


def test_the_report_has_its_part_of_the_scoreboard(base: Subject, gloomy: Subject, compare: Compare) -> None:
    outcome = compare(base, gloomy)
    report = json.loads((outcome.report.parent / "report.json").read_text())
    assert {row["study"] for row in report["scoreboard"]} == {"post_training"}
    verdicts = {row["claim"]: row for row in report["scoreboard"]}
    assert verdicts["shifts_agree"]["verdict"] == "holds"
    assert report["subject"]["base"]["weights"] == base.fingerprint.weights
    assert (outcome.report.parent / "tables" / "post_training-emotions.csv").is_file()
    page = outcome.report.read_text(encoding="utf-8")
    assert "post_training-ends" in page
    assert "Every measurable claim" not in page
    again = compare(base, gloomy, out=outcome.report.parent.parent / "again")
    for name in ("report.json", "tables/post_training-emotions.csv"):
        assert (again.report.parent / name).read_bytes() == (outcome.report.parent / name).read_bytes()


def test_one_model_in_memory_at_a_time(compare: Compare) -> None:
    alive: list[weakref.ref[Subject]] = []

    def opener() -> Subject:
        assert not [ref for ref in alive if ref() is not None]
        subject = build((0, reaction)).subject
        alive.append(weakref.ref(subject))
        return subject

    compare(opener, opener)
    assert len(alive) == 2


def test_what_is_not_of_one_family_is_refused(base: Subject, tiny: Subject, compare: Compare) -> None:
    with pytest.raises(ForeignSubject, match=r"not of one family \((architecture|depth)"):
        compare(base, tiny)


def test_vectors_of_a_third_model_are_refused(
    base: Subject, gloomy: Subject, compare: Compare, vectors: Mapping[str, EmotionVectors]
) -> None:
    third = replace(base.fingerprint, name="third", weights="0")
    with pytest.raises(ForeignSubject, match="made from 'third', which is neither"):
        compare(base, gloomy, vectors={"paper": replace(vectors["paper"], subject=third)})
    with pytest.raises(BadInput, match="unknown form 'chatty'"):
        compare(base, gloomy, base_form="chatty")


def test_other_tokens_of_the_same_text_are_refused(base: Subject, compare: Compare) -> None:
    other = planted_subject(words=("Assistant:", "Human:")).subject
    with pytest.raises(ForeignSubject, match="tokens of the same plain text, first in prompt 1"):
        compare(base, other)


def test_weights_are_means() -> None:
    kinds = np.array(["neutral"] * 5 + ["challenging"] * 7)
    weights, rng = Weights(kinds), np.random.default_rng(0)
    for drawn in (weights.plain(), weights.resampled(rng, 20), weights.relabelled(rng, 20)):
        np.testing.assert_allclose(drawn.sum(-1), 1)
    values = rng.standard_normal((12, 3))
    means = (weights.plain() @ values)[0]
    np.testing.assert_allclose(means[0], values[:5].mean(0))
    np.testing.assert_allclose(means[2], (values[:5].mean(0) + values[5:].mean(0)) / 2)
    np.testing.assert_allclose(np.abs(weights.exchanged(rng, 4)), np.broadcast_to(weights.plain(), (4, 3, 12)))


def test_family_wise_p_is_honest() -> None:
    kinds = np.array(["neutral", "challenging"] * 12)
    weights, rng = Weights(kinds), np.random.default_rng(0)
    false = 0
    for _ in range(60):
        noise = rng.standard_normal((24, 40))
        _, family = family_p(weights.plain(), weights.exchanged(rng, 99), noise)
        false += bool((family[2] < 0.05).any())
    assert false <= 8  # 3 expected
    shifted = rng.standard_normal((24, 40))
    shifted[:, 7] += 2
    single, family = family_p(weights.plain(), weights.exchanged(rng, 199), shifted)
    assert list(np.flatnonzero(family[2] < 0.05)) == [7]
    assert (single <= family).all()
    assert (family_p(weights.plain(), weights.exchanged(rng, 19), np.zeros((24, 3)))[1] == 1).all()


def test_on_the_command_line(base: Subject, vectors: Mapping[str, EmotionVectors], tmp_path: Path) -> None:
    for folder in ("base", "chat"):
        base.model.save_pretrained(tmp_path / folder)
        base.tokenizer.save_pretrained(tmp_path / folder)
    plain = {name: replace(v, subject=replace(v.subject, name="base")) for name, v in vectors.items()}
    for name, artifact in plain.items():
        artifact.save(tmp_path / "vectors" / name)

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "emovec", "compare", str(tmp_path / "base"), str(tmp_path / "chat"), *options]
        settings = {**os.environ, "EMOVEC_CACHE": str(tmp_path / "cache"), "COLUMNS": "160"}
        return subprocess.run(command, capture_output=True, text=True, env=settings, timeout=120, check=False)

    done = run("--vectors", str(tmp_path / "vectors"), "--out", str(tmp_path / "out"), "--no-preferences")
    assert done.returncode == 0, done.stderr
    assert "of 5 claims" in done.stdout
    assert (tmp_path / "out" / "report.html").is_file()
    missing = run("--vectors", str(tmp_path / "base"))
    assert missing.returncode == 2
    assert "holds no vectors" in missing.stderr
