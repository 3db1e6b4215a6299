"""The JSON documents of the API, as OpenAPI describes them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from challenge_platform.web.problem import ProblemItem
from scorers.pictures.document import Picture


class Document(BaseModel):
    """A JSON document, made from keywords or from an object with the same attributes."""

    model_config = ConfigDict(from_attributes=True)


class Me(Document):
    """Whose token it is."""

    name: str
    email: str
    role: str


class LocalTexts(Document):
    """A text in each language."""

    en: str
    fr: str


class LimitDocument(Document):
    """At most `n` submissions in any `per_seconds`, or in the whole phase without them."""

    n: int
    per_seconds: float | None


class PhaseDocument(Document):
    """A period in which submissions are accepted; `open` is at the time of the answer."""

    key: str
    opens: datetime
    closes: datetime | None
    open: bool
    board: str
    limit: LimitDocument


class ChallengeSummary(Document):
    """A challenge in the list."""

    slug: str
    title: LocalTexts
    phases: list[PhaseDocument]
    agreement_version: str


class ChallengeList(Document):
    """All challenges."""

    challenges: list[ChallengeSummary]


class QuotaDocument(Document):
    """What a team has used of a phase's limit; `next_slot` is set when nothing remains."""

    limit: int
    used: int
    remaining: int
    next_slot: datetime | None


class MetricDocument(Document):
    """How a challenge measures."""

    key: str
    metric: str
    primary: bool
    direction: str
    params: dict[str, Any]


class FileDocument(Document):
    """A public file; `sha256` is of its bytes."""

    name: str
    size: int
    sha256: str


class AgreementDocument(Document):
    """What a participant accepts; `sha256` is of the text in all languages."""

    version: str
    text: LocalTexts
    sha256: str


class ChallengeDocument(ChallengeSummary):
    """A challenge; `joined`, `team` and `quota` are null without a token."""

    joined: bool | None
    team: str | None
    quota: dict[str, QuotaDocument] | None
    submission: dict[str, Any]
    metrics: list[MetricDocument]
    files: list[FileDocument]
    agreement: AgreementDocument
    definition: dict[str, Any]
    version: str


class JoinRequest(BaseModel):
    """The version of the agreement that is accepted."""

    agreement_version: str = Field(max_length=40)


class Joined(Document):
    """The team that the caller is in now."""

    team: str


class Valid(Document):
    """A file that can be scored or run; nothing was stored and no quota used.

    `rows` are of predictions, `files` of code; the other is null.
    """

    valid: bool = True
    rows: int | None
    files: int | None


class SubmissionAccepted(Document):
    """A submission that is queued."""

    id: str
    state: str
    quota: QuotaDocument


class ReasonDocument(Document):
    """Why a submission ended as it did, and whose fault that is."""

    code: str
    fault: str
    message: str


class ScoreDocument(Document):
    """A metric with its 95 % interval.

    `undefined` says why there is no value, `no_interval` why a value has no interval.
    """

    key: str
    primary: bool
    direction: str
    value: float | None
    low: float | None
    high: float | None
    undefined: str | None
    no_interval: str | None


class TimingsDocument(Document):
    """Seconds in the queue, under way, and in all; null where they are not over."""

    queued_seconds: float | None
    run_seconds: float | None
    total_seconds: float | None


class ScoredWithDocument(Document):
    """What a score was made with: the number and digest of the challenge's version, and the rest.

    `truth` is the commitment to the hidden truth, `scorer` the program with its version, `image`
    the digest of the image that it ran in. The receipt has them signed.
    """

    version: int
    definition: str
    truth: str
    scorer: str
    image: str | None


class SubmissionDocument(Document):
    """A submission as its team may see it.

    `position` is its place in the queue, `eta_seconds` a rough guess of the seconds to its end;
    `weights` is the SHA-256 of the archive of those that it named.
    """

    id: str
    challenge: str
    phase: str
    kind: str
    team: str
    filename: str
    size: int
    sha256: str
    weights: str | None
    message: str
    state: str
    reason: ReasonDocument | None
    position: int | None
    eta_seconds: int | None
    scores: list[ScoreDocument]
    scored_with: ScoredWithDocument | None
    timings: TimingsDocument
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    receipt: bool


class UsageDocument(Document):
    """What a run used; null where the engine does not tell."""

    cpu_seconds: float | None
    peak_memory: int | None
    wall_seconds: float
    output_bytes: int


class StageDocument(Document):
    """A stage: `smoke` (on the public sample), `public` or `hidden` of a program, and `score`.

    After a program's own there is `audit` where features have rules: it ran again on changed
    tables. `end` and `seconds` are null while it goes on. On hidden input, and of an audit, the
    team is told seconds in tens, and neither `timings` of its parts nor `usage` nor `exit_code`; of
    scoring tenths of a second. `seconds_per_id` is what a run took for each id, null where it is
    not told or wrote no file; `slow` says that this is longer than `program.seconds_per_id` of the
    challenge.
    """

    name: str
    end: str | None
    seconds: float | None
    timings: dict[str, float]
    usage: UsageDocument | None
    exit_code: int | None
    seconds_per_id: float | None
    slow: bool


class SubgroupDocument(Document):
    """The scores of the units that have one value in a column, "" if it is empty there."""

    column: str
    value: str
    units: int
    scores: list[ScoreDocument]


class SubmissionReport(SubmissionDocument):
    """A submission with what its team may see beside the scores, of the split `report_board`.

    That is what the phase discloses, of the public split; all of the private split once the phase
    was revealed. Pictures are curves and tables in bins, so that the table beside each can be
    written; kind `none` says why there is no picture. `problems` has the first of a file that was
    rejected, or one kind of them if it was made on hidden input. `log` is what a program said when
    it last ran on public data.
    """

    stages: list[StageDocument]
    log: str | None
    report_board: str
    subgroups: list[SubgroupDocument]
    pictures: list[Picture]
    problems: list[ProblemItem]


class SubmissionList(Document):
    """A team's submissions, the newest first."""

    submissions: list[SubmissionDocument]


class Receipt(Document):
    """What was scored, with what, and the result, signed with Ed25519 over canonical JSON."""

    payload: dict[str, Any]
    signature: str
    key: str
    algorithm: str


class ComparisonDocument(Document):
    """A team beside the next one or a baseline, `other`: above 0, the team is better.

    The 95 % interval of the difference and the two-sided p of its test are null where they cannot
    be told or are not disclosed.
    """

    team: str
    other: str
    difference: float
    low: float | None
    high: float | None
    p: float | None


class RowDocument(Document):
    """A line of a leaderboard; only a team whose `state` is `ranked` has a rank and a group.

    Teams of one `group` cannot be told apart from the best ranked of them; group 1 has the first.
    `first` is how probable it is that the team is first. `comparisons` are with the next team, then
    with each baseline. `reason` says why a team is disqualified.
    """

    rank: int | None
    rank_low: int | None
    rank_high: int | None
    first: float | None
    group: int | None
    team: str
    state: str
    reason: str | None
    baseline: bool
    scores: list[ScoreDocument]
    comparisons: list[ComparisonDocument]
    entries: int
    last_submission: datetime


class GroupDocument(Document):
    """Teams that cannot be told apart from `head`, the best ranked of them."""

    group: int
    head: str
    teams: int


class JudgedDocument(Document):
    """What the scores rest on: how many units, and events by metric, null where it has none."""

    unit: str
    units: int
    events: dict[str, int | None]


class SignificanceDocument(Document):
    """The p of teams i and j is `p[i][j]`, two-sided, corrected for all pairs; null if unknown."""

    teams: list[str]
    p: list[list[float | None]]


class AlternativeDocument(Document):
    """The ranking by another scheme, or by another `metric`.

    `tau` says how far it agrees with the board's (Kendall). `first` would be first, with `firsts`
    teams sharing that rank; `keeps_first` is whether the board's first would be among them.
    """

    scheme: str
    metric: str | None
    tau: float | None
    first: str
    firsts: int
    keeps_first: bool


class TransferDocument(Document):
    """A large upload on its way; a submission may name it when `offset` is `size`."""

    id: str
    challenge: str
    kind: str
    filename: str
    size: int
    sha256: str
    offset: int
    expires: datetime


class LeaderboardDocument(Document):
    """A page of a leaderboard; `number` and `digest` identify its state for good.

    `version` is the digest of the challenge version that it was built under. At `permalink` the
    state stays; with `.json` after it, it is the document whose SHA-256 is `digest`. Both are of
    the whole board, as are `judged` and `groups`; `rows` has one page. `comparisons` are those of
    the first team, with the next one and with each baseline. `significance` has the p of all pairs
    of the first 20 teams after Holm's correction, and `robustness` tells what other schemes make of
    the same scores.
    """

    challenge: str
    phase: str
    board: str
    number: int
    digest: str
    built_at: datetime | None
    version: str
    permalink: str | None
    judged: JudgedDocument | None
    groups: list[GroupDocument]
    comparisons: list[ComparisonDocument]
    significance: SignificanceDocument | None
    robustness: list[AlternativeDocument]
    total: int
    page: int
    rows: list[RowDocument]


class CriterionDocument(Document):
    """What jurors mark, from 0 to `max`; `weight` is how much it counts among the criteria."""

    key: str
    title: LocalTexts
    max: float
    weight: float


class FinalRowDocument(Document):
    """A ranked team: `rank` is by the score alone, `final_rank` with the jury.

    `marks` are the mean marks by criterion, `jury` their share from 0 to 1. They, `final` and
    `final_rank` are null until the team has a mark for each criterion.
    """

    team: str
    rank: int
    score: float
    marks: dict[str, float | None]
    jurors: int
    jury: float | None
    final: float | None
    final_rank: int | None


class FinalRankingDocument(Document):
    """Both rankings of a private board: final = (1 - share) x score + share x jury."""

    challenge: str
    phase: str
    share: float
    criteria: list[CriterionDocument]
    rows: list[FinalRowDocument]


class ReceiptKey(Document):
    """The key that verifies receipts: 32 bytes in base64, and the same in PEM."""

    algorithm: str
    key: str
    public_key: str
    pem: str
