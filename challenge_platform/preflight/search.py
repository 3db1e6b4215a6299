"""The search for leaks in every table, and in the pictures of its rows, judged together."""

from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.features import by_id, row_features, table_features
from challenge_platform.preflight.files import Files
from challenge_platform.preflight.finding import Finding, Probe
from challenge_platform.preflight.leaks import try_leaks
from challenge_platform.preflight.looks import looks_of
from challenge_platform.preflight.part import Part
from challenge_platform.preflight.picture_features import picture_features
from challenge_platform.preflight.target import targets_of
from challenge_platform.preflight.training import measured_after, try_training
from challenge_platform.preflight.trials import Trial, judge


def search_leaks(bench: Bench | None, files: Files, /) -> tuple[list[Finding], list[Probe]]:
    """Probe all tables, and the pictures of their rows, and judge what was found together."""
    asked = Part(features=(), targets=files.targets)
    trials: list[Trial] = []
    if bench is not None:
        trials, asked = _test_trials(bench, files)
    findings: list[Finding] = []
    roles = files.roles
    for table in roles.training:
        learned_columns = targets_of(table, test=roles.test, skip=roles.ids)
        known = table.without({target.column for target in learned_columns})
        features = [
            *row_features(known, column=roles.key(table)),
            *picture_features(looks_of(table, files.looks)),
        ]
        learned = Part(features=features, targets=learned_columns)
        if (units := roles.unit_of(table)) is not None:
            learned = learned.of_units(table.columns[units])
        trials += try_training(table.name, learned, test=asked)
        findings += measured_after(table, learned_columns)
    found, probes = judge(trials)
    return [*found, *findings], probes


def _test_trials(bench: Bench, files: Files) -> tuple[list[Trial], Part]:
    """Probe every table that says something of the ids to predict; give the first one's part."""
    ids, column = bench.truth.ids, files.roles.id
    units = bench.truth.columns[files.roles.unit].tolist()
    trials: list[Trial] = []
    parts: list[Part] = []
    for table in files.roles.test:
        features = table_features(table, ids=ids, column=column)
        shown = picture_features(looks_of(table, files.looks))
        features += by_id(shown, table, ids=ids, column=column)
        part = Part(features=features, targets=files.targets)
        parts.append(part.of_units(units))
        trials += try_leaks(bench, features, ranked=parts[-1])
    return trials, parts[0] if parts else Part(features=(), targets=files.targets)
