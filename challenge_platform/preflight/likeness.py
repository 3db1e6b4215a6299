"""Pictures of the test that are in training too: the same bytes, or nearly the same to look at."""

from collections.abc import Iterator, Sequence

import numpy as np

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.looks import Look
from challenge_platform.preflight.pictures import Picture

NEAR = 12
"""Of the 256 signs: pictures that differ in no more look the same."""


def find_likeness(looks: Sequence[Look], /) -> Iterator[Finding]:
    """Find pictures of the test that are copies of one to learn from, and those that look so."""
    shown = [look for look in looks if not look.picture.is_mask]
    train = [look for look in shown if look.picture.learned]
    test = [look for look in shown if not look.picture.learned]
    if not train or not test:
        return
    if all(look.signs is None for look in test):
        yield _not_compared(test[0].picture)
    known = {look.digest: look.picture for look in train}
    copies = [(look.picture, known[look.digest]) for look in test if look.digest in known]
    same = {look.picture.shown for look in test if look.digest in known}
    alike = [pair for pair in _alike(test, train) if pair[0].shown not in same]
    for code, severity, pairs, words in (
        ("duplicate_picture", Severity.BLOCK, copies, "is the same file as"),
        ("near_duplicate_picture", Severity.WARN, alike, "looks the same as"),
    ):
        if pairs:
            one, other = pairs[0]
            yield Finding(
                code=code,
                severity=severity,
                about=one.source.name,
                message=f"{len(pairs)} of {len(test)} pictures of the test: {one.shown} {words} "
                f"{other.shown}",
                repair="remove the copies, or deal the pictures of a person to one part",
                file=one.shown,
            )


def _alike(test: Sequence[Look], train: Sequence[Look]) -> Iterator[tuple[Picture, Picture]]:
    """Yield for each picture of the test the nearest of training, if it looks the same."""
    known = [look for look in train if look.signs is not None]
    if not known:
        return
    table = np.array([look.signs for look in known], dtype=np.float32)
    for look in test:
        if look.signs is None:
            continue
        signs = look.signs.astype(np.float32)
        distance = table.sum(axis=1) + signs.sum() - 2 * (table @ signs)
        nearest = int(distance.argmin())
        if distance[nearest] <= NEAR:
            yield look.picture, known[nearest].picture


def _not_compared(picture: Picture) -> Finding:
    return Finding(
        code="pictures_not_compared",
        severity=Severity.WARN,
        about=picture.source.name,
        message="no picture of the test could be read, so that only equal files were looked for",
        repair="install the extra `recipes`, whose Pillow reads PNG, JPEG and TIFF",
        file=picture.shown,
    )
