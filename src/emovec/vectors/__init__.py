"""Activations into directions: recipes, the ``EmotionVectors`` artifact, its reliability and its exports."""

from emovec.vectors.activations import Activations, collect_activations
from emovec.vectors.artifact import EmotionVectors
from emovec.vectors.export import export_gguf
from emovec.vectors.make import make_vectors
from emovec.vectors.recipes import RECIPES, Directions, Recipe, directions

__all__ = [
    "RECIPES",
    "Activations",
    "Directions",
    "EmotionVectors",
    "Recipe",
    "collect_activations",
    "directions",
    "export_gguf",
    "make_vectors",
]
