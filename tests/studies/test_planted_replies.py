"""User against assistant, planned emotion, story tokens, persistence, lexical control: what is planted is found; what is missing, or only looks alike, is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from emovec.corpora import Corpus, Text
from emovec.corpora.scenario_sets import UserVsAssistant as Message
from emovec.planted import PLANTED_EMOTIONS, Script, planted_corpus, planted_subject
from emovec.store import Store
from emovec.studies.base import Finding, Study, StudyResult
from emovec.studies.lab import Draws, Lab
from emovec.studies.lexical_control import LexicalControl
from emovec.studies.persistence import Lagged, Persistence, half_life
from emovec.studies.planned_emotion import Asked, PlannedEmotion, greedy_replies
from emovec.studies.ridge import explained, kernel_of, left_out
from emovec.studies.story_profile import positive_share, profile
from emovec.studies.story_tokens import StoryTokens
from emovec.studies.user_vs_assistant import UserVsAssistant, centred_r, end_of
from emovec.subject import Encoded, Subject, encode_chat
from emovec.vectors import RECIPES, collect_activations, make_vectors

Array = NDArray[np.float64]

DRAWS = Draws(bootstrap=100, permutation=200, refit=40, random=60)
CASES = tuple(f"case{i}" for i in range(48))
USER = {case: PLANTED_EMOTIONS[i % 24] for i, case in enumerate(CASES)}
REPLY = {case: PLANTED_EMOTIONS[(7 * i + 11 + i // 24) % 24] for i, case in enumerate(CASES)}
TEXTS = tuple(f"text{i}" for i in range(24 * 16))
RECIPES_USED = ("whitened", "paper")


def filler(rng: np.random.Generator, count: int) -> str:
    return " ".join(f"filler{chr(97 + int(i) // 26)}{chr(97 + int(i) % 26)}" for i in rng.integers(0, 60, count))


def hints(rng: np.random.Generator, emotion: str, count: int) -> list[str]:
    return [f"hint{emotion.replace(' ', '')}a{chr(97 + int(i))}" for i in rng.integers(0, 6, count)]


def lab_of(store: Store, corpus: Corpus | None = None, script: Script | None = None, words: Sequence[str] = ()) -> Lab:
    subject = planted_subject(scripts={2: script} if script else None, words=words).subject
    corpus = corpus or planted_corpus(16)
    acts = collect_activations(subject, corpus, [3], store=store)
    recipes = {name: RECIPES[name] for name in RECIPES_USED}
    vectors = {name: make_vectors(subject, acts, recipe, 3) for name, recipe in recipes.items()}
    return Lab(subject, corpus, acts, recipes, vectors, 3, draws=DRAWS, store=store)


@pytest.fixture(scope="module")
def bench(planted_store: Store) -> Lab:
    """A subject whose blocks do nothing; what is scripted does nothing in the corpus, so its vectors serve every script."""
    return lab_of(planted_store, words=(*CASES, "."))


def scripted(lab: Lab, script: Script | None) -> Lab:
    return replace(lab, subject=planted_subject(scripts={2: script} if script else None, words=(*CASES, ".")).subject)


def verdicts(result: StudyResult, recipe: str) -> dict[str, str]:
    return {f.metric: f.verdict for f in result.findings if f.recipe == recipe}


def of(result: StudyResult, metric: str, recipe: str = "paper") -> Finding:
    return next(f for f in result.findings if f.metric == metric and f.recipe == recipe)


def placed(at: Callable[[str, str, Array], Array | None]) -> Script:
    """From (case, word, truth) to what is added at that word, once a case has been named."""

    def script(words: Sequence[str], truth: Array) -> Array:
        out, case = np.zeros((len(words), truth.shape[1])), ""
        for i, word in enumerate(words):
            case = word if word in USER else case
            if case and (added := at(case, word, truth)) is not None:
                out[i] = added
        return out

    return script


def topic_of(case: str, salt: int = 0) -> Array:
    """Something that is no emotion: a direction in the other half of the width."""
    rng = np.random.default_rng([CASES.index(case), salt])
    return np.concatenate([np.zeros(48), rng.standard_normal(48)])


def feels(case: str, table: dict[str, str], truth: Array) -> Array:
    return np.asarray(3.0 * truth[PLANTED_EMOTIONS.index(table[case])])


# ---- user against assistant: the end of the message carries one emotion, A: another; what is no emotion is carried from one to the other


def apart(case: str, word: str, truth: Array) -> Array | None:
    if word == ".":
        return feels(case, USER, truth) + topic_of(case)
    if word == "<assistant>":
        return feels(case, REPLY, truth) + topic_of(case) + 8 * truth[PLANTED_EMOTIONS.index("loving")]
    return None


def carried(case: str, word: str, truth: Array) -> Array | None:
    return feels(case, USER, truth) + topic_of(case) if word in (".", "<assistant>") else None


def noise(case: str, word: str, truth: Array) -> Array | None:
    """Something in either place, of no emotion in particular."""
    place = {".": 3, "<assistant>": 4}.get(word)
    return None if place is None else np.random.default_rng([CASES.index(case), place]).standard_normal(truth.shape[1])


MESSAGES = [
    Message(c, f"{c} {filler(np.random.default_rng(i), 6)} .", USER[c], REPLY[c], "test") for i, c in enumerate(CASES)
]


@pytest.fixture(scope="module")
def two_places(bench: Lab) -> dict[str, StudyResult]:
    scripts = {"planted": placed(apart), "carried": placed(carried), "noise": placed(noise), "still": None}
    return {name: UserVsAssistant(MESSAGES).run(scripted(bench, script)) for name, script in scripts.items()}


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_two_feelings_in_two_places_are_read_apart(two_places, recipe: str) -> None:
    found = verdicts(two_places["planted"], recipe)
    assert {
        found[m] for m in ("minus_user_colon_r", "read_apart", "user_emotion_at_end", "reply_emotion_at_colon")
    } == {"holds"}
    assert found["loving_rise"] == found["loving_rise_beyond_requests"] == "holds"
    assert of(two_places["planted"], "minus_user_colon_r", recipe).ci is not None


@pytest.mark.parametrize("recipe", RECIPES_USED)
@pytest.mark.parametrize("control", ["carried", "noise"])
def test_one_feeling_in_both_places_or_none_is_not_read_apart(two_places, control: str, recipe: str) -> None:
    found = verdicts(two_places[control], recipe)
    assert {found[m] for m in ("minus_user_colon_r", "read_apart", "loving_rise")} == {"fails"}


def test_messages_that_leave_no_trace_cannot_be_tested(two_places) -> None:
    findings = two_places["still"].findings
    assert {f.verdict for f in findings} == {"untested"}
    assert {f.claim for f in findings} == {"user_assistant_differ", "loving_at_reply"}


def test_every_message_is_a_row_with_both_places(two_places) -> None:
    messages = two_places["planted"].tables["messages"]
    mine = messages[messages["recipe"] == "paper"]
    assert list(mine["message"]) == [m.text for m in MESSAGES]
    assert (mine["user_at_end"] > mine["user_at_colon"]).mean() > 0.8
    assert (mine["reply_at_colon"] > mine["reply_at_end"]).mean() > 0.8
    assert (mine["loving_at_colon"] > mine["loving_at_end"]).mean() > 0.9


def test_the_end_of_a_message_is_its_last_stop() -> None:
    for text, mark in (("Oh no! What's up", "!"), ("Really?)", "?"), ("no stop", "p"), ("It's 3.5 mg.", ".")):
        end = end_of(text)
        assert text[end.start : end.end] == mark
        assert end.last
    assert end_of("It's 3.5 mg.").start == 11


def test_a_constant_offset_makes_no_correlation() -> None:
    rng = np.random.default_rng(0)
    level = 10 * rng.standard_normal(30)
    a, b = rng.standard_normal((2, 40, 30))
    assert abs(centred_r(a + level, b + level)) < 0.1
    assert centred_r(a + level, a - level) == pytest.approx(1.0)


# ---- planned emotion: A: carries the reply's emotion; or the user's token does; or A: carries all of the reply alike


def replied(subject: Subject, prompts: Sequence[Encoded]) -> list[str]:
    """Replies with words of the planned emotion, and of topics that nothing foretells."""
    out = []
    for prompt in prompts:
        case = next(word for word in prompt.text.split() if word in USER)
        rng = np.random.default_rng([5, CASES.index(case)])
        topics = [f"topica{chr(97 + int(rng.integers(8)))}xa{chr(97 + int(rng.integers(4)))}" for _ in range(8)]
        out.append(" ".join([*hints(rng, REPLY[case], 6), *topics, *filler(rng, 6).split()]))
    return out


def bare(subject: Subject, prompts: Sequence[Encoded]) -> list[str]:
    """Replies whose words have nothing to do with what was planned."""
    rngs = [np.random.default_rng([6, i]) for i in range(len(prompts))]
    return [
        " ".join([*hints(rng, PLANTED_EMOTIONS[int(rng.integers(24))], 10), *filler(rng, 10).split()]) for rng in rngs
    ]


def plans(place: str) -> Script:
    return placed(lambda case, word, truth: feels(case, REPLY, truth) + topic_of(case, 1) if word == place else None)


def everything(case: str, word: str, truth: Array) -> Array | None:
    """A: and the whole reply share a direction that has nothing to do with emotions."""
    if word == "<assistant>" or word.startswith(("filler", "hint")):
        return np.asarray(np.random.default_rng([CASES.index(case), 2]).standard_normal(96))
    return None


@pytest.fixture(scope="module")
def planning(bench: Lab) -> dict[str, StudyResult]:
    asked = [Asked(f"{m.text}", ("odd", "even")[i % 2]) for i, m in enumerate(MESSAGES)]
    short = [Asked(f"{c} .", "short") for c in CASES]
    runs: dict[str, tuple[Script, Study]] = {
        "planted": (plans("<assistant>"), PlannedEmotion(asked, replied)),
        "user": (plans("."), PlannedEmotion(asked, replied)),
        "everything": (placed(everything), PlannedEmotion(short, bare)),
    }
    return {name: study.run(scripted(bench, script)) for name, (script, study) in runs.items()}


PLANNED = ("colon_reply_r", "colon_reply_partial_r", "colon_minus_user_r")


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_a_planned_emotion_is_found(planning, recipe: str) -> None:
    found = verdicts(planning["planted"], recipe)
    assert {found[m] for m in PLANNED} == {"holds"}, [f.why for f in planning["planted"].findings]
    difference = of(planning["planted"], "colon_minus_user_r", recipe)
    assert difference.ci is not None
    assert 0 < difference.ci[0] < (difference.value or 0) < difference.ci[1]


@pytest.mark.parametrize("recipe", RECIPES_USED)
@pytest.mark.parametrize("control", ["user", "everything"])
def test_no_plan_or_one_of_every_direction_alike_is_not(planning, control: str, recipe: str) -> None:
    found = verdicts(planning[control], recipe)
    # Where the words say all there is, nothing is left to ask of what lies beyond them.
    assert {found[m] for m in PLANNED[:2] if m in found} <= {"fails", "untested"}, [
        f.why for f in planning[control].findings
    ]
    if control == "user":
        assert found["colon_minus_user_r"] in {"fails", "untested"}
        assert (of(planning["user"], "colon_minus_user_r", recipe).value or -1) < -0.3
    else:
        assert (of(planning["everything"], "colon_reply_r", recipe).value or 0) > 0.6


def test_replies_that_are_too_short_are_left_out_and_said(bench: Lab) -> None:
    study = PlannedEmotion(
        [Asked(f"{c} .", "k") for c in CASES[:12]], lambda subject, prompts: ["filleraa"] * len(prompts)
    )
    assert {f.verdict for f in study.run(bench).findings} == {"untested"}


def test_the_subject_writes_the_replies_and_the_same_ones_again(bench: Lab) -> None:
    prompts = [encode_chat(bench.subject, [{"role": "user", "content": m.text}], reply=True) for m in MESSAGES[:4]]
    replies = greedy_replies(bench.subject, prompts)
    assert all(replies)
    assert replies == greedy_replies(bench.subject, prompts)


# ---- story tokens: evocative words here and there; or a mood laid over every word; or labels that say nothing


def moody(words: Sequence[str], truth: Array) -> Array:
    mood = next((w for w in words if w in MOOD), None)
    added = truth[PLANTED_EMOTIONS.index(MOOD[mood])] if mood else np.zeros(truth.shape[1])
    out = np.tile(2.0 * added, (len(words), 1))
    out[: words.index(mood) if mood else len(words)] = 0.0
    return out


MOOD = {name: PLANTED_EMOTIONS[i % 24] for i, name in enumerate(TEXTS)}


def unspoken(length: int) -> Corpus:
    """Texts whose emotion no word tells: a name of its own, then filler; half of them stories."""
    base = planted_corpus(16)
    texts = tuple(
        Text(name, MOOD[name], f"t{(i // 24) % 8}", ("story", "diary")[i // 192], "third", "test",
             f"{name} {filler(np.random.default_rng([7, i]), length)}")
        for i, name in enumerate(TEXTS)
    )  # fmt: skip
    return Corpus("unspoken", texts, base.neutral)


@pytest.fixture(scope="module")
def stories(planted_store: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyResult]:
    other = Store(tmp_path_factory.mktemp("moody"))
    labs = {
        "planted": lab_of(planted_store, planted_corpus(24)),
        "everywhere": lab_of(other, unspoken(60), moody, TEXTS),
        "none": lab_of(planted_store, planted_corpus(24, emotional=False)),
    }
    return {name: StoryTokens(48).run(lab) for name, lab in labs.items()}


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_a_vector_that_is_high_in_places_is_found(stories, recipe: str) -> None:
    found = verdicts(stories["planted"], recipe)
    assert {found[m] for m in ("peak_rise", "peak_minus_floor_rise", "follows_words_r", "above_others_at_peaks")} == {
        "holds"
    }
    peaks = stories["planted"].tables["peaks"]
    mine = peaks[peaks["recipe"] == recipe]
    own = [
        str(t).startswith(f"hint{str(e).replace(' ', '')}") for t, e in zip(mine["token"], mine["emotion"], strict=True)
    ]
    assert np.mean(own) > 0.8


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_a_mood_over_every_word_is_not_local(stories, recipe: str) -> None:
    found = verdicts(stories["everywhere"], recipe)
    assert found["peak_rise"] == "holds"
    assert found["peak_minus_floor_rise"] == "fails", of(stories["everywhere"], "peak_minus_floor_rise", recipe).why
    assert found["follows_words_r"] == "fails"


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_labels_that_say_nothing_raise_nothing(stories, recipe: str) -> None:
    found = verdicts(stories["none"], recipe)
    assert {found[m] for m in ("peak_rise", "peak_minus_floor_rise", "follows_words_r")} == {"fails"}


def test_profiles_and_shares() -> None:
    rng = np.random.default_rng(0)
    normal = rng.standard_normal((20_000, 1))
    assert positive_share(normal)[0] == pytest.approx(0.44, abs=0.01)
    assert positive_share(np.ones((100, 1)))[0] == pytest.approx(0.1)
    tenths = profile(normal)[:, 0]
    assert tenths.shape == (10,)
    assert (np.diff(tenths) > 0).all()
    assert profile(normal + 1)[:, 0] - tenths == pytest.approx(np.ones(10))


# ---- persistence: an evocative word is followed by its emotion; or by nothing; or by something that is no emotion


def rare(seed: int = 1) -> list[str]:
    """Filler with an evocative word every 60."""
    rng = np.random.default_rng(seed)
    return [
        " ".join(f"{hints(rng, PLANTED_EMOTIONS[int(rng.integers(24))], 1)[0]} {filler(rng, 59)}" for _ in range(4))
        for _ in range(24)
    ]


def lingering(words: Sequence[str], truth: Array) -> Array:
    """The emotion of the last evocative word stays; what is no emotion comes and goes from word to word."""
    out, mood = np.zeros((len(words), truth.shape[1])), np.zeros(truth.shape[1])
    out[:, 48:] = 1.5 * np.random.default_rng(5).standard_normal((len(words), 48))
    for i, word in enumerate(words):
        if word.startswith("hint"):
            mood = 2 * truth[[e.replace(" ", "") for e in PLANTED_EMOTIONS].index(word[4:-2])]
        out[i] += mood
    return out


def lingering_anything(words: Sequence[str], truth: Array) -> Array:
    out, mood = np.zeros((len(words), truth.shape[1])), np.zeros(truth.shape[1])
    for i, word in enumerate(words):
        if word.startswith("hint"):
            mood = np.random.default_rng([i, *word.encode()]).standard_normal(96)
            mood[:48] *= 0.2
        out[i] = mood
    return out


@pytest.fixture(scope="module")
def lasting(bench: Lab) -> dict[str, StudyResult]:
    scripts = {"emotions": lingering, "nothing": None, "anything": lingering_anything}
    out = {name: Persistence(rare()).run(scripted(bench, script)) for name, script in scripts.items()}
    out["short"] = Persistence(["filleraa fillerab"] * 4).run(bench)
    out["alike"] = Persistence([" ".join(["fillerac"] * 60)] * 3).run(bench)
    return out


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_emotions_that_linger_persist(lasting, recipe: str) -> None:
    finding = of(lasting["emotions"], "late_autocorrelation", recipe)
    assert finding.verdict == "holds", finding.why
    assert len(finding.nulls) == 4


@pytest.mark.parametrize("recipe", RECIPES_USED)
@pytest.mark.parametrize("control", ["nothing", "anything"])
def test_words_alone_or_what_is_no_emotion_do_not(lasting, control: str, recipe: str) -> None:
    finding = of(lasting[control], "late_autocorrelation", recipe)
    assert finding.verdict == "fails", finding.why


def test_texts_that_cannot_say_are_untested(lasting) -> None:
    assert {f.verdict for f in lasting["short"].findings} == {"untested"}
    assert {f.verdict for f in lasting["alike"].findings} == {"untested"}


def test_autocorrelation_of_a_known_process() -> None:
    rng = np.random.default_rng(0)
    x = np.zeros((40_000, 2))
    noise = rng.standard_normal(x.shape)
    for t in range(1, len(x)):
        x[t] = 0.8 * x[t - 1] + noise[t]
    lags = [1, 2, 3, 4, 8, 16]
    curve = Lagged.of([x[:15_000], x[15_000:]], np.eye(2), lags).correlation()
    assert np.abs(curve - 0.8 ** np.array(lags)[:, None]).max() < 0.06
    assert half_life(0.8 ** np.array(lags, dtype=float), lags) == pytest.approx(4.1, abs=0.3)
    assert half_life(np.array([0.5, 0.4]), [1, 2]) == 2.0


# ---- lexical control: the emotion is in the words; or in what the words do not tell


@pytest.fixture(scope="module")
def beyond(planted_store: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyResult]:
    other = Store(tmp_path_factory.mktemp("unspoken"))
    labs = {
        "unspoken": lab_of(other, unspoken(24), moody, TEXTS),
        "words": lab_of(planted_store, planted_corpus(24)),
        "one register": lab_of(
            planted_store, Corpus("stories", planted_corpus(32).of("story"), planted_corpus(32).neutral)
        ),
    }
    return {name: LexicalControl().run(lab) for name, lab in labs.items()}


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_what_no_word_tells_is_left_after_the_words(beyond, recipe: str) -> None:
    found = verdicts(beyond["unspoken"], recipe)
    assert found["residual_auc"] == found["gain_over_words"] == "holds", [f.why for f in beyond["unspoken"].findings]
    assert (of(beyond["unspoken"], "explained_by_words", recipe).value or 0) < 0.1


@pytest.mark.parametrize("recipe", RECIPES_USED)
def test_what_words_tell_is_not(beyond, recipe: str) -> None:
    found = verdicts(beyond["words"], recipe)
    assert found["residual_auc"] == found["gain_over_words"] == "fails", [f.why for f in beyond["words"].findings]
    assert (of(beyond["words"], "explained_by_words", recipe).value or 0) > 0.8


def test_one_register_cannot_be_tested(beyond) -> None:
    assert {f.verdict for f in beyond["one register"].findings} == {"untested"}


def test_ridge_predicts_what_features_tell_and_leaves_the_rest() -> None:
    rng = np.random.default_rng(0)
    features, noise = rng.standard_normal((300, 5)), rng.standard_normal((300, 2))
    y = np.column_stack([features @ rng.standard_normal(5), noise[:, 0]])
    y -= y.mean(0)
    fold, kernel = np.arange(300) % 5, kernel_of(features)
    penalty, shares = explained(kernel, fold, y)
    assert shares[0] > 0.95
    assert shares[1] < 0.05
    predictor = left_out(kernel, fold, np.eye(300), penalty)
    assert predictor @ y == pytest.approx(left_out(kernel, fold, y, penalty))
    for f in range(5):
        assert not predictor[np.ix_(fold == f, fold == f)].any()


def test_the_shipped_messages_say_nothing_to_a_subject_that_knows_no_word_of_them(bench: Lab) -> None:
    for study in (UserVsAssistant(), Persistence()):
        findings = study.run(bench).findings
        assert {f.study for f in findings} == {study.name}
        assert not {"holds", "partly"} & {f.verdict for f in findings if f.claim}
