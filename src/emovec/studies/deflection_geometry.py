"""Geometry and words of the vectors of hidden emotions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emovec.reading.lens import logit_lens, own_words, unembedding
from emovec.stats import Null, baseline_null, bootstrap, class_aucs, null_of, unit
from emovec.studies.base import Finding, Rule, Verdict
from emovec.studies.crossed import Crossed
from emovec.studies.deflection_vectors import Hidden, StorySpace, reliable_kept
from emovec.studies.lab import Lab

__all__ = ["CLAIMS", "STUDY", "Geometry", "Rows"]

Array = NDArray[np.float64]
Rows = list[tuple[object, ...]]

STUDY = "deflection"
_LENS = "gain, cosine, whole words"
#: metric -> claim
CLAIMS = {
    "felt_story_cosine": "deflection_orthogonal",
    "norm_kept": "deflection_norm_kept",
    "lens_own_word_auc": "deflection_decodes",
    "denial_auc": "deflection_fires",
    "denial_log_odds": "deflection_steers_denial",
}


class Geometry:
    """Where felt and shown vectors lie, and what they decode to."""

    near, nearish = 0.2, 0.4
    shown = Rule(holds=0.5, partly=0.2)
    reliable = Rule(holds=0.5, partly=0.1)
    kept = Rule(holds=0.7, partly=0.5)
    lens = Rule(holds=0.75, partly=0.6)
    rule = (
        "Felt and shown vectors by least squares over the pairs (felt, shown). Cosine of felt and story vectors from disjoint halves of the texts, free of the "
        f"attenuation by noise: holds within {near} of 0, in part within {nearish}; not tested where the felt vectors agree no better between halves than those of "
        "shuffled labels, for noise is orthogonal to anything. Norm kept outside the story vectors' space (99 % of their variance): of the part that both halves "
        "agree on, since the noise of few dialogues lies outside any such space; null: the same of the emotion that is put on (vectors of shuffled labels and random "
        f"directions are told beside it); {kept.says}. The part outside is the deflection vector. Words: its lens score on its own word against the other vectors' (mean AUC); {lens.says}."
    )

    def findings(
        self, lab: Lab, recipe: str, hidden: Hidden, space: StorySpace, crosses: Crossed, fakes: list[Array],
        halves: list[tuple[Array, Array]], tables: dict[str, Rows],
    ) -> list[Finding]:  # fmt: skip
        rng, size = lab.rng(STUDY, "geometry", recipe), len(hidden.names)
        half = float(crosses.halves[0].mean())
        fake_halves = [(unit(space.cleaned(a)) * unit(space.cleaned(b))).sum(1).mean() for a, b in halves]
        reliable = null_of("shuffled labels", half, np.array(fake_halves))
        sure = reliable.p < 0.05
        doubt = f"the two halves' vectors agree at {half:.2f}, no better than those of shuffled labels (p = {reliable.p:.2g}): too noisy to tell"
        ci = bootstrap(lambda at: float(crosses.halves[0, at].mean()), size, rng, lab.draws.bootstrap)
        verdict, why = self.reliable.judge(half, [reliable], ci)
        found = [Finding(
            STUDY, "felt_split_half", recipe, lab.block, half, ci, (reliable,), None, verdict,
            f"{why}; shown vectors {crosses.halves[1].mean():.2f}, story vectors {crosses.halves[2].mean():.2f}", "",
            f"mean cosine of two halves, {len(hidden.x)} dialogues",
        )]  # fmt: skip
        for name, rule in (("felt", None), ("shown", self.shown)):
            value = crosses.cosine([(name, "story")])
            claim = CLAIMS.get(f"{name}_story_cosine", "")
            if not np.isfinite(value):
                why = f"the two halves' {name} vectors have nothing in common: too noisy to tell"
                found.append(Finding(STUDY, f"{name}_story_cosine", recipe, lab.block, None, why=why, claim=claim))
                continue
            null = null_of("permuted emotions", value, crosses.permuted([(name, "story")], rng, lab.draws.permutation))
            ci = bootstrap(lambda at, n=name: crosses.cosine([(n, "story")], at), size, rng, lab.draws.bootstrap)  # type: ignore[misc]
            if rule is not None:
                verdict, why = rule.judge(value, [null], ci)
            elif not sure:
                verdict, why = "untested", doubt
            else:
                verdict, why = self._near_zero(value, ci, null)
            found.append(Finding(
                STUDY, f"{name}_story_cosine", recipe, lab.block, value, ci, (null,),
                0.0 if name == "felt" else None, verdict, why, claim,
                f"cosine free of noise, mean over {size} emotions",
            ))  # fmt: skip
        found.append(
            self._kept_norm(lab, recipe, hidden, space, crosses, fakes, None if sure else doubt, tables["norm"])
        )
        felt, shown = (space.cleaned(v) for v in hidden.vectors)
        like = [(unit(v) * unit(space.patterns)).sum(1) for v in (felt, shown)]
        tables["vectors"] += [
            (
                recipe,
                word,
                like[0][i],
                like[1][i],
                crosses.halves[0, i],
                crosses.halves[1, i],
                space.kept(felt[i : i + 1]),
            )
            for i, word in enumerate(hidden.names)
        ]
        return found

    def _near_zero(self, value: float, ci: tuple[float, float], null: Null) -> tuple[Verdict, str]:
        spread = f"{value:.2f} [{ci[0]:.2f}, {ci[1]:.2f}]; other emotions {null.mean:.2f}"
        if abs(value) <= self.near:
            return "holds", f"{spread}: within {self.near:g} of 0"
        if abs(value) <= self.nearish:
            return "partly", f"{spread}: within {self.nearish:g} of 0, not within {self.near:g}"
        return "fails", f"{spread}: further than {self.nearish:g} from 0"

    def _kept_norm(
        self, lab: Lab, recipe: str, hidden: Hidden, space: StorySpace, crosses: Crossed, fakes: list[Array],
        doubt: str | None, table: Rows,
    ) -> Finding:  # fmt: skip
        rng, size = lab.rng(STUDY, "norm", recipe), len(hidden.names)
        value, raw = reliable_kept(crosses, "felt"), space.kept(hidden.vectors[0])
        noise = np.array([space.kept(v) for v in fakes])
        random = np.array([space.kept(d[:size]) for d in lab.random_sets(rng, lab.draws.random)])
        for what, draws in (("vectors of shuffled labels", noise), ("random directions", random)):
            table.append((recipe, what, float(draws.mean()), *np.percentile(draws, [2.5, 97.5]).tolist()))
        for name, vectors in (("shown", hidden.vectors[1]), ("felt", hidden.vectors[0])):
            table.append((recipe, f"{name} vectors, as they are", space.kept(vectors), None, None))
            kept = reliable_kept(crosses, name)
            if not np.isfinite(kept):
                continue
            low, high = bootstrap(lambda at, n=name: reliable_kept(crosses, n, at), size, rng, lab.draws.bootstrap)  # type: ignore[misc]
            table.append((recipe, f"{name} vectors, what halves agree on", kept, low, high))
        claim, unit_name = (
            CLAIMS["norm_kept"],
            f"share of the norm outside {len(space.basis)} of {space.basis.shape[1]} dimensions",
        )
        beside = f"; as they are {raw:.2f}, shuffled labels {noise.mean():.2f}, random directions {random.mean():.2f}"
        if doubt is not None or not np.isfinite(value):
            why = f"{doubt or 'the halves share nothing'}{beside}"
            return Finding(
                STUDY, "norm_kept", recipe, lab.block, None, None, (), 0.8, "untested", why, claim, unit_name
            )
        nulls = (
            baseline_null(
                "vectors of the emotion that is put on", value,
                lambda at: (reliable_kept(crosses, "felt", at), float(np.nan_to_num(reliable_kept(crosses, "shown", at), nan=1.0))),
                size, rng, lab.draws.bootstrap,
            ),
        )  # fmt: skip
        verdict, why = self.kept.judge(value, nulls, (low, high))
        return Finding(
            STUDY,
            "norm_kept",
            recipe,
            lab.block,
            value,
            (low, high),
            nulls,
            0.8,
            verdict,
            why + beside,
            claim,
            unit_name,
        )

    def words(
        self, lab: Lab, recipe: str, hidden: Hidden, space: StorySpace, fakes: list[Array], table: Rows
    ) -> Finding:
        rng, names = lab.rng(STUDY, "lens", recipe), hidden.names
        own, outside = np.arange(len(names)), unit(space.outside(hidden.vectors[0]))
        scores = _word_scores(lab, outside, names)
        areas = class_aucs(scores, own)
        value = float(areas.mean())
        permuted = [
            class_aucs(scores[rng.permutation(len(names))], own).mean() for _ in range(lab.draws.permutation // 4)
        ]
        shuffled = [class_aucs(_word_scores(lab, unit(space.outside(v)), names), own).mean() for v in fakes]
        nulls = (
            null_of("permuted emotion names", value, np.array(permuted)),
            null_of("shuffled labels", value, np.array(shuffled)),
        )
        ci = bootstrap(lambda at: float(areas[at].mean()), len(names), rng, lab.draws.bootstrap)
        verdict, why = self.lens.judge(value, nulls, ci)
        hits = {}
        for kind, directions in (("deflection", outside), ("story", unit(space.patterns))):
            top = logit_lens(lab.subject, directions, count=10, variant=_LENS).top
            flags = [own_words(word, row) for word, row in zip(names, top, strict=True)]
            hits[kind] = sum(map(any, flags))
            table += [
                (recipe, word, kind, rank, token, is_own)
                for word, row, flag in zip(names, top, flags, strict=True)
                for rank, (token, is_own) in enumerate(zip(row, flag, strict=True), 1)
            ]
        why += f"; own words among the top ten: {hits['deflection']} of {len(names)} (story vectors: {hits['story']})"
        return Finding(
            STUDY, "lens_own_word_auc", recipe, lab.block, value, ci, nulls, None, verdict, why, CLAIMS["lens_own_word_auc"],
            f"mean AUC over {len(names)} emotion words ({_LENS})",
        )  # fmt: skip


def _word_scores(lab: Lab, directions: Array, names: Sequence[str]) -> Array:
    """Lens score of every emotion's word (its first token) along every direction, (directions, names)."""
    matrix, _ = unembedding(lab.subject, "gain, cosine")
    ids = [lab.subject.tokenizer(f" {word}", add_special_tokens=False)["input_ids"][0] for word in names]
    return np.asarray(directions @ matrix[ids].T.astype(np.float64))
