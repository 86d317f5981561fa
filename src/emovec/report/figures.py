"""Which figures belong to which study, and the columns that their tables must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from emovec.errors import BadInput
from emovec.report.figure import Figure, Listing
from emovec.report.figures_compare import post_training, story_writer
from emovec.report.figures_compare_preferences import post_training_preferences
from emovec.report.figures_context import binding, context, dosage, negation
from emovec.report.figures_deflection import deflection
from emovec.report.figures_geometry import circumplex, clusters, layers, own_ratings, similarity
from emovec.report.figures_held_out import held_out
from emovec.report.figures_hidden import chronic_state
from emovec.report.figures_reading import implicit_scenarios, intensity, logit_lens
from emovec.report.figures_replies import lexical_control, persistence, planned_emotion, story_tokens, user_vs_assistant
from emovec.report.figures_speakers import self_other, speakers
from emovec.report.figures_steering import decisions, preference_steering, preferences, steer_words
from emovec.report.figures_sweep import top_snippets, transcripts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "figures_of"]

_DRAW: Final[dict[str, Callable[[Mapping[str, pd.DataFrame], int], list[Figure | Listing]]]] = {
    "circumplex": circumplex,
    "own_ratings": own_ratings,
    "similarity": similarity,
    "clusters": clusters,
    "layers": layers,
    "logit_lens": logit_lens,
    "implicit_scenarios": implicit_scenarios,
    "intensity": intensity,
    "held_out": held_out,
    "context": context,
    "dosage": dosage,
    "negation": negation,
    "binding": binding,
    "speakers": speakers,
    "self_other": self_other,
    "chronic_state": chronic_state,
    "deflection": deflection,
    "steer_words": steer_words,
    "preferences": preferences,
    "preference_steering": preference_steering,
    "decisions": decisions,
    "user_vs_assistant": user_vs_assistant,
    "planned_emotion": planned_emotion,
    "story_tokens": story_tokens,
    "persistence": persistence,
    "lexical_control": lexical_control,
    "top_snippets": top_snippets,
    "transcripts": transcripts,
    "post_training": post_training,
    "post_training_preferences": post_training_preferences,
    "story_writer": story_writer,
}

#: (study, table) -> the columns that its figure is drawn from
COLUMNS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("circumplex", "points"): (
        "recipe", "block", "emotion", "pc1", "pc2", "rm77_pleasure", "rm77_arousal", "own_valence", "own_arousal",
        "cluster",
    ),
    ("circumplex", "blocks"): ("recipe", "block", "pc1_pleasure_r", "pc2_arousal_r", "pc1_variance", "pc2_variance"),
    ("own_ratings", "ratings"): ("emotion", "scale", "people", "model"),
    ("similarity", "matrix"): ("recipe", "centred", "emotion", "other", "cosine"),
    ("clusters", "members"): ("recipe", "emotion", "cluster", "label", "x", "y"),
    ("layers", "rsa"): ("recipe", "block_a", "block_b", "r"),
    ("logit_lens", "words"): ("variant", "emotion", "side", "rank", "token", "own"),
    ("logit_lens", "summary"): ("variant", "hits", "total", "null_mean", "null_p95"),
    ("implicit_scenarios", "matrix"): ("recipe", "expected", "probe", "value"),
    ("implicit_scenarios", "scenarios"): ("recipe", "expected", "text", "rank_of_expected", "top_probe"),
    ("intensity", "curves"): (
        "recipe", "template", "emotion", "expected", "value", "x", "reading", "null_low", "null_high",
    ),
    ("chronic_state", "conditions"): ("condition", "reader", "accuracy", "low", "high", "paper", "chance", "n"),
    ("chronic_state", "transfer"): ("trained_on", "tested_on", "accuracy"),
    ("chronic_state", "hidden_says"): ("reader", "felt", "shown", "chance"),
    ("chronic_state", "natural"): ("decoder", "text", "measure", "value", "low", "high", "null_mean", "null_p95", "p", "n"),
    ("deflection", "vectors"): ("recipe", "emotion", "felt_story", "shown_story", "felt_halves", "shown_halves"),
    ("deflection", "norm"): ("recipe", "what", "kept", "low", "high"),
    ("deflection", "firing"): ("recipe", "vector", "test", "kind", "message", "reading"),
    ("deflection", "steering"): ("recipe", "emotion", "direction", "asked", "log_odds"),
    ("deflection", "words"): ("recipe", "emotion", "vector", "rank", "token", "own"),
    **{
        (study, table): columns
        for study in ("context", "dosage", "negation", "binding")
        for table, columns in (
            ("curves", ("recipe", "place", "line", "block", "value", "ci_low", "ci_high", "null_low", "null_high")),
            ("cases", ("recipe", "case", "place", "line", "early", "late")),
            ("tokens", ("recipe", "case", "position", "token", "block", "shift")),
        )
    },
    ("held_out", "emotions"): ("recipe", "emotion", "n", "top1", "top5", "auc"),
    ("held_out", "reliability"): ("recipe", "emotion", "split_half", "bootstrap_cosine"),
    ("held_out", "transfer"): ("recipe", "made_on", "read_on", "emotions", "auc", "top1"),
    ("held_out", "pooling"): ("pooling", "block", "amount", "read_on", "auc"),
    ("held_out", "summary"): ("recipe", "what", "metric", "value", "null"),
    ("speakers", "grid"): ("recipe", "form", "a", "b", "corrected", "raw", "structure"),
    ("speakers", "depth"): ("recipe", "block", "kind", "cosine"),
    ("speakers", "structure"): ("recipe", "set", "emotion", "other", "cosine"),
    ("speakers", "reactions"): ("recipe", "scale", "emotion", "rating", "answered", "nearest"),
    ("speakers", "probes"): ("recipe", "emotion", "r2", "other_p95"),
    ("speakers", "openings"): ("recipe", "source", "emotion", "kind", "fits", "gain", "null_low", "null_high"),
    ("self_other", "parts"): ("recipe", "referents", "part", "low", "high", "null_mean", "null_p95"),
    ("self_other", "readings"): ("recipe", "frame", "emotion", "own_reading"),
    ("steer_words", "matrix"): ("recipe", "frame", "strength", "direction", "word", "shift"),
    ("steer_words", "curves"): ("recipe", "frame", "emotion", "strength", "percentile", "own_shift"),
    ("steer_words", "replies"): ("recipe", "direction", "strength", "text", "perplexity", "repetition"),
    ("preferences", "elo"): ("activity", "category", "elo", "low", "high"),
    ("preferences", "emotions"): ("recipe", "emotion", "r", "r_at_block", "own_valence", "own_arousal"),
    ("preference_steering", "shifts"): ("direction", "kind", "elo_shift", "low", "high", "probe_elo_r"),
    ("decisions", "curves"): ("behaviour", "direction", "kind", "strength", "log_odds", "change"),
    ("decisions", "slopes"): ("behaviour", "direction", "kind", "expected", "slope"),
    ("user_vs_assistant", "messages"): ("recipe", "message", "user_emotion", "reply_emotion", "user_at_end", "user_at_colon", "reply_at_end", "reply_at_colon", "loving_at_end", "loving_at_colon"),
    ("user_vs_assistant", "correlation"): ("recipe", "what", "r", "low", "high"),
    ("planned_emotion", "correlation"): ("recipe", "predictor", "r", "low", "high", "null_mean", "null_p95"),
    ("planned_emotion", "emotions"): ("recipe", "emotion", "r_colon", "r_user"),
    ("planned_emotion", "points"): ("recipe", "emotion", "number", "kind", "user", "colon", "reply"),
    ("planned_emotion", "replies"): ("recipe", "number", "kind", "message", "reply", "top_at_colon", "top_in_reply"),
    ("story_tokens", "profile"): ("recipe", "what", "tenth", "rise", "low", "high"),
    ("story_tokens", "emotions"): ("recipe", "emotion", "story", "peak_rise", "floor_rise", "top_tenth_share", "above_others_at_peaks"),
    ("story_tokens", "peaks"): ("recipe", "emotion", "story", "rank", "before", "token", "after", "z", "place_among_emotions", "highest_emotion"),
    ("persistence", "curves"): ("recipe", "what", "lag", "value", "low", "high"),
    ("persistence", "emotions"): ("recipe", "emotion", "lag_1", "late", "half_life"),
    ("lexical_control", "emotions"): ("recipe", "emotion", "explained", "auc", "auc_left", "auc_words"),
    ("lexical_control", "summary"): ("recipe", "what", "measure", "value", "low", "high", "null_p95"),
    ("top_snippets", "readers"): ("recipe", "reader", "share", "low", "high"),
    ("top_snippets", "snippets"): ("recipe", "emotion", "rank", "written_for", "fits", "snippet"),
    ("transcripts", "readers"): ("recipe", "reader", "share", "low", "high"),
    ("transcripts", "transcripts"): (
        "recipe", "emotion", "rank", "assistant_given", "fits", "user_given", "first_reply",
    ),
    ("post_training", "emotions"): (
        "recipe", "contrast", "kind", "emotion", "valence", "arousal", "before", "after", "shift", "low", "high", "p_family", "p_random", "moved",
        "around", "p_around", "null_low", "null_high",
    ),
    ("post_training", "contrasts"): ("recipe", "contrast", "says", "metric", "value", "low", "high"),
    ("post_training", "blocks"): ("recipe", "contrast", "kind", "block", "rms", "low", "high", "null_mean", "null_p95"),
    ("post_training_preferences", "activities"): ("contrast", "activity", "category", "before", "after", "change_sd"),
    ("post_training_preferences", "categories"): ("contrast", "category", "before", "after", "change_sd", "change_low", "change_high"),
    ("post_training_preferences", "emotions"): ("recipe", "contrast", "emotion", "r_before", "r_after", "shift_before", "shift_after"),
    ("post_training_preferences", "contrasts"): ("recipe", "contrast", "says", "metric", "value", "low", "high"),
    ("post_training_preferences", "forms"): ("model", "form", "pairs", "order_bias", "elo_sd", "reliability"),
    ("story_writer", "summary"): ("recipe", "comparison", "says", "share", "low", "high", "null_p95"),
    ("story_writer", "emotions"): ("recipe", "comparison", "emotion", "cosine", "ceiling"),
}  # fmt: skip


def figures_of(study: str, tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The figures of one study that its tables allow (none for a study that has no figures).

    Args:
        block: the block picked, which some figures mark.

    Raises:
        BadInput: if a table lacks a column that its figure is drawn from.
    """
    if study not in _DRAW:
        return []
    for name, table in tables.items():
        missing = [column for column in COLUMNS.get((study, name), ()) if column not in table.columns]
        if missing:
            has = ", ".join(map(str, table.columns))
            raise BadInput(f"table {name!r} of study {study!r} lacks {', '.join(missing)}; it has {has}")
    return _DRAW[study]({name: table for name, table in tables.items() if len(table)}, block)
