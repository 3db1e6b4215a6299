"""The cells of one column, read as the type of the column says."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from scorers.predictions.numbers import read_numbers
from scorers.predictions.problems import Findings
from scorers.predictions.words import read_codes, read_labels
from scorers.tables import CodesColumn, Column, LabelColumn, MaskColumn


def read_column(
    cells: Sequence[str],
    /,
    *,
    column: Column,
    name: str,
    lines: Sequence[int],
    findings: Findings,
) -> NDArray[Any]:
    """Return what the cells hold; what is wrong becomes a finding.

    `lines` has the line number of each cell. A column of numbers becomes float64, of integers
    int64, of labels the type of its classes, and of codes an array of lists of text. Masks are in
    files of their own, and never in cells.
    """
    if isinstance(column, MaskColumn):
        raise TypeError(f"{name} is a mask, which no cell holds")
    if isinstance(column, LabelColumn):
        return read_labels(cells, column=column, name=name, lines=lines, findings=findings)
    if isinstance(column, CodesColumn):
        return read_codes(cells, column=column, name=name, lines=lines, findings=findings)
    return read_numbers(cells, column=column, name=name, lines=lines, findings=findings)
