"""The pre-flight of one challenge: every probe of what its recipe made, in one report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.dictionary import check_dictionaries
from challenge_platform.preflight.features import by_id, row_features, table_features
from challenge_platform.preflight.finding import Finding, Probe, Report, Severity, limited
from challenge_platform.preflight.identities import find_identities
from challenge_platform.preflight.leaks import try_leaks
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
from challenge_platform.preflight.target import targets_of, truth_targets
from challenge_platform.preflight.training import Part, measured_after, try_training
from challenge_platform.preflight.trials import Trial, judge
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
        answers=answer_columns(definition),
    )
    bench, scored, probes = _scorer(definition, answers)
    leaks, tried = _leaks(bench, files)
    findings = [
        *scored,
        *(finding for _, unreadable in read for finding in unreadable),
        *leaks,
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
        probes=[*probes, *tried],
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
    answers: set[str]


def _leaks(bench: Bench | None, files: Files) -> tuple[list[Finding], list[Probe]]:
    """Probe all tables, and the pictures of their rows, and judge what was found together."""
    trials, asked = _test_trials(bench, files) if bench else ([], Part(features=(), targets=()))
    findings: list[Finding] = []
    roles = files.roles
    for table in roles.training:
        targets = targets_of(table, test=roles.test, skip=roles.ids)
        known = table.without({target.column for target in targets})
        features = [
            *row_features(known, column=roles.key(table)),
            *picture_features(looks_of(table, files.looks)),
        ]
        learned = Part(features=features, targets=targets)
        trials += try_training(table.name, learned, test=asked)
        findings += measured_after(table, targets)
    found, probes = judge(trials)
    return [*found, *findings], probes


def _test_trials(bench: Bench, files: Files) -> tuple[list[Trial], Part]:
    """Probe every table that says something of the ids to predict; give the first one's part."""
    ids, column = bench.truth.ids, files.roles.id
    targets = truth_targets(bench.truth.columns, answers=files.answers)
    trials: list[Trial] = []
    parts: list[Part] = []
    for table in files.roles.test:
        features = table_features(table, ids=ids, column=column)
        shown = picture_features(looks_of(table, files.looks))
        features += by_id(shown, table, ids=ids, column=column)
        trials += try_leaks(bench, features, targets=targets)
        parts.append(Part(features=features, targets=targets))
    return trials, parts[0] if parts else Part(features=(), targets=targets)
