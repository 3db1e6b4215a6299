"""What a leaderboard says in plain words, and what it does not prove, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.lists import format_list
from flask_babel import get_locale  # type: ignore[import-untyped]  # ships no types
from markupsafe import Markup, escape

from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import Comparison, Leaderboard, Row
from challenge_platform.web.language import format_decimal, gettext, ngettext
from scorers.ranking.entry_state import EntryState
from scorers.uncertainty.intervals import FEWEST_EVENTS, FEWEST_UNITS, NoInterval

FEW_EVENTS = FEWEST_EVENTS
"""Below this many events in a metric, nobody is said to be ahead: no interval covers well enough.

The page on uncertainty has how often intervals held the true score, by the number of events.
"""

NAMED = 3
"""How many teams a sentence names; the others are counted."""

Sentences = tuple[Markup, ...]


@dataclass(frozen=True, kw_only=True)
class PlainWords:
    """The paragraph above a board: what it says, then what it leaves open."""

    said: Sentences
    open: Sentences


def plain_words(board: Leaderboard, /) -> PlainWords:
    """Put a board into whole sentences; both parts are empty when nobody stands on it."""
    if not board.rows:
        return PlainWords(said=(), open=())
    teams = [row for row in board.rows if row.state is EntryState.RANKED]
    few = _too_few(board)
    said = (*_judged(board), *(few or (*_standing(teams), *_against_baseline(board))))
    return PlainWords(said=said, open=(*_not_proven(teams), *_tried(board, teams)))


def code(name: str, /) -> Markup:
    """Write the name of a column or metric as what it is."""
    return Markup("<code>{}</code>").format(name)


def codes(names: Sequence[str], /) -> Markup:
    """Write several names one after another."""
    return Markup(", ").join(code(name) for name in names)


def _judged(board: Leaderboard) -> Sentences:
    """Say how many patients, or other units, judged the scores, and how many events they had."""
    if board.judged is None:
        return ()
    units, unit, events = board.judged.units, board.judged.unit, board.judged.events
    shown = dict.fromkeys([*(score.key for score in board.rows[0].scores), *events])
    resting: dict[int, list[str]] = {}
    for metric in shown:
        if (number := events.get(metric)) is not None:
            resting.setdefault(number, []).append(metric)
    counted = [_events(metrics, number) for number, metrics in resting.items()]
    return (_units(units, unit=unit, board=board.board), *counted)


def _units(units: int, *, unit: str, board: Board) -> Markup:
    of_patients = unit.casefold().startswith("patient")
    if of_patients and board is Board.PUBLIC:
        text = ngettext(
            "These scores are judged on %(count)s patient, the public part of the test set.",
            "These scores are judged on %(count)s patients, the public part of the test set.",
            units,
            count=_count(units),
        )
    elif of_patients:
        text = ngettext(
            "These scores are judged on %(count)s patient, the private part of the test set.",
            "These scores are judged on %(count)s patients, the private part of the test set.",
            units,
            count=_count(units),
        )
    elif board is Board.PUBLIC:
        text = ngettext(
            "These scores are judged on %(count)s unit (%(unit)s), the public part of the test "
            "set.",
            "These scores are judged on %(count)s units (%(unit)s), the public part of the test "
            "set.",
            units,
            count=_count(units),
            unit=code(unit),
        )
    else:
        text = ngettext(
            "These scores are judged on %(count)s unit (%(unit)s), the private part of the test "
            "set.",
            "These scores are judged on %(count)s units (%(unit)s), the private part of the test "
            "set.",
            units,
            count=_count(units),
            unit=code(unit),
        )
    return _sentence(text)


def _events(metrics: Sequence[str], number: int) -> Markup:
    """Say on how many events each of some metrics rests."""
    if len(metrics) > 1:
        return _sentence(
            ngettext(
                "The metrics %(metrics)s rest on %(count)s event each.",
                "The metrics %(metrics)s rest on %(count)s events each.",
                number,
                metrics=codes(metrics),
                count=_count(number),
            )
        )
    return _sentence(
        ngettext(
            "The metric %(metric)s rests on %(count)s event.",
            "The metric %(metric)s rests on %(count)s events.",
            number,
            metric=codes(metrics),
            count=_count(number),
        )
    )


def _too_few(board: Leaderboard) -> Sentences:
    """Say that nothing can be told, where a metric rests on too few events, or all on few units."""
    events = board.judged.events.items() if board.judged else ()
    few = [metric for metric, number in events if number is not None and number < FEW_EVENTS]
    if not few:
        return _too_few_units(board)
    text = gettext(
        "So few events in %(metrics)s cannot tell which team does better than another, or than a "
        "baseline: the order below may well be chance.",
        metrics=codes(few),
    )
    return (_sentence(text),)


def _too_few_units(board: Leaderboard) -> Sentences:
    if board.judged is None or board.judged.units >= FEWEST_UNITS:
        return ()
    text = gettext(
        "So few cases cannot tell which team does better than another, or than a baseline: the "
        "order below may well be chance.",
    )
    return (_sentence(text),)


def _standing(teams: Sequence[Row]) -> Sentences:
    """Say which teams cannot be told from the one at the top of the list, or that none can."""
    ranked = [row for row in teams if row.rank is not None]
    if not teams:
        return (_sentence(gettext("Only baselines have been scored so far.")),)
    if not ranked:
        return (_sentence(gettext("No team has a score here that can be ranked.")),)
    top, *others = ranked
    if not others:
        text = gettext(
            "%(team)s is the only team that is ranked: there is no other to compare it with.",
            team=_team(top),
        )
        return (_sentence(text),)
    if top.group is None:
        return (_unsure(top),)
    close = [row for row in others if row.group == top.group]
    apart = [row for row in others if row.group != top.group]
    if not close:
        return (_alone(top, apart[0]),)
    text = gettext(
        "This test set cannot tell %(team)s, the team listed at the top, from %(others)s: none of "
        "them is known to be ahead.",
        team=_team(top),
        others=_teams(close),
    )
    return (_sentence(text), *((_below(apart),) if apart else ()))


def _unsure(top: Row) -> Markup:
    text = gettext("How sure the order below is has not been computed.")
    if any(score.no_interval == NoInterval.ONE_NUMBER for score in top.scores):
        text = gettext(
            "How sure the order below is cannot be told: the program of the organizers gives one "
            "number for each score, and no interval; only equal scores share a rank."
        )
    return _sentence(text)


def _alone(top: Row, following: Row) -> Markup:
    text = gettext(
        "%(team)s stands first among the teams: it does better than %(next)s, the next of them, by "
        "more than chance would explain (the 95 %% interval of their difference is above zero).",
        team=_team(top),
        next=_team(following),
    )
    return _sentence(text)


def _below(apart: Sequence[Row]) -> Markup:
    text = ngettext(
        "%(next)s stands below them and does less well by more than chance would explain.",
        "%(count)s teams stand below them, from %(next)s on, which does less well by more than "
        "chance would explain.",
        len(apart),
        count=_count(len(apart)),
        next=_team(apart[0]),
    )
    return _sentence(text)


def _against_baseline(board: Leaderboard) -> Sentences:
    """Compare the team at the top of the list with the baseline that scores highest among them."""
    if not any(row.rank is not None for row in board.rows):
        return ()
    baselines = [row.team for row in board.rows if row.baseline]
    if not baselines:
        return (_sentence(gettext("No baseline has been scored here to compare it with.")),)
    top = next(row for row in board.rows if row.rank is not None)
    made = {comparison.other: comparison for comparison in board.comparisons_of(top.team)}
    found = next((made[name] for name in baselines if name in made), None)
    return () if found is None else (_compared(found),)


def _compared(found: Comparison) -> Markup:
    difference, low, high = found.difference, found.low, found.high
    names = {"team": _name(found.team), "baseline": _name(found.other)}
    if low is None or high is None:
        text = gettext(
            "The score of %(team)s differs from that of the baseline %(baseline)s by %(gain)s; how "
            "sure this is has not been computed.",
            gain=_amount(abs(difference)),
            **names,
        )
    elif low > 0:
        text = gettext(
            "%(team)s does better than the baseline %(baseline)s, by %(gain)s (95 %% interval "
            "%(low)s to %(high)s).",
            **_range(difference, low, high),
            **names,
        )
    elif high < 0:
        text = gettext(
            "%(team)s does worse than the baseline %(baseline)s, by %(gain)s (95 %% interval "
            "%(low)s to %(high)s).",
            **_range(-difference, -high, -low),
            **names,
        )
    else:
        text = gettext(
            "%(team)s cannot be told from the baseline %(baseline)s: the difference is %(gain)s "
            "(95 %% interval %(low)s to %(high)s), and may be none.",
            **_range(difference, low, high),
            **names,
        )
    return _sentence(text)


def _not_proven(teams: Sequence[Row]) -> Sentences:
    if not teams:
        return ()
    text = gettext(
        "The order could be another on other patients or in another hospital, and a good score "
        "does not prove that a model is useful in care.",
    )
    return (_sentence(text),)


def _tried(board: Leaderboard, teams: Sequence[Row]) -> Sentences:
    """Say how far the scores may be fitted to the part of the test set that judged them."""
    if board.board is Board.PRIVATE:
        text = gettext(
            "Nobody could see these private scores before they were revealed, so nothing could be "
            "tuned to them.",
        )
        return (_sentence(text),)
    tried = sum(row.entries for row in teams)
    text = ngettext(
        "%(count)s submission has been tried against this public part. What is tried often enough "
        "comes to fit it by chance: the private part decides.",
        "%(count)s submissions have been tried against this public part. What is tried often "
        "enough comes to fit it by chance: the private part decides.",
        tried,
        count=_count(tried),
    )
    return (_sentence(text),)


def _sentence(text: str) -> Markup:
    """Mark a translated message as HTML: its source has none, and what it is given is escaped."""
    return Markup(text)  # noqa: S704 -- see the docstring; the tests try it with hostile names


def _team(row: Row) -> Markup:
    return _name(row.team)


def _name(name: str) -> Markup:
    """Keep a name in one piece, whichever way its script runs."""
    return Markup("<bdi>{}</bdi>").format(name)


def _teams(rows: Sequence[Row]) -> Markup:
    """List up to NAMED teams, and count the others."""
    names = [_team(row) for row in rows]
    left = len(names) - NAMED
    if left <= 0:
        return _sentence(format_list(names, locale=get_locale()))
    return _sentence(
        ngettext(
            "%(names)s, and %(count)s other",
            "%(names)s, and %(count)s others",
            left,
            names=", ".join(names[:NAMED]),
            count=_count(left),
        )
    )


def _range(gain: float, low: float, high: float) -> dict[str, Markup]:
    return {"gain": _amount(gain), "low": _amount(low), "high": _amount(high)}


def _amount(value: float) -> Markup:
    written = str(format_decimal(abs(value), "@@#"))
    return escape(f"\N{MINUS SIGN}{written}" if value < 0 else written)


def _count(number: int) -> str:
    return str(format_decimal(number))
