"""What of a team's submissions can be taken away: the list as CSV, and a submission's receipt."""

from collections.abc import Sequence

from challenge_platform.core.feedback import Score, VisibleSubmission
from challenge_platform.web.spreadsheet import defused, table

FACTS = (
    *("id", "received_at", "finished_at", "phase", "state", "reason", "fault"),
    *("filename", "bytes", "sha256", "message"),
)


def submissions_csv(submissions: Sequence[VisibleSubmission], /) -> bytes:
    """Write submissions as CSV, each metric with the ends of its 95 % interval."""
    keys = list(dict.fromkeys(score.key for each in submissions for score in each.scores))
    metrics = [name for key in keys for name in (key, f"{key}_low", f"{key}_high")]
    return table([*FACTS, *metrics], (_cells(submission, keys=keys) for submission in submissions))


def _cells(submission: VisibleSubmission, *, keys: Sequence[str]) -> list[object]:
    scores = {score.key: score for score in submission.scores}
    return [*_facts(submission), *(end for key in keys for end in _numbers(scores.get(key)))]


def _facts(submission: VisibleSubmission) -> list[object]:
    reason, finished = submission.reason, submission.finished_at
    return [
        submission.id,
        submission.received_at.isoformat(),
        finished.isoformat() if finished else None,
        submission.phase,
        submission.state,
        reason,
        reason.fault if reason else None,
        defused(submission.filename),
        submission.size,
        submission.sha256,
        defused(submission.message),
    ]


def _numbers(score: Score | None) -> tuple[float | None, float | None, float | None]:
    return (score.value, score.low, score.high) if score else (None, None, None)
