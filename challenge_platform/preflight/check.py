"""The pre-flight of one challenge: every probe of what its recipe made, in one report."""

from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.answers import find_answers
from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.dictionary import check_dictionaries
from challenge_platform.preflight.files import Files
from challenge_platform.preflight.finding import Finding, Probe, Report, Severity, limited
from challenge_platform.preflight.identities import find_identities
from challenge_platform.preflight.likeness import find_likeness
from challenge_platform.preflight.looks import look_at
from challenge_platform.preflight.nested import nested_tables
from challenge_platform.preflight.overlap import find_overlap
from challenge_platform.preflight.picture_identities import find_picture_identities
from challenge_platform.preflight.pictures import find_pictures
from challenge_platform.preflight.power import measure_power
from challenge_platform.preflight.roles import answer_columns
from challenge_platform.preflight.scores import probe_scores
from challenge_platform.preflight.search import search_leaks
from challenge_platform.preflight.tables import read_tables
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
    if definition.scoring.program is not None:
        return _check_public(definition, public)
    answers = read_truth(truth, table=definition.task.truth_table)
    files = Files.read(definition, answers, folders=(public, hidden), sample=sample)
    ids = files.roles.ids
    bench, scored, probes = _scorer(definition, answers)
    leaks, tried = search_leaks(bench, files)
    given = [*files.given, *files.nested]
    findings = [
        *scored,
        *files.unreadable,
        *leaks,
        *(find_answers(bench, given, targets=files.targets, skip=ids) if bench else ()),
        *find_overlap(files.roles),
        *find_likeness(files.looks),
        *check_dictionaries(
            [*files.given, *files.samples],
            described=files.roles.described,
            skip=(*ids, *definition.submission.columns),
        ),
        *(found for table in files.tables for found in find_identities(table, skip=ids)),
        *find_picture_identities([*files.looks, *files.sample_looks]),
    ]
    return Report(
        slug=definition.slug,
        findings=list(limited(findings)),
        probes=[*probes, *tried],
        power=measure_power(bench) if bench else None,
        accept=definition.preflight.accept,
    )


def _check_public(definition: ChallengeDefinition, public: Path) -> Report:
    """Look through public files alone: what the organizers' own program scores, only that knows."""
    tables, unreadable = read_tables(public)
    findings = [
        *unreadable,
        *(
            found
            for table in (*tables, *nested_tables(public))
            for found in find_identities(table, skip=())
        ),
        *find_picture_identities(look_at(find_pictures((public,)))),
    ]
    return Report(
        slug=definition.slug,
        findings=list(limited(findings)),
        probes=[],
        power=None,
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
