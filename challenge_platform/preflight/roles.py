"""Which public tables one learns from, and which say something of the ids to predict."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.tables import Table
from scorers.predictions.table import Truth


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The tables of a challenge by what they are for.

    `described` are all but dictionaries and samples of a submission; dictionaries describe them.
    """

    described: Sequence[Table]
    training: Sequence[Table]
    test: Sequence[Table]
    id: str
    unit: str
    asked: frozenset[str]
    units: frozenset[str]

    @classmethod
    def of(
        cls, definition: ChallengeDefinition, truth: Truth, /, *, tables: Sequence[Table]
    ) -> "Roles":
        """Take a table for training if its name says so, or if it has answers.

        Answers are columns that metrics read of the truth, and that the table with the ids to
        predict does not have. Of the test is every other table with one of the ids to predict.
        """
        submission = definition.submission
        asked = frozenset(truth.ids)
        shown = {name for table in tables if table.name == submission.ids for name in table.columns}
        answers = answer_columns(definition) - shown
        named = {submission.id, definition.data.unit}
        data = [
            table
            for table in tables
            if not table.is_dictionary
            and not _is_sample(table, definition, named=named, asked=asked)
        ]
        training = [
            table
            for table in data
            if table.name != submission.ids
            and ("train" in table.name.lower() or answers & table.columns.keys())
        ]
        return cls(
            training=training,
            described=data,
            test=[
                table
                for table in data
                if table not in training and asked & set(table.columns.get(submission.id, ()))
            ],
            id=submission.id,
            unit=definition.data.unit,
            asked=asked,
            units=frozenset(truth.columns[definition.data.unit].tolist()),
        )

    @property
    def ids(self) -> tuple[str, str]:
        """The columns that name rows and units."""
        return self.id, self.unit

    def key(self, table: Table, /) -> str | None:
        """Give the column that names the rows of a table, None if it has none."""
        return next((name for name in (self.id, self.unit) if name in table.columns), None)

    def unit_of(self, table: Table, /) -> str | None:
        """Give the column that names the people of a table, None if it has none."""
        return next((name for name in (self.unit, self.id) if name in table.columns), None)


def _is_sample(
    table: Table,
    definition: ChallengeDefinition,
    /,
    *,
    named: set[str],
    asked: frozenset[str],
) -> bool:
    """Whether a table has nothing but ids to predict and columns that are to be predicted."""
    predicted = definition.submission.columns.keys()
    others = table.columns.keys() - named
    shown = definition.submission.ids == table.name
    ids = set(table.columns.get(definition.submission.id, ()))
    return bool(others) and others <= predicted and ids <= asked and not shown


BESIDE = frozenset({"where", "time"})
"""The params that name columns of the truth that are not by themselves what is asked."""


def answer_columns(
    definition: ChallengeDefinition, /, *, only: Collection[str] | None = None
) -> set[str]:
    """Give the columns of the truth that metrics read, by any of their params or by these only."""
    found: set[str] = set()
    for metric in definition.scoring.metrics:
        for param in metric.installed.truth_columns:
            if only is not None and param not in only:
                continue
            told = metric.params.get(param)
            names = told if isinstance(told, list) else [told]
            found |= {name for name in names if isinstance(name, str)}
    return found
