"""Takeouts: all that the platform has of a person, for that person, and nothing of anybody else."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, or_, select

from challenge_platform.core import account, ban, identity, login
from challenge_platform.core.account import User
from challenge_platform.core.audit import PLATFORM, AuditEvent
from challenge_platform.core.challenge import Challenge
from challenge_platform.core.history import read_submission
from challenge_platform.core.stage_view import StageView
from challenge_platform.core.submission import Submission
from challenge_platform.core.team import Acceptance, Membership, Team

YOU, SOMEBODY = "you", "somebody else"
"""How events name whoever reads them, and anybody else."""

IDS_AT_ONCE = 500
"""How many ids one query may name, well below what any database takes."""


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file that the person sent: where it goes in the takeout, and what it is in the store."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Takeout:
    """JSON documents by their file names, and the files that the person sent."""

    documents: dict[str, Any]
    files: tuple[SentFile, ...]


def take_out(session: Session, user: User, /, *, now: datetime) -> Takeout:
    """Gather what there is of a person; secrets, and what is sealed to them, are not in it."""
    query = select(Submission).where(Submission.user_id == user.id)
    sent = session.exec(query.order_by(col(Submission.received_at))).all()
    files = {submission.id: _files(submission) for submission in sent}
    submissions = [_submission(session, one, files=files[one.id], user=user) for one in sent]
    receipts = {
        f"receipts/{one['id']}.json": receipt
        for one in submissions
        if (receipt := one.pop("receipt")) is not None
    }
    documents = {
        "profile.json": _profile(session, user, now=now),
        "challenges.json": _challenges(session, user),
        "submissions.json": submissions,
        "events.json": _events(session, user, submissions=[one.id for one in sent]),
        **receipts,
    }
    return Takeout(
        documents=documents, files=tuple(file for found in files.values() for file in found)
    )


def _profile(session: Session, user: User, *, now: datetime) -> dict[str, Any]:
    return {
        "account": {
            "number": user.id,
            "email": user.email,
            "email_unconfirmed_since": _time(user.unconfirmed_since),
            "name": user.name,
            "role": user.role,
            "has_password": identity.has_password(user),
            "has_second_factor": user.totp_secret is not None,
            "created_at": _time(user.created_at),
        },
        "preferences": {
            "language": user.language,
            "timezone": user.timezone,
            "news_read_at": _time(user.seen_at),
        },
        "identities": [
            {
                "issuer": one.issuer,
                "subject": one.subject,
                "linked_at": _time(one.linked_at),
                "used_at": _time(one.used_at),
            }
            for one in identity.identities_of(session, user)
        ],
        "sessions": [
            {
                "begun_by": one.way,
                "second_factor": one.second_factor,
                "browser": one.browser,
                "system": one.system,
                "created_at": _time(one.created_at),
                "seen_at": _time(one.seen_at),
            }
            for one in login.logins_of(session, user_id=user.id, now=now)
        ],
        "tokens": [
            {
                "id": one.id,
                "name": one.name,
                "scopes": one.scopes,
                "created_at": _time(one.created_at),
                "expires_at": _time(one.expires_at),
                "last_used_at": _time(one.last_used_at),
                "revoked_at": _time(one.revoked_at),
            }
            for one in account.tokens_of(session, user)
        ],
    }


def _challenges(session: Session, user: User) -> dict[str, Any]:
    teams = (
        select(Challenge.slug, Team)
        .join(Membership, col(Membership.challenge_id) == Challenge.id)
        .join(Team, col(Team.id) == Membership.team_id)
        .where(Membership.user_id == user.id)
    )
    agreements = (
        select(Challenge.slug, Acceptance)
        .join(Acceptance, col(Acceptance.challenge_id) == Challenge.id)
        .where(Acceptance.user_id == user.id)
    )
    return {
        "teams": [
            {
                "challenge": slug,
                "name": team.name,
                "state": team.state,
                "reason": team.reason,
                "members": _members(session, team),
                "created_at": _time(team.created_at),
            }
            for slug, team in session.exec(teams)
        ],
        "agreements": [
            {
                "challenge": slug,
                "version": one.version,
                "text_sha256": one.text_digest,
                "accepted_at": _time(one.accepted_at),
            }
            for slug, one in session.exec(agreements)
        ],
    }


def _members(session: Session, team: Team) -> int:
    query = select(func.count()).where(Membership.team_id == team.id)
    return session.exec(query).one()


def _submission(
    session: Session, submission: Submission, *, files: Sequence[SentFile], user: User
) -> dict[str, Any]:
    """Give a submission as its team may read it, with the names of its files in the takeout."""
    seen = read_submission(session, submission.id, user=user)
    return {
        "id": seen.id,
        "challenge": seen.challenge.slug,
        "phase": seen.phase,
        "kind": seen.kind,
        "team": seen.team,
        "filename": seen.filename,
        "message": seen.message,
        "bytes": seen.size,
        "sha256": seen.sha256,
        "source_sha256": submission.source,
        "weights_sha256": seen.weights,
        "files": [file.name for file in files],
        "state": seen.state,
        "reason": seen.reason,
        "opened_at": _time(seen.opened_at),
        "received_at": _time(seen.received_at),
        "started_at": _time(seen.started_at),
        "finished_at": _time(seen.finished_at),
        "scores": [asdict(score) for score in seen.scores],
        "report_board": seen.report.board,
        "subgroups": [asdict(subgroup) for subgroup in seen.subgroups],
        "pictures": [picture.model_dump(mode="json") for picture in seen.pictures],
        "stages": [_stage(stage) for stage in seen.stages.views],
        "log": None if seen.stages.log is None else seen.stages.log.decode(errors="replace"),
        "problems": list(seen.stages.refused.problems),
        "receipt": seen.receipt,
    }


def _stage(stage: StageView) -> dict[str, Any]:
    told = {name: fact for name, fact in asdict(stage).items() if fact not in (None, {})}
    return {"name": stage.name, "end": None, **told}


def _files(submission: Submission) -> tuple[SentFile, ...]:
    """Name a submission's files by what they are, as the names they came with may be anything."""
    folder = f"submissions/{submission.id}"
    sent = SentFile(
        name=f"{folder}/{submission.kind}", digest=submission.artifact, size=submission.size
    )
    beside = {"source": submission.source, "weights": submission.weights}
    others = (
        SentFile(name=f"{folder}/{name}", digest=digest, size=0)
        for name, digest in beside.items()
        if digest is not None
    )
    return (sent, *others)


def _events(session: Session, user: User, *, submissions: Sequence[str]) -> list[dict[str, Any]]:
    """List what was recorded of the person and of what they sent, the oldest first."""
    me = f"user {user.id}"
    about = [or_(AuditEvent.subject == me, AuditEvent.actor == me)]
    about += [
        col(AuditEvent.subject).in_(submissions[start : start + IDS_AT_ONCE])
        for start in range(0, len(submissions), IDS_AT_ONCE)
    ]
    found = {one.id: one for each in about for one in session.exec(select(AuditEvent).where(each))}
    return [
        {
            "at": _time(one.at),
            "actor": _name(one.actor, me=me),
            "action": one.action,
            "subject": _name(one.subject, me=me)
            if one.subject.startswith("user ")
            else one.subject,
            "detail": _detail(one),
        }
        for _, one in sorted(found.items())
    ]


def _detail(event: AuditEvent) -> dict[str, Any]:
    """Give what was recorded of an event, without the reason of a ban, which may name others."""
    if event.action != ban.BANNED:
        return event.detail
    return {key: value for key, value in event.detail.items() if key != "reason"}


def _name(person: str, *, me: str) -> str:
    return {me: YOU, PLATFORM: PLATFORM}.get(person, SOMEBODY)


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
