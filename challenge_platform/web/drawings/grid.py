"""Square grids of cells, one for each pair of names: marks that differ in form, or shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from challenge_platform.web.drawings.axis import Tick, fixed
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.lines import cut

LARGEST = 56
"""The side of a cell at most, in units of the drawing."""

_LEGIBLE = 15
"""The room that the number of a column takes."""

_LINE = 10
"""The height that the name of a row takes."""

_SMALL = 13
"""In rows that are lower, names are written in small letters, of which more have room."""

_DARKEST = 0.45
"""The opacity of a whole share: a number on it keeps its contrast."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell with a number: its corner, how dark it is, and what it says."""

    x: float
    y: float
    shade: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A grid as it is drawn, `end` units wide.

    Rows have names; columns have them too, unless it is `numbered`: then the rows' numbers.

    `filled` and `hollow` are the paths of two kinds of marks; `cells` have numbers instead.
    """

    frame: Frame
    side: float
    end: float
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    numbered: bool
    small: bool
    filled: str = ""
    hollow: str = ""
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the cells of a grid of `names` lie in a frame, which becomes as high as they need."""

    frame: Frame
    names: Sequence[str]

    @property
    def numbered(self) -> bool:
        """Whether names are too long to stand above their columns."""
        return any(cut(name, room=self.side) != name for name in self.names)

    def name(self, number: int) -> str:
        """Give the name of a row, counted from 1, with its number where columns have it."""
        name = self.names[number - 1]
        return f"{number} {name}" if self.numbered else name

    @property
    def side(self) -> float:
        """The side of a cell."""
        room = self.frame.plot_right - self.frame.left
        return round(min(room / len(self.names), LARGEST), 1)

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """Give the upper left corner of a cell."""
        x, y = self.frame.left + column * self.side, self.frame.top + row * self.side
        return round(x, 1), round(y, 1)

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """Give the middle of a cell."""
        x, y = self.corner(row, column)
        return round(x + self.side / 2, 1), round(y + self.side / 2, 1)

    def empty(self) -> Grid:
        """Give the grid without its cells; where they are small, only some are named."""
        count = len(self.names)
        each, each_row = (max(1, -int(-room // self.side)) for room in (_LEGIBLE, _LINE))
        frame = self.frame
        room = (frame.left - 4) * (1.2 if self.side < _SMALL else 1)
        height = frame.top + frame.bottom + self.side * count
        return Grid(
            frame=Frame(**{**vars(frame), "height": round(height)}),
            side=self.side,
            end=round(self.side * count, 1),
            rows=tuple(
                Tick(at=self.centre(row, 0)[1], text=cut(self.name(row + 1), room=room))
                for row in range(count)
                if row % each_row == 0
            ),
            columns=tuple(
                Tick(
                    at=self.centre(0, column)[0],
                    text=fixed(column + 1) if self.numbered else self.names[column],
                )
                for column in range(count)
                if column == 0 or (column + 1) % each == 0
            ),
            numbered=self.numbered,
            small=self.side < _SMALL,
        )

    def squares(self, share: Callable[[int, int], float], /) -> str:
        """Draw a square in each cell, whose area is the share of the cell."""
        path = ""
        for row in range(len(self.names)):
            for column in range(len(self.names)):
                half = round((self.side - 2) / 2 * min(share(row, column), 1.0) ** 0.5, 2)
                if half > 0:
                    x, y = self.centre(row, column)
                    whole = f"{2 * half:g}"
                    path += f"M{x - half:g} {y - half:g}h{whole}v{whole}h-{whole}z"
        return path

    def rings(self, where: Callable[[int, int], bool], /) -> str:
        """Draw a small ring in some cells."""
        r = round(min(self.side / 4, 4), 1)
        path = ""
        for row in range(len(self.names)):
            for column in range(len(self.names)):
                if where(row, column):
                    x, y = self.centre(row, column)
                    path += f"M{x - r:g} {y:g}a{r} {r} 0 1 0 {2 * r:g} 0a{r} {r} 0 1 0 {-2 * r:g} 0"
        return path

    def cell(self, row: int, column: int, *, share: float, text: str) -> Cell:
        """Draw a cell with a number, the darker the larger its share."""
        x, y = self.corner(row, column)
        return Cell(x=x, y=y, shade=round(min(share, 1.0) * _DARKEST, 3), text=text)
