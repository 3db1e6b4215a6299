"""The forest plot of subgroups: the score of each beside the score of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from challenge_platform.core.feedback import Score, Subgroup
from challenge_platform.web.drawings.axis import padded
from challenge_platform.web.drawings.differences import NARROW, WIDE
from challenge_platform.web.drawings.rows import Interval, Rows, axis_of, draw_rows, sized
from challenge_platform.web.drawings.shown import beside
from challenge_platform.web.language import gettext
from challenge_platform.web.wording import NO_INTERVALS, UNDEFINED
from scorers.metric import Reason


@dataclass(frozen=True, kw_only=True)
class Forest:
    """The primary score of all and of each subgroup, drawn for wide and narrow screens.

    `apart` counts the subgroups whose interval does not hold the score of all, `told` those that
    have an interval. `left` counts those of too few units to be told.
    """

    drawn: Mapping[str, Rows]
    subgroups: tuple[Subgroup, ...]
    apart: int
    told: int
    left: int


def forest(overall: Score | None, subgroups: Sequence[Subgroup], /) -> Forest | None:
    """Draw subgroups below their columns; None where none has a primary score."""
    scores = [score for one in subgroups if (score := primary(one)) is not None]
    values = [
        value
        for score in (*scores, *([overall] if overall else []))
        for value in (score.value, score.low, score.high)
        if value is not None
    ]
    if not scores or not values:
        return None
    low, high = padded(values)
    rows = _rows(overall, subgroups)
    drawn = {}
    for size, empty in {"wide": WIDE, "narrow": NARROW}.items():
        frame = sized(empty, len(rows))
        axis = axis_of(frame, low, high)
        drawn[size] = draw_rows(
            rows,
            frame=frame,
            axis=axis,
            ticks=axis.ticks(most=frame.x_ticks),
            reference=overall.value if overall else None,
        )
    return Forest(
        drawn=drawn,
        subgroups=tuple(subgroups),
        apart=sum(_is_apart(score, overall) for score in scores),
        told=sum(score.low is not None for score in scores),
        left=sum(score.value is None for score in scores),
    )


def primary(subgroup: Subgroup, /) -> Score | None:
    """Give the primary score of a subgroup."""
    return next((score for score in subgroup.scores if score.primary), None)


def value_name(subgroup: Subgroup, /) -> str:
    """Name the value of a subgroup, which may be that of an empty cell."""
    return subgroup.value or str(gettext("(empty)"))


def _rows(overall: Score | None, subgroups: Sequence[Subgroup]) -> list[Interval]:
    rows = [_row(str(gettext("all")), overall)] if overall else []
    for column, members in groupby(subgroups, key=lambda one: one.column):
        rows.append(Interval(name=column, heading=True))
        rows += [_row(value_name(one), primary(one)) for one in members]
    return rows


def _row(name: str, score: Score | None) -> Interval:
    if score is None or score.value is None:
        few = score is not None and score.undefined == Reason.TOO_FEW
        return Interval(name=name, note=str(gettext("too few to be told") if few else UNDEFINED))
    note = beside(score.value, score.low, score.high)
    if score.no_interval is not None:
        note += f" ({NO_INTERVALS.get(score.no_interval, score.no_interval)})"
    return Interval(name=name, value=score.value, low=score.low, high=score.high, note=note)


def _is_apart(score: Score, overall: Score | None) -> bool:
    if overall is None or overall.value is None or score.low is None or score.high is None:
        return False
    return not score.low <= overall.value <= score.high
