"""The ids of a predictions file, which must be known, and each there once."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message
from scorers.predictions.problems import MAX_PROBLEMS, Findings, Problem, ProblemCode, shown
from scorers.predictions.rows import MAX_CELL, cell_too_long


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
        elif cell in first:
            findings.add(_duplicate_id(cell, first=first[cell], line=line, column=column))
        else:
            findings.add(unknown_id(cell, known=known, line=line, column=column))


def _missing_id(wanted: str, *, column: str) -> Problem:
    return Problem(
        code=ProblemCode.MISSING_ID,
        column=column,
        found=Message("no such row"),
        expected=Message("a row with the id {id}", id=shown(wanted)),
        repair=Message("add the row"),
    )


def _duplicate_id(cell: str, *, first: int, line: int, column: str) -> Problem:
    return Problem(
        code=ProblemCode.DUPLICATE_ID,
        line=line,
        column=column,
        found=shown(cell),
        expected=Message("this id once (it is in line {line})", line=first),
        repair=Message("remove one of the rows"),
    )


def unknown_id(cell: str, /, *, known: Collection[str], line: int, column: str) -> Problem:
    """Say that no such id was asked for."""
    if not cell:
        code, repair = ProblemCode.EMPTY_CELL, Message("write the id")
    elif len(cell) > MAX_CELL:
        return cell_too_long(cell, line=line, column=column)
    else:
        code = ProblemCode.UNKNOWN_ID
        repair = Message("write the id exactly as in the list, as text")
        if cell.strip() in known:
            repair = Message("remove the spaces around the id")
        elif not cell.isascii() and _composed(cell) in map(_composed, known):
            repair = Message("write its accents as the list has them, in the same Unicode form")
    return Problem(
        code=code,
        line=line,
        column=column,
        found=shown(cell),
        expected=Message("an id of the list"),
        repair=repair,
    )


def _composed(name: str) -> str:
    """Give what is the same for ids that look the same."""
    return unicodedata.normalize("NFC", name)
