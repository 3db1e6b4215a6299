"""What the page of a submission tells beside the submission: its steps, its rank, its quota."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from challenge_platform.core.comparison import Comparison
from challenge_platform.core.definition import Board
from challenge_platform.core.feedback import VisibleSubmission
from challenge_platform.core.leaderboard import Leaderboard, Row, latest
from challenge_platform.core.pace import typical_time
from challenge_platform.core.progress import Progress, progress_of
from challenge_platform.core.quota import is_charged
from challenge_platform.core.stage_view import SCORE, StageView
from challenge_platform.core.submission import Kind, State
from challenge_platform.web import current
from challenge_platform.web.api.documents import StageDocument, SubmissionDocument
from challenge_platform.web.api.submissions import stage_documents, submission_document
from challenge_platform.web.language import lazy_gettext as _
from challenge_platform.web.wording import STAGES, STATES

BOARD_PATIENCE = timedelta(seconds=10)
"""How long a page waits for the board that takes a new score in; it is built within a second."""


class FollowedDocument(SubmissionDocument):
    """A submission, whether anything about it is still to come, and its rank where it stands."""

    stages: list[StageDocument]
    settled: bool
    rank: int | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step on the way of a submission: `at` is None before it, `seconds` what it took."""

    name: str
    at: datetime | None = None
    seconds: float | None = None
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A submission with what belongs on its page.

    `row` is its team's on the public board, and `comparisons` are the team's there, if it stands
    there by this submission and the board has taken it in. `typical` is how long submissions of the
    challenge take, while it is open. `settled` says that nothing on the page will change by itself.
    """

    submission: VisibleSubmission
    progress: Progress | None
    row: Row | None
    comparisons: tuple[Comparison, ...]
    charged: bool
    typical: timedelta | None
    settled: bool

    @property
    def document(self) -> FollowedDocument:
        """What is asked again and again while the submission is open."""
        known = submission_document(self.submission).model_dump()
        return FollowedDocument(
            **known,
            stages=stage_documents(self.submission),
            settled=self.settled,
            rank=self.row and self.row.rank,
        )

    @property
    def steps(self) -> list[Step]:
        """The steps from the upload to the end, with their times; none is told that never was."""
        own = self.submission
        timings = own.timings
        waiting, running = own.state is State.QUEUED, own.state is State.RUNNING
        sent = (own.received_at - own.opened_at).total_seconds()
        steps = [Step(name=_("Received"), at=own.received_at, seconds=sent)]
        seconds = timings["queued_seconds"]
        steps.append(Step(name=STATES[State.QUEUED], seconds=seconds, current=waiting))
        if own.kind is not Kind.PREDICTIONS and own.stages.views:
            steps += [_stage(stage, running=running) for stage in own.stages.views]
            if running and not any(step.current for step in steps):
                steps.append(Step(name=STAGES[SCORE], current=True))
        elif own.started_at is not None or own.state.is_open:
            began = None if waiting else own.started_at
            taken = timings["run_seconds"]
            name = STATES[State.RUNNING]
            steps.append(Step(name=name, at=began, seconds=taken, current=running))
        end = STATES[State.SCORED if own.state.is_open else own.state]
        steps.append(Step(name=end, at=own.finished_at, seconds=timings["total_seconds"]))
        return steps


def _stage(stage: StageView, *, running: bool) -> Step:
    current = running and stage.end is None
    return Step(name=STAGES[stage.name], seconds=stage.seconds, current=current)


def follow(session: Session, submission: VisibleSubmission, /, *, now: datetime) -> Followed:
    """Find what belongs on the page of a submission."""
    is_open = submission.state.is_open
    progress = progress_of(session, submission)
    stands = progress is not None and progress.stands
    ended = submission.finished_at
    awaited = stands and progress is not None and progress.board_is_due
    board = _board(session, submission) if stands and not awaited else None
    rows = board.rows if board else ()
    return Followed(
        submission=submission,
        progress=progress,
        row=next((row for row in rows if row.team == submission.team), None),
        comparisons=board.comparisons_of(submission.team) if board else (),
        charged=is_charged(session, submission_id=submission.id),
        typical=typical_time(session, challenge_id=submission.challenge.id) if is_open else None,
        settled=not is_open
        and not (awaited and ended is not None and now - ended < BOARD_PATIENCE),
    )


def _board(session: Session, submission: VisibleSubmission) -> Leaderboard:
    phase = submission.challenge.definition.phase(submission.phase)
    return latest(
        session,
        current.platform().board_states,
        submission.challenge,
        phase=phase,
        board=Board.PUBLIC,
    )
