"""The template of a predictions file: its header and ids, for a participant to fill in."""

import csv
import io
from collections.abc import Iterable, Sequence

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.storage import ObjectStore
from scorers.definition import Column
from scorers.predictions.table import read_ids

EXAMPLE_BYTES = 64 * 1024
"""What is read of the ids for an example; a line is shorter."""


def write_template(store: ObjectStore, challenge: PublishedChallenge, /) -> bytes:
    """Write the file that is asked for, with every id and empty cells."""
    asked = challenge.definition.submission
    ids = read_ids(store.read(challenge.file(asked.ids).digest), id_column=asked.id)
    blank = [""] * len(asked.columns)
    return _table([[asked.id, *asked.columns], *([name, *blank] for name in ids)])


def example(store: ObjectStore, challenge: PublishedChallenge, /) -> str:
    """Give the first lines of a file as it is asked for: a real id, and numbers in their range."""
    asked = challenge.definition.submission
    numbers = [number_in(column) for column in asked.columns.values()]
    row = [_first_id(store, challenge), *numbers]
    return _table([[asked.id, *asked.columns], row]).decode().rstrip()


def number_in(column: Column) -> str:
    """Write a number that the column allows: a quarter of the way through its range."""
    low, high = column.min, column.max
    if low is None:
        low = 0.0 if high is None or high > 0 else high - 1
    return f"{low + ((low + 1 if high is None else high) - low) / 4:.3g}"


def _first_id(store: ObjectStore, challenge: PublishedChallenge) -> str:
    """Read the first id without reading the whole file."""
    asked = challenge.definition.submission
    start = next(iter(store.stream(challenge.file(asked.ids).digest)), b"")[:EXAMPLE_BYTES]
    lines = start.decode("utf-8-sig", errors="replace").splitlines()[:2]
    row = next(csv.DictReader(lines), {})
    return row.get(asked.id) or "…"


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
