"""Dealing rows out to training, public and private, and the ids that replace the source's."""

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

HALF = Fraction(1, 2)
ID_BYTES = 8

T = TypeVar("T")


class Part(StrEnum):
    """Where a row goes."""

    TRAIN = "train"
    PUBLIC = "public"
    PRIVATE = "private"


def opaque(key: bytes, /, *, kind: str, name: str) -> str:
    """Give the id that replaces a name: 16 letters that tell nothing without the key."""
    mac = hmac.digest(key, f"{kind}\0{name}".encode(), hashlib.sha256)
    return "".join(
        chr(ord("a") + (byte >> shift) % 16) for byte in mac[:ID_BYTES] for shift in (4, 0)
    )


def deal(
    groups: Sequence[str],
    /,
    *,
    strata: Sequence[str],
    key: bytes,
    test: Fraction,
    public: Fraction,
) -> list[Part]:
    """Give the part of each row; rows of a group stay together.

    `test` is the share of the groups to predict, `public` the share of these on the public board.
    A group belongs to the stratum of most of its rows. Groups are put in an order that only the
    key knows within each stratum, and taken from it at regular intervals, so that every stratum
    gives its share, to within one group, and the whole does.
    """
    order = sorted(
        (stratum, opaque(key, kind="deal", name=group), group)
        for group, stratum in _stratum_of(groups, strata).items()
    )
    tested = [group for (_, _, group), taken in _every(order, share=test) if taken]
    parts = {
        group: Part.PUBLIC if taken else Part.PRIVATE
        for group, taken in _every(tested, share=public)
    }
    return [parts.get(group, Part.TRAIN) for group in groups]


def _stratum_of(groups: Sequence[str], strata: Sequence[str]) -> Mapping[str, str]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for group, stratum in zip(groups, strata, strict=True):
        counts[group][stratum] += 1
    return {
        group: min(found, key=lambda stratum: (-found[stratum], stratum))
        for group, found in counts.items()
    }


def _every(things: Sequence[T], *, share: Fraction) -> Iterator[tuple[T, bool]]:
    """Take things at regular intervals, so many that they are this share of all."""
    for number, thing in enumerate(things):
        taken = (number + 1) * share + HALF
        yield thing, taken // 1 > (number * share + HALF) // 1
