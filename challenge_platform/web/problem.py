"""The problem document, as RFC 9457 defines it, with the fields of ours."""

from pydantic import BaseModel

from scorers.message import Message

MEDIA_TYPE = "application/problem+json"


class ProblemItem(BaseModel):
    """One thing to repair in a file or a parameter; `member` is a file of an archive."""

    line: int | None = None
    column: str | None = None
    member: str | None = None
    code: str
    expected: Message
    found: Message
    repair: Message


class Problem(BaseModel):
    """What went wrong, as RFC 9457 writes it."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: Message
    errors: list[ProblemItem] | None = None
    total: int | None = None
    next_slot: str | None = None
