"""Context, dosage, negation and binding: found where a late block does it, not found where nothing or something else does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from emovec.corpora.scenario_sets import Binding as BindingCase
from emovec.corpora.scenario_sets import Context as ContextCase
from emovec.corpora.scenario_sets import Dosage as DosageCase
from emovec.corpora.scenario_sets import Negation as NegationCase
from emovec.corpora.scenario_sets import load_scenarios
from emovec.errors import BadInput
from emovec.planted import PLANTED_EMOTIONS, Script, planted_corpus, planted_subject
from emovec.store import Store
from emovec.studies.base import Finding, Study, StudyResult
from emovec.studies.binding import Binding, exchanged, remarked
from emovec.studies.context import Context
from emovec.studies.dosage import Dosage
from emovec.studies.lab import Draws, Lab
from emovec.studies.negation import Negation, with_really
from emovec.studies.spans import COLON, Passage, Phrase, locate, pools_of
from emovec.subject import Encoded, Subject
from emovec.subject.chat import Turn
from emovec.vectors import RECIPES, Activations, EmotionVectors, collect_activations, make_vectors

Array = NDArray[np.float64]

NAMES = ("ann", "bob", "cy", "dee", "eve", "fay", "gus", "hal")
WORDS = (*NAMES, "and", "feels", "not", "really", "lately", "swallowed", "order", "1000", "8000", "mg", "bad", "good")
DIRECTION = {word: i for i, word in enumerate(PLANTED_EMOTIONS)}
FILLERS = [f"filler{a}{b}" for a in "ab" for b in "bcdefghijk"]
FELT = ("happy", "sad", "angry", "calm", "proud", "bored", "lonely", "excited")


def _text(*words: str) -> str:
    return " ".join(words)


CONTEXT = [
    ContextCase(f"co-{i}", _text("lately", "{hard_or_good}", *FILLERS[i : i + 9]), "bad", "good", _text(*FILLERS[i : i + 9]), "test")
    for i in range(8)
]  # fmt: skip
DOSAGE = [
    DosageCase(f"do-{i}", _text(FILLERS[i], "swallowed", "{x}", "mg", *FILLERS[i : i + 5]), "1000", "8000", "mg", "test")
    for i in range(6)
]  # fmt: skip
NEGATION = [
    NegationCase(f"ne-{e}", e, _text(FILLERS[i], "feels", e, FILLERS[i + 1]), _text(FILLERS[i], "feels", "not", e, FILLERS[i + 1]), e, "test")
    for i, e in enumerate(FELT)
]  # fmt: skip
BINDING = [
    BindingCase(f"bi-{i}", a, b, FELT[i], FELT[(i + 3) % 8],
                _text(a, "feels", FELT[i], "and", b, "feels", FELT[(i + 3) % 8], FILLERS[i], b, FILLERS[i + 1], a, FILLERS[i]), "test")
    for i, (a, b) in enumerate(zip(NAMES, (*NAMES[1:], NAMES[0]), strict=True))
]  # fmt: skip
CASES: dict[str, Study] = {
    "context": Context(CONTEXT),
    "dosage": Dosage(DOSAGE, carrier="order {x} ."),
    "negation": Negation(NEGATION),
    "binding": Binding(BINDING),
}


def _script(act: Callable[[Sequence[str], int], tuple[str, float] | None]) -> Script:
    """From (words so far, position) -> the emotion that the block adds there, and how much of it."""

    def script(words: Sequence[str], truth: Array) -> Array:
        out = np.zeros((len(words), truth.shape[1]))
        for i in range(len(words)):
            if (found := act(words[: i + 1], i)) is not None:
                out[i] = found[1] * truth[DIRECTION[found[0]]]
        return out

    return script


def _lexical(words: Sequence[str], i: int) -> tuple[str, float] | None:
    """What a word says by itself: the named emotion, or the circumstance."""
    if words[i] in FELT and "feels" in words:
        return words[i], 3.0
    return {"bad": ("sad", 3.0), "good": ("happy", 3.0)}.get(words[i])


def _carries(words: Sequence[str], i: int) -> tuple[str, float] | None:
    mood = [w for w in words[:i] if w in ("bad", "good")]
    return ("happy" if mood[0] == "good" else "sad", 1.0) if mood else None


def _fears(words: Sequence[str], i: int) -> tuple[str, float] | None:
    if "8000" not in words[:i] or "swallowed" not in words:
        return None
    return "panicked", 2.0 if words[i] == "<assistant>" else 0.5


def _fears_numbers(words: Sequence[str], i: int) -> tuple[str, float] | None:
    return ("panicked", 2.0 if words[i] == "<assistant>" else 0.5) if "8000" in words[:i] else None


def _negates(words: Sequence[str], i: int) -> tuple[str, float] | None:
    return (words[i], -3.0) if words[i] in FELT and words[i - 1] == "not" else None


def _any_insertion(words: Sequence[str], i: int) -> tuple[str, float] | None:
    return (words[i], -3.0) if words[i] in FELT and words[i - 1] in ("not", "really") else None


def _binds(words: Sequence[str], i: int) -> tuple[str, float] | None:
    before = list(words[:i])
    if words[i] not in NAMES or words[i] not in before:
        return None
    return before[before.index(words[i]) + 2], 2.0


def _latest(words: Sequence[str], i: int) -> tuple[str, float] | None:
    """No binding: a name mentioned again brings back whichever emotion was named last, the more the nearer it is."""
    felt = [j for j in range(i) if words[j] in FELT]
    return (words[felt[-1]], 6.0 / (i - felt[-1])) if felt and words[i] in NAMES and words[i] in words[:i] else None


def _all(*acts: Callable[[Sequence[str], int], tuple[str, float] | None]) -> Script:
    scripts = [_script(act) for act in acts]
    return lambda words, truth: np.sum([s(words, truth) for s in scripts], axis=0)


SUBJECTS: dict[str, Mapping[int, Script]] = {
    "planted": {0: _script(_lexical), 3: _all(_carries, _fears, _negates, _binds)},
    "control": {0: _script(_lexical)},
    "decoy": {0: _all(_lexical, _carries), 3: _all(_fears_numbers, _any_insertion, _latest)},
}


@pytest.fixture(scope="module")
def results(planted_store: Store) -> dict[str, dict[str, StudyResult]]:
    # What the blocks do in these texts they do nowhere in the corpus, so one set of vectors serves all three subjects.
    corpus = planted_corpus(24)
    plain = planted_subject(words=WORDS).subject
    acts: Activations = collect_activations(plain, corpus, [0, 1, 2, 3, 4], store=planted_store)
    recipes = {name: RECIPES[name] for name in ("whitened", "paper")}
    vectors: dict[str, EmotionVectors] = {n: make_vectors(plain, acts, r, 3) for n, r in recipes.items()}
    draws = Draws(bootstrap=100, permutation=200)
    out = {}
    for name, scripts in SUBJECTS.items():
        subject: Subject = planted_subject(words=WORDS, scripts=scripts).subject
        lab = Lab(subject, corpus, acts, recipes, vectors, 3, draws=draws, store=planted_store)
        out[name] = {study: one.run(lab) for study, one in CASES.items()}
    return out


def _answers(result: StudyResult, recipe: str) -> list[Finding]:
    return [f for f in result.findings if f.recipe == recipe and f.claim]


@pytest.mark.parametrize("recipe", ["whitened", "paper"])
@pytest.mark.parametrize("study", CASES)
def test_what_a_late_block_does_is_found(results, study: str, recipe: str) -> None:
    answers = _answers(results["planted"][study], recipe)
    assert len(answers) in (2, 3)
    for finding in answers:
        assert finding.verdict == "holds", f"{finding.metric}: {finding.why}"
        assert finding.ci is not None
        assert finding.value is not None
        assert 0 < finding.ci[0] <= finding.value <= finding.ci[1]
        assert len(finding.nulls) >= 3


@pytest.mark.parametrize("study", CASES)
def test_where_no_block_does_it_nothing_is_found(results, study: str) -> None:
    answers = _answers(results["control"][study], "whitened") + _answers(results["control"][study], "paper")
    assert {f.verdict for f in answers} == {"fails"}, [f.why for f in answers]


@pytest.mark.parametrize(
    ("study", "metric", "null"),
    [
        ("dosage", "late_colon_shift", "the same numbers, harmless message"),
        ("negation", "late_loss_at_word", "an inserted 'really'"),
        ("binding", "late_binding_share", "arms exchanged within cases"),
    ],
)
def test_what_only_looks_like_it_is_not_found(results, study: str, metric: str, null: str) -> None:
    for recipe in ("whitened", "paper"):
        answers = _answers(results["decoy"][study], recipe)
        assert {f.verdict for f in answers} == {"fails"}, [f.why for f in answers]
        finding = next(f for f in answers if f.metric == metric)
        assert next(n for n in finding.nulls if n.name == null).p >= 0.05


def test_a_mood_that_is_carried_at_every_depth_is_no_late_one(results) -> None:
    verdicts = {f.metric: f.verdict for f in _answers(results["decoy"]["context"], "whitened")}
    assert verdicts == {"late_suffix_share": "holds", "late_colon_share": "holds", "suffix_late_minus_early": "fails"}


def test_curves_and_tokens_show_where_and_when(results) -> None:
    tables = results["planted"]["context"].tables
    curves = tables["curves"]
    curve = curves[(curves["recipe"] == "paper") & (curves["place"] == "suffix")].set_index("block")
    assert (curve.loc[[0, 1, 2], "value"].abs() < 1e-6).all()
    assert (curve.loc[[3, 4], "value"] > curve.loc[[3, 4], "null_high"]).all()
    assert (curve["ci_low"] <= curve["value"] + 1e-12).all()
    tokens = tables["tokens"]
    first = tokens[(tokens["recipe"] == "paper") & (tokens["case"] == "co-0") & (tokens["block"] == 3)]
    assert list(first["token"]) == ["lately", "bad / good", *FILLERS[:9], "<end>", "<assistant>"]
    assert abs(first["shift"].iloc[0]) < 1e-6
    assert (first["shift"].iloc[1:] > 0.02).all()
    assert set(tables["cases"]["case"]) == {c.id for c in CONTEXT}


def test_binding_shows_the_own_emotion_and_not_the_others(results) -> None:
    curves = results["planted"]["binding"].tables["curves"]
    late = curves[(curves["recipe"] == "paper") & (curves["place"] == "second mention") & (curves["block"] == 4)]
    value = late.set_index("line")["value"]
    assert value["own emotion"] > 0.3
    assert value["the other's"] < 0.1


def test_without_early_blocks_growth_is_not_tested(results, planted_store: Store) -> None:
    corpus, plain = planted_corpus(24), planted_subject(words=WORDS).subject
    acts = collect_activations(plain, corpus, [3, 4], store=planted_store)
    vectors = {"paper": make_vectors(plain, acts, RECIPES["paper"], 3)}
    lab = Lab(plain, corpus, acts, {"paper": RECIPES["paper"]}, vectors, 3, draws=Draws(20, 40), store=planted_store)
    findings = {f.metric: f for f in Dosage(DOSAGE, carrier="order {x} .").run(lab).findings}
    assert findings["colon_late_minus_early"].verdict == "untested"
    assert "no early block" in findings["colon_late_minus_early"].why
    few = Context(CONTEXT[:3]).run(lab).findings
    assert [f.verdict for f in few] == ["untested"]
    assert "3 scenarios" in few[0].why


def test_phrases_are_found_by_characters_whatever_the_tokens() -> None:
    text = "user: I am not happy, today"
    whole = [
        (m.start(), m.end()) for m in re.finditer(r"\s?[\w:]+|[^\w\s]", text)
    ]  # spaces belong to the token after them
    straddling = [*whole[:4], (14, 21), (21, 27)]  # " happy," is one token
    letters = [(i, i + 1) for i in range(len(text))]
    message = text[6:]
    word = locate(message, "happy", last=True)
    passage = Passage(message, (word, Phrase(word.end, len(message)), COLON))
    for offsets in (whole, straddling, letters):
        bare = Encoded(tuple(range(len(offsets))), text, tuple(offsets), (), True)
        encoded = Encoded(
            bare.ids, text, bare.offsets, (Turn("user", (6, len(text)), bare.tokens_of(6, len(text))),), True
        )
        (_, end), after, colon = pools_of(encoded, passage)
        assert text[: encoded.offsets[end - 1][1]].rstrip(",").endswith("happy")
        assert after[0] == end
        assert text[encoded.offsets[after[1] - 1][0] :].endswith("y" if offsets is letters else "today")
        assert colon == (len(encoded) - 1, len(encoded))
    with pytest.raises(BadInput, match="'happily' stands 0 time"):
        locate(message, "happily")
    single = Encoded((0,), text, ((0, len(text)),), (Turn("user", (6, len(text)), (0, 1)),), True)
    with pytest.raises(BadInput, match="carries only"):
        pools_of(single, passage)


def test_the_shipped_scenarios_give_clean_pairs() -> None:
    for case in load_scenarios("negation"):
        really = with_really(case)
        assert really.replace("really ", "", 1) == case.affirmed
        assert len(really.split()) == len(case.affirmed.split()) + 1
    for case in load_scenarios("binding"):
        swapped = exchanged(case)
        assert swapped != case.text
        assert exchanged(BindingCase(**{**vars(case), "text": swapped})) == case.text
        for word in (case.a_emotion, case.b_emotion):
            assert locate(case.text, word).start != locate(swapped, word).start
        other = remarked(case, case.text)
        assert remarked(case, other) == case.text
        order = [locate(text, case.a, 1).start < locate(text, case.b, 1).start for text in (case.text, other)]
        assert order[0] != order[1]
    for case in load_scenarios("context"):
        assert case.template.endswith(case.suffix)
