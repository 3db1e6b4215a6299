"""The confusion matrix: which classes are taken for which."""

from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.grid import Grid, Places
from challenge_platform.web.drawings.shown import Shown, Table
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import Confusion

FRAME = Frame(width=358, height=0, left=110, right=6, top=44, bottom=6, x_ticks=0)

MOST_NUMBERED = 6
"""With more classes, a square of the cell's share stands for the number, which is in the table."""

MOST_IN_A_MATRIX = 12
"""With more classes, the table lists the cells that are not 0, the largest first."""

MOST_LISTED = 200


def shown(drawn: Confusion, /) -> Shown:
    """Draw each cell by its share of its row, the true class."""
    is_matrix = len(drawn.classes) <= MOST_IN_A_MATRIX
    listed = _matrix(drawn) if is_matrix else _list(drawn)
    return Shown(
        kind=drawn.kind,
        metrics=drawn.metrics,
        title=str(gettext("Confusion matrix")),
        text=str(
            gettext(
                "A square grid: a row for each true class, a column for each class that was told, "
                "in the same order. The fuller a cell, the larger its share of the row; what is "
                "right is on the diagonal. The numbers are listed below the picture."
            )
        ),
        reading=_reading(drawn),
        remark=str(
            gettext(
                "Numbers are told to the nearest %(step)s, so that none tells of a single unit.",
                step=format_decimal(drawn.rounded_to),
            )
        ),
        drawing=_grid(drawn) if drawn.classes else None,
        headings=(
            (str(gettext("True class")), *_named(drawn))
            if is_matrix
            else (
                str(gettext("True class")),
                str(gettext("Told as")),
                str(gettext("Units")),
            )
        ),
        rows=listed,
    )


def _share(drawn: Confusion, row: int, column: int) -> float:
    total = sum(drawn.counts[row])
    return drawn.counts[row][column] / total if total else 0.0


def _grid(drawn: Confusion) -> Grid:
    places = Places(frame=FRAME, names=drawn.classes)
    grid, numbers = places.empty(), range(len(drawn.classes))
    if len(drawn.classes) > MOST_NUMBERED:
        filled = places.squares(lambda row, column: _share(drawn, row, column))
        return Grid(**{**vars(grid), "filled": filled})
    cells = tuple(
        places.cell(
            row,
            column,
            share=_share(drawn, row, column),
            text=str(format_decimal(drawn.counts[row][column])),
        )
        for row in numbers
        for column in numbers
    )
    return Grid(**{**vars(grid), "cells": cells})


def _named(drawn: Confusion) -> tuple[str, ...]:
    """Give the classes as the picture names them."""
    places = Places(frame=FRAME, names=drawn.classes)
    return tuple(places.name(number) for number in range(1, len(drawn.classes) + 1))


def _matrix(drawn: Confusion) -> Table:
    return tuple(
        (name, *(str(format_decimal(count)) for count in counts))
        for name, counts in zip(_named(drawn), drawn.counts, strict=True)
    )


def _list(drawn: Confusion) -> Table:
    names = _named(drawn)
    found = [
        (count, names[row], names[column])
        for row, counts in enumerate(drawn.counts)
        for column, count in enumerate(counts)
        if count
    ]
    found.sort(key=lambda cell: -cell[0])
    return tuple(
        (true, told, str(format_decimal(count))) for count, true, told in found[:MOST_LISTED]
    )


def _reading(drawn: Confusion) -> str:
    """Name the pair of classes that is confused most often."""
    wrong = [
        (count, true, told)
        for true, counts in zip(drawn.classes, drawn.counts, strict=True)
        for told, count in zip(drawn.classes, counts, strict=True)
        if true != told
    ]
    count, true, told = max(wrong, key=lambda cell: cell[0], default=(0, "", ""))
    if not count:
        return str(gettext("No class is taken for another often enough to be told."))
    total = sum(drawn.counts[drawn.classes.index(true)])
    return str(
        gettext(
            "The most frequent confusion: about %(count)s of the %(total)s that are truly "
            "“%(true)s” are told as “%(told)s”.",
            count=format_decimal(count),
            total=format_decimal(total),
            true=true,
            told=told,
        )
    )
