"""The cells of a column of labels or of lists of codes, which must be those of the challenge."""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message
from scorers.predictions.nearest import nearest
from scorers.predictions.problems import Findings, Problem, ProblemCode, shown
from scorers.predictions.rows import MAX_CELL, cell_too_long
from scorers.tables import CodesColumn, LabelColumn

MAX_NAMED = 20
"""Classes that a problem names."""


def read_labels(
    cells: Sequence[str],
    /,
    *,
    column: LabelColumn,
    name: str,
    lines: Sequence[int],
    findings: Findings,
) -> NDArray[Any]:
    """Return the class of each cell, text or int64 as the classes are; findings else."""
    classes = {str(label): label for label in column.classes}
    if set(cells) <= classes.keys():
        return np.array([classes[cell] for cell in cells], dtype=np.array(column.classes).dtype)
    expected = _one_of(tuple(classes))
    for cell, line in zip(cells, lines, strict=True):
        if cell in classes:
            continue
        if findings.full:
            findings.count(1)
        elif len(cell) > MAX_CELL:
            findings.add(cell_too_long(cell, line=line, column=name))
        else:
            findings.add(_label_problem(cell, classes, expected=expected, name=name, line=line))
    return np.empty(0)


def _label_problem(
    cell: str, classes: Collection[str], *, expected: Message, name: str, line: int
) -> Problem:
    return Problem(
        code=ProblemCode.UNKNOWN_LABEL if cell else ProblemCode.EMPTY_CELL,
        line=line,
        column=name,
        found=shown(cell) if cell else Message("an empty cell"),
        expected=expected,
        repair=_towards(cell, classes) if cell else Message("give every row a class"),
    )


def read_codes(
    cells: Sequence[str],
    /,
    *,
    column: CodesColumn,
    name: str,
    lines: Sequence[int],
    findings: Findings,
) -> NDArray[Any]:
    """Return the list of codes of each cell, as an array of lists; what is wrong is a finding."""
    # One code more than are allowed is enough to tell that there are too many.
    lists = [cell.split(column.separator, column.most) if cell else [] for cell in cells]
    known = None if column.classes is None else frozenset(column.classes)
    if _are_codes(lists, known=known) and max(map(len, lists), default=0) <= column.most:
        return np.fromiter(lists, dtype=np.object_, count=len(lists))
    for codes, line in zip(lists, lines, strict=True):
        if len(codes) <= column.most and _are_codes([codes], known=known):
            continue
        if findings.full:
            findings.count(1)
        else:
            findings.add(_codes_problem(codes, column=column, known=known, name=name, line=line))
    return np.empty(0)


def _are_codes(lists: Sequence[Sequence[str]], *, known: frozenset[str] | None) -> bool:
    found = set(chain.from_iterable(lists))
    if known is not None:
        return found <= known
    return all(code and code == code.strip() and len(code) <= MAX_CELL for code in found)


def _codes_problem(
    codes: Sequence[str],
    *,
    column: CodesColumn,
    known: frozenset[str] | None,
    name: str,
    line: int,
) -> Problem:
    if len(codes) > column.most:
        return Problem(
            code=ProblemCode.TOO_MANY_CODES,
            line=line,
            column=name,
            found=Message("more than {count:,} codes", count=column.most),
            expected=Message("at most {most:,} codes", most=column.most),
            repair=Message("keep the surest, which come first"),
        )
    wrong = next(code for code in codes if not _are_codes([[code]], known=known))
    if len(wrong) > MAX_CELL:
        return cell_too_long(wrong, line=line, column=name)
    listed = Message('codes separated by "{separator}"', separator=column.separator)
    return Problem(
        code=ProblemCode.UNKNOWN_LABEL if wrong else ProblemCode.EMPTY_CELL,
        line=line,
        column=name,
        found=shown(wrong) if wrong else Message("nothing between two separators"),
        expected=listed if known is None or not wrong else _one_of(tuple(column.classes or ())),
        repair=_towards(wrong, known or ()) if wrong else Message("remove one separator"),
    )


def _one_of(classes: Sequence[str]) -> Message:
    named = ", ".join(classes[:MAX_NAMED])
    if len(classes) > MAX_NAMED:
        return Message("one of the {count:,}: {classes}, …", count=len(classes), classes=named)
    return Message("one of {classes}", classes=named)


def _towards(cell: str, classes: Collection[str]) -> Message:
    """Say how a cell becomes what its author may have meant."""
    if cell.strip() != cell:
        return Message("remove the spaces around it")
    alike = {label.casefold(): label for label in classes}
    meant = alike.get(cell.casefold()) or alike.get(cell.removesuffix(".0"))
    meant = meant or nearest(cell.casefold(), among=alike)
    if meant is None:
        return Message("write it exactly as the challenge does")
    return Message("write {meant}, if that is meant", meant=shown(meant))
