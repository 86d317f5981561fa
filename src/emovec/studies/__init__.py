"""One file per question. ``STUDIES`` is the order in which the report shows them."""

from __future__ import annotations

from emovec.errors import BadInput
from emovec.studies.base import Finding, Rule, Study, StudyResult
from emovec.studies.binding import Binding
from emovec.studies.chronic_state import ChronicState
from emovec.studies.circumplex import Circumplex
from emovec.studies.clusters import Clusters
from emovec.studies.context import Context
from emovec.studies.decisions import Decisions
from emovec.studies.deflection import Deflection
from emovec.studies.dosage import Dosage
from emovec.studies.held_out import HeldOut
from emovec.studies.implicit_scenarios import ImplicitScenarios
from emovec.studies.intensity import Intensity
from emovec.studies.lab import Draws, Lab
from emovec.studies.layers import Layers
from emovec.studies.lexical_control import LexicalControl
from emovec.studies.logit_lens import LogitLens
from emovec.studies.negation import Negation
from emovec.studies.own_ratings import OwnRatings
from emovec.studies.persistence import Persistence
from emovec.studies.planned_emotion import PlannedEmotion
from emovec.studies.preference_steering import PreferenceSteering
from emovec.studies.preferences import Preferences
from emovec.studies.self_other import SelfOther
from emovec.studies.similarity import Similarity
from emovec.studies.speakers import Speakers
from emovec.studies.steer_words import SteerWords
from emovec.studies.story_tokens import StoryTokens
from emovec.studies.story_writer import StoryWriter
from emovec.studies.top_snippets import TopSnippets
from emovec.studies.transcripts import Transcripts
from emovec.studies.user_vs_assistant import UserVsAssistant

__all__ = ["STUDIES", "Draws", "Finding", "Lab", "Rule", "Study", "StudyResult", "study"]

_ALL: tuple[Study, ...] = (
    HeldOut(),
    Circumplex(),
    OwnRatings(),
    Similarity(),
    Clusters(),
    Layers(),
    TopSnippets(),
    LogitLens(),
    StoryTokens(),
    ImplicitScenarios(),
    Intensity(),
    SteerWords(),
    Preferences(),
    PreferenceSteering(),
    Decisions(),
    UserVsAssistant(),
    PlannedEmotion(),
    Context(),
    Dosage(),
    Negation(),
    Binding(),
    ChronicState(),
    Speakers(),
    Deflection(),
    Transcripts(),
    StoryWriter(),
    SelfOther(),
    Persistence(),
    LexicalControl(),
)
STUDIES: dict[str, Study] = {s.name: s for s in _ALL}


def study(name: str) -> Study:
    """A study by name.

    Raises:
        BadInput: listing the names, if there is none.
    """
    if name not in STUDIES:
        raise BadInput(f"unknown study {name!r}; known: {', '.join(STUDIES)}")
    return STUDIES[name]
