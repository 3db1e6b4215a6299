"""A reader's place in a challenge: their team, the agreement, and what is left of the quota."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from challenge_platform.core import team
from challenge_platform.core.account import Role, User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.quota import Quota, quota_of
from challenge_platform.core.team import Team


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where somebody stands; `accepted` is about the agreement in force, `quotas` by phase."""

    person: User | None = None
    team: Team | None = None
    accepted: bool = False
    quotas: Mapping[str, Quota] | None = None

    @property
    def may_download(self) -> bool:
        """Whether the challenge's files are handed to this reader."""
        return self.accepted or (self.person is not None and self.person.role is Role.ORGANIZER)


def place_of(
    session: Session, challenge: PublishedChallenge, /, *, person: User | None, now: datetime
) -> Place:
    """Find a reader's place in a challenge."""
    if person is None:
        return Place()
    own = team.team_of(session, user_id=person.id, challenge_id=challenge.id)
    if own is None:
        return Place(person=person)
    return Place(
        person=person,
        team=own,
        accepted=team.has_accepted(session, challenge, user_id=person.id),
        quotas={
            phase.key: quota_of(session, team_id=own.id, phase=phase, now=now)
            for phase in challenge.definition.phases
        },
    )
