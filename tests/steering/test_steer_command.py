"""``emovec steer``: both sides, what it warns of, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from emovec.cli import app
from emovec.errors import BadInput, UnknownEmotion
from emovec.planted import Planted
from emovec.vectors import EmotionVectors


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory, planted: Planted, planted_vectors: EmotionVectors) -> list[str]:
    """The planted model and its vectors, as files."""
    place = tmp_path_factory.mktemp("steer")
    planted.subject.model.save_pretrained(place / "planted")
    planted.subject.tokenizer.save_pretrained(place / "planted")
    planted_vectors.save(place / "vectors")
    return ["-m", str(place / "planted"), "--vectors", str(place / "vectors"), "--max-tokens", "3"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOVEC_CACHE", str(tmp_path))


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["steer", *args], input=stdin)


def ok(result: Result) -> Result:
    assert result.exit_code == 0, (result.stderr, result.exception)
    return result


def test_help_has_an_example() -> None:
    assert "emovec steer" in " ".join(ok(run("--help")).stdout.split())


def test_both_sides_as_json(options: list[str]) -> None:
    said = json.loads(ok(run("filleraa fillerab", "--steer", "calm:1 @assistant", "--json", *options)).stdout)
    assert said["steer"] == "calm:1 @assistant"
    assert said["block"] == 3
    assert said["steered"]["text"].split()[0] == "calm"
    assert said["baseline"]["text"].split()[0] != "calm"
    assert said["baseline"]["perplexity"] < said["steered"]["perplexity"]
    again = json.loads(ok(run("filleraa fillerab", "-s", "calm:1@assistant", "--json", *options)).stdout)
    assert again == said


def test_the_table_holds_both_replies_and_their_coherence(options: list[str]) -> None:
    shown = ok(run("filleraa fillerab", "--steer", "happy:2", *options)).stdout
    assert "baseline" in shown
    assert "happy:2" in shown
    assert shown.count("perplexity") == 2


def test_a_conversation_keeps_a_history_of_each_side(options: list[str]) -> None:
    talked = ok(
        run(
            "--chat",
            "--steer",
            "sad:1 @assistant",
            "--json",
            "--system",
            "filleraa",
            *options,
            stdin="fillerab\nfillerac\n\nfillerad\n",
        )
    )
    turns = [json.loads(line) for line in talked.stdout.splitlines()]
    assert [t["text"] for t in turns] == ["fillerab", "fillerac"]
    assert all(t["steered"]["text"].startswith("sad") for t in turns)


def test_a_text_can_be_continued_as_it_is(options: list[str]) -> None:
    said = json.loads(
        ok(run("filleraa fillerab", "--complete", "--steer", "calm:1 @from:-1", "--json", *options)).stdout
    )
    assert said["steered"]["text"].startswith("calm")
    refused = run("filleraa fillerab", "--complete", "--steer", "calm:1 @assistant", *options)
    assert isinstance(refused.exception, BadInput)
    assert "use @generated" in str(refused.exception)


def test_windows_are_found_kept_and_warned_of(options: list[str]) -> None:
    found = ok(run("filleraa", "--steer", "calm:0.05 - sad:3", "--window", "--json", *options))
    assert "coherent window of calm: " in found.stderr
    assert "sad:-3 lies outside of its coherent window" in found.stderr
    later = ok(run("filleraa", "--steer", "calm:0.05 - sad:3", "--json", *options))
    assert any("outside of its coherent window" in w for w in json.loads(later.stdout)["warnings"])
    elsewhere = ok(run("filleraa", "--steer", "calm:0.05 - sad:3 @generated", "--json", *options))
    assert "outside of its coherent window" not in elsewhere.stderr  # a window belongs to its places


def test_what_covers_nothing_is_said(options: list[str]) -> None:
    said = ok(run("filleraa", "--steer", "calm:1 @tool", "--json", *options))
    assert "covers no token" in said.stderr
    assert json.loads(said.stdout)["baseline"] == json.loads(said.stdout)["steered"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["filleraa"], "nothing to steer"),
        (["filleraa", "--steer", "calm"], "column 5"),
        (["  ", "--steer", "calm:1"], "the text is empty"),
        (["filleraa", "--steer", "calm:1", "--chat", "--complete"], "exclude each other"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_loaded(args: list[str], says: str) -> None:
    refused = run(*args)
    assert isinstance(refused.exception, BadInput)
    assert says in str(refused.exception)


def test_an_unknown_emotion_is_named_with_its_column(options: list[str]) -> None:
    refused = run("filleraa", "--steer", "calm:1 - hapy:1", *options)
    assert isinstance(refused.exception, UnknownEmotion)
    assert "column 10: unknown emotion 'hapy' (24 are known); did you mean happy" in str(refused.exception)
