"""What changed, told in the reader's language: a sentence for each piece of news."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from challenge_platform.core.board_state import Row
from challenge_platform.core.dashboard import Participation
from challenge_platform.core.definition import Board
from challenge_platform.core.news import (
    Change,
    Ended,
    Moved,
    News,
    PhaseTurned,
    Published,
    Turn,
)
from challenge_platform.web import wording
from challenge_platform.web.formats import local, number
from challenge_platform.web.language import gettext, ngettext
from challenge_platform.web.language import lazy_gettext as _

FIRST_GROUP = 1

CHANGES = {
    Change.AGREEMENT: _("the agreement"),
    Change.FILES: _("the data files"),
    Change.TRUTH: _("the hidden truth"),
    Change.PHASES: _("the phases"),
    Change.SCORING: _("how submissions are read and scored"),
    Change.TEXTS: _("the texts of its pages"),
}

PAGES = {Change.AGREEMENT: "challenges.rules", Change.FILES: "challenges.data"}
"""Where a change is read; any other one on the overview."""

TURNS = {
    Turn.OPENED: _("Phase %(phase)s opened."),
    Turn.CLOSED: _("Phase %(phase)s closed."),
    Turn.REVEALED: _("The private scores of phase %(phase)s were revealed."),
}


BOARDS = {
    Board.PUBLIC: _("Public board of phase %(phase)s:"),
    Board.PRIVATE: _("Private board of phase %(phase)s:"),
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """A piece of news: when, in which challenge, in words, and where to read on."""

    at: datetime
    challenge: str
    text: str
    address: str


def told(participations: Sequence[Participation], /) -> list[Item]:
    """Tell the news of all of a person's challenges, the latest first."""
    items = [item for each in participations for item in _items(each)]
    return sorted(items, key=lambda item: item.at, reverse=True)


def _items(each: Participation) -> Iterator[Item]:
    title, slug = local(each.challenge.definition.title), each.challenge.slug
    for event in each.news:
        address = _address(event, slug=slug)
        yield Item(at=event.at, challenge=title, text=_text(event), address=address)
    ended = [event for event in each.news if isinstance(event, Ended)]
    if ended and (more := ended[0].total - len(ended)):
        text = ngettext(
            "%(num)s more submission ended before.", "%(num)s more submissions ended before.", more
        )
        address = url_for("submissions.list_", slug=slug)
        yield Item(at=ended[-1].at, challenge=title, text=str(text), address=address)


def _text(event: News) -> str:
    match event:
        case Ended():
            return str(
                gettext(
                    "Submission %(id)s (%(file)s) ended: %(state)s.",
                    id=event.submission.id[:8],
                    file=event.submission.filename,
                    state=str(wording.STATES[event.submission.state]).lower(),
                )
            )
        case Moved():
            return " ".join([str(BOARDS[event.board]) % {"phase": event.phase}, *_move(event)])
        case Published(changes=()):
            return str(gettext("A new version of the challenge was published."))
        case Published():
            changes = ", ".join(str(CHANGES[change]) for change in event.changes)
            return str(
                gettext("A new version was published. It changes: %(changes)s.", changes=changes)
            )
        case PhaseTurned():
            return str(TURNS[event.turn]) % {"phase": event.phase}


def _move(event: Moved) -> Iterator[str]:
    """Say what is new of rank, score and group, a sentence each."""
    before, after = event.before, event.after
    if before is None or before.rank is None:
        yield str(gettext("you stand at rank %(rank)s.", rank=after.rank or "\N{EN DASH}"))
    elif after.rank is None:
        yield str(gettext("it has no rank any more."))
    elif before.rank != after.rank:
        yield str(
            gettext("from rank %(before)s to rank %(after)s.", before=before.rank, after=after.rank)
        )
    else:
        yield str(gettext("still rank %(rank)s.", rank=after.rank))
    was, now = _value(before), _value(after)
    if was is not None and now is not None and was != now:
        yield str(
            gettext(
                "Score %(before)s before, %(after)s now.", before=number(was), after=number(now)
            )
        )
    if before and before.group == FIRST_GROUP != after.group:
        yield str(gettext("You are no longer in the first group."))
    elif after.group == FIRST_GROUP and (before is None or before.group != FIRST_GROUP):
        yield str(gettext("You are in the first group."))


def _value(row: Row | None) -> float | None:
    return row.score.value if row and row.score else None


def _address(event: News, *, slug: str) -> str:
    match event:
        case Ended():
            return url_for("submissions.show", id_=event.submission.id)
        case Moved():
            return url_for("leaderboards.show", slug=slug, phase=event.phase, board=event.board)
        case Published(changes=(first, *_others)) if first in PAGES:
            return url_for(PAGES[first], slug=slug)
        case PhaseTurned(turn=Turn.REVEALED):
            return url_for("leaderboards.show", slug=slug, phase=event.phase, board=Board.PRIVATE)
        case Published() | PhaseTurned():
            return url_for("challenges.overview", slug=slug)
