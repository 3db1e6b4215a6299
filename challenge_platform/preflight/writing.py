"""Writing an answer as the file that a participant would send."""

import csv
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from challenge_platform.preflight.families.family import Answer
from scorers.tables import (
    CodesColumn,
    Column,
    FloatColumn,
    IntegerColumn,
    LabelColumn,
    MaskColumn,
    SubmissionDefinition,
)


def can_write(submission: SubmissionDefinition, /) -> bool:
    """Whether the files of a challenge can be written here: tables, and masks as PNG or NumPy."""
    return all(_writer(column) is not None for column in submission.masks.values())


def write_file(answer: Answer, /, *, submission: SubmissionDefinition, ids: Sequence[str]) -> bytes:
    """Write an answer, whose rows are in the order of `ids`; raise ValueError if it cannot be."""
    if submission.format == "archive":
        return write_archive(archive_files(answer, submission=submission, ids=ids))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([submission.id, *submission.columns])
    arrays = submission.objects.arrays if submission.objects else {}
    place = {part: (name, n) for name, parts in arrays.items() for n, part in enumerate(parts)}
    columns = submission.columns.values()
    for row, unit in enumerate(ids):
        cells = [_cell(answer, name, row=row, place=place) for name in submission.columns]
        rows = [cells] if submission.objects is None else _objects(cells)
        for values in rows:
            pairs = zip(values, columns, strict=True)
            writer.writerow([unit, *(_text(value, column) for value, column in pairs)])
    return text.getvalue().encode()


def archive_files(
    answer: Answer, /, *, submission: SubmissionDefinition, ids: Sequence[str]
) -> dict[str, bytes]:
    """Write each mask and document, by the name of its file; ValueError for a format unknown."""
    files: dict[str, bytes] = {}
    for name, column in submission.masks.items():
        if (write := _writer(column)) is None:
            raise ValueError(f"{column.member} cannot be written here")
        files |= {
            column.file(unit): write(np.asarray(mask))
            for unit, mask in zip(ids, answer[name], strict=True)
        }
    if submission.member:
        for row, unit in enumerate(ids):
            files[submission.document(unit)] = _document(answer, submission=submission, row=row)
    return files


def _document(answer: Answer, *, submission: SubmissionDefinition, row: int) -> bytes:
    columns, objects = submission.columns, submission.objects
    if objects is None:
        values = {key: _json(answer[key][row], columns[key]) for key in submission.keys}
        return json.dumps(values).encode()
    made = [
        {
            key: [_json(v, columns[n]) for v, n in zip(value, objects.arrays[key], strict=True)]
            if key in objects.arrays
            else _json(value, columns[key])
            for key, value in zip(submission.keys, values, strict=True)
        }
        for values in _objects([answer[key][row] for key in submission.keys])
    ]
    return json.dumps(made).encode()


def _json(value: Any, column: Column) -> JsonValue:  # noqa: ANN401 -- as the column is
    """Give a value as a document has it, in no more digits than a table would have."""
    text = _text(value, column)
    if isinstance(column, CodesColumn):
        return list(value)
    if isinstance(column, FloatColumn):
        return float(text)
    if isinstance(column, IntegerColumn):
        return int(text)
    if isinstance(column, LabelColumn):
        return next(label for label in column.classes if str(label) == text)
    return text


def write_archive(files: Mapping[str, bytes], /) -> bytes:
    """Pack files as a ZIP archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _writer(column: MaskColumn) -> Callable[[NDArray[Any]], bytes] | None:
    if column.member.endswith(".png"):
        return _png
    return _npy if column.member.endswith(".npy") else None


def _png(mask: NDArray[Any]) -> bytes:
    """Write a grey image of 8 bits a pixel, or 16 where labels need them (PNG, W3C 2003)."""
    bits = 8 if mask.max(initial=0) < 1 << 8 else 16
    rows = mask.astype(">u1" if bits == 8 else ">u2")  # noqa: PLR2004 -- as above
    pixels = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", mask.shape[1], mask.shape[0], bits, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _npy(mask: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.save(content, mask, allow_pickle=False)
    return content.getvalue()


def _cell(answer: Answer, name: str, *, row: int, place: Mapping[str, tuple[str, int]]) -> Any:  # noqa: ANN401 -- a number, a text or a list, as the column is
    if name not in place:
        return answer[name][row]
    array, number = place[name]
    return [one[number] for one in answer[array][row]]


def _objects(cells: Sequence[Any]) -> Iterable[tuple[Any, ...]]:
    """Give the rows of the objects of a unit; ValueError unless each column has as many."""
    if not all(isinstance(cell, Sized) for cell in cells):
        raise ValueError("a column says one thing of a unit that has objects")
    return zip(*cells, strict=True)


def _text(value: Any, column: Column) -> str:  # noqa: ANN401 -- as the column is
    if isinstance(column, CodesColumn):
        return column.separator.join(value)
    if isinstance(column, IntegerColumn):
        return str(round(float(value)))
    return f"{float(value):.9g}" if isinstance(column, FloatColumn) else str(value)
