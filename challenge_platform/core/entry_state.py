"""How a team takes part in a ranking, and who may change it: organizers, and a team that withdraws.

Every change leaves a record, and is seen on the next state of each board; earlier states stay. It
touches no score, so that it says nothing of private ones.
"""

from datetime import datetime

from sqlmodel import Session, select

from challenge_platform.core import audit
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.quota import lock_ledgers
from challenge_platform.core.standing import mark_boards_due
from challenge_platform.core.team import Team, team_of
from challenge_platform.errors import Conflict, InvalidInput, NotFound
from scorers.ranking.entry_state import EntryState

CHANGED = "team state changed"
"""What the audit trail calls it."""

MOST_LETTERS = 500
"""The length of a reason."""

MAY_WITHDRAW = frozenset({EntryState.RANKED, EntryState.NOT_ELIGIBLE})


def find_team(session: Session, challenge: PublishedChallenge, name: str, /) -> Team:
    """Give the challenge's team of this name; raise NotFound when there is none."""
    query = select(Team).where(Team.challenge_id == challenge.id, Team.name == name)
    found = session.exec(query).first()
    if found is None:
        raise NotFound(
            "{challenge} has no team {name!r}", challenge=challenge.slug, name=name[:100]
        )
    return found


def set_state(
    session: Session,
    challenge: PublishedChallenge,
    team: Team,
    state: EntryState,
    /,
    *,
    reason: str = "",
    now: datetime,
) -> None:
    """Change how a team takes part, as the organizers wish.

    `reason` is kept in the record; of a disqualification it is public, and must be given. Raise
    InvalidInput without it, with one that is too long, or where a team of people is to be a
    baseline; Conflict when the team is in that state already.
    """
    _hold(session, team)
    reason = " ".join(reason.split())
    if len(reason) > MOST_LETTERS:
        raise InvalidInput("a reason has at most {most} letters", most=MOST_LETTERS)
    if state is EntryState.BASELINE and team.state is not EntryState.BASELINE:
        # A baseline is the challenge's own from its first day, and stays when people depart.
        raise InvalidInput(
            "{team!r} is a team of people, which no baseline is; make it not_eligible",
            team=team.name,
        )
    if state is EntryState.DISQUALIFIED and not reason:
        raise InvalidInput(
            "a disqualification has a reason, which everybody may read on the leaderboard"
        )
    _change(
        session,
        challenge,
        team,
        state,
        public=reason if state is EntryState.DISQUALIFIED else None,
        actor=audit.PLATFORM,
        reason=reason,
        now=now,
    )


def withdraw(
    session: Session, challenge: PublishedChallenge, /, *, user: User, now: datetime
) -> Team:
    """Take the person's team out of the ranking.

    Raise NotFound when they have none, Conflict when it is not in the ranking.
    """
    team = team_of(session, user_id=user.id, challenge_id=challenge.id)
    if team is None:
        raise NotFound("you have no team in {challenge}", challenge=challenge.slug)
    _hold(session, team)
    if team.state not in MAY_WITHDRAW:
        raise Conflict(
            "only a team that is ranked or not eligible can withdraw; {team!r} is {state}",
            team=team.name,
            state=team.state,
        )
    _change(
        session,
        challenge,
        team,
        EntryState.WITHDRAWN,
        public=None,
        actor=f"user {user.id}",
        reason="by the team itself",
        now=now,
    )
    return team


def _hold(session: Session, team: Team) -> None:
    """Let no upload of the team end, and nobody else change its state, until this is done."""
    lock_ledgers(session, [team.id])
    session.refresh(team)


def _change(
    session: Session,
    challenge: PublishedChallenge,
    team: Team,
    state: EntryState,
    *,
    public: str | None,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    before = team.state
    if (before, team.reason) == (state, public):
        raise Conflict("team {team!r} is {state} already", team=team.name, state=state)
    team.state, team.reason = state, public
    session.add(team)
    mark_boards_due(session, challenge_id=challenge.id)
    audit.record(
        session,
        action=CHANGED,
        subject=f"team {team.id}",
        now=now,
        actor=actor,
        challenge=challenge.slug,
        before=before,
        after=state,
        reason=reason,
    )
