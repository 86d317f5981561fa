"""Groups among directions: k-means, the order of a hierarchical clustering, a two-dimensional map (figure 6 of the paper)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emovec.stats import unit

__all__ = ["cluster_order", "kmeans", "plane"]

Array = NDArray[np.float64]


def _centred_units(directions: NDArray[np.floating]) -> Array:
    x = np.asarray(directions, dtype=np.float64)
    return unit(x - x.mean(0))


def kmeans(directions: NDArray[np.floating], k: int = 10, seed: int = 0) -> NDArray[np.intp]:
    """Cluster labels (n,), numbered by size (0 is the largest). On centred unit directions, so that angles count, not lengths."""
    from sklearn.cluster import KMeans

    raw = KMeans(n_clusters=k, n_init=20, random_state=seed).fit_predict(_centred_units(directions))
    sizes = np.bincount(raw, minlength=k)
    first = np.array([np.flatnonzero(raw == c)[0] if sizes[c] else len(raw) for c in range(k)])
    rank = np.empty(k, dtype=np.intp)
    rank[np.lexsort((first, -sizes))] = np.arange(k)
    return np.asarray(rank[raw], dtype=np.intp)


def cluster_order(directions: NDArray[np.floating]) -> NDArray[np.intp]:
    """Leaf order of average-linkage clustering on centred cosines, with optimal leaf ordering: (n,)."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    distances = np.clip(pdist(_centred_units(directions), "cosine"), 0.0, None)
    return np.asarray(leaves_list(linkage(distances, "average", optimal_ordering=True)), dtype=np.intp)


def plane(directions: NDArray[np.floating], seed: int = 0) -> Array:
    """A two-dimensional map (n, 2) that keeps neighbours together (t-SNE on cosines; the paper shows UMAP)."""
    from sklearn.manifold import TSNE

    x = _centred_units(directions)
    perplexity = min(20.0, max(2.0, (len(x) - 1) / 4))
    flat = TSNE(2, perplexity=perplexity, metric="cosine", init="random", random_state=seed).fit_transform(x)
    return np.asarray(flat, dtype=np.float64)
