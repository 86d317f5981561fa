"""A made-up run with every study and table, of the real sizes and roughly the real numbers."""

from __future__ import annotations

import numpy as np
import pytest

from emovec.report import Run
from emovec.studies.base import Rule

from .made_compare import post_training, post_training_preferences, story_writer
from .made_geometry import circumplex, clusters, layers, own_ratings, similarity
from .made_hidden import chronic_state, deflection
from .made_reading import held_out, implicit_scenarios, intensity, logit_lens
from .made_replies import lexical_control, persistence, planned_emotion, story_tokens, user_vs_assistant
from .made_steering import decisions, preference_steering, preferences, steer_words
from .made_sweep import top_snippets, transcripts

MAKERS = (
    circumplex,
    own_ratings,
    similarity,
    clusters,
    layers,
    logit_lens,
    implicit_scenarios,
    intensity,
    held_out,
    story_writer,
    post_training,
    post_training_preferences,
    top_snippets,
    transcripts,
    chronic_state,
    deflection,
    user_vs_assistant,
    planned_emotion,
    story_tokens,
    persistence,
    lexical_control,
    steer_words,
    preferences,
    preference_steering,
    decisions,
)
TITLES = {
    "steer_words": "Own words",
    "preferences": "What it would rather do",
    "preference_steering": "Pushed choices",
    "decisions": "At the decision",
    "user_vs_assistant": "Whose feeling",
    "planned_emotion": "Before the reply",
    "story_tokens": "Where in a story",
    "persistence": "How long it lasts",
    "lexical_control": "Beyond the words",
    "chronic_state": "A stated emotion",
    "deflection": "A hidden emotion",
    "top_snippets": "What raises a vector most",
    "transcripts": "Transcripts on top",
    "circumplex": "Valence and arousal",
    "own_ratings": "The words rated",
    "similarity": "Who is near whom",
    "clusters": "Ten groups",
    "layers": "Block to block",
    "logit_lens": "What the unembedding says",
    "implicit_scenarios": "Feelings that are not named",
    "intensity": "One number changed",
    "held_out": "On text not seen before",
    "story_writer": "Other texts",
    "post_training": "Two models",
    "post_training_preferences": "What both would rather do",
}


def make_run(seed: int = 0) -> Run:
    """The whole made-up run; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    rule = Rule(holds=0.7, partly=0.35)
    return Run(
        subject={
            "name": "SmolLM2-135M-Instruct",
            "revision": "12fd25f",
            "architecture": "LlamaForCausalLM",
            "depth": 30,
            "width": 576,
            "weights": "9b1c0de5a1f00d42",
            "tokenizer": "aa11bb22cc33dd44",
            "template": "00ff11ee22dd33cc",
            "dtype": "float32",
            "device": "cpu",
        },
        corpus={
            "name": "emovec",
            "digest": "1234abcd",
            "sample": "",
            "texts": 2565,
            "emotions": 171,
            "topics": 100,
            "registers": {"story": 2052, "diary": 513},
            "neutral": 120,
            "writers": ["claude"],
        },
        version="0.1.0",
        preset="quick",
        seed=seed,
        block=20,
        block_why="highest split-half reliability of the vectors; no human rating was looked at",
        recipes={"paper": {"neutral_variance": 0.5, "centre": True}, "whitened": {"shrinkage": 10.0, "centre": True}},
        results={make.__name__: make(rng) for make in MAKERS},
        studies={
            name: {
                "title": title,
                "question": f"Does the claim of the study on {title.lower()} hold for the model at hand?",
                "paper_ref": "Figs 7, 8",
                "rule": rule.says,
            }
            for name, title in TITLES.items()
        },
        timings={"harvest": 312.4, "studies": 18.25},
        notes=["This is made-up data, to look at the report."],
    )


@pytest.fixture(scope="session")
def run() -> Run:
    """The made-up run."""
    return make_run()
