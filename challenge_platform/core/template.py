"""The template of a predictions file: its header and ids, for a participant to fill in.

Of an archive it is the list of its files.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.errors import NotFound
from challenge_platform.storage import ObjectStore
from scorers.predictions.table import read_ids
from scorers.tables import (
    CodesColumn,
    Column,
    IntegerColumn,
    LabelColumn,
    MaskColumn,
    SubmissionDefinition,
)

DOCUMENT = "document"
"""The column of a list of files with those of JSON."""

EXAMPLE_BYTES = 64 * 1024
"""What is read of the ids for an example; a line is shorter."""


def write_template(store: ObjectStore, challenge: PublishedChallenge, /) -> bytes:
    """Write the file that is asked for: every id with empty cells or, for objects, the header.

    An id without objects has no row, so that the header alone is a valid file of objects. For an
    archive it is a table with the names of the files of each id. Raise NotFound if any files may
    be sent.
    """
    asked = challenge.definition.submission
    if asked.format == "files":
        raise NotFound("{challenge} asks for files that have no template", challenge=challenge.slug)
    if asked.objects is not None and not asked.member:
        return _table([[asked.id, *asked.columns]])
    ids = read_ids(store.read(challenge.ids_file.digest), id_column=asked.id)
    files = [*asked.masks, DOCUMENT] if asked.member else list(asked.columns)
    return _table([[asked.id, *files], *([name, *_row(asked, name)] for name in ids)])


def _row(asked: SubmissionDefinition, name: str) -> list[str]:
    """Give the cells of an id: empty ones, or the names of its files."""
    return asked.files(name) or [""] * len(asked.columns)


def document(asked: SubmissionDefinition, /) -> str:
    """Write what the document of an id may hold, with one object where rows are objects."""
    arrays = {} if asked.objects is None else asked.objects.arrays
    values = {
        key: [_value(asked.columns[part]) for part in arrays[key]]
        if key in arrays
        else _value(asked.columns[key])
        for key in asked.keys
    }
    return json.dumps(values if asked.objects is None else [values], ensure_ascii=False)


def _value(column: Column) -> JsonValue:
    """Give what a document has in place of a cell."""
    cell = cell_of(column)
    if isinstance(column, CodesColumn):
        return list(cell.split(column.separator))
    if isinstance(column, LabelColumn):
        return column.classes[0]
    return int(cell) if isinstance(column, IntegerColumn) else float(cell)


def example(store: ObjectStore, challenge: PublishedChallenge, /) -> str:
    """Give the first lines of a file as it is asked for: a real id, and cells that are allowed.

    Of an archive it gives the names of its first files, and what a document of them holds.
    """
    asked = challenge.definition.submission
    if asked.format == "archive":
        files = _row(asked, _first_id(store, challenge))
        return "\n".join([*files, document(asked)] if asked.member else files)
    cells = [cell_of(column) for column in asked.columns.values()]
    row = [_first_id(store, challenge), *cells]
    return _table([[asked.id, *asked.columns], row]).decode().rstrip()


def cell_of(column: Column, /) -> str:
    """Write what a cell of the column may hold.

    A number is a quarter of the way through its range, a label the first class, and codes are two.
    """
    if isinstance(column, LabelColumn):
        return str(column.classes[0])
    if isinstance(column, CodesColumn):
        return column.separator.join((column.classes or ("A1", "B2"))[: min(2, column.most)])
    if isinstance(column, IntegerColumn):
        least = column.min if column.min is not None else min(0, column.max or 0)
        return str(least)
    if isinstance(column, MaskColumn):
        return column.file("…")
    low, high = column.min, column.max
    if low is None:
        low = 0.0 if high is None or high > 0 else high - 1
    return f"{low + ((low + 1 if high is None else high) - low) / 4:.3g}"


def _first_id(store: ObjectStore, challenge: PublishedChallenge) -> str:
    """Read the first id without reading the whole file."""
    asked = challenge.definition.submission
    start = next(iter(store.stream(challenge.ids_file.digest)), b"")[:EXAMPLE_BYTES]
    lines = start.decode("utf-8-sig", errors="replace").splitlines()[:2]
    row = next(csv.DictReader(lines), {})
    return row.get(asked.id) or "…"


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
