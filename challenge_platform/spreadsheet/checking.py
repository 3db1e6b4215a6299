"""Whether the cells of a table are what the definition says: ids, types, nothing empty."""

from collections.abc import Mapping

from challenge_platform.core.table_section import Table
from challenge_platform.spreadsheet.sheet import Problems, Sheet
from scorers.predictions.cells import read_column
from scorers.predictions.problems import Findings
from scorers.tables import CodesColumn, Column, MaskColumn


def check_cells(
    table: Table, /, *, sheet: Sheet, predicted: Mapping[str, Column], problems: Problems
) -> None:
    """Note ids that are there twice, empty cells of what must not be, and wrong values.

    A target is of its type in `data.columns`, or else that of the predicted column of its name.
    """
    types = {name: column for name, column in predicted.items() if name in table.targets}
    types |= table.columns
    _check_ids(table.id, sheet=sheet, problems=problems)
    for name in dict.fromkeys((table.id, *table.truth_columns)):
        if isinstance(types.get(name), CodesColumn):
            continue  # without a code it is empty
        for line, cell in zip(sheet.lines, sheet.column(name), strict=True):
            if not cell:
                problems.add(
                    sheet.name, row=line, column=name, what="is empty", repair="fill it in"
                )
    for name, column in types.items():
        if isinstance(column, MaskColumn):
            continue  # its cells name files, which are read elsewhere
        _check_type(name, column=column, sheet=sheet, problems=problems)


def _check_ids(name: str, *, sheet: Sheet, problems: Problems) -> None:
    seen: dict[str, int] = {}
    for line, cell in zip(sheet.lines, sheet.column(name), strict=True):
        if cell and cell in seen:
            problems.add(
                sheet.name,
                row=line,
                column=name,
                what=f"{cell!r} is the id of row {seen[cell]} too",
                repair="give each row an id of its own",
            )
        seen.setdefault(cell, line)


def _check_type(name: str, *, column: Column, sheet: Sheet, problems: Problems) -> None:
    """Note the cells that are not of the type of their column; empty ones were noted before."""
    findings = Findings()
    held = [
        (cell, line) for cell, line in zip(sheet.column(name), sheet.lines, strict=True) if cell
    ]
    read_column(
        [cell for cell, _ in held],
        column=column,
        name=name,
        lines=[line for _, line in held],
        findings=findings,
    )
    for problem in findings.kept:
        problems.add(
            sheet.name,
            row=problem.line,
            column=name,
            what=f"holds {problem.found}, expected {problem.expected}",
            repair=str(problem.repair),
        )
