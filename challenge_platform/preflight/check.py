"""The pre-flight of one challenge: every probe of what its recipe made, in one report."""

from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.features import table_features
from challenge_platform.preflight.finding import Finding, Probe, Report
from challenge_platform.preflight.leaks import probe_leaks
from challenge_platform.preflight.power import measure_power
from challenge_platform.preflight.scores import probe_scores
from challenge_platform.preflight.tables import Table, read_tables
from challenge_platform.preflight.training import measured_after, probe_training, targets_of
from scorers.predictions.table import Truth, read_truth


def check(
    definition: ChallengeDefinition, /, *, public: Path, hidden: Path, truth: bytes
) -> Report:
    """Probe a challenge before it is published.

    `public` and `hidden` are the folders that its recipe made, `truth` the bytes of its truth.
    Raise InvalidTable if the truth cannot be read.
    """
    task = definition.task
    answers = read_truth(truth, table=task.truth_table)
    bench = Bench.of(task, answers)
    findings, probes = probe_scores(bench)
    tables, unreadable = read_tables(public)
    inputs, _ = read_tables(hidden)
    findings += unreadable
    if not any(finding.code.startswith("perfect") for finding in findings):
        found, tried = _test_leaks(bench, [*tables, *inputs])
        findings, probes = findings + found, probes + tried
    found, tried = _training_leaks(definition, tables, inputs=inputs, truth=answers)
    return Report(
        slug=definition.slug,
        findings=findings + found,
        probes=probes + tried,
        power=measure_power(bench),
        accept=definition.preflight.accept,
    )


def _test_leaks(bench: Bench, tables: list[Table]) -> tuple[list[Finding], list[Probe]]:
    """Probe every table that says something of the ids to predict."""
    column, ids = bench.task.submission.id, bench.truth.ids
    findings: list[Finding] = []
    probes: list[Probe] = []
    for table in tables:
        if column not in table.columns or not set(ids) & set(table.columns[column]):
            continue
        found, tried = probe_leaks(bench, table_features(table, ids=ids, column=column))
        findings, probes = findings + found, probes + tried
    return findings, probes


def _training_leaks(
    definition: ChallengeDefinition, tables: list[Table], *, inputs: list[Table], truth: Truth
) -> tuple[list[Finding], list[Probe]]:
    """Probe every table with ids of others, and columns that those of the test do not have."""
    named = (definition.submission.id, definition.data.unit)
    asked = set(truth.ids)
    test = [
        table
        for table in (*tables, *inputs)
        if named[0] in table.columns and asked & set(table.columns[named[0]])
    ]
    findings: list[Finding] = []
    probes: list[Probe] = []
    for table in tables:
        column = next((name for name in named if name in table.columns), None)
        if table in test or column is None or table.is_dictionary:
            continue
        targets = targets_of(table, test=test, skip=named)
        found, tried = probe_training(table, targets, column=column)
        findings += [*found, *measured_after(table, targets)]
        probes += tried
    return findings, probes
