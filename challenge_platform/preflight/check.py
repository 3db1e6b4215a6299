"""The pre-flight of one challenge: every probe of what its recipe made, in one report."""

from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.dictionary import check_dictionaries
from challenge_platform.preflight.features import table_features
from challenge_platform.preflight.finding import Finding, Probe, Report, limited
from challenge_platform.preflight.identities import find_identities
from challenge_platform.preflight.leaks import probe_leaks
from challenge_platform.preflight.overlap import find_overlap
from challenge_platform.preflight.power import measure_power
from challenge_platform.preflight.roles import Roles
from challenge_platform.preflight.scores import probe_scores
from challenge_platform.preflight.tables import read_tables
from challenge_platform.preflight.training import measured_after, probe_training, targets_of
from scorers.predictions.table import read_truth


def check(
    definition: ChallengeDefinition, /, *, public: Path, hidden: Path, truth: bytes
) -> Report:
    """Probe a challenge before it is published.

    `public` and `hidden` are the folders that its recipe made, `truth` the bytes of its truth.
    Raise InvalidTable if the truth cannot be read.
    """
    answers = read_truth(truth, table=definition.task.truth_table)
    tables, unreadable = read_tables(public)
    inputs, _ = read_tables(hidden)
    roles = Roles.of(definition, answers, tables=[*tables, *inputs])
    bench = Bench.of(definition.task, answers)
    scored, probes = probe_scores(bench)
    leaks, tried = _test_leaks(bench, roles)
    learned, learning = _training_leaks(roles)
    findings = [
        *scored,
        *unreadable,
        *leaks,
        *learned,
        *find_overlap(roles),
        *check_dictionaries(tables, described=roles.described, skip=roles.ids),
        *(found for table in tables for found in find_identities(table, skip=roles.ids)),
    ]
    return Report(
        slug=definition.slug,
        findings=list(limited(findings)),
        probes=[*probes, *tried, *learning],
        power=measure_power(bench),
        accept=definition.preflight.accept,
    )


def _test_leaks(bench: Bench, roles: Roles) -> tuple[list[Finding], list[Probe]]:
    """Probe every table that says something of the ids to predict."""
    findings: list[Finding] = []
    probes: list[Probe] = []
    for table in roles.test:
        features = table_features(table, ids=bench.truth.ids, column=roles.id)
        found, tried = probe_leaks(bench, features)
        findings, probes = findings + found, probes + tried
    return findings, probes


def _training_leaks(roles: Roles) -> tuple[list[Finding], list[Probe]]:
    """Probe every table to learn from, by the columns that those of the test do not have."""
    findings: list[Finding] = []
    probes: list[Probe] = []
    for table in roles.training:
        targets = targets_of(table, test=roles.test, skip=roles.ids)
        found, tried = probe_training(table, targets, column=roles.key(table))
        findings += [*found, *measured_after(table, targets)]
        probes += tried
    return findings, probes
