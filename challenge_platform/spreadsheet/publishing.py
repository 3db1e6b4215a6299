"""Making the public files and the hidden truth of a challenge whose data are a table."""

import csv
import hashlib
import hmac
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from challenge_platform.core.data_section import DICTIONARY, TEST, TRAIN, USAGE, Table
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.spreadsheet.checking import check_cells
from challenge_platform.spreadsheet.dealing import Part, deal, opaque
from challenge_platform.spreadsheet.dictionary import described
from challenge_platform.spreadsheet.gallery import find_pictures, write_archive
from challenge_platform.spreadsheet.roles import features_of
from challenge_platform.spreadsheet.sheet import Problems, Sheet, read_sheet

Record = dict[str, str]


def publish_table(
    table: Table,
    folder: Path,
    public: Path,
    /,
    *,
    definition: ChallengeDefinition,
    key: bytes,
    say: Callable[[str], None],
) -> bytes:
    """Write the public files of a table into `public`, and give the hidden truth.

    `folder` is where the table and the pictures are. `key` is secret: by it rows are dealt out,
    ordered, and given the ids that replace theirs. The same files and key make the same bytes.
    Raise InvalidInput with every row and column that is wrong.
    """
    sheet = read_sheet(folder / table.table, sheet=table.sheet)
    features, pictures = _checked(table, folder, sheet=sheet, definition=definition)
    key = hmac.digest(key, f"data.table/1 {table.split.seed}".encode(), hashlib.sha256)
    rows = _records(table, sheet=sheet, key=key)
    _require_parts(rows, sheet=sheet)
    shown = dict(zip((row[table.id] for row in rows), pictures, strict=bool(pictures)))
    rows.sort(key=lambda row: row[table.id])
    train = [row for row in rows if row[USAGE] == Part.TRAIN]
    test = [row for row in rows if row[USAGE] != Part.TRAIN]
    group = (table.unit,) if table.unit != table.id else ()
    known = (table.id, *group, *features, *table.targets)
    (public / TRAIN).write_bytes(_csv(train, columns=known))
    (public / TEST).write_bytes(_csv(test, columns=(table.id, *features)))
    (public / DICTIONARY).write_bytes(described(table, features=features, train=train, test=test))
    for name, part in zip(table.archives, (train, test), strict=bool(table.archives)):
        say(f"writing {len(part)} pictures into {name}")
        write_archive(public / name, pictures={row[table.id]: shown[row[table.id]] for row in part})
    counts = ", ".join(f"{sum(row[USAGE] == part for row in rows)} {part}" for part in Part)
    say(f"dealt {len(rows)} rows of {sheet.name}: {counts}")
    return _csv(test, columns=(table.id, USAGE, *table.truth_columns))


def _checked(
    table: Table, folder: Path, *, sheet: Sheet, definition: ChallengeDefinition
) -> tuple[tuple[str, ...], list[Path]]:
    """Give the columns that are published of all rows and the picture of each row.

    Raise InvalidInput with everything that is wrong with columns, or else with cells and pictures.
    """
    problems = Problems()
    features = features_of(table, sheet=sheet, problems=problems)
    problems.raise_if_any()
    predicted = definition.submission.columns
    check_cells(table, sheet=sheet, predicted=predicted, problems=problems)
    pictures: list[Path] = []
    if table.files:
        pictures = find_pictures(table, folder / table.files, sheet=sheet, problems=problems)
    problems.raise_if_any()
    return features, pictures


def _records(table: Table, *, sheet: Sheet, key: bytes) -> list[Record]:
    """Give the rows with opaque ids and the part that each is dealt to."""
    groups = sheet.column(table.unit)
    strata = sheet.column(table.split.stratify) if table.split.stratify else [""] * len(groups)
    parts = deal(
        groups,
        strata=strata,
        key=key,
        test=table.split.test_share,
        public=table.split.public_share,
    )
    rows = []
    for cells, part, group in zip(sheet.rows, parts, groups, strict=True):
        row = dict(zip(sheet.header, cells, strict=True)) | {USAGE: part}
        if table.unit != table.id:
            row[table.unit] = opaque(key, kind="group", name=group)
        row[table.id] = opaque(key, kind="row", name=row[table.id])
        rows.append(row)
    return rows


def _require_parts(rows: Sequence[Record], *, sheet: Sheet) -> None:
    problems = Problems()
    for part in Part:
        if not any(row[USAGE] == part for row in rows):
            problems.add(
                sheet.name,
                what=f"none of its {len(rows)} rows is {part}",
                repair="add rows, or change the shares of data.split",
            )
    problems.raise_if_any()


def _csv(rows: Iterable[Record], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return text.getvalue().encode()
