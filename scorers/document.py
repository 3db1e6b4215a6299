"""The answers of the scorer as JSON documents: an evaluation, or the refusal of a file."""

import base64
import binascii
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Method, Reason, Vector
from scorers.models import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeInt,
    TypeAdapter,
    model_validator,
)
from scorers.pictures.document import Picture
from scorers.predictions.problems import MAX_PROBLEMS, InvalidPredictions, Problem
from scorers.uncertainty.intervals import NoInterval

Reproducibility = Literal["same-bytes", "1e-12", "unknown"]


class Document(BaseModel):
    """A part of a JSON document: immutable, without unknown keys, NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_json(self) -> str:
        return self.model_dump_json(by_alias=True)

    @classmethod
    def from_json(cls, text: str | bytes, /) -> Self:
        """Read the document; raise pydantic's ValidationError, a ValueError, if it is not one."""
        return cls.model_validate_json(text)


class Score(Document):
    """One metric on one split.

    `value` is None if the metric is undefined, then `undefined` says why. `interval` is of the
    `resamples` in which it is defined, and `method` says how it was made of them; where it is None
    although there is a value, `no_interval` says why (nothing in results of before it did). `units`
    and `events` count the rows that the metric used.
    """

    value: FiniteFloat | None
    interval: tuple[FiniteFloat, FiniteFloat] | None
    no_interval: NoInterval | None = None
    method: Method = Method.PERCENTILE  # the only one when older documents were written
    level: FiniteFloat
    undefined: Reason | None
    resamples: NonNegativeInt
    events: NonNegativeInt | None
    units: NonNegativeInt | None

    @model_validator(mode="after")
    def _is_defined_or_says_why(self) -> Self:
        if (self.value is None) != (self.undefined is not None):
            raise ValueError("a score has either a value or a reason why it has none")
        if self.no_interval is not None and (self.interval is not None or self.value is None):
            raise ValueError("only a value without an interval has a reason for that")
        return self


class Subgroup(Document):
    """All metrics on the units of a split that have one value in a column.

    A metric of too few units or events there is undefined, for the reason `too_few`; of a few more
    it has a value without an interval.
    """

    units: NonNegativeInt
    metrics: dict[str, Score]


class SplitScores(Document):
    """All metrics on one split, and the primary one under each resample (base64 float32).

    `subgroups` has them by truth column and value too; "" is the value of an empty cell. Results
    of before there were `pictures` have none.
    """

    units: NonNegativeInt
    seed_resamples: NonNegativeInt
    metrics: dict[str, Score]
    resamples: dict[str, str]
    subgroups: dict[str, dict[str, Subgroup]] = {}  # noqa: RUF012 -- the default of a model, which pydantic copies
    pictures: tuple[Picture, ...] = ()

    @model_validator(mode="after")
    def _has_whole_vectors(self) -> Self:
        for key in self.resamples:
            if len(self.vector(key)) != self.seed_resamples:
                raise ValueError(f"the resamples of {key} are not {self.seed_resamples}")
        return self

    def vector(self, key: str, /) -> NDArray[np.float32]:
        """Return the metric under each resample, NaN where it is undefined."""
        try:
            packed = base64.b64decode(self.resamples[key], validate=True)
        except binascii.Error as error:
            raise ValueError(f"the resamples of {key} are not base64") from error
        return np.frombuffer(packed, dtype="<f4").astype(np.float32)


def pack(vector: Vector, /) -> str:
    """Return the vector as `SplitScores.vector` reads it."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


class Scorer(Document):
    """Which program scored."""

    name: str
    version: str


class Environment(Document):
    """Where it ran; `cpu` is the class that decides which instructions numpy chose."""

    python: str
    numpy: str
    cpu: str
    threads: NonNegativeInt


class Timings(Document):
    """Seconds spent reading the tables, on values, resamples and subgroups, and on pictures."""

    read: FiniteFloat
    score: FiniteFloat
    resample: FiniteFloat
    subgroups: FiniteFloat = 0.0
    pictures: FiniteFloat = 0.0


class Evaluation(Document):
    """One predictions file scored on every split.

    `reproducibility` says how the scores compare with those of another machine: same bytes, or
    equal to 1e-12; of the organizers' own program that is unknown.
    """

    schema_: Annotated[Literal["evaluation/1"], Field(alias="schema")] = "evaluation/1"
    scorer: Scorer
    splits: Annotated[dict[str, SplitScores], Field(min_length=1)]
    environment: Environment
    reproducibility: Reproducibility
    timings: Timings


class Refusal(Document):
    """Why a predictions file cannot be scored: the first problems, and how many there are."""

    schema_: Annotated[Literal["refusal/1"], Field(alias="schema")] = "refusal/1"
    total: Annotated[int, Field(ge=1)]
    problems: Annotated[tuple[Problem, ...], Field(min_length=1, max_length=MAX_PROBLEMS)]

    @classmethod
    def of(cls, refused: InvalidPredictions, /) -> Self:
        return cls(total=refused.total, problems=refused.problems)


ANSWER: TypeAdapter[Evaluation | Refusal] = TypeAdapter(
    Annotated[Evaluation | Refusal, Field(discriminator="schema_")]
)


def read_answer(text: str | bytes, /) -> Evaluation | Refusal:
    """Read what the scoring sandbox answered; raise ValueError if it is neither document."""
    return ANSWER.validate_json(text)
