"""Rows that are objects of a unit, such as boxes in an image, gathered into one row a unit."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message
from scorers.predictions.ids import unknown_id
from scorers.predictions.problems import Findings, Problem, ProblemCode, shown
from scorers.tables import Objects, SubmittedObjects


def locate_units(
    cells: Sequence[str],
    /,
    *,
    ids: Sequence[str],
    column: str,
    objects: SubmittedObjects,
    lines: Sequence[int],
    findings: Findings,
) -> NDArray[np.intp]:
    """Return the place in `ids` of each object's unit; unknown ones become findings.

    So does a unit with more objects than there may be, at the first one too many.
    """
    place = dict(zip(ids, range(len(ids)), strict=True))
    if len(place) != len(ids):
        raise ValueError("an id is asked for twice")
    if not set(cells) <= place.keys():
        for cell, line in zip(cells, lines, strict=True):
            if cell in place:
                continue
            if findings.full:
                findings.count(1)
            else:
                findings.add(unknown_id(cell, known=place.keys(), line=line, column=column))
        return np.empty(0, dtype=np.intp)
    units = np.fromiter(map(place.__getitem__, cells), dtype=np.intp, count=len(cells))
    counts = np.bincount(units, minlength=len(ids))
    for unit in np.flatnonzero(counts > objects.most).tolist():
        surplus = np.flatnonzero(units == unit)[objects.most] if not findings.full else None
        if surplus is None:
            findings.count(1)
            continue
        findings.add(
            Problem(
                code=ProblemCode.TOO_MANY_OBJECTS,
                line=lines[int(surplus)],
                column=column,
                found=Message(
                    "{count:,} rows of {id}", count=int(counts[unit]), id=shown(ids[unit])
                ),
                expected=Message("at most {most:,} rows for each id", most=objects.most),
                repair=Message("keep the surest"),
            )
        )
    return units


def side_by_side(
    columns: Mapping[str, NDArray[Any]], /, *, objects: Objects | None
) -> dict[str, NDArray[Any]]:
    """Return the columns as metrics read them, each of `arrays` in place of its columns.

    An array of numbers and labels, such as a span of text, is one of Python's objects.
    """
    if objects is None:
        return dict(columns)
    arrays = {}
    for name, parts in objects.arrays.items():
        told = [columns[part] for part in parts]
        mixed = any(column.dtype.kind == "U" for column in told)
        arrays[name] = np.stack([c.astype(np.object_) for c in told] if mixed else told, axis=1)
    within = {part for parts in objects.arrays.values() for part in parts}
    return arrays | {name: column for name, column in columns.items() if name not in within}


def gather(
    columns: Mapping[str, NDArray[Any]], /, *, unit: NDArray[np.intp], count: int
) -> dict[str, NDArray[Any]]:
    """Return columns of `count` units: what the objects of each hold, in the order of the rows.

    `unit` is the place of the unit of each row.
    """
    order = np.argsort(unit, kind="stable")
    ends = np.append(0, np.cumsum(np.bincount(unit, minlength=count)))
    edges = list(pairwise(ends.tolist()))
    gathered = {}
    for name, column in columns.items():
        inorder = column[order]
        cells = [inorder[start:stop] for start, stop in edges]
        gathered[name] = np.fromiter(cells, dtype=np.object_, count=count)
    return gathered
