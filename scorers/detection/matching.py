"""Which detected object is which true one: each at most once, within its image."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scorers.detection.objects import Places, rank_within
from scorers.metric import Vector

Hits = NDArray[np.bool_]
"""Shape (thresholds, detected objects): whether the object is a true one."""


def greedy_hits(
    found: Places,
    sought: Places,
    overlap: Vector,
    /,
    *,
    groups: Places,
    sizes: tuple[int, int],
    thresholds: Vector,
) -> Hits:
    """Match in the order of the detected objects, where every true object is sought."""
    nobody = np.zeros(sizes[1], dtype=np.bool_)
    return greedy_matches(
        found,
        sought,
        overlap,
        groups=groups,
        sizes=sizes,
        thresholds=thresholds,
        ignored=nobody,
        crowds=nobody,
    )[0]


def greedy_matches(
    found: Places,
    sought: Places,
    overlap: Vector,
    /,
    *,
    groups: Places,
    sizes: tuple[int, int],
    thresholds: Vector,
    ignored: NDArray[np.bool_],
    crowds: NDArray[np.bool_],
) -> tuple[Hits, Hits]:
    """Match in the order of the detected objects, as pycocotools does, for each threshold.

    `found`, `sought` and `overlap` are the pairs that may match, `groups` the group of each
    detected object (pairs are within a group), `sizes` the numbers of detected and true objects.
    An object takes the true one that overlaps it most (the last of equals) among those that
    overlap it by the threshold or more and are not taken yet; one that is `ignored` only if there
    is no other. `crowds` may be taken again and again. Returns which detected objects take a true
    one that is not ignored, and which take one that is.

    The first objects of all groups are matched at once, then the second ones, and so on.
    """
    hits, left_out = np.zeros((2, len(thresholds), sizes[0]), dtype=np.bool_)
    taken = np.zeros((len(thresholds), sizes[1]), dtype=np.bool_)
    candidates = np.unique(found)
    turn = np.zeros(sizes[0], dtype=np.intp)
    turn[candidates] = rank_within(groups[candidates])
    order = np.lexsort((-sought, -overlap, ignored[sought], found, turn[found]))
    found, sought, overlap = found[order], sought[order], overlap[order]
    edges = np.flatnonzero(np.diff(turn[found], prepend=-1, append=sizes[0] + 1))
    for start, stop in pairwise(edges.tolist()):
        now = slice(start, stop)
        free = (overlap[now] >= thresholds[:, None]) & ~taken[:, sought[now]]
        begins = np.flatnonzero(np.diff(found[now], prepend=-1))
        place = np.where(free, np.arange(start, stop), len(order))
        best = np.minimum.reduceat(place, begins, axis=1)
        level, which = np.nonzero(best < len(order))
        pair = best[level, which]
        hits[level, found[pair]] = ~ignored[sought[pair]]
        left_out[level, found[pair]] = ignored[sought[pair]]
        taken[level, sought[pair]] = ~crowds[sought[pair]]
    return hits, left_out
