"""The map of significance: which of the first teams are told apart, pair by pair."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from challenge_platform.core.comparison import Significance
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.grid import Grid, Places

LEVEL = 0.05
"""Two teams are told apart if the p of their test, corrected for all pairs, is below this."""

WIDE = Frame(width=640, height=0, left=220, right=4, top=44, bottom=6, x_ticks=0)
NARROW = Frame(width=358, height=0, left=112, right=4, top=44, bottom=6, x_ticks=0)


@dataclass(frozen=True, kw_only=True)
class SignificanceMap:
    """The pairs of the first teams, drawn for wide and narrow screens, and their p.

    `told` counts the pairs that are told apart, `pairs` those that could be compared.
    """

    drawn: Mapping[str, Grid]
    teams: tuple[str, ...]
    p: tuple[tuple[float | None, ...], ...]
    told: int
    pairs: int

    def is_told(self, row: int, column: int, /) -> bool:
        """Whether a pair is told apart; a pair that was not compared is not."""
        found = self.p[row][column]
        return found is not None and found < LEVEL


def significance_map(found: Significance | None, /) -> SignificanceMap | None:
    """Draw a full square for each pair that is told apart and a ring for each that is not.

    A pair that cannot be compared has neither. None where there are no two teams.
    """
    if found is None or len(found.teams) <= 1:
        return None
    upper = [
        p
        for row, values in enumerate(found.p)
        for column, p in enumerate(values)
        if column > row and p is not None
    ]
    return SignificanceMap(
        drawn={
            name: _draw(Places(frame=frame, names=found.teams), found)
            for name, frame in {"wide": WIDE, "narrow": NARROW}.items()
        },
        teams=found.teams,
        p=found.p,
        told=sum(p < LEVEL for p in upper),
        pairs=len(upper),
    )


def _draw(places: Places, found: Significance) -> Grid:
    def is_told(row: int, column: int) -> bool:
        p = found.p[row][column]
        return p is not None and p < LEVEL

    def is_not(row: int, column: int) -> bool:
        p = found.p[row][column]
        return p is not None and p >= LEVEL

    return replace(
        places.empty(),
        filled=places.squares(lambda row, column: 0.5 * is_told(row, column)),
        hollow=places.rings(is_not),
    )
