"""Documents of the ids, one JSON file of an archive each, read into the cells of a table.

A document is one JSON object with a key for each column or, where rows are objects of an id, a list
of such objects. Each value is a cell of its column, which is then read as those of tables are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scorers.message import Message
from scorers.predictions.archive import Files
from scorers.predictions.json_values import Refused, cell_of, described, members_of, parsed, refuse
from scorers.predictions.problems import Findings, Problem, ProblemCode, visible
from scorers.tables import CodesColumn, Column, LabelColumn, SubmissionDefinition

SMALL = Message("keep the surest, and write neither digits nor spaces that are not needed")

_ROOM = 4 * 1024
_VALUE = 256
"""Bytes of a number or class in a document, with indentation, beside the names of keys."""

_LIST = 100_000
"""Bytes of a list of codes; a line of a table has as many characters."""

_ESCAPED = 12
"""Bytes that one character takes when it is escaped."""

_SLACK = 1_000
"""Values more than asked for, of which a document is read all the same, to tell what is wrong."""


@dataclass(kw_only=True)
class Documents:
    """The cells of the documents read so far, and where each row of them stands.

    `units` has the place of the id of each row, and `numbers` that of the row in its document.
    """

    submission: SubmissionDefinition
    ids: Sequence[str]
    findings: Findings
    cells: dict[str, list[str]] = field(init=False)
    units: list[int] = field(init=False, default_factory=list)
    numbers: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.cells = {name: [] for name in self.submission.plain}
        self._places = {self.submission.document(name): n for n, name in enumerate(self.ids)}
        objects = self.submission.objects
        self._arrays = {} if objects is None else objects.arrays
        self._keys = dict.fromkeys(self.submission.keys)
        self._parts = {
            part: (key, number)
            for key, parts in self._arrays.items()
            for number, part in enumerate(parts)
        }
        self._overflows = False
        self.findings.located = self._located

    @property
    def files(self) -> Files:
        """The files that are asked for."""
        return Files(
            names=self._places.keys(), largest=_room(self.submission), take=self._take, small=SMALL
        )

    def _take(self, file: str, data: bytes) -> None:
        """Add the cells of a document; what is wrong with it becomes a finding."""
        if self.findings.full or self._overflows:
            self.findings.count(1)  # it is not even looked at
            return
        try:
            rows = self._rows(parsed(data, most=_most_values(self.submission)))
            cells = [self._cells(row, path=self._path(n)) for n, row in enumerate(rows)]
            self._require_room(len(self.units) + len(cells))
        except Refused as refused:
            self.findings.add(replace(refused.problem, member=visible(file)))
            return
        for number, row in enumerate(cells):
            self.units.append(self._places[file])
            self.numbers.append(number)
            for name, cell in row.items():
                self.cells[name].append(cell)

    def _rows(self, made: Any) -> Sequence[Any]:  # noqa: ANN401 -- what JSON may hold
        objects = self.submission.objects
        if objects is None:
            return [made]
        if not isinstance(made, list):
            refuse(
                "$",
                found=described(made),
                expected=Message("a list of objects, empty if there are none"),
                repair=Message("put the objects between [ and ]"),
            )
        if len(made) > objects.most:
            refuse(
                self._path(objects.most),
                code=ProblemCode.TOO_MANY_OBJECTS,
                found=Message("{count:,} objects", count=len(made)),
                expected=Message("at most {most:,} objects for each id", most=objects.most),
                repair=Message("keep the surest"),
            )
        return made

    def _require_room(self, count: int) -> None:
        objects = self.submission.objects
        if objects is not None and count > objects.most_in_all:
            self._overflows = True
            refuse(
                "$",
                code=ProblemCode.TOO_MANY_ROWS,
                found=Message("more than {most:,} objects in all", most=objects.most_in_all),
                expected=Message("at most {most:,} objects in all", most=objects.most_in_all),
                repair=Message("keep the surest"),
            )

    def _cells(self, row: Any, *, path: str) -> dict[str, str]:  # noqa: ANN401 -- what JSON may hold
        """Give the cell of each column; raise Refused unless an object has exactly the keys."""
        columns, cells = self.submission.columns, {}
        for key, value in members_of(row, wanted=self._keys, path=path).items():
            place = f"{path}.{key}"
            if key not in self._arrays:
                cells[key] = cell_of(value, column=columns[key], path=place)
                continue
            parts = self._arrays[key]
            if not isinstance(value, list) or len(value) != len(parts):
                refuse(
                    place,
                    found=described(value),
                    expected=Message("a list of {names}", names=", ".join(parts)),
                    repair=Message("write one value for each, in this order, between [ and ]"),
                )
            for number, (name, part) in enumerate(zip(parts, value, strict=True)):
                cells[name] = cell_of(part, column=columns[name], path=f"{place}[{number}]")
        return cells

    def _path(self, number: int) -> str:
        return "$" if self.submission.objects is None else f"$[{number}]"

    def _located(self, problem: Problem) -> Problem:
        """Give a problem of a row with its document and the place in it, in place of the row."""
        if problem.line is None:
            return problem
        path = self._path(self.numbers[problem.line])
        file = self.submission.document(self.ids[self.units[problem.line]])
        column = f"{path}.{self._key(problem.column or '')}"
        return replace(problem, line=None, column=column, member=visible(file))

    def _key(self, columns: str) -> str:
        """Give the key of a column or, of several, the keys of them all."""
        if columns in self._parts:
            key, number = self._parts[columns]
            return f"{key}[{number}]"
        keys = (self._parts.get(name, (name, 0))[0] for name in columns.split(", "))
        return ", ".join(dict.fromkeys(keys))


def _most_values(submission: SubmissionDefinition) -> int:
    """Give how many values a document may have, with the brackets around them."""
    codes = [c.most for c in submission.plain.values() if isinstance(c, CodesColumn)]
    row = 2 + 2 * len(submission.plain) + sum(codes)
    objects = submission.objects
    return row * (1 if objects is None else objects.most) + _SLACK


def _room(submission: SubmissionDefinition) -> int:
    """Give how many bytes a document may have."""
    row = sum(_room_of(column, name) for name, column in submission.plain.items())
    objects = submission.objects
    return _ROOM + row * (1 if objects is None else objects.most)


def _room_of(column: Column, name: str) -> int:
    words = column.classes or () if isinstance(column, LabelColumn | CodesColumn) else ()
    value = _VALUE + _ESCAPED * max((len(str(word)) for word in words), default=0)
    if isinstance(column, CodesColumn):
        value = min(value * column.most, _LIST)
    return value + _ESCAPED * len(name)
