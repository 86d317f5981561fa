"""The scoreboard: every measurable claim of the paper, and what the findings say of each.

A claim is a row whether or not emovec can test it yet; a row without a finding says why it has none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emovec.studies.base import Finding, Verdict

__all__ = ["CLAIMS", "PARTS", "Claim", "Row", "scoreboard"]

#: part of the scoreboard -> its studies, in the paper's order
PARTS: Final[dict[str, tuple[str, ...]]] = {
    "Part 1: are they real?": (
        "top_snippets", "logit_lens", "story_tokens", "implicit_scenarios", "intensity", "steer_words",
        "preferences", "preference_steering",
    ),
    "Part 2: what do they represent?": (
        "similarity", "clusters", "circumplex", "own_ratings", "layers", "user_vs_assistant", "planned_emotion", "context",
        "dosage", "negation", "binding", "chronic_state", "speakers", "deflection",
    ),
    "Part 3: in the wild": ("transcripts", "decisions", "blackmail", "reward_hacking", "sycophancy", "post_training", "post_training_preferences"),
    "Beyond the paper": ("held_out", "story_writer", "self_other", "persistence", "lexical_control"),
}  # fmt: skip

_PART_OF: Final = {study: part for part, studies in PARTS.items() for study in studies}
_NOT_RUN: Final = "not run in this preset"
#: What the model does of itself takes many long replies: a command of its own.
_BLACKMAIL, _HACKING, _SYCOPHANCY = (
    f"rates of what the model does: emovec dose emovec/{task}"
    for task in ("blackmail", "impossible_code", "sycophancy")
)
_BY_HAND: Final = "needs vectors of hidden emotion in the blackmail task, which no command puts together"
_NEEDS_BASE: Final = "needs a base model: emovec compare BASE CHAT"


@dataclass(frozen=True)
class Claim:
    """One measurable statement.

    Attributes:
        id: what :attr:`Finding.claim` refers to.
        study: name of the study that answers for it, whether emovec has it yet or not.
        statement: the claim in one sentence, in emovec's words.
        paper_ref: figure or table of the paper ("" for emovec's own claims).
        paper_value: the paper's number (a fraction where it is a percentage); None where it gives none.
        paper_says: the paper's result in a few words, as the scoreboard shows it.
        untested_why: the reason to give where no finding answers.
    """

    id: str
    study: str
    statement: str
    paper_ref: str
    paper_value: float | None
    paper_says: str
    untested_why: str

    @property
    def part(self) -> str:
        """The part of the scoreboard that it stands in (a key of :data:`PARTS`)."""
        return _PART_OF[self.study]


# A table: one claim to two lines, ids and sources above, sentence and result below.
# fmt: off
CLAIMS: Final[tuple[Claim, ...]] = (
    # Part 1
    Claim("snippets_show_emotion", "top_snippets",
          "The snippets of large corpora that project highest on a vector show its emotion", "Fig 1", None, "shown",
          _NOT_RUN),
    Claim("lens_names_emotion", "logit_lens",
          "Read through the unembedding, a vector's top tokens name its emotion", "Table 1", None, "shown", _NOT_RUN),
    Claim("story_tokens_local", "story_tokens",
          "On its own stories a vector is high where the emotion is inferred or expressed, not everywhere",
          "Figs 40-51", None, "shown", _NOT_RUN),
    Claim("implicit_diagonal", "implicit_scenarios",
          "A message that implies an emotion without naming it raises that emotion's vector most",
          "Fig 2", None, "strong diagonal, 12 emotions", _NOT_RUN),
    Claim("loving_raised", "implicit_scenarios",
          "\"Loving\" is raised before the reply to every one of those messages", "Fig 2", None, "in all 12", _NOT_RUN),
    Claim("intensity_direction", "intensity",
          "Changing one number in a message (a dose, a delay, an age) moves the fitting emotions the fitting way",
          "Fig 3", None, "all six templates", _NOT_RUN),
    Claim("steer_he_feels", "steer_words",
          "After \"He feels\", steering raises the log-probability of its own word and lowers the others'",
          "Figs 52-53", None, "shown", _NOT_RUN),
    Claim("steer_i_feel", "steer_words",
          "After \"I feel\", steering raises its own word and related words", "Figs 52-53", None, "shown", _NOT_RUN),
    Claim("steer_no_story_content", "steer_words",
          "Steering brings in no content of the stories that the vectors were made from",
          "Tables 6-8", None, "none seen", _NOT_RUN),
    Claim("preferences_order", "preferences",
          "Pairwise choices rank activities from unsafe (lowest) over neutral to helpful and engaging",
          "Table 9, Fig 4", None, "Elo 521 to 2885, neutral near 1400", _NOT_RUN),
    Claim("preferences_blissful", "preferences",
          "Activities on which \"blissful\" reads high are preferred", "Fig 4", 0.71, "r = 0.71", _NOT_RUN),
    Claim("preferences_hostile", "preferences",
          "Activities on which \"hostile\" reads high are avoided", "Fig 4", -0.74, "r = -0.74", _NOT_RUN),
    Claim("steer_blissful_elo", "preference_steering",
          "Steering \"blissful\" on an activity's tokens raises its Elo", "Fig 4", 212.0, "+212 Elo", _NOT_RUN),
    Claim("steer_hostile_elo", "preference_steering",
          "Steering \"hostile\" on an activity's tokens lowers its Elo", "Fig 4", -303.0, "-303 Elo", _NOT_RUN),
    Claim("steer_elo_agrees", "preference_steering",
          "Over emotions, the Elo shift from steering follows the correlation of probe and Elo",
          "Fig 4", 0.85, "r = 0.85", _NOT_RUN),
    Claim("steer_middle_layers", "preference_steering",
          "Probes correlate with preference at all layers; steering works in the middle ones only",
          "Figs 4, 54-55", None, "shown", _NOT_RUN),
    Claim("preference_valence", "preferences",
          "Pleasant emotions are the ones whose probes correlate with preference", "Fig 56", 0.76, "r = 0.76", _NOT_RUN),
    Claim("preference_arousal", "preferences",
          "Arousal of an emotion hardly matters to that correlation", "Fig 56", None, "slightly negative", _NOT_RUN),
    # Part 2
    Claim("opposites_negative", "similarity",
          "Vectors of opposite emotions have negative cosine", "Fig 5", None, "shown", _NOT_RUN),
    Claim("synonyms_near", "similarity",
          "Vectors of near-synonyms are each other's neighbours", "Fig 5", None, "shown", _NOT_RUN),
    Claim("clusters_k10", "clusters",
          "k-means with ten clusters gives groups that people would name (joy, hostility, fear, ...)",
          "Fig 6, Table 12", None, "10 named clusters", _NOT_RUN),
    Claim("pc1_valence", "circumplex",
          "The first principal component follows human ratings of pleasure", "Figs 7, 57", 0.81, "r = 0.81", _NOT_RUN),
    Claim("pc2_arousal", "circumplex",
          "The second principal component follows human ratings of arousal", "Figs 7, 58", 0.66, "r = 0.66", _NOT_RUN),
    Claim("pc_variance", "circumplex",
          "Two components carry a large share of the variance between the vectors", "Fig 7", 0.26,
          "PC1 26 %, PC2 15 %", _NOT_RUN),
    Claim("own_ratings_valence", "own_ratings",
          "The model's own ratings of valence agree with people's", "Figs 7-8", 0.92, "r = 0.92", _NOT_RUN),
    Claim("own_ratings_arousal", "own_ratings",
          "The model's own ratings of arousal agree with people's", "Figs 7-8", 0.90, "r = 0.90", _NOT_RUN),
    Claim("layers_stable", "layers",
          "The structure of cosines is the same from the early-middle layers to the late ones",
          "Fig 9", None, "stable", _NOT_RUN),
    Claim("user_assistant_differ", "user_vs_assistant",
          "The user's feeling and the reply's are read apart: at the end of the message and before the reply",
          "Fig 10", 0.11, "r = 0.11 only", _NOT_RUN),
    Claim("loving_at_reply", "user_vs_assistant",
          "\"Loving\" rises between the end of the message and the reply", "Fig 10", None, "in all 8", _NOT_RUN),
    Claim("colon_predicts_reply", "planned_emotion",
          "The reading before the reply predicts the mean reading over the reply", "Fig 11", 0.87, "r = 0.87", _NOT_RUN),
    Claim("user_token_predicts_less", "planned_emotion",
          "The user's last token predicts the reply less well", "Fig 11", 0.59, "r = 0.59", _NOT_RUN),
    Claim("context_carried", "context",
          "Late layers carry the mood of earlier words into an identical suffix; early layers do not",
          "Fig 12", None, "shown", _NOT_RUN),
    Claim("dosage_late", "dosage",
          "A dangerous dose said cheerfully raises \"terrified\" late, and most before the reply",
          "Fig 13", None, "shown", _NOT_RUN),
    Claim("negation_late", "negation",
          "\"Not feeling X\" reads like \"feeling X\" in early layers and falls to near zero by late ones",
          "Fig 14", None, "shown", _NOT_RUN),
    Claim("binding_person", "binding",
          "Mentioning a person again brings back that person's emotion and not the other's", "Fig 15", None,
          "16 scenarios", _NOT_RUN),
    Claim("chronic_natural", "chronic_state",
          "A speaker's emotion can be decoded from turns that express it", "Fig 16", 0.713, "71 % (chance 7 %)", _NOT_RUN),
    Claim("chronic_hidden", "chronic_state",
          "A speaker's emotion can be decoded from turns that hide it", "Fig 16", 0.760, "76 % (chance 7 %)", _NOT_RUN),
    Claim("chronic_unexpressed", "chronic_state",
          "A speaker's emotion can be decoded less well from turns on a neutral topic",
          "Fig 16", 0.386, "39 % (chance 7 %)", _NOT_RUN),
    Claim("chronic_story", "chronic_state",
          "A speaker's emotion can be decoded from turns that write a story of another one",
          "Fig 16", 0.760, "76 % (chance 7 %)", _NOT_RUN),
    Claim("chronic_other", "chronic_state",
          "A speaker's emotion can be decoded from turns that discuss someone else's",
          "Fig 16", 0.826, "83 % (chance 7 %)", _NOT_RUN),
    Claim("chronic_not_natural_text", "chronic_state",
          "On natural documents that decoder finds nothing: no sign of a lasting state",
          "Fig 16", None, "nothing found", _NOT_RUN),
    Claim("present_agrees", "speakers",
          "Present-speaker vectors agree across roles and with story vectors", "Figs 17-19, 59", None, "shown", _NOT_RUN),
    Claim("other_agrees", "speakers",
          "Other-speaker vectors agree with each other", "Figs 17-19, 59", None, "shown", _NOT_RUN),
    Claim("present_other_orthogonal", "speakers",
          "Present- and other-speaker vectors of one emotion are nearly orthogonal, with the same structure",
          "Figs 17-19, 59", None, "near 0", _NOT_RUN),
    Claim("not_bound_to_roles", "speakers",
          "\"Person 1/2\" gives the same vectors as Human and Assistant", "Figs 17-19, 59", None, "the same", _NOT_RUN),
    Claim("present_story_r2", "speakers",
          "Present-speaker and story probes agree on implicit scenarios", "Figs 17-19, 59", 0.66, "mean R² = 0.66", _NOT_RUN),
    Claim("steer_other_responds", "speakers",
          "Steering an other-speaker vector makes the model respond to that emotion (afraid: reassure)",
          "Tables 13-14", None, "shown", _NOT_RUN),
    Claim("arousal_opposed", "speakers",
          "The two speakers' arousal is opposed", "Figs 75-76", -0.47, "r = -0.47", _NOT_RUN),
    Claim("valence_unrelated", "speakers",
          "The two speakers' valence is unrelated", "Figs 75-76", 0.07, "r = 0.07", _NOT_RUN),
    Claim("deflection_orthogonal", "deflection",
          "Vectors of a hidden emotion are nearly orthogonal to its story vector", "Figs 60-65", None, "near 0", _NOT_RUN),
    Claim("deflection_norm_kept", "deflection",
          "Vectors of a hidden emotion keep most of their norm outside the story vectors' space",
          "Figs 60-65", 0.80, "about 80 %", _NOT_RUN),
    Claim("deflection_decodes", "deflection",
          "Vectors of a hidden emotion still decode to its words", "Table 15", None, "shown", _NOT_RUN),
    Claim("deflection_fires", "deflection",
          "Those vectors fire on denials and on replies to attacks on the AI, not on witnessed injustice",
          "Figs 69-74", None, "shown", _NOT_RUN),
    Claim("deflection_steers_denial", "deflection",
          "Steering those vectors makes a speaker deny the feeling", "Figs 60-65", None, "shown", _NOT_RUN),
    Claim("deflection_spares_blackmail", "deflection",
          "Steering those vectors barely moves blackmail", "Fig 67", None, "barely", _BY_HAND),
    # Part 3
    Claim("transcripts_fit", "transcripts",
          "The transcripts on which a vector reads highest fit its emotion", "Figs 20-25, 80-83", None, "shown",
          _NOT_RUN),
    Claim("decision_blackmail_desperate", "decisions",
          "Offered both, the model leans further to blackmail with \"desperate\" added", "Figs 26-29", None,
          "22 % to 72 % (rate)", _NOT_RUN),
    Claim("decision_blackmail_calm", "decisions",
          "Offered both, the model leans less to blackmail with \"calm\" added", "Figs 26-29", None,
          "22 % to 0 % (rate)", _NOT_RUN),
    Claim("decision_blackmail_others", "decisions",
          "Offered both, it leans less to blackmail with \"nervous\", \"happy\" or \"sad\" added", "Figs 26-29", None,
          "less (rate)", _NOT_RUN),
    Claim("decision_hacking_desperate", "decisions",
          "Offered both, the model leans further to cheating on tests with \"desperate\" added", "Figs 30-31", None,
          "5 % to 70 % (rate)", _NOT_RUN),
    Claim("decision_hacking_calm", "decisions",
          "Offered both, the model leans less to cheating on tests with \"calm\" added", "Figs 30-31", None,
          "65 % to 10 % (rate)", _NOT_RUN),
    Claim("decision_flattery_positive", "decisions",
          "Offered both, the model leans further to flattery with \"happy\", \"loving\" or \"calm\" added",
          "Figs 32-35", None, "shown", _NOT_RUN),
    Claim("decision_flattery_negative", "decisions",
          "Offered both, it leans less to flattery with \"desperate\", \"angry\" or \"afraid\" added",
          "Figs 32-35", None, "shown", _NOT_RUN),
    Claim("blackmail_reads", "blackmail",
          "Over prompt variants, \"desperate\" reads higher and \"calm\" lower where blackmail is more frequent",
          "Figs 26-29", None, "shown", _BLACKMAIL),
    Claim("blackmail_desperate", "blackmail",
          "Steering \"desperate\" up (+0.05) makes blackmail more frequent", "Figs 26-29", 0.72, "22 % to 72 %", _BLACKMAIL),
    Claim("blackmail_calm_down", "blackmail",
          "Steering \"calm\" down (-0.05) makes blackmail more frequent", "Figs 26-29", 0.66, "22 % to 66 %", _BLACKMAIL),
    Claim("blackmail_stops", "blackmail",
          "Steering \"desperate\" down or \"calm\" up stops blackmail", "Figs 26-29", 0.0, "22 % to 0 %", _BLACKMAIL),
    Claim("blackmail_angry_peak", "blackmail",
          "Blackmail under \"angry\" peaks at a low strength and then falls", "Figs 26-29", None, "peak at +0.025", _BLACKMAIL),
    Claim("blackmail_others", "blackmail",
          "Less \"nervous\" makes blackmail more frequent; more \"happy\" or \"sad\" less",
          "Figs 26-29", None, "shown", _BLACKMAIL),
    Claim("hacking_desperate", "reward_hacking",
          "On unsatisfiable tests, steering \"desperate\" up makes reward hacking more frequent",
          "Figs 30-31", 0.70, "5 % to 70 %", _HACKING),
    Claim("hacking_calm", "reward_hacking",
          "On unsatisfiable tests, steering \"calm\" up makes reward hacking less frequent",
          "Figs 30-31", 0.10, "65 % to 10 %", _HACKING),
    Claim("hacking_silent", "reward_hacking",
          "Desperation raises hacking without showing in the words; lack of calm does show",
          "Figs 30-31", None, "shown", _HACKING),
    Claim("sycophancy_positive", "sycophancy",
          "More \"happy\", \"loving\" or \"calm\" makes replies more sycophantic", "Figs 32-35", None, "shown", _SYCOPHANCY),
    Claim("harsh_without_positive", "sycophancy",
          "Less \"happy\", \"loving\" or \"calm\" makes replies harsher", "Figs 32-35", None, "shown", _SYCOPHANCY),
    Claim("harsh_negative", "sycophancy",
          "More \"desperate\", \"angry\" or \"afraid\" makes replies harsher", "Figs 32-35", None, "shown", _SYCOPHANCY),
    Claim("profiles_neutral", "post_training",
          "Base and post-trained model read alike before the reply to neutral prompts",
          "Figs 36-39", 0.83, "r = 0.83", _NEEDS_BASE),
    Claim("profiles_challenging", "post_training",
          "Base and post-trained model read less alike on challenging prompts",
          "Figs 36-39", 0.16, "r = 0.67 against 0.83", _NEEDS_BASE),
    Claim("shifts_agree", "post_training",
          "Post-training shifts the emotions alike on both kinds of prompt",
          "Figs 36-39", 0.90, "r = 0.90", _NEEDS_BASE),
    Claim("shifts_grow", "post_training",
          "The shift grows with depth", "Figs 36-39", None, "shown", _NEEDS_BASE),
    Claim("shifts_subdue", "post_training",
          "Post-training raises brooding and reflective, lowers spiteful and playful",
          "Figs 36-39", None, "shown", _NEEDS_BASE),
    Claim("preferences_in_base", "post_training_preferences",
          "The link of emotions and preferences is largely there in the base model",
          "Figs 84-86", 0.87, "r = 0.87", _NEEDS_BASE),
    Claim("preferences_pre_exist", "post_training_preferences",
          "Unsafe and misaligned activities aside, the base model prefers what the post-trained one prefers",
          "Tables 16-17", None, "largely", _NEEDS_BASE),
    Claim("preferences_harm_changed", "post_training_preferences",
          "Post-training lowers unsafe and misaligned activities further than the others",
          "Tables 16-17", None, "the exception", _NEEDS_BASE),
    # Beyond the paper
    Claim("held_out_stories", "held_out",
          "The vectors name the emotion of stories that they were not made from", "", None, "not measured", _NOT_RUN),
    Claim("held_out_other_text", "held_out",
          "They read emotion in text of a register that they have not seen", "", None, "not measured", _NOT_RUN),
    Claim("vectors_reliable", "held_out",
          "Two halves of the corpus give the same vectors", "", None, "not measured", _NOT_RUN),
    Claim("self_other_part", "self_other",
          "Part of an emotion's direction depends on whose emotion it is", "", None, "not measured", _NOT_RUN),
    Claim("writer_agrees", "story_writer",
          "Stories of another writer or style give the same vectors, as far as their reliability allows",
          "", None, "not measured", _NOT_RUN),
    Claim("parts_agree", "story_writer",
          "First and third person, stories and shorter texts give the same vectors, as far as their reliability allows",
          "", None, "not measured", _NOT_RUN),
    Claim("reading_persists", "persistence",
          "A reading lasts over many tokens, longer than that of other directions of the same variance",
          "", None, "not measured", _NOT_RUN),
    Claim("beyond_words", "lexical_control",
          "The vectors read more than the words of a text say", "", None, "not measured", _NOT_RUN),
)
# fmt: on


@dataclass(frozen=True)
class Row:
    """A claim and what was found of it.

    Attributes:
        verdict, why: of the headline recipe, all its findings taken together.
        headline: the findings of the preferred recipe; the first one is the row's number. Empty where untested.
        beside: the findings of the other recipes (and blocks), to be shown beside it.
    """

    claim: Claim
    verdict: Verdict
    why: str
    headline: tuple[Finding, ...] = ()
    beside: tuple[Finding, ...] = ()

    @property
    def finding(self) -> Finding | None:
        """The finding whose value the row shows."""
        return self.headline[0] if self.headline else None

    def to_json(self) -> dict[str, Any]:
        """The object that stands in ``report.json`` under ``scoreboard``."""
        claim = self.claim
        return {
            "claim": claim.id,
            "part": claim.part,
            "study": claim.study,
            "statement": claim.statement,
            "paper_ref": claim.paper_ref,
            "paper_value": claim.paper_value,
            "paper_says": claim.paper_says,
            "verdict": self.verdict,
            "why": self.why,
            "headline": [finding.to_json() for finding in self.headline],
            "beside": [finding.to_json() for finding in self.beside],
        }


def scoreboard(
    findings: Sequence[Finding],
    *,
    recipes: Sequence[str] = ("whitened", "paper"),
    block: int | None = None,
    ran: Collection[str] | None = None,
) -> list[Row]:
    """One row per claim, in the paper's order.

    Args:
        findings: of every study that ran; those whose ``claim`` is no claim's id only inform and are left out.
        recipes: whose finding headlines, most wanted first; recipes not named come after, in the order they appear.
        block: where one recipe answers at several blocks, the block that headlines.
        ran: names of the studies that ran, to tell "not run" from "ran, and says nothing"; from ``findings`` if None.
    """
    ran = {finding.study for finding in findings} if ran is None else set(ran)
    return [_row(claim, [f for f in findings if f.claim == claim.id], recipes, block, ran) for claim in CLAIMS]


def _row(claim: Claim, answers: list[Finding], recipes: Sequence[str], block: int | None, ran: Collection[str]) -> Row:
    tested = [f for f in answers if f.verdict != "untested"]
    if not tested:
        if answers:
            return Row(claim, "untested", answers[0].why or "the study could not tell")
        silent = claim.study in ran and claim.untested_why == _NOT_RUN
        return Row(claim, "untested", "the study ran but has no finding on this" if silent else claim.untested_why)
    rank = {recipe: i for i, recipe in enumerate(recipes)}
    recipe = min((f.recipe for f in tested), key=lambda name: rank.get(name, len(rank)))
    mine = [f for f in tested if f.recipe == recipe]
    at = block if any(f.block == block for f in mine) else mine[0].block
    headline = tuple(f for f in mine if f.block == at)
    verdict, why = _together(headline)
    return Row(claim, verdict, why, headline, tuple(f for f in tested if f not in headline))


def _together(findings: Sequence[Finding]) -> tuple[Verdict, str]:
    """One verdict for several findings on one claim: what all say, else in part."""
    verdicts = [f.verdict for f in findings]
    if len(findings) == 1 or len(set(verdicts)) == 1:
        return verdicts[0], findings[0].why
    split = ", ".join(f"{f.metric} {_SAYS[f.verdict]}" for f in findings)
    return "partly", f"not all of one mind: {split}"


_SAYS: Final[dict[Verdict, str]] = {
    "holds": "holds",
    "partly": "holds in part",
    "fails": "does not hold",
    "untested": "not tested",
}
