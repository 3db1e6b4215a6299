"""Making the public files and the hidden truth of a challenge whose data are a table."""

import csv
import hashlib
import hmac
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.table_section import (
    DICTIONARY,
    SIZES,
    TEST,
    TRAIN,
    TRUTH,
    USAGE,
    Table,
)
from challenge_platform.spreadsheet.checking import check_cells
from challenge_platform.spreadsheet.dealing import Part, deal, opaque
from challenge_platform.spreadsheet.dictionary import described
from challenge_platform.spreadsheet.gallery import (
    find_files,
    find_pictures,
    write_archive,
    write_member,
)
from challenge_platform.spreadsheet.masks import Mask, read_masks
from challenge_platform.spreadsheet.roles import features_of
from challenge_platform.spreadsheet.sheet import Problems, Sheet, read_sheet

Record = dict[str, str]

SAMPLE_ROWS = 20
"""Rows of train.csv of which a public sample of hidden files is made."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders of what is public, of what only programs see, and of the sample of it."""

    public: Path
    hidden: Path
    sample: Path


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the table: its cells, and its pictures and masks by the columns that name them."""

    cells: Record
    pictures: Mapping[str, Path]
    masks: Mapping[str, Mask]


def publish_table(
    table: Table,
    folder: Path,
    places: Places,
    /,
    *,
    definition: ChallengeDefinition,
    key: bytes,
    say: Callable[[str], None],
) -> bytes:
    """Write the files of a table into `places`, and give the hidden truth.

    `folder` is where the table and the pictures are. `key` is secret: by it rows are dealt out,
    ordered, and given the ids that replace theirs. The same files and key make the same bytes.
    Raise InvalidInput with every row and column that is wrong.
    """
    sheet = read_sheet(folder / table.table, sheet=table.sheet)
    features, pictures, masks = _checked(table, folder, sheet=sheet, definition=definition)
    key = hmac.digest(key, f"data.table/1 {table.split.seed}".encode(), hashlib.sha256)
    records = _records(table, sheet=sheet, key=key)
    _require_parts(records, sheet=sheet)
    rows = [
        Row(
            cells=cells | _sizes(masks[number]),
            pictures={column: paths[number] for column, paths in pictures.items()},
            masks=masks[number],
        )
        for number, cells in enumerate(records)
    ]
    rows.sort(key=lambda row: row.cells[table.id])
    train = [row for row in rows if row.cells[USAGE] == Part.TRAIN]
    test = [row for row in rows if row.cells[USAGE] != Part.TRAIN]
    _write_train(table, places.public, train=train, features=features, say=say)
    asked = (table.id, *features, *table.sizes)
    _write_asked(
        table, places.hidden if table.hidden else places.public, test, columns=asked, say=say
    )
    if table.hidden:
        _write_asked(table, places.sample, train[:SAMPLE_ROWS], columns=asked, say=say)
    told = described(
        table,
        features=features,
        train=[row.cells for row in train],
        test=[] if table.hidden else [row.cells for row in test],
    )
    (places.public / DICTIONARY).write_bytes(told)
    counts = ", ".join(f"{sum(row.cells[USAGE] == part for row in rows)} {part}" for part in Part)
    say(f"dealt {len(rows)} rows of {sheet.name}: {counts}")
    answers = _csv(test, columns=(table.id, USAGE, *table.truth_columns, *table.sizes))
    return _packed(table, answers, rows=test) if table.mask_targets else answers


def _checked(
    table: Table, folder: Path, *, sheet: Sheet, definition: ChallengeDefinition
) -> tuple[tuple[str, ...], Mapping[str, list[Path]], list[dict[str, Mask]]]:
    """Give the columns that are published of all rows, and the pictures and masks of the rows.

    Raise InvalidInput with everything that is wrong with columns, or else with cells and pictures.
    """
    problems = Problems()
    features = features_of(table, sheet=sheet, problems=problems)
    problems.raise_if_any()
    predicted = definition.submission.columns
    check_cells(table, sheet=sheet, predicted=predicted, problems=problems)
    pictures: Mapping[str, list[Path]] = {}
    if table.files:
        pictures = find_pictures(table, folder / table.files, sheet=sheet, problems=problems)
    drawn: Mapping[str, list[Path]] = {}
    if table.masks:
        drawn = find_files(
            folder / table.masks,
            key="data.masks",
            columns=list(table.mask_targets),
            sheet=sheet,
            problems=problems,
        )
    problems.raise_if_any()
    masks = read_masks(drawn, columns=table.mask_targets, sheet=sheet, problems=problems)
    problems.raise_if_any()
    return features, pictures, masks


def _sizes(masks: Mapping[str, Mask]) -> Record:
    """Give the columns of sizes of a row with masks."""
    shapes = [shape for shape, _ in masks.values()]
    return {name: str(side) for name, side in zip(SIZES, shapes[0], strict=True)} if shapes else {}


def _write_train(
    table: Table,
    folder: Path,
    *,
    train: Sequence[Row],
    features: Sequence[str],
    say: Callable[[str], None],
) -> None:
    group = (table.unit,) if table.unit != table.id else ()
    known = (table.id, *group, *features, *table.sizes, *table.plain_targets)
    (folder / TRAIN).write_bytes(_csv(train, columns=known))
    for name in table.archives[:1]:
        _write_pictures(table, folder / name, train, say=say)
    for name in table.mask_archives:
        with zipfile.ZipFile(folder / name, "w", compression=zipfile.ZIP_STORED) as archive:
            _write_masks(table, archive, train)


def _write_asked(
    table: Table,
    folder: Path,
    rows: Sequence[Row],
    *,
    columns: Sequence[str],
    say: Callable[[str], None],
) -> None:
    (folder / TEST).write_bytes(_csv(rows, columns=columns))
    for name in table.archives[1:]:
        _write_pictures(table, folder / name, rows, say=say)


def _write_pictures(
    table: Table, path: Path, rows: Sequence[Row], *, say: Callable[[str], None]
) -> None:
    """Write the pictures of rows, each under its id, and its column where there are several."""
    several = len(table.file_columns) > 1
    pictures = {
        f"{row.cells[table.id]}_{column}" if several else row.cells[table.id]: picture
        for row in rows
        for column, picture in row.pictures.items()
    }
    say(f"writing {len(pictures)} pictures into {path.name}")
    write_archive(path, pictures=pictures)


def _write_masks(table: Table, archive: zipfile.ZipFile, rows: Sequence[Row]) -> None:
    for row in rows:
        for name, (_, png) in row.masks.items():
            write_member(archive, table.mask_targets[name].file(row.cells[table.id]), png)


def _packed(table: Table, answers: bytes, *, rows: Sequence[Row]) -> bytes:
    """Pack a truth and its masks."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression=zipfile.ZIP_STORED) as archive:
        write_member(archive, TRUTH, answers)
        _write_masks(table, archive, rows)
    return stream.getvalue()


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


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.cells[column] for column in columns] for row in rows)
    return text.getvalue().encode()
