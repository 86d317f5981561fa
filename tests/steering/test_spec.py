"""The steering expression: what it means, its canonical form, and how bad ones are refused."""

from __future__ import annotations

import itertools

import pytest

from emovec.errors import BadInput, UnknownEmotion
from emovec.lexicon import words
from emovec.steering import Place, Spec, Term

ASSISTANT = (Place.role("assistant"),)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("calm:0.05", [Term("calm", 0.05)]),
        ("Calm : 0.05 @all", [Term("calm", 0.05)]),
        ("-calm:.5", [Term("calm", -0.5)]),
        ("calm:-5e-2", [Term("calm", -0.05)]),
        ("desperate:0.05 - calm:0.05 @assistant", [Term("desperate", 0.05, places=ASSISTANT), Term("calm", -0.05, places=ASSISTANT)]),
        ("at ease:0.1 - grief-stricken:0.2", [Term("at ease", 0.1), Term("grief-stricken", -0.2)]),
        ("on edge:0.1-worn out:0.2", [Term("on edge", 0.1), Term("worn out", -0.2)]),
        ("calm:0.1 − sad:0.2", [Term("calm", 0.1), Term("sad", -0.2)]),
        ("ablate calm", [Term("calm", mode="ablate")]),
        ("clamp happy:-0.1 + ablate at ease @user", [Term("happy", -0.1, "clamp", (Place.role("user"),)), Term("at ease", 0, "ablate", (Place.role("user"),))]),
        ("calm:0.1 @generated #18,20-22", [Term("calm", 0.1, places=(Place.generated(),), blocks=(18, 20, 21, 22))]),
        ("calm:0.1 block 18-20 @from:12", [Term("calm", 0.1, places=(Place.since(12),), blocks=(18, 19, 20))]),
        ("calm:0.1 blocks 3 @from:-1", [Term("calm", 0.1, places=(Place.since(-1),), blocks=(3,))]),
        ("calm:1 @tokens:3:8 @chars:0:4", [Term("calm", 1, places=(Place.tokens(3, 8), Place.chars(0, 4)))]),
        (r'calm:1 @"my \"big\" exam; @user #3"', [Term("calm", 1, places=(Place.phrase('my "big" exam; @user #3'),))]),
        ("calm:1 @user ; ablate sad #2", [Term("calm", 1, places=(Place.role("user"),)), Term("sad", mode="ablate", blocks=(2,))]),
        ("random-3:0.1 + desperate-beyond-valence:0.1", [Term("random-3", 0.1), Term("desperate-beyond-valence", 0.1)]),
    ],
)  # fmt: skip
def test_what_an_expression_means(text: str, terms: list[Term]) -> None:
    spec = Spec.parse(text)
    assert spec == Spec(tuple(terms))
    assert Spec.parse(str(spec)) == spec
    assert str(Spec.parse(str(spec))) == str(spec)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  desperate:0.050 - Calm:5e-2   @assistant", "desperate:0.05 - calm:0.05 @assistant"),
        ("calm:-0.1 + sad:-0.1 @all", "calm:-0.1 - sad:0.1"),
        ("calm:1 block 20,18,19,30", "calm:1 #18-20,30"),
        ("calm:1 #18,19", "calm:1 #18,19"),
        ("calm:1 @user ; sad:1 @user", "calm:1 + sad:1 @user"),
        ("clamp calm:-0.1 - sad:1;ablate calm @user@tool", "clamp calm:-0.1 - sad:1 ; ablate calm @user @tool"),
        ('calm:0.1 @"ü\\n"', 'calm:0.1 @"ü\\n"'),
    ],
)
def test_the_canonical_form(text: str, canonical: str) -> None:
    assert str(Spec.parse(text)) == canonical


def test_every_combination_reads_back() -> None:
    names = ("calm", "at ease", "grief-stricken", "self-conscious")
    strengths = (0.05, -0.125, 1e-7, 1 / 3, 2.0)
    places = ((), (Place.generated(),), ASSISTANT, (Place.since(7), Place.role("user")), (Place.phrase("a - b"),))
    blocks = ((), (0,), (3, 4, 5, 9))
    for n, (name, strength, place, at) in enumerate(itertools.product(names, strengths, places, blocks)):
        mode = ("add", "clamp")[n % 2]
        spec = Spec(
            (Term("sad", mode="ablate"), Term(name, strength, mode, place, at), Term(name, -strength, "add", place, at))
        )
        assert Spec.parse(str(spec)) == spec, str(spec)


def test_every_emotion_of_the_lexicon_can_be_written() -> None:
    for word in words():
        assert Spec.parse(f"{word}:0.1 - {word}:0.2 + ablate {word} @user", words()).directions == (word,)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "the name of an emotion"),
        ("calm", 5, "write calm:0.05"),
        ("calm 0.1", 6, "found '0.1'"),
        ("calm:", 6, "a number"),
        ("calm:x", 6, "a number"),
        ("calm:0.1 sad:0.1", 10, "'+' or '-' between terms"),
        ("calm:0.1 @user sad:0.1", 16, "put ';'"),
        ("calm:0.1 @usr", 11, "no place is called 'usr'; known: @all, @generated, @user"),
        ("calm:0.1 @", 11, "no place"),
        ("calm:0.1 @from", 15, "write @from:12"),
        ("calm:0.1 @from:x", 16, "whole number"),
        ("calm:0.1 @tokens:3", 19, "write @tokens:3:8"),
        ("calm:0.1 @tokens:8:3", 11, "empty range"),
        ('calm:0.1 @"', 11, "never closed"),
        ('calm:0.1 @""', 11, "cannot be read"),
        ("calm:0.1 #", 11, "a block"),
        ("calm:0.1 #1.5", 11, "whole number"),
        ("calm:0.1 #20-18", 11, "write #18-20"),
        ("ablate calm:0.1", 12, "'clamp calm:0.1'"),
        ("calm:0.1 - ablate sad", 12, "cannot be subtracted"),
        ("calm:0.1 %", 10, "unexpected '%'"),
        ("+", 1, "the name of an emotion"),
        ("calm:0.1 +", 11, "the expression ends"),
    ],
)
def test_errors_name_the_column_and_the_remedy(text: str, column: int, says: str) -> None:
    with pytest.raises(BadInput) as error:
        Spec.parse(text)
    assert f"column {column}:" in str(error.value)
    assert says in str(error.value)


def test_unknown_emotions_offer_the_nearest() -> None:
    with pytest.raises(UnknownEmotion, match=r"column 14: unknown emotion 'clam'.* did you mean calm"):
        Spec.parse("happy:0.1 -  clam:0.1", words())


def test_specs_from_python() -> None:
    assert Spec.of({"calm": 0.1, "sad": -0.2}) == Spec.parse("calm:0.1 - sad:0.2")
    assert Spec.of("calm:0.1") == Spec.of(Term("Calm", 0.1)) == Spec.of(Spec.parse("calm:0.1"))
    assert Spec.of(None) == Spec.of({}) == Spec()
    for bad, says in (
        (lambda: Term("calm", float("nan")), "not a number"),
        (lambda: Term("calm", 0.1, "ablate"), "takes no strength"),
        (lambda: Term("calm", 0.1, "push"), "known: add, ablate, clamp"),
        (lambda: Place.role("narrator"), "known: user"),
        (lambda: Place.tokens(3, 3), "empty range"),
    ):
        with pytest.raises(BadInput, match=says):
            bad()
