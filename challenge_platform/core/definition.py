"""The challenge definition: what challenge.yaml may say, and what each key of it means."""

import difflib
import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ByteSize,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from challenge_platform.core.data_section import AsWritten, Data
from challenge_platform.core.local_text import LocalText
from challenge_platform.core.marking import Jury
from challenge_platform.core.program import PROGRAMS, Program, check_program
from challenge_platform.core.table_section import TEST
from challenge_platform.core.timezone import UTC_NAME, ZoneName
from challenge_platform.core.transparency import Transparency
from challenge_platform.errors import InvalidInput
from scorers.definition import ScoringDefinition, Task
from scorers.message import Message
from scorers.metric import Direction
from scorers.tables import Section, Size, SubmissionDefinition

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
    WithJsonSchema({"type": "string", "examples": ["24h", "7d", "90m", "PT24H"]}),
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
    SUBGROUPS = "subgroups"  # the same of the units of each value of a column
    CURVES = "curves"  # pictures such as ROC and Kaplan-Meier curves, in bins


TELLING = {Disclosure.SUBGROUPS, Disclosure.CURVES}
"""What tells so much of the hidden truth that its owner must ask for it."""


class Pages(Section):
    """The Markdown files of the challenge's pages."""

    overview: Annotated[LocalText, Field(description="What is asked, of whom and why.")]
    data: Annotated[LocalText, Field(description="What the files hold and where they come from.")]
    evaluation: Annotated[
        LocalText | None, Field(description="How submissions are judged, with its formulas.")
    ] = None
    rules: Annotated[LocalText, Field(description="What is allowed.")]


class Agreement(Section):
    """The data-use agreement that a participant accepts to join."""

    version: Annotated[
        str,
        Field(
            min_length=1,
            max_length=40,
            description="A new one must be accepted anew before anything is sent.",
        ),
    ]
    file: Annotated[LocalText, Field(description="Its Markdown files.")]


class Teams(Section):
    """How teams are formed."""

    max_size: Annotated[
        int, Field(ge=1, le=100, description="Most members; with 1 nobody can be invited.")
    ] = 1


class Protection(StrEnum):
    """What keeps the public board from being probed."""

    NONE = "none"
    LADDER = "ladder"  # a new score is told only if it is surely better than the team's best


class Ranking(Section):
    """How the leaderboard orders teams."""

    scheme: Annotated[
        Literal["aggregate_then_rank"], Field(description="One score a submission, then ranks.")
    ] = "aggregate_then_rank"
    tolerance: Annotated[
        float, Field(ge=0, description="Scores that differ by no more than this are equal.")
    ] = 1e-12
    ties: Annotated[
        tuple[Key, ...], Field(description="Keys of the metrics that order equal scores, in turn.")
    ] = ()
    protect: Annotated[
        Protection,
        Field(
            description="What keeps the public board from being probed: with `ladder` a score is "
            "told only if it is better than the team's best by more than two standard errors of "
            "their difference, or by more than `step`."
        ),
    ] = Protection.NONE
    step: Annotated[
        float | None,
        Field(
            gt=0,
            description="With `protect: ladder`, how much better a score must be, in the place of "
            "standard errors. It is told to the nearest multiple of it, and nothing else: "
            "`disclosure` must be `[score]`.",
        ),
    ] = None

    jury: Annotated[
        Jury | None,
        Field(description="A jury whose marks make the final ranking of the private board."),
    ] = None

    @model_validator(mode="after")
    def _steps_on_a_ladder(self) -> Self:
        if self.step is not None and self.protect is not Protection.LADDER:
            raise ValueError(
                "ranking.step is that of a Ladder; add protect: ladder, or take it out"
            )
        if self.step is not None and self.ties:
            raise ValueError(
                "ranking.ties would tell apart what ranking.step makes equal; take ties out"
            )
        return self


class QuotaLimit(Section):
    """At most `n` submissions in any window of length `per`, or in the whole phase without it."""

    n: Annotated[int, Field(ge=1, description="How many.")]
    per: Annotated[
        Duration | None,
        Field(description="In any window this long, such as `24h` or `7d`; else in the phase."),
    ] = None


class Phase(Section):
    """A period in which submissions are accepted under one set of rules."""

    key: Annotated[Key, Field(description="Its name in addresses and commands.")]
    opens: Annotated[AwareDatetime, Field(description="When it begins, with an offset.")]
    closes: Annotated[
        AwareDatetime | None, Field(description="When it ends, with an offset; never when unset.")
    ] = None
    board: Annotated[
        Board, Field(description="The leaderboard that is shown while the phase is open.")
    ] = Board.PUBLIC
    limit: Annotated[QuotaLimit, Field(description="How many submissions a team may make.")]
    concurrent: Annotated[
        int, Field(ge=1, description="How many of them may be under way at a time.")
    ] = 1
    disclosure: Annotated[
        tuple[Disclosure, ...],
        Field(
            description="What is told of scores while the phase is open. Beware: `subgroups` and "
            "`curves` (ROC, calibration, Kaplan-Meier and the like) give the hidden truth away to "
            "whoever compares some submissions; they are refused with `ranking.protect: ladder`, "
            "and shown of the private split once it is revealed, listed or not."
        ),
    ] = (Disclosure.SCORE, Disclosure.INTERVAL, Disclosure.PARTS)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.closes is not None and self.closes <= self.opens:
            raise ValueError(f"phase {self.key!r} closes at {self.closes}, before it opens")
        return self

    @model_validator(mode="after")
    def _tells_the_score_first(self) -> Self:
        if (telling := TELLING & set(self.disclosure)) and Disclosure.SCORE not in self.disclosure:
            raise ValueError(
                f"disclosure of phase {self.key!r} has {min(telling)} and not score, which they "
                f"give away; add score, or take {min(telling)} out"
            )
        return self


class Limits(Section):
    """What the participant's sandbox may use."""

    seconds: Annotated[
        float, Field(gt=0, le=24 * 3600, description="Seconds from start to end.")
    ] = 600
    memory: Annotated[Size, Field(description="Memory, such as `4GiB`.")] = ByteSize(4 << 30)
    cpus: Annotated[float, Field(gt=0, description="Processors.")] = 1
    processes: Annotated[int, Field(ge=1, description="Processes and threads.")] = 256
    scratch: Annotated[Size, Field(description="What it may write, all of it lost at its end.")] = (
        ByteSize(1 << 30)
    )
    gpus: Annotated[int, Field(ge=0, description="Graphics processors.")] = 0


class Expectation(Section):
    """The range in which a baseline's metric must fall."""

    min: Annotated[float | None, Field(description="Least value, itself allowed.")] = None
    max: Annotated[float | None, Field(description="Largest value, itself allowed.")] = None

    def holds(self, value: float, /) -> bool:
        """Whether the value lies in the range, its ends included."""
        low = -float("inf") if self.min is None else self.min
        high = float("inf") if self.max is None else self.max
        return low <= value <= high


class Baseline(Section):
    """A reference solution, run and submitted when the challenge is loaded."""

    name: Annotated[
        str, Field(min_length=1, max_length=80, description="Its name on leaderboards.")
    ]
    path: Annotated[
        str,
        Field(description="Its folder, with a `predict.py`, or a `main.py` if its kind is code."),
    ]
    kind: Annotated[
        Literal["predictions", "code"],
        Field(
            description="What is submitted: what `predict.py PUBLIC OUT` wrote, or the folder as a "
            "ZIP archive, whose `main.py` is run."
        ),
    ] = "predictions"
    expect: Annotated[
        dict[str, Expectation],
        Field(description="Ranges by metric key; outside them a test fails."),
    ] = {}  # noqa: RUF012 -- pydantic copies it


class Acceptance(Section):
    """A finding of the pre-flight that the organizers know and publish all the same."""

    code: Annotated[
        Key, Field(description="Code of the finding, as `challenge data check` prints it.")
    ]
    about: Annotated[
        str | None,
        Field(description="Only those about this: a file, a column or a metric; all when unset."),
    ] = None
    reason: Annotated[
        LocalText, Field(description="Why it is published all the same; participants read it.")
    ]

    def covers(self, *, code: str, about: str) -> bool:
        """Whether a finding of this code about this is accepted."""
        return code == self.code and self.about in (None, about)


class Preflight(Section):
    """What the pre-flight may find without stopping the publication."""

    accept: Annotated[
        tuple[Acceptance, ...], Field(description="Findings that are known, each with its reason.")
    ] = ()


class ChallengeDefinition(Section):
    """The whole of challenge.yaml."""

    schema_: Annotated[
        Literal["challenge/1"], Field(alias="schema", description="The version of this format.")
    ]
    slug: Annotated[Slug, Field(description="Its name in addresses and commands, and its folder.")]
    title: LocalText
    summary: Annotated[
        LocalText | None, Field(description="One sentence for the list of challenges.")
    ] = None
    timezone: Annotated[
        ZoneName, Field(description="The organizers' zone, in which deadlines are shown too.")
    ] = UTC_NAME
    pages: Pages
    agreement: Agreement
    transparency: Transparency = Transparency()
    teams: Teams = Teams()
    data: Annotated[
        Data,
        AsWritten(),
        Field(
            description="Where the data come from: a recipe (`Data`), a table (`Table`), or files "
            "as they are (`Files`)."
        ),
    ]
    submission: SubmissionDefinition
    program: Annotated[
        Program | None,
        Field(description="Needed if `submission.kinds` has `code` or `container`."),
    ] = None
    scoring: ScoringDefinition
    ranking: Ranking = Ranking()
    phases: Annotated[
        tuple[Phase, ...], Field(min_length=1, description="The periods, the first one first.")
    ]
    limits: Limits = Limits()
    baselines: Annotated[
        tuple[Baseline, ...], Field(description="Reference solutions shown on leaderboards.")
    ] = ()
    preflight: Preflight = Preflight()

    @model_validator(mode="before")
    @classmethod
    def _names_rows_once(cls, written: Any) -> Any:  # noqa: ANN401 -- whatever the file holds
        """Let a table's id column be that of the submission unless it says another."""
        if not isinstance(written, dict):
            return written
        data, submission = written.get("data"), written.get("submission")
        if not (isinstance(data, dict) and isinstance(submission, dict) and "id" in submission):
            return written
        if not isinstance(data.get("table"), str):
            return written
        return {**written, "data": {"id": submission["id"], **data}}

    @model_validator(mode="after")
    def _predicts_the_rows_of_its_table(self) -> Self:
        table, submission = self.data.table, self.submission
        if table is not None and (submission.ids, submission.id) != (TEST, table.id):
            raise ValueError(
                f"the ids to predict of a table are in {TEST}, in its id column {table.id!r}; "
                f"submission has ids: {submission.ids} and id: {submission.id}"
            )
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        keys = [phase.key for phase in self.phases]
        if len(set(keys)) != len(keys):
            raise ValueError("two phases have the same key")
        metrics = {metric.key for metric in self.scoring.metrics}
        named = set(self.ranking.ties).union(*(base.expect for base in self.baselines))
        if unknown := named - metrics:
            raise ValueError(f"no metric has the key {min(unknown)!r}")
        for baseline in self.baselines:
            if baseline.kind not in self.submission.kinds:
                raise ValueError(
                    f"the baseline {baseline.name!r} is of kind {baseline.kind}, which "
                    f"submission.kinds does not take; it has {', '.join(self.submission.kinds)}"
                )
        check_program(
            self.program,
            kinds=self.submission.kinds,
            hidden=self.data.input,
            public=self.data.public,
            ids=self.submission.ids,
            targets=self.submission.columns,
        )
        return self

    @model_validator(mode="after")
    def _is_scored_by_who_reads_its_truth(self) -> Self:
        ours = self.scoring.program is None
        if ours != (self.data.reference is None):
            raise ValueError(
                "scoring.program reads data.reference, and nothing else does; say both or neither"
            )
        if ours and self.submission.format == "files":
            raise ValueError(
                "submission.format: files can be read by scoring.program alone; say it, or take "
                "another format"
            )
        if ours:
            return self
        if self.program is not None and self.program.features is not None:
            raise ValueError(
                "program.features is audited by the platform's metrics, and scoring.program scores "
                "here; take features out"
            )
        if self.ranking.protect is Protection.LADDER and self.ranking.step is None:
            raise ValueError(
                "ranking.protect: ladder needs standard errors, which a program's scores have "
                "none of; add ranking.step"
            )
        return self

    @model_validator(mode="after")
    def _keeps_what_the_ladder_protects(self) -> Self:
        for phase in self.phases:
            telling = TELLING & set(phase.disclosure)
            if telling and self.ranking.protect is Protection.LADDER:
                raise ValueError(
                    f"disclosure of phase {phase.key!r} has {min(telling)}, which tells what "
                    f"ranking.protect: ladder protects; take {min(telling)} out"
                )
            beside = set(phase.disclosure) - {Disclosure.SCORE}
            if beside and self.ranking.step is not None:
                raise ValueError(
                    f"disclosure of phase {phase.key!r} has {min(beside)}, which tells more than "
                    "the steps of ranking.step; make it [score]"
                )
        return self

    @model_validator(mode="after")
    def _adds_marks_to_a_score(self) -> Self:
        primary = self.scoring.primary
        if self.ranking.jury is not None and primary.better is not Direction.MAXIMIZE:
            raise ValueError(
                f"ranking.jury adds marks to {primary.key}, which is to minimize; make a metric "
                "of it that is to maximize, such as a rescaled_sum, and that one primary"
            )
        return self

    @model_validator(mode="after")
    def _can_be_scored(self) -> Self:
        if self.scoring.program is not None:
            return self
        try:
            _ = self.task
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            raise ValueError(wrong) from None
        return self

    @property
    def task(self) -> Task:
        """What the platform's scorer needs of this definition; it is not for `scoring.program`."""
        return Task(
            submission=self.submission,
            scoring=self.scoring,
            unit=self.data.unit,
            split=self.data.split,
            subgroups=self.data.subgroups,
            columns=self.data.columns,
            objects=self.data.objects,
        )

    def phase(self, key: str, /) -> Phase:
        """Give the phase of this key; raise InvalidInput naming the phases there are."""
        for phase in self.phases:
            if phase.key == key:
                return phase
        raise InvalidInput(
            "{challenge} has no phase {key!r}{hint}",
            challenge=self.slug,
            key=key,
            hint=suggest(key, self.phase_keys),
        )

    @property
    def takes_programs(self) -> bool:
        """Whether something may be submitted that is run."""
        return any(kind in PROGRAMS for kind in self.submission.kinds)

    @property
    def phase_keys(self) -> list[str]:
        """The keys of the phases, in order."""
        return [phase.key for phase in self.phases]

    def document(self) -> dict[str, Any]:
        """Give the definition as JSON values, to be stored and hashed."""
        return self.model_dump(mode="json", by_alias=True)


def suggest(word: str, known: list[str], /) -> Message:
    """Give the end of a message about an unknown word: the nearest known one, or all."""
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return Message("; did you mean {meant!r}?", meant=close[0])
    return Message("; there is {known}", known=", ".join(known)) if known else Message("")
