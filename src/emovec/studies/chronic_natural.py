"""The other half of the chronic state: what its decoder says of text that no preamble goes before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Text, shipped_folder
from emovec.corpora.schema import read_texts
from emovec.stats import Null, bootstrap, mean_auc, null_of
from emovec.studies.base import Finding, Rule, Verdict
from emovec.studies.chronic_data import UNEXPRESSED, ChronicData
from emovec.studies.decoder import Decoder, cross_validated, train
from emovec.studies.hidden_dialogues import read_pools
from emovec.studies.lab import Lab
from emovec.subject import encode_text
from emovec.vectors.activations import encode_dialogue

__all__ = ["NATURAL_COLUMNS", "natural_rule", "on_natural_text"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Rows = list[tuple[object, ...]]

NATURAL_COLUMNS = ("decoder", "text", "measure", "value", "low", "high", "null_mean", "null_p95", "p", "n")
_CLAIM = "chronic_not_natural_text"
_STUDY = "chronic_state"
_BAR = 0.25
_MOST_TOKENS = 450
_DIALOGUES = 16

natural_rule = (
    "Natural text: accuracy on the labels of literary scenes, centred on these, of a decoder of the conditions in which the emotion is not expressed; and "
    "how much more often than decoders of shuffled labels it says the same of both halves of a neutral dialogue. That it finds nothing holds: not told from "
    f"shuffled labels (p >= 0.05) and the interval ends below {_BAR:g}; in part: told from them, but below {_BAR:g}; otherwise it does not hold. Not tested "
    "where that decoder does not beat shuffled labels on its own held-out dialogues: what decodes nothing finds nothing anywhere."
)


def _absent(value: float, null: Null, ci: tuple[float, float]) -> tuple[Verdict, str]:
    """Judge a claim that there is nothing."""
    spread = f"{value:.2f} [{ci[0]:.2f}, {ci[1]:.2f}]"
    if null.p >= 0.05:
        if ci[1] < _BAR:
            return "holds", f"{spread} is not told from '{null.name}' (p = {null.p:.2g})"
        return (
            "untested",
            f"{spread} is not told from '{null.name}' (p = {null.p:.2g}), but the interval is too wide to say that nothing is there",
        )
    if value < _BAR:
        return (
            "partly",
            f"{spread} is above '{null.name}' (p = {null.p:.2g}), though below {_BAR:g}: the decoder finds something",
        )
    return "fails", f"{spread} is above '{null.name}' (p = {null.p:.2g}): the decoder finds something"


def _halves(lab: Lab, texts: Sequence[Text]) -> Array:
    """Both halves of every scene, (texts, 2, width); the start, where nothing is plain yet, is left out."""
    encoded = [encode_text(lab.subject, t.text) for t in texts]
    pools = []
    for e in encoded:
        start = min(30, len(e) // 3)
        middle = (start + len(e)) // 2
        pools.append([(start, middle), (middle, len(e))])
    return read_pools(lab, encoded, pools, "scenes for the decoder")


def _neutral_halves(lab: Lab, rng: np.random.Generator) -> Array:
    """Both halves of a sample of neutral dialogues, (dialogues, 2, width)."""
    encoded = [e for d in lab.corpus.neutral if 16 <= len(e := encode_dialogue(lab.subject, d)) <= _MOST_TOKENS]
    picked = [encoded[i] for i in sorted(rng.permutation(len(encoded))[:_DIALOGUES].tolist())]
    pools = [[(1, len(e) // 2), (len(e) // 2, len(e))] for e in picked]
    return read_pools(lab, picked, pools, "neutral dialogues for the decoder")


def _agreement(decoders: Sequence[Decoder], x: Array) -> Array:
    """Whether each decoder says the same of both halves, (decoders, texts)."""
    return np.array(
        [d.says(x[:, 0], x[:, 0].mean(0)) == d.says(x[:, 1], x[:, 1].mean(0)) for d in decoders], dtype=float
    )


def on_natural_text(
    lab: Lab, data: ChronicData, shuffled: Sequence[Index], texts: Sequence[Text] | None
) -> tuple[list[Finding], Rows]:
    """Findings on labelled scenes and on neutral dialogues, and a table of two decoders: of unexpressed and of expressed emotion.

    Args:
        data: the dialogues that decoders are trained on.
        shuffled: labellings of them for the null.
        texts: labelled scenes (default: the shipped literary ones).
    """
    rng, names = lab.rng(_STUDY, "natural text"), data.names
    picked = _scenes(lab, names, texts, rng)
    groups = {"unexpressed": data.of(*UNEXPRESSED), "expressed": data.of("expressed")}
    if len(picked) < 10 or any(len(np.unique(data.felt[rows])) < 3 for rows in groups.values()):
        why = f"{len(picked)} labelled scenes, or too few dialogues of some condition"
        return [Finding(_STUDY, "scene_accuracy", "", lab.block, None, why=why, claim=_CLAIM)], []
    truth = np.array([names.index(t.emotion) for t in picked], dtype=np.intp)
    halves, neutral = _halves(lab, picked), _neutral_halves(lab, rng)
    whole = halves.mean(1)
    findings: list[Finding] = []
    table: Rows = []
    doubt = _decodes_nothing(data, groups["unexpressed"], shuffled)
    for name, rows in groups.items():
        decoders = train(data.stated.whole[rows], [data.felt[rows], *(s[rows] for s in shuffled)], len(names))
        scores = [d.scores(whole, whole.mean(0)) for d in decoders]
        right = np.array([s.argmax(1) == truth for s in scores], dtype=float)
        areas = np.array([mean_auc(s, truth) for s in scores])
        measured = [("scenes", "accuracy", right), ("scenes", "halves agree", _agreement(decoders, halves))]
        if len(neutral) > 4:
            measured.append(("neutral dialogues", "halves agree", _agreement(decoders, neutral)))
        for text, measure, outcome in measured:
            ours = outcome[0]
            null = null_of("decoders of shuffled labels", float(ours.mean()), outcome[1:].mean(1))
            ci = bootstrap(lambda at, o=ours: float(o[at].mean()), len(ours), rng, lab.draws.bootstrap)  # type: ignore[misc]
            table.append((name, text, measure, float(ours.mean()), *ci, null.mean, null.p95, null.p, len(ours)))
            if (text, measure) != ("scenes", "halves agree"):
                findings += _judged(lab, name, measure, float(ours.mean()), ci, null, float(areas[0]), len(ours), doubt)
        area = null_of("decoders of shuffled labels", float(areas[0]), areas[1:])
        ci = bootstrap(lambda at, s=scores: mean_auc(s[0][at], truth[at]), len(truth), rng, lab.draws.bootstrap // 4)  # type: ignore[misc]  # fmt: skip
        table.append((name, "scenes", "AUC", float(areas[0]), *ci, area.mean, area.p95, area.p, len(picked)))
    return findings, table


def _judged(
    lab: Lab, name: str, measure: str, value: float, ci: tuple[float, float], null: Null, area: float, count: int, doubt: str
) -> list[Finding]:  # fmt: skip
    """The findings of one measurement: an answer to the claim for the decoder of unexpressed emotion, accuracy beside it for the other."""
    if measure == "accuracy" and name == "expressed":
        verdict, why = Rule(holds=_BAR).judge(value, [null], ci)
        why += f"; AUC {area:.2f}: what a decoder of shown emotion finds in the same scenes"
        return [Finding(_STUDY, "scene_accuracy_expressed", "", lab.block, value, ci, (null,), None, verdict, why, "", f"accuracy, {count} scenes")]  # fmt: skip
    if name == "expressed":
        return []
    base = 0.0 if measure == "accuracy" else null.mean
    value, ci, null = (
        value - base,
        (ci[0] - base, ci[1] - base),
        replace(null, mean=null.mean - base, p95=null.p95 - base),
    )
    verdict, why = ("untested", doubt) if doubt else _absent(value, null, ci)
    if measure == "accuracy":
        metric, unit, why = "scene_accuracy", f"accuracy, {count} scenes", f"{why}; AUC {area:.2f}"
    else:
        metric, unit = "neutral_persistence", f"share of {count} dialogues, above shuffled labels"
    return [Finding(_STUDY, metric, "", lab.block, value, ci, (null,), None, verdict, why, _CLAIM, unit)]


def _decodes_nothing(data: ChronicData, rows: Index, shuffled: Sequence[Index]) -> str:
    """Why the decoder of unexpressed emotion can answer for nothing; "" if it beats shuffled labels on dialogues left out."""
    labels = [data.felt[rows], *(s[rows] for s in shuffled)]
    said = cross_validated(data.stated.whole[rows], labels, len(data.names), data.folds[rows])[0]
    right = (said == np.array(labels)).mean(1)
    null = null_of("shuffled labels", float(right[0]), right[1:])
    if null.p < 0.05:
        return ""
    return (
        f"on held-out dialogues of unexpressed emotion the decoder is right in {right[0]:.2f}, with shuffled labels in {null.mean:.2f} "
        f"(p = {null.p:.2g}): it decodes no state that it could look for"
    )


def _scenes(lab: Lab, names: Sequence[str], texts: Sequence[Text] | None, rng: np.random.Generator) -> list[Text]:
    """As many labelled scenes of each emotion as dialogues of each cell."""
    scenes = read_texts(shipped_folder() / "literary.jsonl") if texts is None else texts
    picked: list[Text] = []
    for word in names:
        mine = [t for t in scenes if t.emotion == word]
        picked += [mine[i] for i in sorted(rng.permutation(len(mine))[: lab.draws.hidden].tolist())]
    return picked
