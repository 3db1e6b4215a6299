"""The runs of an audit of features: one for each check, each in a sandbox of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from challenge_platform.core.feature_audit import (
    DECLARATION,
    Broken,
    Check,
    checks,
    first_broken,
)
from challenge_platform.core.features import MOST_RULES, Features
from sandbox import Outcome, Usage
from sandbox.archive import read_archive
from scorers.definition import ScoringDefinition
from scorers.predictions.table import InvalidPredictions, Predictions, read_predictions
from scorers.tables import SubmissionDefinition

Launch = Callable[[int, bytes | None, str], Outcome]
"""Runs the program: its number in the audit, the changed table (None: the given one), the file."""

DECLARING = 0
"""The number of the run that is for the list of features alone; those of checks follow it."""

MOST_RUNS = MOST_RULES + 3
"""Runs that an audit may have: one for each rule, the list, the same again, and missing values."""


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What an audit found: the rule that is told, if one is broken, and what each run took."""

    broken: Broken | None
    timings: dict[str, float]
    usage: Usage


@dataclass(frozen=True, kw_only=True)
class Audit:
    """An audit of one program on `table`, in which `ids` are to be predicted.

    `declared` is the list of features that came with the program, if one did.
    """

    features: Features
    submission: SubmissionDefinition
    scoring: ScoringDefinition
    ids: Sequence[str]
    table: bytes
    seed: int
    declared: bytes | None
    launch: Launch

    def run(self, given: bytes, /) -> Audited:
        """Run the program on each changed table, and compare with what it predicted as `given`.

        Nothing ends early, so that the time that it takes does not tell the rule. Raises ValueError
        if the table lacks the columns of the rules.
        """
        predicted = self._read(given)
        if predicted is None:
            raise ValueError("predictions were valid, and cannot be read again")
        outcomes: dict[str, Outcome] = {}
        declared = self.declared
        if self.features.at_most and declared is None:
            outcomes["declaration"] = self.launch(DECLARING, None, DECLARATION)
            declared = outcomes["declaration"].file
        found = checks(
            self.features,
            content=self.table,
            id_column=self.submission.id,
            targets=list(self.submission.columns),
            seed=self.seed,
            declared=declared,
        )
        if isinstance(found, Broken):
            return _audited([found], outcomes)
        broken = []
        for number, check in enumerate(found, start=DECLARING + 1):
            outcome = self.launch(number, check.table, self.submission.file)
            outcomes[f"{number}_{check.broken.rule}"] = outcome
            if not self._holds(check, predicted, outcome):
                broken.append(check.broken)
        return _audited(broken, outcomes)

    def _holds(self, check: Check, predicted: Predictions, outcome: Outcome) -> bool:
        return check.holds(predicted, None if outcome.file is None else self._read(outcome.file))

    def _read(self, content: bytes) -> Predictions | None:
        try:
            return read_predictions(
                content, submission=self.submission, ids=self.ids, scoring=self.scoring
            )
        except InvalidPredictions:
            return None


def declaration_in(archive: bytes, /) -> bytes | None:
    """Give the list of features at the root of an archive of code, None if it has none."""
    found: list[bytes] = []

    def keep(path: str, chunks: Iterator[bytes] | None) -> int:
        content = b"".join(chunks or ())
        if path == DECLARATION:
            found.append(content)
        return len(content)

    read_archive(archive, keep=keep)
    return found[0] if found else None


def _audited(broken: Sequence[Broken], outcomes: dict[str, Outcome]) -> Audited:
    usages = [outcome.usage for outcome in outcomes.values()]
    total = Usage(
        cpu_seconds=sum(usage.cpu_seconds or 0 for usage in usages),
        peak_memory=max((usage.peak_memory or 0 for usage in usages), default=0),
        wall_seconds=sum(usage.wall_seconds for usage in usages),
        output_bytes=sum(usage.output_bytes for usage in usages),
    )
    timings = {name: outcome.usage.wall_seconds for name, outcome in outcomes.items()}
    return Audited(broken=first_broken(broken), timings=timings, usage=total)
