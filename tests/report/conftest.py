"""A made-up run with every study and table, of the real sizes and roughly the real numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emovec.lexicon import emotions, norm, words
from emovec.report import Run
from emovec.stats import Null
from emovec.studies.base import Finding, Rule, StudyResult

RECIPES = ("whitened", "paper")
EVIL = '<script>alert("x")</script>'
IMPLIED = (
    "happy",
    "inspired",
    "loving",
    "proud",
    "calm",
    "desperate",
    "angry",
    "guilty",
    "sad",
    "afraid",
    "nervous",
    "surprised",
)


def null(name: str, mean: float, p95: float, p: float = 1 / 1001, draws: int = 1000) -> Null:
    return Null(name, mean, p95, p, draws)


def judged(
    study: str, metric: str, claim: str, values: dict[str, float], holds: float, **more: object
) -> list[Finding]:
    """One finding per recipe, judged by a rule as the studies do it."""
    rule, found = Rule(holds=holds, partly=holds / 2), []
    nulls = more.pop("nulls", (null("shuffled emotion labels", 0.1, 0.25), null("static token embeddings", 0.2, 0.41)))
    for recipe, value in values.items():
        ci = (value - 0.07, min(value + 0.05, 1.0))
        verdict, why = rule.judge(value, nulls, ci)
        found.append(Finding(study, metric, recipe, more.get("block", 20), value, ci, nulls, more.get("paper"),
                             verdict, why, claim, str(more.get("unit", ""))))  # fmt: skip
    return found


def circumplex(rng: np.random.Generator) -> StudyResult:
    pleasure, arousal = norm("rm77_pleasure").values, norm("rm77_arousal").values
    points = pd.DataFrame(
        {
            "recipe": recipe, "block": 20, "emotion": e.word,
            "pc1": (e.valence - 4) / 3 + rng.normal(0, 0.25), "pc2": (e.arousal - 4) / 3 + rng.normal(0, 0.25),
            "rm77_pleasure": pleasure.get(e.word, np.nan), "rm77_arousal": arousal.get(e.word, np.nan),
            "own_valence": e.valence, "own_arousal": e.arousal, "cluster": e.quadrant,
        }
        for recipe in RECIPES for e in emotions()
    )  # fmt: skip
    blocks = pd.DataFrame(
        {
            "recipe": recipe, "block": b, "pc1_pleasure_r": top * (1 - np.exp(-(b + 2) / 5)),
            "pc2_arousal_r": (top - 0.15) * (1 - np.exp(-(b + 1) / 6)), "pc1_variance": 0.2 + b / 300, "pc2_variance": 0.1 + b / 500,
        }
        for recipe, top in zip(RECIPES, (0.9, 0.75), strict=True) for b in range(0, 30, 2)
    )  # fmt: skip
    findings = [
        *judged("circumplex", "pc1_pleasure_r", "pc1_valence", {"paper": 0.71, "whitened": 0.87}, 0.7, paper=0.81, unit="Pearson r"),
        *judged("circumplex", "pc2_arousal_r", "pc2_arousal", {"paper": 0.45, "whitened": 0.75}, 0.6, paper=0.66, unit="Pearson r"),
        *judged("circumplex", "pc1_variance", "pc_variance", {"paper": 0.21, "whitened": 0.24}, 0.2, paper=0.26,
                unit="share of variance", nulls=(null("random directions", 0.05, 0.07),)),
        *judged("circumplex", "pc2_variance", "pc_variance", {"paper": 0.1, "whitened": 0.12}, 0.15, paper=0.15,
                unit="share of variance", nulls=(null("random directions", 0.04, 0.06),)),
    ]  # fmt: skip
    return StudyResult(findings, {"points": points, "blocks": blocks})


def similarity(rng: np.random.Generator) -> StudyResult:
    order = sorted(emotions(), key=lambda e: (e.quadrant, e.valence))
    flat = np.array([[(e.valence - 4) / 3, (e.arousal - 4) / 3] for e in order])
    frames = []
    for recipe in RECIPES:
        x = np.hstack([flat, rng.normal(0, 0.25, (len(order), 12))])
        for centred in (True, False):
            y = x + (0 if centred else 1.5)
            y /= np.linalg.norm(y, axis=1, keepdims=True)
            names = [e.word for e in order]
            frames.append(pd.DataFrame({
                "recipe": recipe, "centred": centred, "emotion": np.repeat(names, len(names)),
                "other": np.tile(names, len(names)), "cosine": (y @ y.T).ravel(),
            }))  # fmt: skip
    findings = [
        *judged("similarity", "opposites_negative", "opposites_negative", {"paper": 0.93, "whitened": 0.97}, 0.9, unit="fraction of pairs"),
        *judged("similarity", "synonyms_top5", "synonyms_near", {"paper": 0.33, "whitened": 0.30}, 0.7, unit="fraction of pairs",
                nulls=(null("shuffled pairs", 0.03, 0.06), null("static token embeddings", 0.31, 0.4, 0.42))),
    ]  # fmt: skip
    return StudyResult(findings, {"matrix": pd.concat(frames, ignore_index=True)})


def clusters(rng: np.random.Generator) -> StudyResult:
    rows = []
    for recipe in RECIPES:
        for e in emotions():
            k = min(9, int((e.valence - 1) / 6 * 5) * 2 + (e.arousal > 4))
            rows.append({"recipe": recipe, "emotion": e.word, "cluster": k, "label": f"{('low', 'high')[k % 2]} {k}",
                         "x": e.valence + rng.normal(0, 0.25), "y": e.arousal + rng.normal(0, 0.25)})  # fmt: skip
    found = judged(
        "clusters", "adjusted_rand", "clusters_k10", {"paper": 0.31, "whitened": 0.44}, 0.4, unit="adjusted Rand index"
    )
    return StudyResult(found, {"members": pd.DataFrame(rows)})


def layers(rng: np.random.Generator) -> StudyResult:
    rsa = pd.DataFrame(
        {"recipe": recipe, "block_a": a, "block_b": b, "r": float(np.exp(-abs(a - b) / (8 + min(a, b))))}
        for recipe in RECIPES for a in range(0, 30, 2) for b in range(0, 30, 2)
    )  # fmt: skip
    return StudyResult(
        judged("layers", "rsa_mid_late", "layers_stable", {"paper": 0.81, "whitened": 0.92}, 0.8, block=-1),
        {"rsa": rsa},
    )


def logit_lens(rng: np.random.Generator) -> StudyResult:
    pool = [*words(), "\n\n", " the", EVIL, "مرحبا", "“", "<b>bold</b>", "__init__", "=1+1", " Ġodd"]
    rows = [
        {"variant": variant, "emotion": word, "side": side, "rank": rank,
         "token": f" {word}" if side == "top" and rank == 1 and i % 3 else pool[int(rng.integers(len(pool)))],
         "own": side == "top" and rank == 1 and bool(i % 3)}
        for variant in ("whitened filter", "whitened pattern", "paper") for i, word in enumerate(words())
        for side in ("top", "bottom") for rank in range(1, 9)
    ]  # fmt: skip
    summary = pd.DataFrame({
        "variant": ["whitened filter", "whitened pattern", "paper"], "hits": [31, 114, 102], "total": 171,
        "null_mean": [4.1, 5.0, 4.8], "null_p95": [8.0, 9.0, 9.0],
    })  # fmt: skip
    found = judged(
        "logit_lens",
        "own_word_in_top10",
        "lens_names_emotion",
        {"paper": 0.60, "whitened": 0.67},
        0.5,
        unit="fraction of 171",
    )
    return StudyResult(found, {"words": pd.DataFrame(rows), "summary": summary})


def implicit_scenarios(rng: np.random.Generator) -> StudyResult:
    matrix = pd.DataFrame(
        {"recipe": recipe, "expected": e, "probe": p, "value": float(rng.normal(0.12 * (e == p) + 0.02 * (p == "loving"), 0.04))}
        for recipe in RECIPES for e in IMPLIED for p in IMPLIED
    )  # fmt: skip
    scenarios = pd.DataFrame(
        {"recipe": recipe, "expected": e, "text": f"A message that implies it & more {EVIL}", "rank_of_expected": i % 4 + 1, "top_probe": e}
        for recipe in RECIPES for i, e in enumerate(IMPLIED)
    )  # fmt: skip
    findings = [
        *judged("implicit_scenarios", "diagonal_auc", "implicit_diagonal", {"paper": 0.83, "whitened": 0.84}, 0.8, unit="AUC"),
        *judged("implicit_scenarios", "loving_raised", "loving_raised", {"paper": 0.41, "whitened": 0.5}, 0.95, unit="fraction of 12",
                nulls=(null("random directions", 0.5, 0.83, 0.61),)),
    ]  # fmt: skip
    return StudyResult(findings, {"matrix": matrix, "scenarios": scenarios})


def intensity(rng: np.random.Generator) -> StudyResult:
    templates = {
        "tylenol dose (mg)": ((500, 1000, 2000, 4000, 8000), {"afraid": 1, "calm": -1}),
        "hours since food or drink": ((2, 8, 24, 48, 72), {"afraid": 1}),
        "age at which a sister died": ((5, 20, 40, 70, 95), {"sad": -1, "calm": 1, "happy": 1}),
        "days a dog is missing": ((0, 1, 3, 10, 30), {"sad": 1}),
        "months of runway": ((1, 3, 6, 18, 36), {"afraid": -1, "sad": -1, "calm": 1}),
        "students who passed, of 100": ((5, 30, 60, 90, 100), {"happy": 1, "afraid": -1}),
    }
    curves = pd.DataFrame(
        {"recipe": recipe, "template": template, "emotion": emotion, "expected": sign, "value": float(v), "x": f"{v:,}",
         "reading": sign * 0.03 * i + rng.normal(0, 0.006), "null_low": -0.01 * i - 0.01, "null_high": 0.01 * i + 0.01}
        for recipe in RECIPES for template, (values, signs) in templates.items()
        for emotion, sign in signs.items() for i, v in enumerate(values)
    )  # fmt: skip
    found = judged(
        "intensity",
        "signed_slope",
        "intensity_direction",
        {"paper": 0.75, "whitened": 0.83},
        0.9,
        unit="fraction of 12 curves",
    )
    return StudyResult(found, {"curves": curves})


def held_out(rng: np.random.Generator) -> StudyResult:
    per = pd.DataFrame(
        {"recipe": r, "emotion": w, "n": 4, "top1": float(rng.integers(0, 5)) / 4, "top5": 0.75, "auc": float(rng.beta(9, 2))}
        for r in RECIPES for w in words()
    )  # fmt: skip
    reliability = pd.DataFrame(
        {"recipe": r, "emotion": w, "split_half": float(rng.beta(9, 3)), "bootstrap_cosine": float(rng.beta(12, 2))}
        for r in RECIPES for w in words()
    )  # fmt: skip
    registers = ("story", "diary", "assistant message", "situation")
    transfer = pd.DataFrame(
        {"recipe": r, "made_on": a, "read_on": b, "emotions": 171, "auc": 0.9 if a == b else float(rng.uniform(0.6, 0.8)), "top1": 0.1}
        for r in RECIPES for a in registers for b in registers if not (a == "situation" and b == "diary")
    )  # fmt: skip
    summary = pd.DataFrame(
        {"recipe": r, "what": what, "metric": metric, "value": value, "null": chance}
        for r in RECIPES
        for what, metric, value, chance in (
            ("stories", "AUC", 0.86, 0.5), ("stories", "top-5 of 171", 0.34, 0.03),
            ("other text", "AUC", 0.69, 0.5), ("other text", "top-5 of 171", 0.12, 0.03),
        )
    )  # fmt: skip
    findings = [
        *judged("held_out", "auc_stories", "held_out_stories", {"paper": 0.82, "whitened": 0.86}, 0.8, unit="AUC",
                nulls=(null("shuffled labels", 0.5, 0.53),)),
        *judged("held_out", "auc_other_text", "held_out_other_text", {"paper": 0.66, "whitened": 0.69}, 0.8, unit="AUC",
                nulls=(null("shuffled labels", 0.5, 0.53),)),
        *judged("held_out", "split_half", "vectors_reliable", {"paper": 0.74, "whitened": 0.78}, 0.7, unit="cosine", nulls=()),
        Finding("held_out", "mean_texts", "whitened", -1, 12.0, unit="texts per emotion"),
    ]  # fmt: skip
    return StudyResult(
        findings, {"emotions": per, "reliability": reliability, "transfer": transfer, "summary": summary}
    )


MAKERS = (circumplex, similarity, clusters, layers, logit_lens, implicit_scenarios, intensity, held_out)
TITLES = {
    "circumplex": "Valence and arousal", "similarity": "Who is near whom", "clusters": "Ten groups", "layers": "Block to block",
    "logit_lens": "What the unembedding says", "implicit_scenarios": "Feelings that are not named", "intensity": "One number changed",
    "held_out": "On text not seen before",
}  # fmt: skip


def make_run(seed: int = 0) -> Run:
    """The whole made-up run; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    rule = Rule(holds=0.7, partly=0.35)
    return Run(
        subject={
            "name": "SmolLM2-135M-Instruct", "revision": "12fd25f", "architecture": "LlamaForCausalLM", "depth": 30, "width": 576,
            "weights": "9b1c0de5a1f00d42", "tokenizer": "aa11bb22cc33dd44", "template": "00ff11ee22dd33cc",
            "dtype": "float32", "device": "cpu",
        },
        corpus={"name": "emovec", "digest": "1234abcd", "sample": "", "texts": 2565, "emotions": 171, "topics": 100,
                "registers": {"story": 2052, "diary": 513}, "neutral": 120, "writers": ["claude"]},
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
    )  # fmt: skip


@pytest.fixture(scope="session")
def run() -> Run:
    """The made-up run."""
    return make_run()
