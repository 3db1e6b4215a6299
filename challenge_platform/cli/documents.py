"""The documents of the API as the command line reads them; `/openapi.json` has their full form."""

from typing import Any, NotRequired, TypedDict


class Text(TypedDict):
    """A text in each language."""

    en: str
    fr: str


class Me(TypedDict):
    name: str
    email: str
    role: str


class Limit(TypedDict):
    n: int
    per_seconds: float | None


class Phase(TypedDict):
    key: str
    opens: str
    closes: str | None
    open: bool
    limit: Limit


class Quota(TypedDict):
    limit: int
    used: int
    remaining: int
    next_slot: str | None


class Metric(TypedDict):
    key: str
    metric: str
    primary: bool
    direction: str
    params: dict[str, Any]


class File(TypedDict):
    name: str
    size: int
    sha256: str


class Agreement(TypedDict):
    version: str
    text: Text
    sha256: str


class ChallengeSummary(TypedDict):
    slug: str
    title: Text
    phases: list[Phase]
    agreement_version: str


class Challenge(ChallengeSummary):
    joined: bool | None
    team: str | None
    quota: dict[str, Quota] | None
    submission: dict[str, Any]
    metrics: list[Metric]
    files: list[File]
    agreement: Agreement
    definition: dict[str, Any]
    version: str


class Accepted(TypedDict):
    id: str
    state: str
    quota: Quota


class Reason(TypedDict):
    code: str
    fault: str
    message: str


class Score(TypedDict):
    key: str
    primary: bool
    direction: str
    value: float | None
    low: float | None
    high: float | None
    undefined: str | None
    no_interval: str | None


class ScoredWith(TypedDict):
    version: int
    definition: str
    truth: str
    scorer: str
    image: str | None


class Submission(TypedDict):
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
    reason: Reason | None
    position: int | None
    eta_seconds: int | None
    scores: list[Score]
    scored_with: ScoredWith | None
    timings: dict[str, float | None]
    received_at: str
    started_at: str | None
    finished_at: str | None
    receipt: bool


class Usage(TypedDict):
    cpu_seconds: float | None
    peak_memory: int | None
    wall_seconds: float
    output_bytes: int


class Stage(TypedDict):
    name: str
    end: str | None
    seconds: float | None
    timings: dict[str, float]
    usage: Usage | None
    exit_code: int | None
    seconds_per_id: NotRequired[float | None]
    slow: NotRequired[bool]


class Subgroup(TypedDict):
    column: str
    value: str
    units: int
    scores: list[Score]


class SubmissionReport(Submission):
    stages: list[Stage]
    log: str | None
    report_board: str
    subgroups: list[Subgroup]
    pictures: list[dict[str, Any]]
    problems: list[dict[str, Any]]


class Comparison(TypedDict):
    team: str
    other: str
    difference: float
    low: float | None
    high: float | None
    p: float | None


class Standing(TypedDict):
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    first: float | None
    group: int | None
    team: str
    state: str
    reason: str | None
    baseline: bool
    scores: list[Score]
    comparisons: list[Comparison]
    entries: int
    last_submission: str


class Group(TypedDict):
    group: int
    head: str
    teams: int


class Judged(TypedDict):
    unit: str
    units: int
    events: dict[str, int | None]


class Significance(TypedDict):
    teams: list[str]
    p: list[list[float | None]]


class Alternative(TypedDict):
    scheme: str
    metric: str | None
    tau: float | None
    first: str
    firsts: int
    keeps_first: bool


class Leaderboard(TypedDict):
    challenge: str
    phase: str
    board: str
    number: int
    digest: str
    built_at: str | None
    version: str
    permalink: str | None
    judged: Judged | None
    groups: list[Group]
    comparisons: list[Comparison]
    significance: Significance | None
    robustness: list[Alternative]
    total: int
    page: int
    rows: list[Standing]


class ReceiptKey(TypedDict):
    algorithm: str
    key: str
    public_key: str
    pem: str
