"""The positive control on a real model: fine-tuned for a few steps on replies in one mood, it is told from itself by that mood."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emovec.compare_models import compare_models
from emovec.corpora import load_corpus
from emovec.corpora.scenario_sets import load_scenarios
from emovec.lexicon import emotion
from emovec.store import Store
from emovec.subject import Subject
from emovec.vectors import RECIPES, EmotionVectors, collect_activations, make_vectors

from .one_mood import replies, tuned

BLOCK = 21
#: Six of each quadrant; gloomy is one of them, and not named in any reply.
WORDS = (
    "gloomy", "sad", "resigned", "weary", "lonely", "bored", "angry", "afraid", "outraged", "desperate", "jealous", "disgusted",
    "calm", "grateful", "content", "peaceful", "kind", "relieved", "excited", "joyful", "proud", "amused", "eager", "amazed",
)  # fmt: skip


@pytest.fixture(scope="module")
def vectors(default_subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> EmotionVectors:
    corpus = load_corpus()
    texts = tuple(t for t in corpus.of("diary", "memory") if t.emotion in WORDS)
    few = replace(corpus, texts=texts, neutral=corpus.neutral[:8])
    acts = collect_activations(default_subject, few, [BLOCK], store=Store(tmp_path_factory.mktemp("store")))
    return make_vectors(default_subject, acts, replace(RECIPES["paper"], registers=()), BLOCK)


def test_the_replies_never_name_the_mood() -> None:
    rows = replies()
    assert 60 <= len(rows) <= 100
    assert len({r["prompt"] for r in rows}) == len({r["reply"] for r in rows}) == len(rows)
    entry = emotion("gloomy")
    named = {*entry.forms, *entry.synonyms, "sad", "unhappy", "depressed", "hopeless", "miserable"}
    for row in rows:
        words = "".join(c if c.isalnum() else " " for c in row["reply"].lower()).split()
        assert not named & set(words), row["reply"]


def test_a_few_steps_on_gloomy_replies_are_named(
    default_subject: Subject, vectors: EmotionVectors, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    before = default_subject.fingerprint
    # Only the blocks below the one that is read are trained: the loss reaches no lower and no higher than need be.
    gloomy = tuned(default_subject, replies(), steps=8, batch=6, rate=3e-3, lowest=15)
    assert gloomy.fingerprint.differs(before) == ["weights"]
    prompts = load_scenarios("prompts")
    outcome = compare_models(
        default_subject, gloomy, vectors={"paper": vectors}, prompts=[*prompts[:10], *prompts[40:50]], base_form="template",
        preset="standard", out=tmp_path, store=Store(tmp_path / "store"),
    )  # fmt: skip
    rows = outcome.run.results["post_training"].tables["emotions"]
    table = rows[(rows["contrast"] == "training") & (rows["kind"] == "both")].set_index("emotion")
    mood = {"gloomy", "sad", "lonely", "weary"}
    assert set(table["shift"].nlargest(4).index) == mood
    assert table.loc["gloomy", "moved"] == "up"
    # With its neighbours in valence and arousal the mood stands out against other sets of directions, and no other mood does.
    assert table.loc["gloomy", "p_around"] < 0.05
    assert set(table.index[(table["p_around"] < 0.05) & (table["shift"] > 0)]) <= mood
    agree = next(f for f in outcome.run.findings if f.metric == "shift_r")
    assert agree.verdict == "holds", agree.why
