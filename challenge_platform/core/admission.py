"""Whether a team may submit a file, asked before any of it is read."""

from datetime import datetime

from sqlmodel import Session

from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.submission import Kind
from challenge_platform.core.team import require_entry, require_team
from challenge_platform.core.upload import (
    choose_phase,
    require_sealed,
    require_slot,
    require_taken,
)
from challenge_platform.core.weights import WEIGHTS
from challenge_platform.core.weights import require_taken as require_weights_taken
from challenge_platform.core.worker import require_gpu


def require_admission(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    user: User,
    kind: Kind,
    phase: str | None,
    size: int,
    now: datetime,
) -> None:
    """Raise the RequestRefused that a submission of such a file would meet at this time.

    That others of the team are under way is no reason yet: they may end before it has arrived.
    """
    require_gpu(session, challenge, kind=kind, now=now)
    team = require_team(session, challenge, user_id=user.id)
    require_entry(team)
    require_taken(challenge, kind=kind, size=size, in_parts=True)
    chosen = choose_phase(challenge, key=phase, opened_at=now)
    require_sealed(session, challenge, phase=chosen)
    require_slot(session, team_id=team.id, phase=chosen, now=now)


def require_upload(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    user: User,
    kind: str,
    phase: str | None,
    size: int,
    now: datetime,
) -> None:
    """Raise what a submission would meet of which such a file is all, or, as weights, a part."""
    if kind == WEIGHTS:
        taken = challenge.definition.submission.kinds
        program = next((one for one in (Kind.CONTAINER, Kind.CODE) if one in taken), None)
        require_weights_taken(challenge, kind=program or Kind.PREDICTIONS, size=size)
        kind, size = program or Kind.PREDICTIONS, 1
    require_admission(
        session, challenge, user=user, kind=Kind(kind), phase=phase, size=size, now=now
    )
