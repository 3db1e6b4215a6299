"""The one reader of predictions, and of the organizer's tables that they are compared with.

With `format: archive` it is an archive with one file of each id for each mask, one JSON file for
the other columns, if there are any, and nothing else.

Any other predictions file is CSV in UTF-8 with commas and a header: the id column and the columns
of the challenge, in any order, and one row for each id, or for each object of one, in any order. A
BOM, CRLF and quoted cells are accepted; everything else that is not exactly this is refused with
the place and the repair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.definition import ScoringDefinition
from scorers.message import Message
from scorers.metric import Columns
from scorers.predictions.archive import SMALL_MASKS, read_files
from scorers.predictions.broken_rules import find_broken_rules
from scorers.predictions.cells import read_column
from scorers.predictions.documents import Documents
from scorers.predictions.header import read_header
from scorers.predictions.ids import locate_ids
from scorers.predictions.masks import read_masks
from scorers.predictions.objects import gather, locate_units, side_by_side
from scorers.predictions.problems import (
    MAX_PROBLEMS,
    Findings,
    InvalidPredictions,
    InvalidTable,
    Problem,
    ProblemCode,
)
from scorers.predictions.rows import Rows, decode, split_rows
from scorers.predictions.truth import Truth, read_ids, read_names, read_truth
from scorers.tables import SubmissionDefinition

__all__ = [
    "InvalidPredictions",
    "InvalidTable",
    "Predictions",
    "Problem",
    "ProblemCode",
    "Truth",
    "check_size",
    "read_ids",
    "read_names",
    "read_predictions",
    "read_truth",
]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """A valid predictions file: columns as metrics read them, aligned with `ids`, in their order.

    A column of numbers or labels has one for each id, a column of codes or of objects an array of
    lists or of arrays, and a column of masks an array of what numpy makes arrays of.
    """

    ids: tuple[str, ...]
    columns: Columns


def check_size(size: int, /, *, submission: SubmissionDefinition) -> None:
    """Raise InvalidPredictions if a file of `size` bytes is too large to be read."""
    if size > submission.max_bytes:
        problem = Problem(
            code=ProblemCode.FILE_TOO_LARGE,
            found=Message("{size:,} bytes", size=size),
            expected=Message("at most {most:,} bytes", most=submission.max_bytes),
            repair=SMALL_MASKS
            if submission.masks
            else Message("write fewer digits, and only the columns asked for"),
        )
        raise InvalidPredictions([problem], total=1)


def read_predictions(
    data: bytes,
    /,
    *,
    submission: SubmissionDefinition,
    ids: Sequence[str],
    scoring: ScoringDefinition | None = None,
) -> Predictions:
    """Return the predictions for `ids` (each once), in their order.

    Raises InvalidPredictions, with the first 20 problems, unless the file is exactly what
    `submission` asks for and keeps the rules of the metrics of `scoring`.
    """
    check_size(len(data), submission=submission)
    findings = Findings()
    if submission.format == "archive":
        return _read_archive(
            data, submission=submission, ids=ids, scoring=scoring, findings=findings
        )
    header, rows, complete = _read_rows(
        data, submission=submission, ids=len(ids), findings=findings
    )
    cells = dict(zip(header, rows.columns, strict=True))
    place = _locate(
        cells[submission.id],
        submission=submission,
        ids=ids,
        lines=rows.lines,
        complete=complete,
        findings=findings,
    )
    columns = _typed(
        cells, submission=submission, lines=rows.lines, scoring=scoring, findings=findings
    )
    return _aligned(columns, submission=submission, ids=ids, place=place)


def _read_archive(
    data: bytes,
    *,
    submission: SubmissionDefinition,
    ids: Sequence[str],
    scoring: ScoringDefinition | None,
    findings: Findings,
) -> Predictions:
    """Read masks, documents or both; no metric has a rule for masks beside those of their type."""
    documents = Documents(submission=submission, ids=ids, findings=findings)
    wanted = [documents.files] if submission.member else []
    masks: Columns = {}
    if submission.masks:
        masks = read_masks(
            data, masks=submission.masks, ids=ids, findings=findings, beside=wanted
        ).columns
    else:
        read_files(data, wanted=wanted, findings=findings)
    findings.stop_if_any()
    columns = _typed(
        documents.cells,
        submission=submission,
        lines=range(len(documents.units)),
        scoring=scoring,
        findings=findings,
    )
    units = np.array(documents.units, dtype=np.intp)
    place = units if submission.objects is not None else np.argsort(units)
    told = _aligned(columns, submission=submission, ids=ids, place=place)
    return Predictions(ids=told.ids, columns={**masks, **told.columns})


def _typed(
    cells: Mapping[str, Sequence[str]],
    *,
    submission: SubmissionDefinition,
    lines: Sequence[int],
    scoring: ScoringDefinition | None,
    findings: Findings,
) -> dict[str, NDArray[Any]]:
    """Return the columns in the order of the file; raise InvalidPredictions if any is wrong."""
    columns = {
        name: read_column(cells[name], column=column, name=name, lines=lines, findings=findings)
        for name, column in submission.plain.items()
    }
    findings.stop_if_any()
    columns = side_by_side(columns, objects=submission.objects)
    if scoring is not None and columns:
        find_broken_rules(
            scoring.broken(columns),
            cells=cells,
            lines=lines,
            objects=submission.objects,
            findings=findings,
        )
        findings.stop_if_any()
    return columns


def _aligned(
    columns: Columns,
    *,
    submission: SubmissionDefinition,
    ids: Sequence[str],
    place: NDArray[np.intp],
) -> Predictions:
    """Put columns in the order of the ids; `place` is what _locate gives."""
    if submission.objects is None:
        columns = {name: column[place] for name, column in columns.items()}
    else:
        columns = gather(columns, unit=place, count=len(ids))
    return Predictions(ids=tuple(ids), columns=columns)


def _read_rows(
    data: bytes, *, submission: SubmissionDefinition, ids: int, findings: Findings
) -> tuple[list[str], Rows, bool]:
    """Return the header, the rows that are regular, and whether these are all rows.

    The text and its lines end with this function: in a file with letters of four bytes they take
    ten times the memory of the file.
    """
    text = decode(data)
    if isinstance(text, Problem):
        raise InvalidPredictions([text], total=1)
    if not text.strip():
        raise InvalidPredictions([_empty_file(submission)], total=1)
    most = _most_rows(submission, ids=ids)
    # Past the surplus rows that can be told, the file is not even split into lines.
    known = 1 + most + MAX_PROBLEMS
    lines = text.split("\n", maxsplit=known)[:known]
    header = read_header(lines[0], expected=[submission.id, *submission.columns], findings=findings)
    findings.stop_if_any()
    count = text.count("\n")
    _check_row_count(count, most=most, submission=submission, findings=findings)
    rows = split_rows(lines[1:], header=header, findings=findings)
    return header, rows, len(rows.lines) == count


def _locate(
    cells: Sequence[str],
    *,
    submission: SubmissionDefinition,
    ids: Sequence[str],
    lines: Sequence[int],
    complete: bool,
    findings: Findings,
) -> NDArray[np.intp]:
    """Return the row of each id or, where rows are objects, the place of the id of each row."""
    if submission.objects is not None:
        return locate_units(
            cells,
            ids=ids,
            column=submission.id,
            objects=submission.objects,
            lines=lines,
            findings=findings,
        )
    return locate_ids(
        cells, ids=ids, column=submission.id, lines=lines, complete=complete, findings=findings
    )


def _most_rows(submission: SubmissionDefinition, *, ids: int) -> int:
    objects = submission.objects
    return ids if objects is None else min(ids * objects.most, objects.most_in_all)


def _empty_file(submission: SubmissionDefinition) -> Problem:
    return Problem(
        code=ProblemCode.EMPTY_FILE,
        found=Message("an empty file"),
        expected=Message(
            "a header ({names}) and rows", names=",".join([submission.id, *submission.columns])
        ),
        repair=Message("write the predictions into the file"),
    )


def _check_row_count(
    count: int, *, most: int, submission: SubmissionDefinition, findings: Findings
) -> None:
    """Make a finding of surplus rows; stop where there must be some and are none."""
    if count > most:
        findings.add(_too_many_rows(count, most=most, submission=submission))
    if not count and submission.objects is None:
        problem = Problem(
            code=ProblemCode.NO_ROWS,
            found=Message("{count:,} rows", count=0),
            expected=Message("{count:,} rows, one for each id", count=most),
            repair=Message("write a row for each id"),
        )
        raise InvalidPredictions([problem], total=1)


def _too_many_rows(count: int, *, most: int, submission: SubmissionDefinition) -> Problem:
    one_each = submission.objects is None
    return Problem(
        code=ProblemCode.TOO_MANY_ROWS,
        line=most + 2,
        found=Message("{count:,} rows", count=count),
        expected=Message("{count:,} rows, one for each id", count=most)
        if one_each
        else Message("at most {most:,} rows, one for each object", most=most),
        repair=Message("write each id once") if one_each else Message("keep the surest"),
    )
