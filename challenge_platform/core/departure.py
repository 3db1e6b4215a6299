"""Departures: people who leave, what is removed of them, and the tombstones that stay.

The rows change in one transaction. The contents go in a second one, since a file that was deleted
cannot be rolled back; what an interruption leaves undone is done at the next start of a worker.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Select, exists, union
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Session, SQLModel, col, delete, func, select

from challenge_platform.core import audit, quota, submission
from challenge_platform.core.account import Role, User
from challenge_platform.core.board_state import BoardState
from challenge_platform.core.candidate import Candidate
from challenge_platform.core.challenge import Challenge, ChallengeVersion
from challenge_platform.core.identity import NO_PASSWORD
from challenge_platform.core.invitation import Invitation
from challenge_platform.core.result import Result
from challenge_platform.core.run import ProgramRun, runs_of
from challenge_platform.core.standing import Standing, mark_boards_due
from challenge_platform.core.submission import OPEN_STATES, Submission
from challenge_platform.core.team import Membership, Team, free_name
from challenge_platform.database import Database, UTCDateTime
from challenge_platform.errors import NotFound
from challenge_platform.storage import ObjectStore
from scorers.ranking.entry_state import EntryState

KEPT = frozenset({"acceptance", "departure", "submission"})
"""The tables whose rows about a person stay, under the number alone; all others lose them."""


class Departure(SQLModel, table=True):
    """The fact that a person left; their row stays as a number without a name."""

    __tablename__ = "departure"

    user_id: int = Field(primary_key=True, foreign_key="user.id")
    by: str = Field(max_length=80)
    departed_at: datetime = Field(sa_type=UTCDateTime)


class Tombstone(SQLModel, table=True):
    """A submission whose contents were removed; its row keeps their digests and its scores."""

    __tablename__ = "tombstone"

    submission_id: str = Field(primary_key=True, foreign_key="submission.id", max_length=32)
    by: str = Field(max_length=80)
    why: str = Field(max_length=200)
    erased_at: datetime = Field(sa_type=UTCDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class Parting:
    """What becomes of one of the person's teams; `ends` when they are its last member."""

    challenge_id: int
    team: str
    ends: bool
    submissions: int
    under_way: int


@dataclass(frozen=True, kw_only=True)
class Departed:
    """What a departure did: the digests of the contents that are removed, and the teams."""

    user_id: int
    departed_at: datetime
    partings: tuple[Parting, ...]
    digests: tuple[str, ...] = field(default=())


def partings_of(session: Session, user: User, /) -> tuple[Parting, ...]:
    """Tell beforehand what becomes of each team of the person, by challenge."""
    return tuple(_parting(session, team, user=user) for team in _teams_of(session, user))


@dataclass(frozen=True, kw_only=True)
class Departures:
    """The parts that a departure needs."""

    database: Database
    store: ObjectStore
    clock: Callable[[], datetime]

    def depart(self, user_id: int, /, *, by: str) -> Departed:
        """Remove what is the person's own and leave a number in their place.

        `by` names who asked, such as "user 5". Raise NotFound for who has left already.
        """
        with self.database.writing() as session:
            departed = _depart(session, user_id, by=by, now=self.clock())
        self.remove_contents()
        return departed

    def remove_contents(self) -> int:
        """Delete what tombstones stand for and nothing else refers to; give how many objects.

        An upload of the same bytes waits for the locks, then sees that they are gone and stores
        them again (`core.upload`).
        """
        removed = 0
        with self.database.writing() as session:
            _hold_off_uploads(session)
            waiting = session.exec(
                select(Tombstone, Submission)
                .join(Submission, col(Submission.id) == Tombstone.submission_id)
                .where(col(Tombstone.removed_at).is_(None))
            ).all()
            needed = _needed_of_waiting(session) if waiting else frozenset()
            made = _made_for_waiting(session) if waiting else {}
            for tombstone, erased in waiting:
                for digest in (*_contents(erased), *made.get(erased.id, ())):
                    if digest not in needed:
                        removed += self.store.delete(digest)
                tombstone.removed_at = self.clock()
                session.add(tombstone)
        return removed


def _depart(session: Session, user_id: int, *, by: str, now: datetime) -> Departed:
    user = session.exec(
        select(User).where(User.id == user_id).with_for_update(key_share=True)
    ).first()
    if user is None or session.get(Departure, user_id) is not None:
        raise NotFound("there is no account with the number {user_id}", user_id=user_id)
    teams = _teams_of(session, user)
    quota.lock_ledgers(session, [team.id for team in teams])  # nobody uploads, joins or leaves now
    partings = tuple(_parting(session, team, user=user) for team in teams)
    ending = [team for team, parting in zip(teams, partings, strict=True) if parting.ends]
    digests = [digest for team in ending for digest in _bury(session, team, by=by, now=now)]
    for team in ending:
        team.name = free_name(session, f"Deleted team {team.id}", challenge_id=team.challenge_id)
        team.reason = None  # it may name people
        session.add(team)
        session.exec(delete(Invitation).where(col(Invitation.team_id) == team.id))
        mark_boards_due(session, challenge_id=team.challenge_id)
    _forget(session, user)
    session.add(Departure(user_id=user_id, by=by, departed_at=now))
    audit.record(session, action="account deleted", subject=f"user {user_id}", actor=by, now=now)
    return Departed(
        user_id=user_id, departed_at=now, partings=partings, digests=tuple(dict.fromkeys(digests))
    )


def _forget(session: Session, user: User) -> None:
    """Leave of the person a number, when their account was made, and the rows of KEPT."""
    people = SQLModel.metadata.tables[User.__tablename__]
    for table in reversed(SQLModel.metadata.sorted_tables):
        for column in table.columns:
            if column.references(people.c.id) and table.name not in KEPT:
                session.execute(table.delete().where(column == user.id))
    for column in people.columns:
        if column.nullable:
            setattr(user, column.name, None)
    user.email = f"{user.id}@departed.invalid"
    user.name = f"Departed {user.id}"
    user.password = NO_PASSWORD
    user.active = False
    user.role = Role.PARTICIPANT
    user.fs_uniquifier = secrets.token_hex(32)
    session.add(user)


def _bury(session: Session, team: Team, *, by: str, now: datetime) -> Iterator[str]:
    """End and bury the submissions of a team that nobody is left in; give their digests."""
    query = select(Submission).where(Submission.team_id == team.id, ~_is_buried())
    for buried in session.exec(query.with_for_update()).all():
        if buried.state in OPEN_STATES:
            submission.cancel(session, buried.id, now=now)
        session.add(Tombstone(submission_id=buried.id, by=by, why="account deleted", erased_at=now))
        buried.filename = buried.message = ""
        buried.idempotency_key = None
        session.add(buried)
        if (result := session.get(Result, buried.id)) is not None:
            result.receipt = {}  # it names the team, and what is signed cannot be changed
            session.add(result)
        for run in runs_of(session, buried.id):
            run.log = run.sealed = run.refused = None
            session.add(run)
        yield from _contents(buried)


def _contents(one: Submission) -> tuple[str, ...]:
    return tuple(filter(None, (one.artifact, one.source, one.weights)))


def _made_for_waiting(session: Session) -> dict[str, list[str]]:
    """Give the predictions that programs made, ciphertexts that nothing else can refer to."""
    query = (
        select(ProgramRun.submission_id, ProgramRun.predictions)
        .join(Tombstone, col(Tombstone.submission_id) == ProgramRun.submission_id)
        .where(col(Tombstone.removed_at).is_(None))
    )
    made: dict[str, list[str]] = {}
    for submission_id, digest in session.exec(query):
        if digest is not None:
            made.setdefault(submission_id, []).append(digest)
    return made


def _is_buried() -> ColumnElement[bool]:
    return exists().where(col(Tombstone.submission_id) == col(Submission.id))


def _teams_of(session: Session, user: User) -> list[Team]:
    """List the person's teams; a baseline is the challenge's own and nobody's."""
    query = (
        select(Team)
        .join(Membership, col(Membership.team_id) == Team.id)
        .where(Membership.user_id == user.id, col(Team.state) != EntryState.BASELINE)
        .order_by(col(Team.challenge_id))
    )
    return list(session.exec(query))


def _has_others(session: Session, team: Team, *, user: User) -> bool:
    others = exists().where(col(Membership.team_id) == team.id, col(Membership.user_id) != user.id)
    return bool(session.execute(select(others)).scalar())


def _parting(session: Session, team: Team, *, user: User) -> Parting:
    def count(*conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).where(Submission.team_id == team.id, *conditions)
        return session.exec(query).one()

    return Parting(
        challenge_id=team.challenge_id,
        team=team.name,
        ends=not _has_others(session, team, user=user),
        submissions=count(),
        under_way=count(col(Submission.state).in_(OPEN_STATES)),
    )


def _hold_off_uploads(session: Session) -> None:
    """Let no upload end until this transaction does: each shares a lock on its challenge."""
    session.exec(
        select(Challenge.id).order_by(col(Challenge.id)).with_for_update(key_share=True)
    ).all()


def _needed_of_waiting(session: Session) -> frozenset[str]:
    """Give the contents that wait for removal and that not only tombstones refer to."""
    own = (col(Submission.artifact), col(Submission.source), col(Submission.weights))
    stones = sqlalchemy.select(*own).join(Tombstone, col(Tombstone.submission_id) == Submission.id)
    waits = stones.where(col(Tombstone.removed_at).is_(None))
    waiting = union(*(waits.with_only_columns(column) for column in own)).cte()

    def among_waiting(column: Mapped[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
        query = sqlalchemy.select(column).where(*conditions)
        return query.where(column.in_(sqlalchemy.select(waiting.c.artifact)))

    query = union(
        *(among_waiting(column, ~_is_buried()) for column in own),
        among_waiting(col(ChallengeVersion.truth_object)),
        among_waiting(col(ChallengeVersion.input_object)),
        among_waiting(col(Standing.resamples)),
        among_waiting(col(Candidate.resamples)),
        among_waiting(col(BoardState.digest)),
    )
    needed = set(session.execute(query).scalars())
    for files in session.exec(select(ChallengeVersion.files)):
        needed.update(file["digest"] for file in files.values())
    return frozenset(needed)
