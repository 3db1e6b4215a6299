"""The challenge definition: what challenge.yaml may say, validated with every mistake named."""

import difflib
import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from challenge_platform.core.timezone import UTC_NAME, ZoneName
from challenge_platform.errors import InvalidInput
from scorers.definition import ScoringDefinition, SubmissionDefinition, Task

LANGUAGES = ("en", "fr")
_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    """Read `24h`, `7d`, `90m`, `30s`; anything else is left to pydantic (ISO 8601)."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(lambda value: f"{int(value.total_seconds())}s"),
]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class Board(StrEnum):
    """Which part of the hidden test set a leaderboard is computed on."""

    PUBLIC = "public"
    PRIVATE = "private"


class Disclosure(StrEnum):
    """What a team may see of its own score while a phase is open."""

    SCORE = "score"
    INTERVAL = "interval"
    PARTS = "parts"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LocalText(_Section):
    """A text, or the path of a file, in each language."""

    en: str
    fr: str

    def get(self, language: str, /) -> str:
        """Give the text in `language`, or in English where there is none."""
        return self.fr if language == "fr" else self.en


class Pages(_Section):
    """The Markdown files of the challenge's pages."""

    overview: LocalText
    data: LocalText
    rules: LocalText


class Agreement(_Section):
    """The data-use agreement that a participant accepts to join."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    file: LocalText


class Teams(_Section):
    """How teams are formed."""

    max_size: Annotated[int, Field(ge=1, le=100)] = 1


class Data(_Section):
    """Where the data come from and which parts are public."""

    recipe: str
    public: Annotated[tuple[str, ...], Field(min_length=1)]
    truth: str
    unit: str
    split: str
    subgroups: tuple[str, ...] = ()


class Ranking(_Section):
    """How the leaderboard orders teams."""

    scheme: Literal["aggregate_then_rank"] = "aggregate_then_rank"
    tolerance: Annotated[float, Field(ge=0)] = 1e-12
    ties: tuple[Key, ...] = ()
    protect: Literal["none"] = "none"


class QuotaLimit(_Section):
    """At most `n` submissions in any window of length `per`, or in the whole phase without it."""

    n: Annotated[int, Field(ge=1)]
    per: Duration | None = None


class Phase(_Section):
    """A period in which submissions are accepted under one set of rules."""

    key: Key
    opens: AwareDatetime
    closes: AwareDatetime | None = None
    board: Board = Board.PUBLIC
    limit: QuotaLimit
    concurrent: Annotated[int, Field(ge=1)] = 1
    disclosure: tuple[Disclosure, ...] = (Disclosure.SCORE, Disclosure.INTERVAL, Disclosure.PARTS)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.closes is not None and self.closes <= self.opens:
            raise ValueError(f"phase {self.key!r} closes at {self.closes}, before it opens")
        return self


class Limits(_Section):
    """What the participant's sandbox may use."""

    seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 600
    memory: ByteSize = ByteSize(4 << 30)
    cpus: Annotated[float, Field(gt=0)] = 1
    processes: Annotated[int, Field(ge=1)] = 256
    scratch: ByteSize = ByteSize(1 << 30)
    gpus: Annotated[int, Field(ge=0)] = 0


class Expectation(_Section):
    """The range in which a baseline's metric must fall."""

    min: float | None = None
    max: float | None = None

    def holds(self, value: float, /) -> bool:
        """Whether the value lies in the range, its ends included."""
        low = -float("inf") if self.min is None else self.min
        high = float("inf") if self.max is None else self.max
        return low <= value <= high


class Baseline(_Section):
    """A reference solution, run and submitted when the challenge is loaded."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    path: str
    expect: dict[str, Expectation] = {}


class ChallengeDefinition(_Section):
    """The whole of challenge.yaml."""

    schema_: Annotated[Literal["challenge/1"], Field(alias="schema")]
    slug: Slug
    title: LocalText
    summary: LocalText | None = None
    timezone: ZoneName = UTC_NAME
    pages: Pages
    agreement: Agreement
    teams: Teams = Teams()
    data: Data
    submission: SubmissionDefinition
    scoring: ScoringDefinition
    ranking: Ranking = Ranking()
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    limits: Limits = Limits()
    baselines: tuple[Baseline, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        keys = [phase.key for phase in self.phases]
        if len(set(keys)) != len(keys):
            raise ValueError("two phases have the same key")
        metrics = {metric.key for metric in self.scoring.metrics}
        named = set(self.ranking.ties).union(*(base.expect for base in self.baselines))
        if unknown := named - metrics:
            raise ValueError(f"no metric has the key {min(unknown)!r}")
        if self.submission.ids not in self.data.public:
            raise ValueError(f"submission.ids names {self.submission.ids!r}, not a public file")
        return self

    @property
    def task(self) -> Task:
        """What the scorer needs of this definition."""
        return Task(
            submission=self.submission,
            scoring=self.scoring,
            unit=self.data.unit,
            split=self.data.split,
        )

    def phase(self, key: str, /) -> Phase:
        """Give the phase of this key; raise InvalidInput naming the phases there are."""
        for phase in self.phases:
            if phase.key == key:
                return phase
        raise InvalidInput(f"{self.slug} has no phase {key!r}{_suggest(key, self.phase_keys)}")

    @property
    def phase_keys(self) -> list[str]:
        """The keys of the phases, in order."""
        return [phase.key for phase in self.phases]

    def document(self) -> dict[str, Any]:
        """Give the definition as JSON values, to be stored and hashed."""
        return self.model_dump(mode="json", by_alias=True)


def read_definition(path: Path, /) -> ChallengeDefinition:
    """Read challenge.yaml; raise InvalidInput naming the file and each place that is wrong."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    try:
        return ChallengeDefinition.model_validate(document)
    except ValidationError as error:
        lines = [f"  {_explain(detail)}" for detail in error.errors(include_url=False)]
        raise InvalidInput("\n".join([f"{path} is not a valid challenge:", *lines])) from error


def _explain(detail: Any) -> str:  # noqa: ANN401 -- pydantic's ErrorDetails
    place = ".".join(str(part) for part in detail["loc"]) or "the document"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(detail["loc"][:-1])
        return f"{place}: unknown key{_suggest(str(detail['loc'][-1]), known)}"
    return f"{place}: {detail['msg']}"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: Any = ChallengeDefinition
    for part in location:
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            model = model.model_fields[part].annotation
            while not hasattr(model, "model_fields") and getattr(model, "__args__", None):
                model = model.__args__[0]
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _suggest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there is {', '.join(known)}" if known else ""
