"""What of a team's submissions can be taken away: the list as CSV, and a submission's receipt."""

import csv
import io
from collections.abc import Sequence

from challenge_platform.core.feedback import Score, VisibleSubmission
from challenge_platform.web.board_files import defused

FACTS = (
    *("id", "received_at", "finished_at", "phase", "state", "reason", "fault"),
    *("filename", "bytes", "sha256", "message"),
)


def submissions_csv(submissions: Sequence[VisibleSubmission], /) -> str:
    """Write submissions as CSV (RFC 4180), each metric with the ends of its 95 % interval.

    What people wrote is kept from being taken for a formula by a spreadsheet.
    """
    keys = list(dict.fromkeys(score.key for each in submissions for score in each.scores))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    metrics = [name for key in keys for name in (key, f"{key}_low", f"{key}_high")]
    writer.writerow([*FACTS, *metrics])
    for submission in submissions:
        scores = {score.key: score for score in submission.scores}
        numbers = [number for key in keys for number in _numbers(scores.get(key))]
        writer.writerow([*_facts(submission), *numbers])
    return text.getvalue()


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
