"""A glance at a board: which state of it is shown, by one look for all who ask at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from challenge_platform.core.catalogue import Catalogue
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board, Phase
from challenge_platform.core.leaderboard import (
    Leaderboard,
    StateKey,
    StateReader,
    latest_key,
    never_built,
    read_state,
    sealed,
    shown_phase,
)
from challenge_platform.errors import Sealed
from challenge_platform.recent import Momentary


@dataclass(frozen=True, kw_only=True)
class Glance:
    """What is shown of a board: `key` names its state, None while it is sealed."""

    challenge: PublishedChallenge
    phase: Phase
    board: Board
    key: StateKey | None

    def opened(self) -> StateKey:
        """Give what names the state that is shown; raise Sealed when there is none."""
        if self.key is None:
            raise sealed(self.phase)
        return self.key

    def read(self, reader: StateReader, /) -> Leaderboard:
        """Give the state that is shown; raise Sealed when there is none."""
        key = self.opened()
        if key.number == 0:
            return never_built(self.challenge, phase=self.phase, board=self.board)
        return read_state(reader, key)


class Glances:
    """Looks at boards, and answers for some seconds by what it saw.

    A board changes once a second at most, and is read by many at the end of a phase.
    """

    def __init__(self, catalogue: Catalogue, /, *, seconds: float) -> None:
        self._catalogue = catalogue
        self._seen: Momentary[Glance] = Momentary(seconds=seconds)

    def at(
        self,
        session: Session,
        slug: str,
        /,
        *,
        phase: str | None,
        board: Board | None,
        now: datetime,
    ) -> Glance:
        """Say what is shown of a board; by default the phase that is, and its own board.

        Raise NotFound without such a challenge and InvalidInput without such a phase.
        """
        return self._seen.get(
            (slug, phase, board),
            look=lambda: self._look(session, slug, phase=phase, board=board, now=now),
        )

    def _look(
        self, session: Session, slug: str, *, phase: str | None, board: Board | None, now: datetime
    ) -> Glance:
        challenge = self._catalogue.find(session, slug)
        of = challenge.definition.phase(phase) if phase else shown_phase(challenge, at=now)
        kind = board or of.board
        try:
            key = latest_key(session, challenge, phase=of, board=kind)
        except Sealed:
            key = None
        return Glance(challenge=challenge, phase=of, board=kind, key=key)
