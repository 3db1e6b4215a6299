"""How a team grows: a link that one of its members gives to a participant who submitted nothing.

Whoever comes has used no quota and seen no score, so that joining adds nothing to what a team may
submit; for the same reason a member leaves only while the team has submitted nothing.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel, col, delete, func, select

from challenge_platform.core import audit
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.quota import lock_ledgers
from challenge_platform.core.secret import digest_of
from challenge_platform.core.submission import Submission
from challenge_platform.core.team import Membership, Team, found_team, hold_person, require_team
from challenge_platform.database import UTCDateTime
from challenge_platform.errors import Conflict, NotFound

LIFETIME = timedelta(days=7)


class Invitation(SQLModel, table=True):
    """A link that is still good; using it, or withdrawing it, deletes it."""

    __tablename__ = "invitation"

    id: str = Field(primary_key=True, max_length=64)  # the SHA-256 of the link's secret
    team_id: int = Field(foreign_key="team.id", index=True)
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)


def members_of(session: Session, team: Team, /) -> Sequence[User]:
    """List a team's members by name."""
    query = select(User).join(Membership, col(Membership.user_id) == User.id)
    return session.exec(query.where(Membership.team_id == team.id).order_by(User.name)).all()


def invitations_of(session: Session, team: Team, /, *, now: datetime) -> Sequence[Invitation]:
    """List a team's links that are still good, the newest first."""
    query = select(Invitation).where(
        Invitation.team_id == team.id, col(Invitation.expires_at) > now
    )
    return session.exec(query.order_by(col(Invitation.created_at).desc())).all()


def has_submitted(session: Session, team: Team, /) -> bool:
    """Whether a team has made a submission, however it ended."""
    return (
        session.exec(select(Submission.id).where(Submission.team_id == team.id)).first() is not None
    )


def invite(session: Session, challenge: PublishedChallenge, /, *, user: User, now: datetime) -> str:
    """Make a link into the person's team and give its secret, which is not kept.

    Raise Conflict when members and open links fill the team, or it is an organizer's baseline.
    """
    team = _own_team(session, challenge, user=user)
    open_links = len(invitations_of(session, team, now=now))
    if team.baseline or _size(session, team) + open_links >= _most(challenge):
        raise Conflict(
            "team {team!r} has no place to offer: it may have {most} members, and "
            "{pending} invitations are open; withdraw one to make another",
            team=team.name,
            most=_most(challenge),
            pending=open_links,
        )
    secret = secrets.token_urlsafe(24)
    session.add(
        Invitation(id=digest_of(secret), team_id=team.id, created_at=now, expires_at=now + LIFETIME)
    )
    _record(session, "invitation made", team, user=user, now=now)
    return secret


def withdraw(
    session: Session, challenge: PublishedChallenge, id_: str, /, *, user: User, now: datetime
) -> None:
    """End a link into the person's team; raise NotFound when it is not theirs or is used."""
    team = _own_team(session, challenge, user=user)
    invitation = session.get(Invitation, id_)
    if invitation is None or invitation.team_id != team.id:
        raise NotFound("your team has no such invitation; it may have been used")
    session.delete(invitation)
    _record(session, "invitation withdrawn", team, user=user, now=now)


def inviting_team(
    session: Session, challenge: PublishedChallenge, secret: str, /, *, now: datetime
) -> Team:
    """Give the team that a link leads into; raise NotFound when the link or the team has ended."""
    invitation = session.get(Invitation, digest_of(secret), populate_existing=True)
    team = session.get(Team, invitation.team_id) if invitation else None
    ended = invitation is None or invitation.expires_at <= now
    if team is None or ended or team.challenge_id != challenge.id:
        raise NotFound("this invitation was used, withdrawn or is over; ask the team for another")
    if _size(session, team) == 0:
        raise NotFound("the team of this invitation has ended: its members deleted their accounts")
    return team


def redeem(
    session: Session, challenge: PublishedChallenge, secret: str, /, *, user: User, now: datetime
) -> Team:
    """Move the person from their team of one into the team that a link leads into.

    Raise NotFound when the link or the team has ended, AgreementRequired before the person accepted
    the agreement, Conflict when the team is full or theirs has members or submissions.
    """
    hold_person(session, user)
    team = inviting_team(session, challenge, secret, now=now)
    left = require_team(session, challenge, user_id=user.id)
    if left.id == team.id:
        raise Conflict("you are in team {team!r} already", team=team.name)
    lock_ledgers(session, (left.id, team.id))
    inviting_team(session, challenge, secret, now=now)  # nobody used or withdrew it until now
    if has_submitted(session, left) or left.baseline or _size(session, left) > 1:
        raise Conflict(
            "you are in team {team!r}, which has submissions or other members; only a "
            "participant who is alone and has submitted nothing can join another team",
            team=left.name,
        )
    if _size(session, team) >= _most(challenge):
        raise Conflict(
            "team {team!r} has its {most} members already", team=team.name, most=_most(challenge)
        )
    session.get_one(Membership, (user.id, challenge.id)).team_id = team.id
    session.exec(delete(Invitation).where(col(Invitation.id) == digest_of(secret)))
    session.exec(delete(Invitation).where(col(Invitation.team_id) == left.id))
    session.flush()
    session.delete(left)
    _record(session, "team joined", team, user=user, now=now)
    return team


def leave(session: Session, challenge: PublishedChallenge, /, *, user: User, now: datetime) -> Team:
    """Move the person into a new team of one; raise Conflict once their team has submitted."""
    team = _own_team(session, challenge, user=user)
    if has_submitted(session, team):
        raise Conflict(
            "team {team!r} has submitted; its members stay until the end", team=team.name
        )
    if _size(session, team) == 1:
        raise Conflict("you are alone in team {team!r}", team=team.name)
    own = found_team(session, challenge, user=user, now=now)
    session.get_one(Membership, (user.id, challenge.id)).team_id = own.id
    _record(session, "team left", team, user=user, now=now)
    return own


def _own_team(session: Session, challenge: PublishedChallenge, *, user: User) -> Team:
    """Give the person's team, held until the transaction ends."""
    hold_person(session, user)
    team = require_team(session, challenge, user_id=user.id)
    lock_ledgers(session, [team.id])
    return team


def _size(session: Session, team: Team) -> int:
    query = select(func.count()).select_from(Membership).where(Membership.team_id == team.id)
    return session.exec(query).one()


def _most(challenge: PublishedChallenge) -> int:
    return challenge.definition.teams.max_size


def _record(session: Session, action: str, team: Team, *, user: User, now: datetime) -> None:
    audit.record(
        session, action=action, subject=f"team {team.id}", actor=f"user {user.id}", now=now
    )
