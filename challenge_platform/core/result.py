"""What scoring gave of a submission, as it is kept."""

from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel

REPORTED = {"subgroups", "pictures"}
"""What is kept of a split beside the vector; core.feedback decides what of it is shown."""


class Result(SQLModel, table=True):
    """What scoring gave: the public part in clear, the private part sealed to the release key.

    `told` are the metrics that the team may be told instead of those in `public`, None if these.
    """

    __tablename__ = "result"

    submission_id: str = Field(primary_key=True, foreign_key="submission.id", max_length=32)
    public: dict[str, Any] = Field(sa_type=JSON)
    told: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    sealed: bytes
    environment: dict[str, Any] = Field(sa_type=JSON)
    timings: dict[str, Any] = Field(sa_type=JSON)
    receipt: dict[str, Any] = Field(sa_type=JSON)


class StoredReport(SQLModel, table=True):
    """The subgroups and pictures of a result, apart from it since only its own page reads them.

    `public` are those of the public split; `private` is None until the phase is revealed, before
    which those of the private split are in the sealed part of the result only.
    """

    __tablename__ = "report"

    submission_id: str = Field(primary_key=True, foreign_key="submission.id", max_length=32)
    public: dict[str, Any] = Field(sa_type=JSON)
    private: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))


def result_of(session: Session, submission_id: str, /) -> Result | None:
    """Give a submission's result, or None before it is scored."""
    return session.get(Result, submission_id)


def report_of(session: Session, submission_id: str, /) -> StoredReport | None:
    """Give what is kept beside the scores, or None before a submission is scored."""
    return session.get(StoredReport, submission_id)
