"""Directions compared with one another: cosines, principal components, clusters, representational similarity."""

from emovec.geometry.clusters import cluster_order, kmeans, plane
from emovec.geometry.cosine import cosine_matrix, upper
from emovec.geometry.pca import Components, principal_components
from emovec.geometry.rsa import representational_similarity

__all__ = [
    "Components",
    "cluster_order",
    "cosine_matrix",
    "kmeans",
    "plane",
    "principal_components",
    "representational_similarity",
    "upper",
]
