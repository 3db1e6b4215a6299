"""How a submission's score compares with its team's others, as far as their phase discloses it."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from challenge_platform.core.challenge import PublishedChallenge, challenge_version
from challenge_platform.core.definition import Board, Disclosure
from challenge_platform.core.feedback import (
    Score,
    VisibleSubmission,
    disclosed_scores,
    rounded_difference,
)
from challenge_platform.core.result import Result
from challenge_platform.core.standing import BoardRevision, Standing
from challenge_platform.core.submission import State, Submission, find_submission
from scorers.metric import Direction


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A score beside the best of the team's others in its phase; `gain` is above 0 if better.

    `best_id` and `best` are None for a team's first score. `stands` says whether the submission is
    the one by which the team stands on the public board, `board_is_due` that the board shows a
    state that is older than its standings.
    """

    best_id: str | None
    best: Score | None
    gain: float | None
    stands: bool
    board_is_due: bool


def progress_of(session: Session, submission: VisibleSubmission, /) -> Progress | None:
    """Compare a submission with its team's others; None where no score of it is disclosed."""
    own = submission.score
    if own is None or own.value is None:
        return None
    row = find_submission(session, submission.id)
    others = shown_scores(session, team_id=row.team_id, phase=row.phase)
    others.pop(row.id, None)
    comparable = [(name, score) for name, score in others.items() if score.key == own.key]
    found = max(comparable, key=lambda pair: merit(pair[1]), default=None)
    best_id, best = found or (None, None)
    board = (row.challenge_id, row.phase, Board.PUBLIC)
    standing = session.get(Standing, (*board, row.team_id))
    revision = session.get(BoardRevision, board)
    return Progress(
        best_id=best_id,
        best=best,
        gain=None if best is None else _gain(own, best),
        stands=standing is not None and standing.submission_id == row.id,
        board_is_due=revision is not None and revision.revision > revision.built_revision,
    )


def shown_scores(
    session: Session, /, *, team_id: int, phase: str | None = None
) -> dict[str, Score]:
    """Give the primary score, as disclosed, of each of a team's submissions that has one."""
    query = (
        select(Submission, Result)
        .join(Result, col(Result.submission_id) == Submission.id)
        .where(Submission.team_id == team_id, Submission.state == State.SCORED)
    )
    if phase is not None:
        query = query.where(Submission.phase == phase)
    versions: dict[int, PublishedChallenge] = {}
    shown = {}
    for submission, result in session.exec(query):
        if submission.version_id not in versions:
            versions[submission.version_id] = challenge_version(session, submission.version_id)
        challenge = versions[submission.version_id]
        scores = disclosed_scores(
            challenge,
            phase=challenge.definition.phase(submission.phase),
            metrics=result.told or result.public["metrics"],
        )
        if scores and scores[0].primary and scores[0].value is not None:
            shown[submission.id] = scores[0]
    return shown


def standing_ids(
    session: Session, challenge: PublishedChallenge, /, *, team_id: int
) -> frozenset[str]:
    """Give the submissions by which a team stands on the public boards that disclose scores."""
    query = select(Standing).where(
        Standing.challenge_id == challenge.id,
        Standing.team_id == team_id,
        Standing.board == Board.PUBLIC,
    )
    told = {
        phase.key for phase in challenge.definition.phases if Disclosure.SCORE in phase.disclosure
    }
    return frozenset(each.submission_id for each in session.exec(query) if each.phase in told)


def merit(score: Score, /) -> float:
    """Give the value so that larger is better; minus infinity where it is undefined."""
    if score.value is None:
        return -float("inf")
    return -score.value if score.direction == Direction.MINIMIZE else score.value


def _gain(own: Score, best: Score) -> float | None:
    """Give the difference of two scores as they are shown, above 0 if the first is better."""
    if own.value is None or best.value is None:
        return None
    return rounded_difference(merit(own) - merit(best), of=(own.value, best.value))
