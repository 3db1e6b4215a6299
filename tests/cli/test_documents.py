"""The documents that the command line reads are those that the API describes."""

from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from pydantic import BaseModel

from challenge_platform.cli import documents
from challenge_platform.web.api import documents as api

PAIRS: list[tuple[Any, type[BaseModel]]] = [
    (documents.Me, api.Me),
    (documents.ChallengeSummary, api.ChallengeSummary),
    (documents.Challenge, api.ChallengeDocument),
    (documents.Accepted, api.SubmissionAccepted),
    (documents.Submission, api.SubmissionDocument),
    (documents.SubmissionReport, api.SubmissionReport),
    (documents.Leaderboard, api.LeaderboardDocument),
    (documents.ReceiptKey, api.ReceiptKey),
]


def names(kind: Any, /) -> Any:
    """Give the names in a type of documents, nested as the document is; None for a value."""
    if is_typeddict(kind):
        return {name: names(hint) for name, hint in get_type_hints(kind).items()}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: names(field.annotation) for name, field in kind.model_fields.items()}
    inner = [found for each in get_args(kind) if (found := names(each)) is not None]
    if not inner:
        return None
    return {list: inner, dict: {"*": inner[0]}}.get(get_origin(kind), inner[0])


def within(part: Any, whole: Any, /) -> bool:
    """Whether every name of `part` is in `whole` at the same place."""
    if part is None or whole is None:
        return part is None
    if isinstance(part, list):
        return isinstance(whole, list) and within(part[0], whole[0])
    return part.keys() <= whole.keys() and all(within(part[name], whole[name]) for name in part)


@pytest.mark.parametrize(("mine", "theirs"), PAIRS, ids=lambda kind: kind.__name__)
def test_what_the_command_line_reads_is_what_the_api_sends(
    mine: Any,
    theirs: type[BaseModel],
) -> None:
    assert within(names(mine), names(theirs)), f"{names(mine)} is not within {names(theirs)}"


def test_every_document_of_the_command_line_is_compared() -> None:
    known = {kind for kind in vars(documents).values() if is_typeddict(kind)}
    compared: set[Any] = set()
    waiting: list[Any] = [mine for mine, _ in PAIRS]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if is_typeddict(kind):
            compared.add(kind)
            waiting += get_type_hints(kind).values()

    assert known == compared
