"""The quota ledger: a charge for each submission, a refund for each fault of ours."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, func, select

from challenge_platform.core.definition import Phase
from challenge_platform.core.team import Team
from challenge_platform.database import UTCDateTime
from challenge_platform.errors import QuotaExceeded
from scorers.message import Message

FREE_ENDS = 10
"""Programs that may fail at no cost, for each submission of a phase's limit."""


class LedgerEntry(SQLModel, table=True):
    """A charge (+1) or its refund (-1); both carry the time of the charge."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("submission_id", "amount"),)  # one charge, one refund

    id: int = Field(default=None, primary_key=True)
    team_id: int = Field(foreign_key="team.id", index=True)
    phase: str = Field(max_length=64)
    submission_id: str = Field(foreign_key="submission.id", max_length=32)
    amount: int
    reason: str = Field(max_length=80)
    charged_at: datetime = Field(sa_type=UTCDateTime)
    written_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """What a team has used of a phase's limit; `next_slot` is set when nothing remains."""

    limit: int
    used: int
    next_slot: datetime | None

    @property
    def remaining(self) -> int:
        """Submissions that the team may still make now."""
        return max(0, self.limit - self.used)


def quota_of(session: Session, /, *, team_id: int, phase: Phase, now: datetime) -> Quota:
    """Compute a team's quota in a phase from the ledger."""
    counted = [col(LedgerEntry.team_id) == team_id, col(LedgerEntry.phase) == phase.key]
    if phase.limit.per is not None:
        counted.append(col(LedgerEntry.charged_at) > now - phase.limit.per)
    used = session.exec(
        select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(*counted)
    ).one()
    next_slot = None
    if used >= phase.limit.n and phase.limit.per is not None:
        live = (
            select(LedgerEntry.charged_at)
            .where(*counted)
            .group_by(col(LedgerEntry.submission_id), col(LedgerEntry.charged_at))
            .having(func.sum(LedgerEntry.amount) > 0)
            .order_by(col(LedgerEntry.charged_at))
            .offset(used - phase.limit.n)
        )
        next_slot = session.exec(live).first()
        next_slot = next_slot + phase.limit.per if next_slot else None
    return Quota(limit=phase.limit.n, used=used, next_slot=next_slot)


def require_quota(session: Session, /, *, team_id: int, phase: Phase, now: datetime) -> Quota:
    """Give a team's quota; raise QuotaExceeded, saying when the next slot is, when none remains."""
    quota = quota_of(session, team_id=team_id, phase=phase, now=now)
    if quota.remaining == 0:
        raise QuotaExceeded(
            "your team has used its {limit} submissions of phase {phase!r}; {when}",
            limit=quota.limit,
            phase=phase.key,
            when=_when(quota.next_slot),
            next_slot=quota.next_slot,
        )
    return quota


def require_patience(
    session: Session, /, *, team_id: int, phase: Phase, reasons: Collection[str], now: datetime
) -> None:
    """Raise QuotaExceeded when too many submissions of a team ended so, and at no cost.

    They took the platform's time, which is worth as much as that of others.
    """
    query = select(LedgerEntry.charged_at).where(
        col(LedgerEntry.team_id) == team_id,
        col(LedgerEntry.phase) == phase.key,
        LedgerEntry.amount == -1,
        col(LedgerEntry.reason).in_(reasons),
    )
    if phase.limit.per is not None:
        query = query.where(col(LedgerEntry.charged_at) > now - phase.limit.per)
    ended = session.exec(query.order_by(col(LedgerEntry.charged_at))).all()
    most = FREE_ENDS * phase.limit.n
    if len(ended) >= most:
        slot = ended[-most] + phase.limit.per if phase.limit.per is not None else None
        raise QuotaExceeded(
            "programs of your team have failed {count} times at no cost in phase {phase!r}, which "
            "is as often as they may; try them at home with `challenge run-local`; {when}",
            count=len(ended),
            phase=phase.key,
            when=_when(slot),
            next_slot=slot,
        )


def _when(slot: datetime | None) -> Message:
    if slot is None:
        return Message("this phase has no more")
    return Message("the next one is free at {slot:%Y-%m-%d %H:%M:%S} UTC", slot=slot)


def lock_ledgers(session: Session, team_ids: Iterable[int], /) -> None:
    """Hold the teams' ledgers until the transaction ends, so that two submissions cannot both fit.

    Nobody joins or leaves these teams either. A team that was deleted in the meantime is passed
    over, so whoever calls this looks again afterwards at who is in which team. SQLite's writing
    transaction holds all of it already; there this only reads the rows.
    """
    query = select(Team.id).where(col(Team.id).in_(team_ids)).order_by(col(Team.id))
    session.exec(query.with_for_update(key_share=True)).all()


def is_charged(session: Session, /, *, submission_id: str) -> bool:
    """Whether a submission counts: it was charged, and the charge was not given back."""
    query = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(
        LedgerEntry.submission_id == submission_id
    )
    return session.exec(query).one() > 0


def charge(
    session: Session, /, *, team_id: int, phase: str, submission_id: str, now: datetime
) -> None:
    """Write the charge of a submission; the caller holds the ledger."""
    session.add(
        LedgerEntry(
            team_id=team_id,
            phase=phase,
            submission_id=submission_id,
            amount=1,
            reason="submitted",
            charged_at=now,
            written_at=now,
        )
    )


def refund(session: Session, /, *, submission_id: str, reason: str, now: datetime) -> None:
    """Write the refund of a submission's charge, once."""
    query = select(LedgerEntry).where(LedgerEntry.submission_id == submission_id)
    entries = {entry.amount: entry for entry in session.exec(query)}
    charged = entries.get(1)
    if charged is None or -1 in entries:
        return
    session.add(
        LedgerEntry(
            team_id=charged.team_id,
            phase=charged.phase,
            submission_id=submission_id,
            amount=-1,
            reason=reason,
            charged_at=charged.charged_at,
            written_at=now,
        )
    )
