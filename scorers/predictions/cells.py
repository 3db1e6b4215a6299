"""The cells of a predictions file: ids that must be known, numbers that must be numbers."""

import math
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scorers.definition import Column
from scorers.message import Message
from scorers.metric import Vector
from scorers.predictions.problems import MAX_PROBLEMS, Findings, Problem, ProblemCode, shown
from scorers.predictions.rows import MAX_CELL, cell_too_long

# Possessive, so that a column is matched in one pass whatever it holds. ASCII digits only: float()
# would also take "1_0", " 1", "nan", "infinity" and the digits of other scripts.
_NUMBER = r"-?+[0-9]{1,20}+(?:\.[0-9]{1,20}+)?+(?:[eE][+-]?+[0-9]{1,3}+)?+"
NUMBER = re.compile(_NUMBER)
NUMBERS = re.compile(rf"(?:{_NUMBER}\n)*+")
NUMBERS_OR_NOTHING = re.compile(rf"(?:(?:{_NUMBER})?+\n)*+")
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def locate_ids(
    cells: Sequence[str],
    /,
    *,
    ids: Sequence[str],
    column: str,
    lines: Sequence[int],
    complete: bool,
    findings: Findings,
) -> NDArray[np.intp]:
    """Return at which index of `cells` each of `ids` is; what is wrong becomes a finding.

    `lines` holds the line number of each cell. Only if `cells` is `complete`, with the cells of
    every row of the file, are ids told to be missing.
    """
    if list(cells) == list(ids):  # the usual case, and ten times faster than looking up
        return np.arange(len(ids))
    place = dict(zip(cells, range(len(cells)), strict=True))
    if len(place) == len(cells) == len(ids):
        order = _order(ids, place=place)
        if order is not None:
            return order
    _find_wrong_ids(cells, known=frozenset(ids), column=column, lines=lines, findings=findings)
    if complete:
        missing = [wanted for wanted in ids if wanted not in place]
        for wanted in missing[:MAX_PROBLEMS]:
            findings.add(_missing_id(wanted, column=column))
        findings.count(len(missing[MAX_PROBLEMS:]))
    return np.empty(0, dtype=np.intp)


def read_numbers(
    cells: Sequence[str],
    /,
    *,
    column: Column,
    name: str,
    lines: Sequence[int],
    findings: Findings,
) -> Vector:
    """Return the finite numbers of one column; what is wrong becomes a finding."""
    if NUMBERS.fullmatch("\n".join(cells) + "\n" if cells else ""):
        values = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
        if _all_within(values, column=column):
            return values
    for cell, line in zip(cells, lines, strict=True):
        code = _wrong_number(cell, column=column)
        if code is None:
            continue
        if findings.full:
            findings.count(1)
        else:
            findings.add(_number_problem(cell, code=code, column=column, name=name, line=line))
    return np.empty(0)


def _order(ids: Sequence[str], *, place: Mapping[str, int]) -> NDArray[np.intp] | None:
    try:
        order = np.fromiter(map(place.__getitem__, ids), dtype=np.intp, count=len(ids))
    except KeyError:
        return None
    if np.bincount(order).max() > 1:
        raise ValueError("an id is asked for twice")
    return order


def _find_wrong_ids(
    cells: Sequence[str],
    *,
    known: Collection[str],
    column: str,
    lines: Sequence[int],
    findings: Findings,
) -> None:
    first: dict[str, int] = {}
    for cell, line in zip(cells, lines, strict=True):
        if cell in known and cell not in first:
            first[cell] = line
        elif findings.full:
            findings.count(1)
        else:
            findings.add(_id_problem(cell, first=first, known=known, line=line, column=column))


def _missing_id(wanted: str, *, column: str) -> Problem:
    return Problem(
        code=ProblemCode.MISSING_ID,
        column=column,
        found=Message("no such row"),
        expected=Message("a row with the id {id}", id=shown(wanted)),
        repair=Message("add the row"),
    )


def _id_problem(
    cell: str, *, first: Mapping[str, int], known: Collection[str], line: int, column: str
) -> Problem:
    expected = Message("an id of the list")
    if cell in first:
        code = ProblemCode.DUPLICATE_ID
        expected = Message("this id once (it is in line {line})", line=first[cell])
        repair = Message("remove one of the rows")
    elif not cell:
        code, repair = ProblemCode.EMPTY_CELL, Message("write the id")
    elif len(cell) > MAX_CELL:
        return cell_too_long(cell, line=line, column=column)
    else:
        code = ProblemCode.UNKNOWN_ID
        repair = Message("write the id exactly as in the list, as text")
        if cell.strip() in known:
            repair = Message("remove the spaces around the id")
    return Problem(
        code=code, line=line, column=column, found=shown(cell), expected=expected, repair=repair
    )


def _all_within(values: Vector, *, column: Column) -> bool:
    low = -np.inf if column.min is None else column.min
    high = np.inf if column.max is None else column.max
    return bool((np.isfinite(values) & (values >= low) & (values <= high)).all())


def _wrong_number(cell: str, *, column: Column) -> ProblemCode | None:
    if not cell.strip():
        return ProblemCode.EMPTY_CELL
    if len(cell) > MAX_CELL:
        return ProblemCode.CELL_TOO_LONG
    if NOT_FINITE.fullmatch(cell.strip()):
        return ProblemCode.NOT_FINITE
    if not NUMBER.fullmatch(cell):
        return ProblemCode.NOT_A_NUMBER
    value = float(cell)
    if not math.isfinite(value):
        return ProblemCode.NOT_FINITE
    return None if _all_within(np.array([value]), column=column) else ProblemCode.OUT_OF_RANGE


def _number_problem(
    cell: str, *, code: ProblemCode, column: Column, name: str, line: int
) -> Problem:
    if code is ProblemCode.CELL_TOO_LONG:
        return cell_too_long(cell, line=line, column=name)
    repairs = {
        ProblemCode.EMPTY_CELL: Message("predict a number for every row"),
        ProblemCode.NOT_FINITE: Message("predict a finite number for every row"),
        ProblemCode.OUT_OF_RANGE: Message("clip the predictions to the range"),
    }
    return Problem(
        code=code,
        line=line,
        column=name,
        found=shown(cell) if cell else Message("an empty cell"),
        expected=_described(column),
        repair=repairs.get(code) or _rewriting(cell),
    )


def _described(column: Column) -> Message:
    if column.min is not None and column.max is not None:
        return Message("a number from {low:g} to {high:g}", low=column.min, high=column.max)
    if column.min is not None:
        return Message("a number of at least {low:g}", low=column.min)
    if column.max is not None:
        return Message("a number of at most {high:g}", high=column.max)
    return Message("a finite number")


def _rewriting(cell: str) -> Message:
    if NUMBER.fullmatch(cell.strip()):
        return Message("remove the spaces around the number")
    if NUMBER.fullmatch(cell.replace(",", ".")):
        return Message("write the decimals with a point")
    return Message("write a number such as 0.25, -3 or 1.5e-3, of at most 20 digits a part")
