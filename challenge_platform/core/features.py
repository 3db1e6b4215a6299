"""The part of challenge.yaml about features: from which columns a program may, and must, predict.

A predictions file does not show what it was made from; a program does, when it is run again on a
changed table. `core.feature_audit` says how.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field

from scorers.tables import ColumnName, Section

MOST_RULES = 12
"""Rules that a challenge may have: each is a run of every program."""

Patterns = Annotated[tuple[ColumnName, ...], Field(min_length=1)]
_RANGE = re.compile(r"(?P<stem>.*?)(?P<first>\d+)\.\.(?P=stem)(?P<last>\d+)")


class MustUse(Section):
    """Columns that the predictions of a target must depend on."""

    target: Annotated[ColumnName, Field(description="A column of predictions.")]
    columns: Annotated[Patterns, Field(description="At least one of these must be used.")]
    share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="The least share of predictions that change when these columns change; "
            "with 0, one prediction.",
        ),
    ] = 0.0
    by: Annotated[
        float, Field(ge=0, description="By how much a number must differ to have changed.")
    ] = 0.0


class AtMost(Section):
    """How many of some columns the predictions of a target may depend on."""

    target: Annotated[ColumnName, Field(description="A column of predictions.")]
    columns: Annotated[Patterns, Field(description="Of these. Programs list those that they use.")]
    n: Annotated[int, Field(ge=0, description="So many at most.")]


class Features(Section):
    """From which columns of the table `submission.ids` programs predict.

    A column is named, or several by `SNP*` or `SNP1..SNP75`. The column `submission.id` is always
    there.
    """

    allowed: Annotated[
        dict[ColumnName, Patterns],
        Field(
            default_factory=dict,
            description="For a column of predictions, the columns that it may be made from.",
        ),
    ]
    must_use: Annotated[tuple[MustUse, ...], Field(description="What must be used.")] = ()
    at_most: Annotated[
        tuple[AtMost, ...],
        Field(
            description="How many may be used. A program writes `/output/features.json`, or has "
            '`features.json` at the root of its archive: `{"TARGET": ["COLUMN", ...]}`.'
        ),
    ] = ()
    missing: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="The share of cells that are emptied, with which a program must still "
            "make valid predictions; with 0 it is not tried.",
        ),
    ] = 0.0
    tolerance: Annotated[
        float,
        Field(
            ge=0,
            description="Numbers that differ by no more are the same, if their order is too.",
        ),
    ] = 1e-9


def select(patterns: Iterable[str], /, *, among: Sequence[str]) -> list[str]:
    """Give the columns that are named, in their order in `among`.

    Raise ValueError that names a pattern by which no column is meant.
    """
    chosen: set[str] = set()
    for pattern in patterns:
        found = {column for column in among if _means(pattern, column)}
        if not found:
            raise ValueError(f"no column of the table is meant by {pattern!r}")
        chosen |= found
    return [column for column in among if column in chosen]


def _means(pattern: str, column: str) -> bool:
    if span := _RANGE.fullmatch(pattern):
        number = column.removeprefix(span["stem"])
        is_one = column.startswith(span["stem"]) and number.isdecimal()
        return is_one and int(span["first"]) <= int(number) <= int(span["last"])
    return pattern == column or fnmatchcase(column, pattern)


def check_features(
    features: Features, /, *, targets: Collection[str], kinds: Collection[str]
) -> None:
    """Raise ValueError, with the place and the repair, unless the rules can be kept and checked."""
    named = [
        *features.allowed,
        *(rule.target for rule in features.must_use),
        *(rule.target for rule in features.at_most),
    ]
    for target in named:
        if target not in targets:
            raise ValueError(
                f"program.features names the target {target!r}, which is none of "
                f"submission.columns: {', '.join(targets)}"
            )
    if len(named) > MOST_RULES:
        raise ValueError(f"program.features has {len(named)} rules; at most {MOST_RULES} are taken")
    if "predictions" in kinds:
        raise ValueError(
            "submission.kinds has predictions, and program.features cannot be checked on a file: "
            "take predictions out, or program.features"
        )
