"""Two models of one family read with one set of vectors: a base model and what post-training made of it.

(Two *corpora* on one model are compared by :mod:`emovec.vectors.compare`.)
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Corpus
from emovec.corpora.scenario_sets import Prompt, load_scenarios
from emovec.errors import BadInput, ForeignSubject
from emovec.progress import Progress
from emovec.replicate import PRESETS, Outcome, make_vector_set
from emovec.report import Run, write_report
from emovec.steering import Levers
from emovec.store import Store
from emovec.studies.paired import FORMS, Pair
from emovec.studies.paired_preferences import Arm, PairedPreferences, measure_arm
from emovec.studies.post_training import PostTraining
from emovec.studies.post_training_preferences import PostTrainingPreferences
from emovec.subject import Fingerprint, Subject, encode_chat, encode_plain_chat
from emovec.vectors import EmotionVectors
from emovec.vectors.activations import pooled
from emovec.version import __version__

__all__ = ["Opener", "Side", "check_family", "compare_models", "look"]

#: Loads a model when it is its turn, so that two need never be in memory at once.
Opener = Callable[[], Subject]


@dataclass(frozen=True)
class Side:
    """What is kept of one model once its weights are freed.

    Attributes:
        vocabulary: token -> id.
        plain: token ids of every prompt in the plain form.
        states: form -> residuals at A:, (prompts, depth, width); no ``template`` for a tokenizer without one.
        dtype, device: that it ran in and on.
    """

    fingerprint: Fingerprint
    vocabulary: dict[str, int]
    plain: tuple[tuple[int, ...], ...]
    states: dict[str, NDArray[np.float32]]
    dtype: str
    device: str


def look(subject: Subject, prompts: Sequence[Prompt], store: Store, progress: Progress, role: str) -> Side:
    """Read every prompt in every form that the subject has, and keep the residuals at A: (``role`` only names the stage)."""
    chats = [[{"role": "user", "content": prompt.text}] for prompt in prompts]
    encoded = {"plain": [encode_plain_chat(subject, chat, reply=True) for chat in chats]}
    if subject.has_template:
        encoded["template"] = [encode_chat(subject, chat, reply=True) for chat in chats]
    states = {
        form: pooled(subject, items, [(e.colon, e.colon + 1) for e in items], range(subject.depth), store, progress, f"reading prompts, {role} ({form})")[0]
        for form, items in encoded.items()
    }  # fmt: skip
    return Side(
        fingerprint=subject.fingerprint,
        vocabulary=dict(subject.tokenizer.get_vocab()),
        plain=tuple(e.ids for e in encoded["plain"]),
        states=states,
        dtype=str(subject.model.dtype).removeprefix("torch."),
        device=subject.device.type,
    )


def check_family(base: Side, chat: Side) -> list[str]:
    """What differs between two models of one family, in words for the report.

    Everywhere else in emovec vectors refuse every model but the one that made them. Here, and only here, that rule is passed over on
    purpose: the question is what one set of vectors reads on both. What is asked for instead is that the two have the same
    architecture and shape and cut the plain form of every prompt into the same tokens.

    Raises:
        ForeignSubject: naming what makes the two incomparable.
    """
    mine, theirs = base.fingerprint, chat.fingerprint
    unlike = [
        f"{name} {getattr(mine, name)} against {getattr(theirs, name)}"
        for name in ("architecture", "depth", "width")
        if getattr(mine, name) != getattr(theirs, name)
    ]
    if not unlike and base.plain != chat.plain:
        first = next(i for i, (a, b) in enumerate(zip(base.plain, chat.plain, strict=True)) if a != b)
        unlike.append(f"tokens of the same plain text, first in prompt {first + 1}")
    if unlike:
        raise ForeignSubject(
            f"{mine.name!r} and {theirs.name!r} are not of one family ({'; '.join(unlike)}): one set of vectors cannot be read on both; "
            "give a base model and its own post-trained form"
        )
    says = []
    for name in mine.differs(theirs):
        if name == "tokenizer":
            lost, new = (
                base.vocabulary.items() - chat.vocabulary.items(),
                chat.vocabulary.items() - base.vocabulary.items(),
            )
            says.append(f"tokenizer ({len(new)} tokens of the chat model are not the base's, {len(lost)} the other way round)")  # fmt: skip
        elif name == "template" and not (mine.template and theirs.template):
            says.append(f"template (the {'base' if theirs.template else 'chat'} model has none)")
        else:
            says.append(name)
    return says


def _opened(model: Subject | Opener) -> Subject:
    return model if isinstance(model, Subject) else model()


def _freed(device: str) -> None:
    gc.collect()
    if device == "cuda":
        import torch

        torch.cuda.empty_cache()


def compare_models(
    base: Subject | Opener,
    chat: Subject | Opener,
    *,
    vectors: Mapping[str, EmotionVectors] | None = None,
    preset: str = "quick",
    out: str | Path | None = None,
    corpus: Corpus | None = None,
    base_form: str = "plain",
    prompts: Sequence[Prompt] | None = None,
    seed: int = 0,
    store: Store | None = None,
    progress: Progress | None = None,
    study: PostTraining | None = None,
    preferences: PostTrainingPreferences | None = None,
) -> Outcome:
    """Read a base model and its post-trained form with one set of vectors, and report what training changed.

    The base is read first and freed before the chat model is opened, so give functions that load them
    (``lambda: load_subject(...)``) where two do not fit into memory. With ``preferences`` the base is opened a second time at the end, because
    what it is pushed with is known only then.

    Args:
        base, chat: two models of one family, or functions that load them.
        vectors: recipe -> vectors that either of the two made (default: made now, from the chat model).
        preset: how much of everything: texts and blocks (where vectors are made), and draws.
        out: folder for the report (default: ``runs/<base>-and-<chat>``).
        corpus: texts to make vectors from (default: the shipped ones).
        base_form: ``plain`` (``Human:``/``Assistant:``), or ``template`` for a "base" that was itself trained on its chat template.
        prompts: default: the shipped set ``prompts``.
        study: default: with the paper's emotions.
        preferences: what both choose, too (default: the readings only).

    Raises:
        ForeignSubject: if the two are not of one family, or neither made the vectors.
        BadInput: for an unknown preset or form.
    """
    if preset not in PRESETS:
        raise BadInput(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
    if base_form not in FORMS:
        raise BadInput(f"unknown form {base_form!r}; known: {', '.join(FORMS)}")
    store, progress, study = store or Store(), progress or Progress(), study or PostTraining()
    asked: Sequence[Prompt] = load_scenarios("prompts") if prompts is None else prompts
    subject = _opened(base)
    mine = look(subject, asked, store, progress, "base")
    del subject
    _freed(mine.device)
    subject = _opened(chat)
    theirs = look(subject, asked, store, progress, "chat")
    differs = check_family(mine, theirs)
    if vectors:
        _of_either(vectors, mine, theirs)
    else:
        vectors = make_vector_set(subject, preset=preset, corpus=corpus, seed=seed, progress=progress)
    vectors = _at_colon(vectors)
    pair = _pair(mine, theirs, asked, vectors, base_form, seed, preset)
    with progress.stage("post-training", 1, "studies") as advance:
        results = {study.name: study.run(pair)}
        advance(1)
    ran: list[PostTraining | PostTrainingPreferences] = [study]
    if preferences is not None:
        forms = [base_form, *(form for form in theirs.states if form != base_form)]
        arms, levers = _asked(preferences, subject, "chat", forms, pair, None, store, progress)
        del subject
        _freed(theirs.device)
        subject = _opened(base)
        more, levers = _asked(preferences, subject, "base", [base_form], pair, levers, store, progress)
        results[preferences.name] = preferences.run(
            PairedPreferences(arms | more, base_form, vectors, pair.block, levers, seed, pair.draws)
        )
        ran.append(preferences)
    del subject
    _freed(theirs.device)
    names = [side.fingerprint.name.rstrip("/").replace("/", "--") for side in (mine, theirs)]
    folder = Path(out) if out is not None else Path("runs") / "-and-".join(names)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--out {folder} is a file; give a folder")
    for name, artifact in vectors.items():
        artifact.save(folder / "vectors" / name)
    headline = next(iter(vectors.values()))
    run = Run(
        subject={
            **asdict(theirs.fingerprint), "dtype": theirs.dtype, "device": theirs.device,
            "base": {**asdict(mine.fingerprint), "dtype": mine.dtype, "device": mine.device},
        },
        corpus=headline.corpus,
        version=__version__,
        preset=preset,
        seed=seed,
        block=pair.block,
        block_why=headline.block_why,
        recipes={name: v.recipe for name, v in vectors.items()},
        results=results,
        studies={s.name: {k: getattr(s, k) for k in ("title", "question", "paper_ref", "rule")} for s in ran},
        timings=dict(progress.timings),
        notes=_notes(mine, theirs, headline, differs, pair),
        scope=tuple(results),
    )  # fmt: skip
    return Outcome(write_report(folder, run), run, dict(vectors))


def _asked(
    study: PostTrainingPreferences, subject: Subject, role: str, forms: Sequence[str], pair: Pair, levers: Levers | None, store: Store, progress: Progress
) -> tuple[dict[tuple[str, str], Arm], Levers]:  # fmt: skip
    """What one model chooses in each form; the levers are made in the first (``levers`` None) and handed on."""
    headline = next(iter(pair.vectors.values()))
    arms: dict[tuple[str, str], Arm] = {}
    for form in forms:
        arms[role, form], levers = measure_arm(
            subject, (role, form), study.activities, headline, pair.block, study.emotions, levers, pair.draws, pair.seed, store, progress
        )  # fmt: skip
    if levers is None:
        raise BadInput("no form to ask in was given")
    return arms, levers


def _of_either(vectors: Mapping[str, EmotionVectors], base: Side, chat: Side) -> None:
    """Vectors must come from one of the two; from which one is said in the report."""
    for name, made in vectors.items():
        if made.subject.differs(base.fingerprint) and made.subject.differs(chat.fingerprint):
            raise ForeignSubject(
                f"the vectors {name!r} were made from {made.subject.name!r}, which is neither {base.fingerprint.name!r} nor "
                f"{chat.fingerprint.name!r}; leave --vectors out to make them from the chat model"
            )


def _at_colon(vectors: Mapping[str, EmotionVectors]) -> dict[str, EmotionVectors]:
    """Those that read any token; vectors made at a question put after a text read nothing but that question."""
    kept = {name: made for name, made in vectors.items() if not made.recipe.get("asked")}
    if not kept:
        raise BadInput(
            f"the vectors {', '.join(vectors)} read only texts with a question after them; give paper or whitened ones"
        )
    return kept


def _pair(
    base: Side, chat: Side, prompts: Sequence[Prompt], vectors: Mapping[str, EmotionVectors], form: str, seed: int, preset: str
) -> Pair:  # fmt: skip
    picked = {v.block for v in vectors.values()}
    if len(picked) > 1:
        raise BadInput(
            f"the vectors picked different blocks ({', '.join(map(str, sorted(picked)))}); give sets that were made together"
        )
    blocks = sorted(set.intersection(*(set(v.blocks) for v in vectors.values())))
    sides = {"base": base, "chat": chat}
    states = {(role, name): x[:, blocks] for role, side in sides.items() for name, x in side.states.items()}
    kinds = np.array([prompt.kind for prompt in prompts])
    return Pair(kinds, states, tuple(blocks), form, vectors, picked.pop(), seed, PRESETS[preset].draws)


def _notes(base: Side, chat: Side, vectors: EmotionVectors, differs: list[str], pair: Pair) -> list[str]:
    made_by = "base" if not vectors.subject.differs(base.fingerprint) else "chat"
    if not vectors.subject.differs(chat.fingerprint):
        made_by = "chat"
    contrasts = "; ".join(f"{c.name}: {c.says}" for c in pair.contrasts)
    return [
        f"Base model: {base.fingerprint.name}. Chat model: {chat.fingerprint.name}. One set of vectors, made from the {made_by} model, is read on both.",
        f"They differ in: {', '.join(differs)}." if differs else "The two are the same model (nothing differs).",
        f"Contrasts: {contrasts}.",
        *([] if base.dtype == chat.dtype else [f"The base ran in {base.dtype}, the chat model in {chat.dtype}."]),
    ]
