"""Building a board: its next state, from the standings that there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from challenge_platform.core.board_state import BoardState
from challenge_platform.core.candidate import Candidates, candidates_of
from challenge_platform.core.challenge import PublishedChallenge, current_version, find_phase
from challenge_platform.core.definition import Board, Disclosure, Phase
from challenge_platform.core.entry import Entry, Resamples
from challenge_platform.core.ranking import rank_board
from challenge_platform.core.standing import BoardRevision, Standing, is_ladder
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import Team
from challenge_platform.database import Database
from challenge_platform.storage import ObjectStore
from scorers.ranking.entry_state import EntryState


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A state that was composed, and the revision of the standings that it has seen."""

    challenge_id: int
    version_id: int
    phase: str
    board: Board
    revision: int
    digest: str


def build_board(
    database: Database,
    store: ObjectStore,
    challenge_id: int,
    /,
    *,
    phase: str,
    board: Board,
    clock: Callable[[], datetime],
    candidates: Candidates | None = None,
) -> None:
    """Give a board its next state, if it is still due once that is composed.

    `candidates` keeps what it has read for the next board.

    It is composed outside the write transaction, so that no result waits for it; one that arrives
    meanwhile leaves the board due.
    """
    with database.reading() as session:
        challenge = current_version(session, challenge_id)
        draft = compose(session, store, challenge, phase=phase, board=board, candidates=candidates)
    with database.writing() as session:
        record(session, draft, now=clock())


def compose(
    session: Session,
    store: ObjectStore,
    challenge: PublishedChallenge,
    /,
    *,
    phase: str,
    board: Board,
    candidates: Candidates | None = None,
) -> Draft:
    """Compute a board's state from its standings and put its document into the store."""
    # The revision first: what arrives between the two queries is then seen again, not missed.
    found = session.get(BoardRevision, (challenge.id, phase, board))
    revision = found.revision if found else 0
    entries = _entries(session, challenge.id, phase=phase, board=board)
    # A version that leaves a phase out leaves the board that it had.
    of = find_phase(session, challenge, key=phase)
    state = rank_board(
        challenge,
        entries,
        phase=of,
        board=board,
        resamples=_resamples(
            session, challenge, candidates or Candidates(store), phase=of, board=board
        ),
    )
    return Draft(
        challenge_id=challenge.id,
        version_id=challenge.version_id,
        phase=phase,
        board=board,
        revision=revision,
        digest=store.put(state.content()).digest,
    )


def _resamples(
    session: Session,
    challenge: PublishedChallenge,
    candidates: Candidates,
    /,
    *,
    phase: Phase,
    board: Board,
) -> Resamples:
    """Give what reads the resamples of a standing, less the luck of a best that was chosen here.

    A standing has its own resamples on the private board, where the public scores have chosen, and
    where a file that does not stand must tell nothing: under the Ladder, or without the score.
    """
    direction = challenge.definition.scoring.primary.better
    among: dict[int, list[str]] = {}
    told = Disclosure.SCORE in phase.disclosure and not is_ladder(challenge, board)
    if board is Board.PUBLIC and told:
        among = candidates_of(session, challenge.id, phase=phase.key, direction=direction)
    return lambda standing: candidates.vector(
        standing.resamples, among=among.get(standing.team_id, ()), direction=direction
    )


def record(session: Session, draft: Draft, /, *, now: datetime) -> None:
    """Make a draft the board's latest state, unless it has seen nothing new or equals the last."""
    key = (draft.challenge_id, draft.phase, draft.board)
    revision = session.get(BoardRevision, key, with_for_update=True)
    if revision is None or revision.built_revision >= draft.revision:
        return
    query = (
        select(BoardState)
        .where(
            BoardState.challenge_id == draft.challenge_id,
            BoardState.phase == draft.phase,
            BoardState.board == draft.board,
        )
        .order_by(col(BoardState.number).desc())
        .limit(1)
    )
    last = session.exec(query).first()
    if last is None or last.digest != draft.digest:
        session.add(
            BoardState(
                challenge_id=draft.challenge_id,
                phase=draft.phase,
                board=draft.board,
                number=1 + (last.number if last else 0),
                digest=draft.digest,
                version_id=draft.version_id,
                built_at=now,
            )
        )
    revision.built_revision, revision.built_at = draft.revision, now
    session.add(revision)


def _entries(session: Session, challenge_id: int, *, phase: str, board: Board) -> list[Entry]:
    counted = (
        select(
            Submission.team_id,
            func.count().label("entries"),
            func.max(Submission.received_at).label("last"),
        )
        .where(
            Submission.challenge_id == challenge_id,
            Submission.phase == phase,
            Submission.state == State.SCORED,
        )
        .group_by(col(Submission.team_id))
        .subquery()
    )
    query = (
        select(Standing, Team, counted.c.entries, counted.c.last)
        .join(Team, col(Team.id) == Standing.team_id)
        .join(counted, counted.c.team_id == Standing.team_id)
        .where(
            Standing.challenge_id == challenge_id,
            Standing.phase == phase,
            Standing.board == board,
            Team.state != EntryState.WITHDRAWN,
        )
    )
    return [
        Entry(standing=standing, team=team, entries=count, last_submission=last)
        for standing, team, count, last in session.exec(query)
    ]
