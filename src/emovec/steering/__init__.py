"""Directions pushed: what is added, ablated or clamped where; dose grids, their coherence and their nulls."""

from emovec.steering.apply import Plan, plan, steer, steered
from emovec.steering.coherence import Coherence, CoherenceRule, coherence, coherent_window
from emovec.steering.grid import dose_choices, dose_grid
from emovec.steering.levers import Levers, levers_of
from emovec.steering.nulls import beyond_valence, null_levers, random_levers, shuffled_levers, valence_lever
from emovec.steering.spec import Place, Spec, Term

__all__ = [
    "Coherence",
    "CoherenceRule",
    "Levers",
    "Place",
    "Plan",
    "Spec",
    "Term",
    "beyond_valence",
    "coherence",
    "coherent_window",
    "dose_choices",
    "dose_grid",
    "levers_of",
    "null_levers",
    "plan",
    "random_levers",
    "shuffled_levers",
    "steer",
    "steered",
    "valence_lever",
]
