"""A team's submissions, as its members and the organizers may read them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from challenge_platform.core import submission as submissions
from challenge_platform.core.account import Role, User
from challenge_platform.core.challenge import PublishedChallenge, challenge_version
from challenge_platform.core.feedback import Viewer, VisibleSubmission, visible
from challenge_platform.core.forecast import UNKNOWN, outlooks
from challenge_platform.core.progress import merit, shown_scores
from challenge_platform.core.result import Result, report_of, result_of
from challenge_platform.core.run import Stage, run_of, runs_of
from challenge_platform.core.submission import (
    OPEN_STATES,
    Kind,
    State,
    Submission,
    find_submission,
)
from challenge_platform.core.team import Team, team_of
from challenge_platform.errors import NotFound

PER_PAGE = 100


class Order(StrEnum):
    """How a list of submissions is sorted; those without a score shown come last in BEST."""

    NEWEST = "newest"
    OLDEST = "oldest"
    BEST = "best"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which of a team's submissions are wanted, and in which order."""

    state: State | None = None
    phase: str | None = None
    order: Order = Order.NEWEST


EVERYTHING = Selection()


def read_submission(
    session: Session, submission_id: str, /, *, user: User | None, now: datetime | None = None
) -> VisibleSubmission:
    """Give what the person may see of a submission; raise NotFound when that is nothing.

    Its place in the queue, and when it may be expected to end, are told only for a `now`.
    """
    submission = find_submission(session, submission_id)
    viewer = viewer_of(session, user=user, challenge_id=submission.challenge_id)
    return visible(
        submission,
        challenge=challenge_version(session, submission.version_id),
        team=session.get_one(Team, submission.team_id),
        result=result_of(session, submission.id),
        report=report_of(session, submission.id),
        runs=() if submission.kind is Kind.PREDICTIONS else runs_of(session, submission.id),
        outlook=outlooks(session, [submission], now=now).get(submission.id, UNKNOWN),
        viewer=viewer,
    )


def read_submissions(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    user: User,
    page: int | None = 1,
    wanted: Selection = EVERYTHING,
    now: datetime | None = None,
) -> list[VisibleSubmission]:
    """List the person's team's submissions to a challenge, PER_PAGE a page, or all without a page.

    The list is empty before they joined.
    """
    viewer = viewer_of(session, user=user, challenge_id=challenge.id)
    if viewer.team_id is None:
        return []
    first = 0 if page is None else (page - 1) * PER_PAGE
    names = _ordered(session, team_id=viewer.team_id, wanted=wanted)
    names = names[first:] if page is None else names[first : first + PER_PAGE]
    found = _by_id(session, names)
    results = _results(session, found)
    expected = outlooks(session, found, now=now)
    team = session.get_one(Team, viewer.team_id)
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
            outlook=expected.get(submission.id, UNKNOWN),
            viewer=viewer,
        )
        for submission in found
    ]


def count_selected(session: Session, /, *, team_id: int, wanted: Selection = EVERYTHING) -> int:
    """Count what a team's list has on all its pages."""
    query = select(func.count()).select_from(Submission).where(*_chosen(team_id, wanted))
    return session.exec(query).one()


def open_submissions(session: Session, /, *, team_id: int) -> list[Submission]:
    """List a team's submissions that have not ended, the oldest first."""
    query = (
        select(Submission)
        .where(Submission.team_id == team_id, col(Submission.state).in_(OPEN_STATES))
        .order_by(col(Submission.received_at), col(Submission.id))
    )
    return list(session.exec(query))


def cancel_submission(
    session: Session, submission_id: str, /, *, user: User, now: datetime
) -> None:
    """End an open submission at the wish of a member of its team.

    Raise NotFound for anybody else, organizers included, and Conflict when it has ended already.
    """
    submission = find_submission(session, submission_id)
    team = team_of(session, user_id=user.id, challenge_id=submission.challenge_id)
    if team is None or team.id != submission.team_id:
        raise NotFound("your team has no submission {submission_id}", submission_id=submission_id)
    # What ran on hidden input has told something of it, though its attempt may be one of ours.
    told = run_of(session, submission_id, stage=Stage.HIDDEN) is not None
    submissions.cancel(session, submission_id, now=now, charged=told)


def viewer_of(session: Session, /, *, user: User | None, challenge_id: int) -> Viewer:
    """Say as whom a person, or somebody unknown, reads in a challenge."""
    if user is None:
        return Viewer()
    team = team_of(session, user_id=user.id, challenge_id=challenge_id)
    return Viewer(team_id=team.id if team else None, organizer=user.role is Role.ORGANIZER)


def _chosen(team_id: int, wanted: Selection) -> list[ColumnElement[bool]]:
    chosen = [col(Submission.team_id) == team_id]
    if wanted.state is not None:
        chosen.append(col(Submission.state) == wanted.state)
    if wanted.phase is not None:
        chosen.append(col(Submission.phase) == wanted.phase)
    return chosen


def _ordered(session: Session, *, team_id: int, wanted: Selection) -> list[str]:
    """Give the ids of a list in its order; by score only as far as scores are disclosed."""
    received = col(Submission.received_at)
    oldest_first = wanted.order is Order.OLDEST
    query = (
        select(Submission.id)
        .where(*_chosen(team_id, wanted))
        .order_by(received if oldest_first else received.desc(), col(Submission.id))
    )
    names = list(session.exec(query))
    if wanted.order is Order.BEST:
        shown = shown_scores(session, team_id=team_id, phase=wanted.phase)
        names.sort(key=lambda name: -merit(shown[name]) if name in shown else float("inf"))
    return names


def _by_id(session: Session, names: list[str]) -> list[Submission]:
    found = session.exec(select(Submission).where(col(Submission.id).in_(names)))
    by_id = {submission.id: submission for submission in found}
    return [by_id[name] for name in names]


def _results(session: Session, found: list[Submission]) -> dict[str, Result]:
    query = select(Result).where(
        col(Result.submission_id).in_([submission.id for submission in found])
    )
    return {result.submission_id: result for result in session.exec(query)}
