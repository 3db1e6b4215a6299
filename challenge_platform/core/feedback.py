"""The one feedback policy: what page, API, CLI and receipt may show of a result, and to whom."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, overload

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board, Disclosure, Phase
from challenge_platform.core.forecast import Outlook
from challenge_platform.core.provenance import ScoredWith
from challenge_platform.core.run import ProgramRun
from challenge_platform.core.stage_view import NO_STAGES, Stages, stages
from challenge_platform.core.submission import Kind, Reason, State, Submission
from challenge_platform.core.team import Team
from challenge_platform.errors import NotFound
from scorers.pictures.document import PICTURES, Picture

DIGITS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """A metric as a reader may see it: rounded to 4 significant digits, with its 95 % interval.

    Where the interval may be seen but there is none, `no_interval` says why.
    """

    key: str
    primary: bool
    direction: str
    value: float | None
    low: float | None
    high: float | None
    undefined: str | None
    no_interval: str | None = None

    @property
    def tells_interval(self) -> bool:
        """Whether there is an interval to show, or a reason why there is none."""
        return self.low is not None or self.no_interval is not None

    def document(self) -> dict[str, Any]:
        """Give the score as JSON values."""
        return asdict(self)


def disclosed_scores(
    challenge: PublishedChallenge, /, *, phase: Phase, metrics: Mapping[str, Mapping[str, Any]]
) -> list[Score]:
    """Give what the phase's `disclosure` lets a team see of its scores, the primary one first."""
    allowed = phase.disclosure
    shown = []
    for metric in challenge.definition.scoring.metrics:
        wanted = Disclosure.SCORE if metric.primary else Disclosure.PARTS
        if wanted not in allowed:
            continue
        found = metrics[metric.key]
        interval = found["interval"] if Disclosure.INTERVAL in allowed else None
        low, high = interval or (None, None)
        shown.append(
            Score(
                key=metric.key,
                primary=metric.primary,
                direction=metric.better,
                value=rounded(found["value"]),
                low=rounded(low),
                high=rounded(high),
                undefined=found["undefined"],
                no_interval=found.get("no_interval") if Disclosure.INTERVAL in allowed else None,
            )
        )
    return sorted(shown, key=lambda score: not score.primary)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subgroup:
    """The scores of the units that have one value in a column of the truth, "" if it is empty."""

    column: str
    value: str
    units: int
    scores: tuple[Score, ...]


class StoredReport(Protocol):
    """What is kept of a result beside its scores; `private` once its phase was revealed."""

    public: dict[str, Any]
    private: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a team may see of a submission beside its scores, and which split it is of."""

    board: Board = Board.PUBLIC
    subgroups: tuple[Subgroup, ...] = ()
    pictures: tuple[Picture, ...] = ()


NO_REPORT = Report()


def disclosed_report(
    challenge: PublishedChallenge, /, *, phase: Phase, stored: StoredReport
) -> Report:
    """Give what a team may see beside the scores.

    While the phase is open that is what its `disclosure` lists, of the public split. Once it was
    revealed it is all, of the private split, of a phase that discloses scores.
    """
    if stored.private is None:
        told, content, board = set(phase.disclosure), stored.public, Board.PUBLIC
    else:
        told, content, board = set(Disclosure), stored.private, Board.PRIVATE
    if Disclosure.SCORE not in phase.disclosure:
        return Report(board=board)
    pictures = content["pictures"] if Disclosure.CURVES in told else ()
    columns = content["subgroups"] if Disclosure.SUBGROUPS in told else {}
    return Report(
        board=board,
        subgroups=tuple(
            Subgroup(
                column=column,
                value=value,
                units=found["units"],
                scores=tuple(disclosed_scores(challenge, phase=phase, metrics=found["metrics"])),
            )
            for column, values in columns.items()
            for value, found in values.items()
        ),
        pictures=tuple(
            picture.rounded(digits=DIGITS) for picture in PICTURES.validate_python(pictures)
        ),
    )


@overload
def rounded(value: float, /) -> float: ...
@overload
def rounded(value: None, /) -> None: ...
def rounded(value: float | None, /) -> float | None:
    """Round to the significant digits that may be shown."""
    return None if value is None else float(f"{value:.{DIGITS}g}")


def rounded_difference(difference: float, /, *, of: tuple[float, float]) -> float:
    """Round the difference of two scores to the decimals that both are shown with.

    A small difference told with more of them would tell more of the scores.
    """
    largest = max(map(abs, of))
    decimals = DIGITS - 1 - math.floor(math.log10(largest)) if largest else DIGITS
    return rounded(round(difference, decimals))


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who reads in a challenge: nobody in particular unless said otherwise."""

    team_id: int | None = None
    organizer: bool = False

    def may_see(self, submission: Submission, /) -> bool:
        """Whether the submission exists for this reader: for its team and for organizers only."""
        return self.organizer or self.team_id == submission.team_id


class ScoredResult(Protocol):
    """The parts of a result that may be shown to somebody; the sealed part is not among them."""

    public: dict[str, Any]
    told: dict[str, Any] | None
    timings: dict[str, Any]
    receipt: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class VisibleSubmission:
    """A submission as a reader may see it: no resamples, nothing sealed, no lease or token.

    Its `report` and `stages` are empty in lists of submissions.
    """

    id: str
    challenge: PublishedChallenge
    phase: str
    kind: Kind
    team: str
    filename: str
    size: int
    sha256: str
    weights: str | None
    message: str
    state: State
    reason: Reason | None
    attempt: int
    position: int | None
    ends_in: timedelta | None
    scores: tuple[Score, ...]
    report: Report
    stages: Stages
    opened_at: datetime
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    receipt: Mapping[str, Any] | None

    @property
    def scored_with(self) -> ScoredWith | None:
        """The versions that it was scored with, or None before it is."""
        if self.receipt is None:
            return None
        return ScoredWith.of(self.receipt["payload"], version=self.challenge.version.number)

    @property
    def score(self) -> Score | None:
        """The primary score, or None where there is none or the phase does not disclose it."""
        return next((score for score in self.scores if score.primary), None)

    @property
    def subgroups(self) -> tuple[Subgroup, ...]:
        """The scores of subgroups, of the split `report.board`."""
        return self.report.subgroups

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures, of the split `report.board`."""
        return self.report.pictures

    @property
    def timings(self) -> dict[str, float | None]:
        """Seconds in the queue, under way, and in all; None where they are not over."""
        return {
            "queued_seconds": _seconds(self.received_at, self.started_at),
            "run_seconds": _seconds(self.started_at, self.finished_at),
            "total_seconds": _seconds(self.received_at, self.finished_at),
        }


def visible(
    submission: Submission,
    /,
    *,
    challenge: PublishedChallenge,
    team: Team,
    result: ScoredResult | None,
    report: StoredReport | None = None,
    runs: Sequence[ProgramRun] | None = None,
    outlook: Outlook,
    viewer: Viewer,
) -> VisibleSubmission:
    """Give what the viewer may see; raise NotFound, as for one that does not exist, if nothing.

    `challenge` is the version that the submission was made to. Without `runs`, which are those of
    a program, no stages are given.
    """
    if not viewer.may_see(submission):
        raise NotFound("there is no submission {submission!r}", submission=submission.id)
    phase, program = challenge.definition.phase(submission.phase), challenge.definition.program
    metrics = (result.told or result.public["metrics"]) if result else None
    scores = disclosed_scores(challenge, phase=phase, metrics=metrics) if metrics else []
    return VisibleSubmission(
        id=submission.id,
        challenge=challenge,
        phase=submission.phase,
        kind=submission.kind,
        team=team.name,
        filename=submission.filename,
        size=submission.size,
        sha256=submission.artifact,
        weights=submission.weights,
        message=submission.message,
        state=submission.state,
        reason=submission.reason,
        attempt=submission.attempt,
        position=outlook.position,
        ends_in=outlook.ends_in,
        scores=tuple(scores),
        report=disclosed_report(challenge, phase=phase, stored=report) if report else NO_REPORT,
        stages=NO_STAGES
        if runs is None
        else stages(
            runs,
            scoring=result.timings if result else None,
            organizer=viewer.organizer,
            seconds_per_id=program.seconds_per_id if program else None,
        ),
        opened_at=submission.opened_at,
        received_at=submission.received_at,
        started_at=submission.started_at,
        finished_at=submission.finished_at,
        receipt=(result.receipt or None) if result else None,  # none is left of who departed
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return round((end - start).total_seconds(), 3)
