"""A team's submissions, as its members and the organizers may read them."""

from datetime import datetime

from sqlmodel import Session, col, select

from challenge_platform.core import submission as submissions
from challenge_platform.core.account import Role, User
from challenge_platform.core.challenge import PublishedChallenge, challenge_version
from challenge_platform.core.evaluation import Result, result_of
from challenge_platform.core.feedback import Viewer, VisibleSubmission, visible
from challenge_platform.core.submission import Submission, find_submission, queue_position
from challenge_platform.core.team import Team, team_of
from challenge_platform.errors import NotFound

PER_PAGE = 100


def read_submission(
    session: Session, submission_id: str, /, *, user: User | None
) -> VisibleSubmission:
    """Give what the person may see of a submission; raise NotFound when that is nothing."""
    submission = find_submission(session, submission_id)
    viewer = viewer_of(session, user=user, challenge_id=submission.challenge_id)
    return visible(
        submission,
        challenge=challenge_version(session, submission.version_id),
        team=session.get_one(Team, submission.team_id),
        result=result_of(session, submission.id),
        position=queue_position(session, submission),
        viewer=viewer,
    )


def read_submissions(
    session: Session, challenge: PublishedChallenge, /, *, user: User, page: int = 1
) -> list[VisibleSubmission]:
    """List the person's team's submissions to a challenge, the newest first, PER_PAGE a page.

    The list is empty before they joined.
    """
    viewer = viewer_of(session, user=user, challenge_id=challenge.id)
    if viewer.team_id is None:
        return []
    team = session.get_one(Team, viewer.team_id)
    found = submissions.submissions_of(
        session, team_id=team.id, limit=PER_PAGE, offset=(page - 1) * PER_PAGE
    )
    results = _results(session, found)
    versions = {
        version_id: challenge_version(session, version_id)
        for version_id in {submission.version_id for submission in found}
    }
    return [
        visible(
            submission,
            challenge=versions[submission.version_id],
            team=team,
            result=results.get(submission.id),
            position=queue_position(session, submission),
            viewer=viewer,
        )
        for submission in found
    ]


def cancel_submission(
    session: Session, submission_id: str, /, *, user: User, now: datetime
) -> None:
    """End an open submission at the wish of a member of its team.

    Raise NotFound for anybody else, organizers included, and Conflict when it has ended already.
    """
    submission = find_submission(session, submission_id)
    team = team_of(session, user_id=user.id, challenge_id=submission.challenge_id)
    if team is None or team.id != submission.team_id:
        raise NotFound(f"your team has no submission {submission_id}")
    submissions.cancel(session, submission_id, now=now)


def viewer_of(session: Session, /, *, user: User | None, challenge_id: int) -> Viewer:
    """Say as whom a person, or somebody unknown, reads in a challenge."""
    if user is None:
        return Viewer()
    team = team_of(session, user_id=user.id, challenge_id=challenge_id)
    return Viewer(team_id=team.id if team else None, organizer=user.role is Role.ORGANIZER)


def _results(session: Session, found: list[Submission]) -> dict[str, Result]:
    query = select(Result).where(
        col(Result.submission_id).in_([submission.id for submission in found])
    )
    return {result.submission_id: result for result in session.exec(query)}
