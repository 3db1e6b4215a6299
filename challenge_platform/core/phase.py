"""What a phase is at a moment: soon, open or closed; the one place that decides it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from challenge_platform.core.challenge import PublishedChallenge, Reveal
from challenge_platform.core.definition import Phase


class Status(StrEnum):
    """Where a phase is in its life."""

    SOON = "soon"
    OPEN = "open"
    CLOSED = "closed"


def status_of(phase: Phase, /, *, at: datetime, revealed: bool = False) -> Status:
    """Say whether a phase takes an upload that begins at this time; a revealed one is closed."""
    if at < phase.opens:
        return Status.SOON
    is_over = phase.closes is not None and at >= phase.closes
    return Status.CLOSED if revealed or is_over else Status.OPEN


def statuses(
    session: Session, challenges: Iterable[PublishedChallenge], /, *, at: datetime
) -> dict[int, Mapping[str, Status]]:
    """Give the status of each phase, by the challenge's id and the phase's key, in one query."""
    found = list(challenges)
    query = select(Reveal.challenge_id, Reveal.phase).where(
        col(Reveal.challenge_id).in_([challenge.id for challenge in found])
    )
    revealed = set(session.exec(query))
    return {
        challenge.id: {
            phase.key: status_of(phase, at=at, revealed=(challenge.id, phase.key) in revealed)
            for phase in challenge.definition.phases
        }
        for challenge in found
    }
