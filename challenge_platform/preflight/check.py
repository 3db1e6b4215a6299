"""The pre-flight of one challenge: every probe of what its recipe made, in one report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.dictionary import check_dictionaries
from challenge_platform.preflight.features import by_id, table_features
from challenge_platform.preflight.finding import Finding, Probe, Report, Severity, limited
from challenge_platform.preflight.identities import find_identities
from challenge_platform.preflight.leaks import probe_leaks
from challenge_platform.preflight.likeness import find_likeness
from challenge_platform.preflight.looks import Look, look_at, looks_of
from challenge_platform.preflight.overlap import find_overlap
from challenge_platform.preflight.picture_features import picture_features
from challenge_platform.preflight.picture_identities import find_picture_identities
from challenge_platform.preflight.pictures import find_pictures
from challenge_platform.preflight.power import measure_power
from challenge_platform.preflight.roles import Roles, answer_columns
from challenge_platform.preflight.scores import probe_scores
from challenge_platform.preflight.tables import read_tables
from challenge_platform.preflight.training import measured_after, probe_training, targets_of
from scorers.metric import InvalidColumns, ParamsError
from scorers.predictions.table import Truth, read_truth


def check(
    definition: ChallengeDefinition,
    /,
    *,
    public: Path,
    hidden: Path,
    sample: Path,
    truth: bytes,
) -> Report:
    """Probe a challenge before it is published.

    `public`, `hidden` and `sample` are the folders that its recipe made, `truth` the bytes of its
    truth. Raise InvalidTable if the truth cannot be read.
    """
    answers = read_truth(truth, table=definition.task.truth_table)
    read = [read_tables(folder) for folder in (public, hidden, sample)]
    tables = [table for found, _ in read for table in found]
    files = Files(
        roles=Roles.of(definition, answers, tables=[*read[0][0], *read[1][0]]),
        looks=look_at(find_pictures((public, hidden))),
    )
    bench, scored, probes = _scorer(definition, answers)
    leaks, tried = _test_leaks(bench, files) if bench else ([], [])
    learned, learning = _training_leaks(files)
    findings = [
        *scored,
        *(finding for _, unreadable in read for finding in unreadable),
        *leaks,
        *learned,
        *find_overlap(files.roles),
        *find_likeness(files.looks),
        *check_dictionaries(
            tables,
            described=files.roles.described,
            skip=(*files.roles.ids, *definition.submission.columns),
        ),
        *(found for table in tables for found in find_identities(table, skip=files.roles.ids)),
        *find_picture_identities([*files.looks, *look_at(find_pictures((sample,)))]),
    ]
    return Report(
        slug=definition.slug,
        findings=list(limited(findings)),
        probes=[*probes, *tried, *learning],
        power=measure_power(bench) if bench else None,
        accept=definition.preflight.accept,
    )


def _scorer(
    definition: ChallengeDefinition, truth: Truth
) -> tuple[Bench | None, list[Finding], list[Probe]]:
    """Probe the scorer; without a bench if it cannot score what the truth says."""
    if missing := answer_columns(definition) - truth.columns.keys():
        there = ", ".join(truth.columns)
        found = [
            _not_scored(name, f"the truth has no such column; it has {there}") for name in missing
        ]
        return None, found, []
    try:
        bench = Bench.of(definition.task, truth)
        return bench, *probe_scores(bench)
    except (InvalidColumns, ParamsError) as error:
        return None, [_not_scored(definition.scoring.primary.key, str(error))], []


def _not_scored(about: str, why: str) -> Finding:
    return Finding(
        code="not_scored",
        severity=Severity.BLOCK,
        about=about,
        message=f"a submission that says what the truth says cannot be scored: {why}",
        repair="correct the params of the metric, or the truth that the recipe makes",
    )


@dataclass(frozen=True, kw_only=True)
class Files:
    """What a recipe made to be read: tables by what they are for, and pictures."""

    roles: Roles
    looks: Sequence[Look]


def _test_leaks(bench: Bench, files: Files) -> tuple[list[Finding], list[Probe]]:
    """Probe every table that says something of the ids to predict, and its pictures."""
    findings: list[Finding] = []
    probes: list[Probe] = []
    ids, column = bench.truth.ids, files.roles.id
    for table in files.roles.test:
        features = table_features(table, ids=ids, column=column)
        shown = picture_features(looks_of(table, files.looks))
        features += by_id(shown, table, ids=ids, column=column)
        found, tried = probe_leaks(bench, features)
        findings, probes = findings + found, probes + tried
    return findings, probes


def _training_leaks(files: Files) -> tuple[list[Finding], list[Probe]]:
    """Probe every table to learn from, by the columns that those of the test do not have."""
    findings: list[Finding] = []
    probes: list[Probe] = []
    roles = files.roles
    for table in roles.training:
        targets = targets_of(table, test=roles.test, skip=roles.ids)
        others = picture_features(looks_of(table, files.looks))
        found, tried = probe_training(table, targets, column=roles.key(table), others=others)
        findings += [*found, *measured_after(table, targets)]
        probes += tried
    return findings, probes
