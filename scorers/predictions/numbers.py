"""The cells of a column of numbers, which must be numbers and in the column's range."""

import math
import re
from collections.abc import Sequence

import numpy as np

from scorers.message import Message
from scorers.metric import Vector
from scorers.predictions.problems import Findings, Problem, ProblemCode, shown
from scorers.predictions.rows import MAX_CELL, cell_too_long
from scorers.tables import INTEGER_DIGITS, FloatColumn, IntegerColumn

# ASCII digits only: float() would also take "1_0", " 1", "nan", "infinity" and the digits of other
# scripts. Columns are possessive, so that one is matched in one pass whatever it holds; its parts
# are not: Python 3.11.2, which Debian has, takes "5." and "5e" for matches of possessive groups.
_NUMBER = r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?"
_INTEGER = rf"-?[0-9]{{1,{INTEGER_DIGITS}}}"
NUMBER = re.compile(_NUMBER)
NUMBERS = re.compile(rf"(?:{_NUMBER}\n)*+")
NUMBERS_OR_NOTHING = re.compile(rf"(?:(?:{_NUMBER})?\n)*+")
INTEGER = re.compile(_INTEGER)
INTEGERS = re.compile(rf"(?:{_INTEGER}\n)*+")
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)

NumberColumn = FloatColumn | IntegerColumn


def read_numbers(
    cells: Sequence[str],
    /,
    *,
    column: NumberColumn,
    name: str,
    lines: Sequence[int],
    findings: Findings,
) -> Vector:
    """Return the finite numbers of one column as float64; what is wrong becomes a finding."""
    pattern = INTEGERS if isinstance(column, IntegerColumn) else NUMBERS
    if pattern.fullmatch("\n".join([*cells, ""])):
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


def _all_within(values: Vector, *, column: NumberColumn) -> bool:
    low = -np.inf if column.min is None else column.min
    high = np.inf if column.max is None else column.max
    return bool((np.isfinite(values) & (values >= low) & (values <= high)).all())


def _wrong_number(cell: str, *, column: NumberColumn) -> ProblemCode | None:
    if not cell.strip():
        return ProblemCode.EMPTY_CELL
    if len(cell) > MAX_CELL:
        return ProblemCode.CELL_TOO_LONG
    if NOT_FINITE.fullmatch(cell.strip()):
        return ProblemCode.NOT_FINITE
    if not NUMBER.fullmatch(cell):
        return ProblemCode.NOT_A_NUMBER
    return _wrong_value(cell, column=column)


def _wrong_value(cell: str, *, column: NumberColumn) -> ProblemCode | None:
    value = float(cell)
    if not math.isfinite(value):
        return ProblemCode.NOT_FINITE
    if isinstance(column, IntegerColumn) and not INTEGER.fullmatch(cell):
        return ProblemCode.NOT_AN_INTEGER
    return None if _all_within(np.array([value]), column=column) else ProblemCode.OUT_OF_RANGE


def _number_problem(
    cell: str, *, code: ProblemCode, column: NumberColumn, name: str, line: int
) -> Problem:
    if code is ProblemCode.CELL_TOO_LONG:
        return cell_too_long(cell, line=line, column=name)
    repairs = {
        ProblemCode.EMPTY_CELL: Message("predict a number for every row"),
        ProblemCode.NOT_FINITE: Message("predict a finite number for every row"),
        ProblemCode.OUT_OF_RANGE: Message("clip the predictions to the range"),
        ProblemCode.NOT_AN_INTEGER: Message(
            "round the number and write it without decimals, such as 3, of at most {most} digits",
            most=INTEGER_DIGITS,
        ),
    }
    return Problem(
        code=code,
        line=line,
        column=name,
        found=shown(cell) if cell else Message("an empty cell"),
        expected=described(column),
        repair=repairs.get(code) or _rewriting(cell),
    )


def described(column: NumberColumn, /) -> Message:
    """Say which numbers a column may hold."""
    if isinstance(column, IntegerColumn):
        return _described_integer(column)
    if column.min is not None and column.max is not None:
        return Message("a number from {low:g} to {high:g}", low=column.min, high=column.max)
    if column.min is not None:
        return Message("a number of at least {low:g}", low=column.min)
    if column.max is not None:
        return Message("a number of at most {high:g}", high=column.max)
    return Message("a finite number")


def _described_integer(column: IntegerColumn) -> Message:
    if column.min is not None and column.max is not None:
        return Message("a whole number from {low} to {high}", low=column.min, high=column.max)
    if column.min is not None:
        return Message("a whole number of at least {low}", low=column.min)
    if column.max is not None:
        return Message("a whole number of at most {high}", high=column.max)
    return Message("a whole number")


def _rewriting(cell: str) -> Message:
    if NUMBER.fullmatch(cell.strip()):
        return Message("remove the spaces around the number")
    if NUMBER.fullmatch(cell.replace(",", ".")):
        return Message("write the decimals with a point")
    return Message("write a number such as 0.25, -3 or 1.5e-3, of at most 20 digits a part")
