"""What a person sees first: where they stand in each challenge, what is due, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from challenge_platform.core.account import User
from challenge_platform.core.board_state import Row, StateReader
from challenge_platform.core.challenge import PublishedChallenge, list_challenges
from challenge_platform.core.definition import Board, Phase
from challenge_platform.core.news import News, Taking, latest_states, news_since, row_of
from challenge_platform.core.phase import Status, statuses
from challenge_platform.core.quota import Quota, quota_of
from challenge_platform.core.submission import OPEN_STATES, Submission
from challenge_platform.core.team import Acceptance, Membership, Team

Rows = Mapping[Board, Row]


@dataclass(frozen=True, kw_only=True)
class PhaseView:
    """A phase as a team sees it: its quota while that is open, and its line of each board."""

    phase: Phase
    status: Status
    quota: Quota | None
    rows: Rows


@dataclass(frozen=True, kw_only=True)
class Participation:
    """A challenge that a person takes part in; `accepted` is about the agreement in force."""

    challenge: PublishedChallenge
    team: Team
    accepted: bool
    phases: tuple[PhaseView, ...]
    under_way: tuple[Submission, ...]
    news: tuple[News, ...]

    @property
    def is_open(self) -> bool:
        """Whether any phase takes submissions."""
        return any(view.status is Status.OPEN for view in self.phases)

    @property
    def urgency(self) -> tuple[bool, bool, float]:
        """What to sort by: open ones first, and of these the one that closes first."""
        ends = [
            view.phase.closes.timestamp()
            for view in self.phases
            if view.status is Status.OPEN and view.phase.closes is not None
        ]
        return (not self.is_open, not ends, min(ends, default=0))


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A challenge that a person may join, and what its phases are now."""

    challenge: PublishedChallenge
    statuses: Mapping[str, Status]


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """All of it; the news are of what happened after `since`."""

    since: datetime
    participations: tuple[Participation, ...]
    offers: tuple[Offer, ...]


def dashboard_of(
    session: Session, reader: StateReader, person: User, /, *, now: datetime
) -> Dashboard:
    """Compute a person's dashboard, the challenge whose phase closes first standing first.

    There are as many queries for one submission or team as for many; each challenge joined adds
    one or two for the quota of each open phase.
    """
    since = person.seen_at or person.created_at
    challenges = list_challenges(session)
    status = statuses(session, challenges, at=now)
    taking = _taking(session, challenges, person)
    news = news_since(session, reader, taking, since=since, now=now)
    under_way = _under_way(session, taking)
    accepted = _accepted(session, person)
    rows = _rows(session, reader, taking, now=now)
    participations = []
    for taken in taking:
        key, agreement = taken.challenge.id, taken.challenge.definition.agreement
        views = _views(session, taken, rows, status=status[key], now=now)
        participations.append(
            Participation(
                challenge=taken.challenge,
                team=taken.team,
                accepted=(key, agreement.version) in accepted,
                phases=views,
                under_way=tuple(one for one in under_way if one.team_id == taken.team.id),
                news=tuple(news[key]),
            )
        )
    joined = {taken.challenge.id for taken in taking}
    return Dashboard(
        since=since,
        participations=tuple(sorted(participations, key=lambda each: each.urgency)),
        offers=tuple(
            Offer(challenge=challenge, statuses=status[challenge.id])
            for challenge in challenges
            if challenge.id not in joined
        ),
    )


def mark_seen(session: Session, person: User, /, *, until: datetime) -> None:
    """Note that a person has read their news up to a moment; it never moves back."""
    person.seen_at = max(person.seen_at or person.created_at, until)
    session.add(person)


def _taking(
    session: Session, challenges: Sequence[PublishedChallenge], person: User
) -> list[Taking]:
    query = (
        select(Team)
        .join(Membership, col(Membership.team_id) == Team.id)
        .where(Membership.user_id == person.id)
    )
    teams = {team.challenge_id: team for team in session.exec(query)}
    return [
        Taking(challenge=challenge, team=teams[challenge.id])
        for challenge in challenges
        if challenge.id in teams
    ]


def _accepted(session: Session, person: User) -> set[tuple[int, str]]:
    query = select(Acceptance.challenge_id, Acceptance.version).where(
        Acceptance.user_id == person.id
    )
    return set(session.exec(query))


def _under_way(session: Session, taking: Sequence[Taking]) -> list[Submission]:
    query = (
        select(Submission)
        .where(
            col(Submission.team_id).in_([taken.team.id for taken in taking]),
            col(Submission.state).in_(OPEN_STATES),
        )
        .order_by(col(Submission.received_at))
    )
    return list(session.exec(query))


def _rows(
    session: Session, reader: StateReader, taking: Sequence[Taking], *, now: datetime
) -> dict[tuple[int, str], dict[Board, Row]]:
    """Give the teams' lines by challenge and phase, from the latest state of each board."""
    states = latest_states(session, [taken.challenge.id for taken in taking], until=now)
    found: dict[tuple[int, str], dict[Board, Row]] = {}
    for taken in taking:
        for state in states.get(taken.challenge.id, []):
            row = row_of(reader, state, team=taken.team)
            if row is not None:
                found.setdefault((state.challenge_id, state.phase), {})[state.board] = row
    return found


def _views(
    session: Session,
    taken: Taking,
    rows: Mapping[tuple[int, str], Rows],
    *,
    status: Mapping[str, Status],
    now: datetime,
) -> tuple[PhaseView, ...]:
    views = []
    for phase in taken.challenge.definition.phases:
        is_open = status[phase.key] is Status.OPEN
        quota = quota_of(session, team_id=taken.team.id, phase=phase, now=now) if is_open else None
        views.append(
            PhaseView(
                phase=phase,
                status=status[phase.key],
                quota=quota,
                rows=rows.get((taken.challenge.id, phase.key), {}),
            )
        )
    return tuple(views)
