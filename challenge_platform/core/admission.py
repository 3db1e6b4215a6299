"""Whether a team may submit a file, asked before any of it is read."""

from datetime import datetime

from sqlmodel import Session

from challenge_platform.core import quota
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.submission import FAILURES, Kind
from challenge_platform.core.team import require_entry, require_team
from challenge_platform.core.upload import choose_phase, most_bytes
from challenge_platform.core.worker import require_gpu
from challenge_platform.errors import InvalidInput, UploadTooLarge


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
    """Raise the RequestRefused that a submission of such a file would meet at this time."""
    require_gpu(session, challenge, kind=kind, now=now)
    team = require_team(session, challenge, user_id=user.id)
    require_entry(team)
    definition = challenge.definition
    if kind not in definition.submission.kinds:
        raise InvalidInput(
            "{challenge} takes {kinds}, not {kind}",
            challenge=challenge.slug,
            kinds=", ".join(definition.submission.kinds),
            kind=kind,
        )
    if size > (most := most_bytes(challenge, kind=kind, in_parts=True)):
        raise UploadTooLarge(
            "the file has {size:,} bytes; {challenge} takes at most {most:,}",
            size=size,
            challenge=challenge.slug,
            most=most,
        )
    chosen = choose_phase(challenge, key=phase, opened_at=now)
    quota.require_quota(session, team_id=team.id, phase=chosen, now=now)
    quota.require_patience(session, team_id=team.id, phase=chosen, reasons=FAILURES, now=now)
