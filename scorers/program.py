"""The organizers' own scoring program: what of it challenge.yaml says, and the scores it writes."""

import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, NoReturn, Self

from scorers.metric import InvalidColumns, Metric, Needs
from scorers.models import ByteSize, Field, model_validator
from scorers.tables import Section, Size

_PYTHONS = ("python", "python3")


class ScoringProgram(Section):
    """The organizers' own scoring program, and what of the platform's sandbox it may use.

    It is run as Codabench runs one: in `/app/program`, with the reference data in `/app/input/ref`
    and the submission in `/app/input/res`, and it writes `/app/output/scores.json`, or scores.txt.
    """

    path: Annotated[str, Field(min_length=1, description="Its folder.")]
    command: Annotated[
        tuple[str, ...],
        Field(
            min_length=2,
            description="Its words, such as `[python3, score.py, /app/input, /app/output]`.",
        ),
    ]
    runtime: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]{0,63}$",
            description="The runtime of the platform's that it runs in; never another image.",
        ),
    ] = "python"
    seconds: Annotated[
        float, Field(gt=0, le=3600, description="Seconds for a submission and a part of the truth.")
    ] = 60
    memory: Annotated[Size, Field(gt=0, description="Memory, such as `1GiB`.")] = ByteSize(1 << 30)
    scratch: Annotated[
        Size,
        Field(
            gt=0,
            description="Room, within the memory, for the program, what it reads and what it "
            "writes.",
        ),
    ] = ByteSize(512 << 20)
    log_bytes: Annotated[
        Size,
        Field(
            ge=0,
            description="How much of what it says is kept for the organizers, of all submissions "
            "together.",
        ),
    ] = ByteSize(10_000_000)

    @model_validator(mode="after")
    def _is_python_in_the_folder(self) -> Self:
        require_inside(self.path, key="scoring.program.path")
        if self.command[0] not in _PYTHONS:
            raise ValueError(
                f"scoring.program.command begins with {self.command[0]!r}; only programs of "
                "Python 3 can be run, so begin it with python3"
            )
        return self


def require_inside(path: str, /, *, key: str) -> None:
    """Raise ValueError for a path that leads out of the challenge's folder."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ValueError(f"{key} is {path!r}, outside the folder; copy it into it")


def _measure(
    truth: Mapping[str, Any], prediction: Mapping[str, Any], /, *, name: str = ""
) -> NoReturn:
    del truth, prediction
    raise InvalidColumns(f"only the organizers' program can tell the score {name}")


WRITTEN = Metric(
    key="program",
    needs=Needs.VALUES,
    direction=None,
    lowest=-math.inf,
    highest=math.inf,
    undefined="never: a program that does not write a finite number has not scored",
    reference="none: it is the organizers' program that scores",
    source="the organizers' program",
    exact=False,
    measure=_measure,
)
"""A score that `scoring.program` writes, under its param `name`, or else under the metric's key.

It is in no registry, since nothing else can compute it.
"""
