"""What the author of a name may have meant, looked for among few letters only."""

from collections.abc import Mapping
from difflib import get_close_matches

MAX_COMPARED = 10_000
"""Letters of a name times letters of the names among which the nearest is looked for."""


def nearest(name: str, /, *, among: Mapping[str, str]) -> str | None:
    """Give what the key most like `name` stands for; None if none is, or there are too many."""
    if len(name) * sum(map(len, among)) > MAX_COMPARED:
        return None
    near = get_close_matches(name, among, n=1)
    return among[near[0]] if near else None
