"""One file per question. ``STUDIES`` is the order in which the report shows them."""

from __future__ import annotations

from emovec.errors import BadInput
from emovec.studies.base import Finding, Rule, Study, StudyResult
from emovec.studies.circumplex import Circumplex
from emovec.studies.clusters import Clusters
from emovec.studies.held_out import HeldOut
from emovec.studies.implicit_scenarios import ImplicitScenarios
from emovec.studies.intensity import Intensity
from emovec.studies.lab import Draws, Lab
from emovec.studies.layers import Layers
from emovec.studies.logit_lens import LogitLens
from emovec.studies.similarity import Similarity

__all__ = ["STUDIES", "Draws", "Finding", "Lab", "Rule", "Study", "StudyResult", "study"]

_ALL: tuple[Study, ...] = (
    HeldOut(),
    Circumplex(),
    Similarity(),
    Clusters(),
    Layers(),
    LogitLens(),
    ImplicitScenarios(),
    Intensity(),
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
