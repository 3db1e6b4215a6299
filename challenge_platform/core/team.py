"""Teams and the agreement: joining a challenge is accepting its agreement in a team of one."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, func, select

from challenge_platform.core import audit
from challenge_platform.core.account import Role, User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.publication import PublicFile
from challenge_platform.database import UTCDateTime, enum_column
from challenge_platform.errors import (
    AgreementRequired,
    Conflict,
    InvalidInput,
    NotAuthenticated,
)
from scorers.ranking.entry_state import EntryState


class Team(SQLModel, table=True):
    """Who takes part in a challenge: ownership, quota and rank are the team's.

    `reason` says, to everybody, why a team is disqualified.
    """

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("challenge_id", "name"),)

    id: int = Field(default=None, primary_key=True)
    challenge_id: int = Field(foreign_key="challenge.id", index=True)
    name: str = Field(max_length=100)
    state: EntryState = Field(default=EntryState.RANKED, sa_type=enum_column(EntryState))
    reason: str | None = Field(default=None, max_length=500)
    created_at: datetime = Field(sa_type=UTCDateTime)

    @property
    def baseline(self) -> bool:
        """Whether it is a reference solution of the organizers'."""
        return self.state is EntryState.BASELINE


class Membership(SQLModel, table=True):
    """A person is in one team a challenge; the key keeps it so."""

    __tablename__ = "membership"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    challenge_id: int = Field(foreign_key="challenge.id", primary_key=True)
    team_id: int = Field(foreign_key="team.id", index=True)


class Acceptance(SQLModel, table=True):
    """A person accepted one version of a challenge's agreement, with the digest of its text."""

    __tablename__ = "acceptance"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    challenge_id: int = Field(foreign_key="challenge.id", primary_key=True)
    version: str = Field(primary_key=True, max_length=40)
    text_digest: str = Field(max_length=64)
    accepted_at: datetime = Field(sa_type=UTCDateTime)


def join(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    user: User,
    agreement_version: str,
    now: datetime,
    baseline: bool = False,
) -> Team:
    """Accept the agreement and give the person's team, made on the first call.

    Raise InvalidInput when the version accepted is not the one in force, NotAuthenticated when the
    account was closed in the meantime.
    """
    hold_person(session, user)
    current = challenge.definition.agreement.version
    if agreement_version != current:
        raise InvalidInput(
            "the agreement of {challenge} in force is version {current!r}, not "
            "{given!r}; read it, then accept that version",
            challenge=challenge.slug,
            current=current,
            given=agreement_version,
        )
    user_id = user.id
    if session.get(Acceptance, (user_id, challenge.id, current)) is None:
        session.add(
            Acceptance(
                user_id=user_id,
                challenge_id=challenge.id,
                version=current,
                text_digest=challenge.agreement_digest,
                accepted_at=now,
            )
        )
        audit.record(
            session,
            action="agreement accepted",
            subject=f"user {user_id}",
            now=now,
            challenge=challenge.slug,
            version=current,
        )
    team = team_of(session, user_id=user_id, challenge_id=challenge.id)
    if team is None:
        team = found_team(session, challenge, user=user, now=now, baseline=baseline)
        session.add(Membership(user_id=user_id, challenge_id=challenge.id, team_id=team.id))
    return team


def hold_person(session: Session, user: User, /) -> None:
    """Let the person's teams change by one request at a time, until the transaction ends.

    Who holds ledgers as well holds the person first. Raise NotAuthenticated when the account was
    closed in the meantime.
    """
    held = select(User.active).where(User.id == user.id).with_for_update(key_share=True)
    if not session.exec(held).one():
        raise NotAuthenticated("this account is closed")


def found_team(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    user: User,
    now: datetime,
    baseline: bool = False,
) -> Team:
    """Make a team named after the person, who is not in it yet."""
    name = free_name(session, user.name, challenge_id=challenge.id)
    state = EntryState.BASELINE if baseline else EntryState.RANKED
    team = Team(challenge_id=challenge.id, name=name, state=state, created_at=now)
    session.add(team)
    session.flush()
    return team


def free_name(session: Session, name: str, /, *, challenge_id: int) -> str:
    """Give the name, with a number behind it when a team of the challenge has it already."""
    taken = set(
        session.exec(
            select(Team.name).where(
                Team.challenge_id == challenge_id, col(Team.name).startswith(name, autoescape=True)
            )
        )
    )
    numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
    return next(each for each in (name, *numbered) if each not in taken)


def count_teams(session: Session, /) -> dict[int, int]:
    """Count the teams that joined each challenge, by its id; baselines and withdrawn are none."""
    query = (
        select(Team.challenge_id, func.count())
        .where(col(Team.state).not_in([EntryState.BASELINE, EntryState.WITHDRAWN]))
        .group_by(col(Team.challenge_id))
    )
    return dict(session.exec(query).all())


_OF_MEMBER = (  # written once, as it is read at every request of a person
    select(Team)
    .join(Membership, col(Membership.team_id) == Team.id)
    .where(
        col(Membership.user_id) == bindparam("user"),
        col(Membership.challenge_id) == bindparam("challenge"),
    )
)


def team_of(session: Session, /, *, user_id: int, challenge_id: int) -> Team | None:
    """Give the person's team in a challenge, or None before they joined."""
    return session.exec(_OF_MEMBER, params={"user": user_id, "challenge": challenge_id}).first()


def has_accepted(session: Session, challenge: PublishedChallenge, /, *, user_id: int) -> bool:
    """Whether the person accepted the version of the agreement that is in force."""
    key = (user_id, challenge.id, challenge.definition.agreement.version)
    return session.get(Acceptance, key) is not None


def require_team(session: Session, challenge: PublishedChallenge, /, *, user_id: int) -> Team:
    """Give the person's team; raise AgreementRequired before they accepted the agreement."""
    team = team_of(session, user_id=user_id, challenge_id=challenge.id)
    if team is None or not has_accepted(session, challenge, user_id=user_id):
        version = challenge.definition.agreement.version
        raise AgreementRequired(
            "join {challenge} first by accepting version {version!r} of its agreement",
            challenge=challenge.slug,
            version=version,
        )
    return team


def require_entry(team: Team, /) -> None:
    """Raise Conflict when a team may submit nothing more."""
    if team.state is EntryState.DISQUALIFIED:
        raise Conflict(
            "team {team!r} was disqualified, so that nothing more can be submitted for it; ask the "
            "organizers",
            team=team.name,
        )
    if team.state is EntryState.WITHDRAWN:
        raise Conflict(
            "team {team!r} has withdrawn, so that nothing more can be submitted for it; ask the "
            "organizers to take it back",
            team=team.name,
        )


def require_access(session: Session, challenge: PublishedChallenge, /, *, user: User) -> None:
    """Raise AgreementRequired unless the person accepted the agreement, or organizes."""
    if user.role is not Role.ORGANIZER:
        require_team(session, challenge, user_id=user.id)


def hand_out(
    session: Session, challenge: PublishedChallenge, name: str, /, *, user: User, now: datetime
) -> PublicFile:
    """Give a public file to someone with access to the challenge's data, and record it.

    Raise NotFound when there is no such file, AgreementRequired for anybody else.
    """
    file = challenge.file(name)
    require_access(session, challenge, user=user)
    audit.record(
        session,
        action="data downloaded",
        subject=challenge.slug,
        now=now,
        actor=f"user {user.id}",
        file=file.name,
        sha256=file.digest,
    )
    return file
