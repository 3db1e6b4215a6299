"""What the scoring sandbox is asked: a JSON header line, then the truth and the predictions."""

from typing import Annotated, BinaryIO, Literal

from scorers.definition import Task
from scorers.document import Document
from scorers.models import Field, NonNegativeInt, ValidationError
from scorers.predictions.problems import InvalidTable

MAX_HEADER = 1_000_000
"""Bytes of the header line."""

MAX_TABLE = 1_000_000_000
"""Bytes of the truth."""

MAX_TABLES = 250_000_000
"""Bytes of truth and predictions together: what the sandbox takes, less some for the header."""


class InvalidRequest(ValueError):
    """What came in is no scoring request; the message names no value of it."""


class Sizes(Document):
    """Bytes that follow the header."""

    truth: Annotated[int, Field(ge=0, le=MAX_TABLE)]
    predictions: NonNegativeInt


class Header(Document):
    """The first line of a request."""

    schema_: Annotated[Literal["scoring-request/1"], Field(alias="schema")] = "scoring-request/1"
    task: Task
    seed: NonNegativeInt
    sizes: Sizes


def check_room(task: Task, /, *, truth: bytes) -> None:
    """Raise InvalidTable unless the truth fits into a request with any predictions allowed."""
    most = int(task.submission.max_bytes)
    if len(truth) + most > MAX_TABLES:
        raise InvalidTable(
            f"the truth has {len(truth):,} bytes and a submission up to {most:,} "
            f"(submission.max_bytes); the scoring sandbox takes {MAX_TABLES:,} of both: make one "
            "of them smaller, such as by masks in PNG or gzipped NIfTI"
        )


def write_request(task: Task, /, *, truth: bytes, predictions: bytes, seed: int) -> bytes:
    """Return the standard input for `python -m scorers serve`."""
    sizes = Sizes(truth=len(truth), predictions=len(predictions))
    header = Header(task=task, seed=seed, sizes=sizes)
    return b"".join([header.to_json().encode(), b"\n", truth, predictions])


def read_header(stream: BinaryIO, /) -> Header:
    """Read the header line; raise InvalidRequest if it is none."""
    line = stream.readline(MAX_HEADER)
    if not line.endswith(b"\n"):
        raise InvalidRequest(f"the header is not one line of at most {MAX_HEADER} bytes")
    try:
        return Header.from_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidRequest(
            f"the header is wrong at {place or 'its start'}: {first['type']}"
        ) from None


def read_body(stream: BinaryIO, size: int, /, *, name: str) -> bytes:
    """Read exactly `size` bytes; raise InvalidRequest if there are fewer."""
    data = stream.read(size)
    if len(data) != size:
        raise InvalidRequest(f"the {name} end after {len(data)} of {size} bytes")
    return data
