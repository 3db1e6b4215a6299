"""Audits of features: honest programs are scored, and others are told which rule they broke."""

import csv
import dataclasses
import io
import itertools
import json
import random
import tarfile
from collections.abc import Callable

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota
from challenge_platform.core.run import Stage
from challenge_platform.core.stage_view import stages
from challenge_platform.core.submission import Reason, State
from sandbox import End, Outcome, Run, SandboxUnavailable
from tests.conftest import Participant, participant
from tests.core.programs import AUDITED, Runs, code, with_programs
from tests.fakes import Clock, FakePrograms, Files

Row = dict[str, str]
LIST = code(**{"features.json": json.dumps({"grade": ["gene1"]}).encode()})


def rows(files: Files) -> list[Row]:
    return list(csv.DictReader(io.StringIO(files["test.csv"].decode())))


def number(row: Row, name: str) -> int:
    """Read a cell; what is missing is average."""
    return int(row[name]) if row[name] else {"age": 50, "stain": 50}.get(name, 1)


def age(row: Row) -> float:
    return number(row, "age") / 100


def gene(row: Row) -> int:
    return number(row, "gene1") + number(row, "stain") // 40


def predicting(
    risk: Callable[[Row], float] = age, grade: Callable[[Row], int] = gene
) -> Callable[[Files], bytes]:
    """Give a program that predicts row by row."""

    def program(files: Files) -> bytes:
        lines = [f"{row['cell_id']},{risk(row)},{grade(row)}\n" for row in rows(files)]
        return ("cell_id,risk,grade\n" + "".join(lines)).encode()

    return program


honest = predicting()


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    runner = FakePrograms(program=honest)
    return with_programs(platform, runner=runner, clock=clock, folder=AUDITED)


@pytest.fixture
def ann(runs: Runs) -> Participant:
    return participant(runs.platform, runs.challenge, name="ann")


def used(runs: Runs, who: Participant) -> int:
    with runs.platform.database.reading() as session:
        phase = runs.challenge.definition.phases[0]
        return quota.quota_of(session, team_id=who.team.id, phase=phase, now=runs.clock()).used


def broken(runs: Runs, submission_id: str) -> tuple[str, str | None]:
    """Give which rule the audit told, and of which column."""
    audit = runs.runs(submission_id)[-1]
    assert audit.stage is Stage.AUDIT
    assert audit.refused is not None
    [problem] = audit.refused["problems"]
    return problem["code"], problem["column"]


def hidden_tables(runs: Runs, submission_id: str) -> list[bytes]:
    """Give the tars of the hidden run and of those of the audit."""
    return [
        runs.runner.kept[run.files or ""]
        for run in runs.runner.runs
        if run.id.startswith(submission_id) and run.hidden
    ]


def test_an_honest_program_is_scored_after_its_audit(runs: Runs, ann: Participant) -> None:
    ended = runs.end(ann, content=LIST)

    assert (ended.state, ended.reason) == (State.SCORED, Reason.COMPLETE)
    assert [run.stage for run in runs.runs(ended.id)] == [Stage.SMOKE, Stage.HIDDEN, Stage.AUDIT]
    # The sample, the hidden input, five checks, and scoring.
    assert len(runs.runner.runs) == 1 + 1 + 5 + 1
    assert all(run.hidden for run in runs.runner.runs[1:-1])


def test_a_program_whose_last_digits_differ_between_runs_is_scored(
    runs: Runs, ann: Participant
) -> None:
    counted = itertools.count()

    def rounding(files: Files) -> bytes:
        off = next(counted) * 1e-13
        return predicting(risk=lambda row: age(row) / 2 + off)(files)

    runs.runner.program = rounding

    assert runs.end(ann, content=LIST).state is State.SCORED


def shaky(files: Files) -> bytes:
    return predicting(risk=lambda row: age(row) + random.random() / 10)(files)  # noqa: S311 - no secret


def fragile(files: Files) -> bytes | End:
    return End.CRASHED if any("" in row.values() for row in rows(files)) else honest(files)


def by_stain(row: Row) -> float:
    return number(row, "stain") / 100


def by_stain_rarely(row: Row) -> float:
    """Use what is forbidden of one cell in some ten."""
    return age(row) + (0.001 if number(row, "stain") > 73 else 0)


def by_stain_in_the_smallest_digits(row: Row) -> float:
    """Rank cells by what is forbidden, by differences that are taken for none."""
    return 0.5 + number(row, "stain") * 1e-13


def without_genes(row: Row) -> int:
    return number(row, "stain") // 40 + 0 * number(row, "gene1")


def hardly_by_genes(row: Row) -> int:
    """Use a gene of one cell in ten, fewer than a tenth of which change their grade."""
    young = row["age"].isdigit() and int(row["age"]) < 27
    return number(row, "stain") // 40 + int(young and number(row, "gene1") == 2)


def by_all_genes(row: Row) -> int:
    return sum(number(row, name) for name in ("gene1", "gene2", "gene3"))


@pytest.mark.parametrize(
    ("program", "rule"),
    [
        (shaky, ("features_repeatable", None)),
        (predicting(risk=by_stain), ("features_allowed", "risk")),
        (predicting(risk=by_stain_rarely), ("features_allowed", "risk")),
        (predicting(risk=by_stain_in_the_smallest_digits), ("features_allowed", "risk")),
        (predicting(grade=without_genes), ("features_must_use", "grade")),
        (predicting(grade=hardly_by_genes), ("features_must_use", "grade")),
        (predicting(grade=by_all_genes), ("features_at_most", "grade")),
        (fragile, ("features_missing", None)),
    ],
)
def test_a_program_that_breaks_a_rule_is_rejected_and_told_which(
    runs: Runs,
    ann: Participant,
    program: Callable[[Files], bytes | End],
    rule: tuple[str, str | None],
) -> None:
    runs.runner.program = program

    ended = runs.end(ann, content=LIST)

    assert (ended.state, ended.reason) == (State.REJECTED, Reason.FEATURES_REFUSED)
    # A program that crashes on a missing value crashes where unlisted columns are empty, too.
    found = broken(runs, ended.id)
    assert found == rule or (program is fragile and found == ("features_at_most", "grade"))
    assert used(runs, ann) == 1


def test_a_program_cannot_tell_an_audit_by_the_size_or_time_of_its_files(
    runs: Runs, ann: Participant
) -> None:
    """The one that knows the size of the real file, and uses genes where it has another."""
    runs.end(ann, content=LIST)
    first = runs.runner.runs[1].id.removesuffix("-hidden")
    real = len(_member(hidden_tables(runs, first)[0])[1])

    def cunning(files: Files) -> bytes:
        genes = len(files["test.csv"]) != real
        return predicting(grade=gene if genes else without_genes)(files)

    runs.runner.program = cunning
    ended = runs.end(ann, content=LIST)

    assert broken(runs, ended.id) == ("features_must_use", "grade")
    given, *changed = (_member(tar) for tar in hidden_tables(runs, ended.id))
    same_size = [(header, table) for header, table in changed if len(table) == real]
    assert {header.mtime for header, _ in changed} == {given[0].mtime} == {0}
    # The same again, what risk may not use, what grade must use; the others empty cells.
    assert len(same_size) == 3
    assert sum(table == given[1] for _, table in same_size) == 1


def _member(tar: bytes) -> tuple[tarfile.TarInfo, bytes]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as found:
        [member] = found
        file = found.extractfile(member)
        assert file is not None
        return member, file.read()


def test_what_is_exchanged_is_each_columns_own_cells(runs: Runs, ann: Participant) -> None:
    ended = runs.end(ann, content=LIST)

    tables = [rows({"test.csv": _member(tar)[1]}) for tar in hidden_tables(runs, ended.id)]
    given, *changed = tables
    assert all(
        [row["cell_id"] for row in table] == [row["cell_id"] for row in given] for table in changed
    )
    for name in ("age", "stain", "gene1"):
        cells = sorted(row[name] for row in given)
        kept = [sorted(row[name] for row in table) == cells for table in changed]
        assert kept.count(False) <= 2  # those with empty cells


def test_the_list_of_features_may_be_written_by_the_program(runs: Runs, ann: Participant) -> None:
    class Listing(FakePrograms):
        def run(self, run: Run, /) -> Outcome:
            made = super().run(run)
            listed = run.collect == "features.json"
            return dataclasses.replace(made, file=b'{"grade": ["gene1"]}') if listed else made

    listing = Listing(program=honest)
    runs = dataclasses.replace(
        runs, runner=listing, platform=dataclasses.replace(runs.platform, runner=listing)
    )

    assert runs.end(ann).reason is Reason.COMPLETE
    assert [run.collect for run in listing.runs].count("features.json") == 1


@pytest.mark.parametrize(
    "listed",
    [
        b"",
        b"[",
        b"[]",
        b'{"risk": ["gene1"]}',
        b'{"grade": 3}',
        b'{"grade": ["gene1", "gene2", "gene3"]}',
    ],
)
def test_a_list_that_is_none_or_too_long_is_refused(
    runs: Runs, ann: Participant, listed: bytes
) -> None:
    ended = runs.end(ann, content=code(**{"features.json": listed}))

    assert (ended.state, ended.reason) == (State.REJECTED, Reason.FEATURES_REFUSED)
    assert broken(runs, ended.id) == ("features_at_most", "grade")


def test_an_audit_that_the_platform_could_not_end_is_run_again(
    runs: Runs, ann: Participant
) -> None:
    run = runs.runner.run
    failed: list[str] = []

    def failing(asked: Run, /) -> Outcome:
        if asked.id.endswith("-audit-3") and not failed:
            failed.append(asked.id)
            runs.clock.advance(seconds=3.3)
            raise SandboxUnavailable("gone", code="engine")
        return run(asked)

    runs.runner.run = failing  # type: ignore[method-assign]  # fails once
    submission_id = runs.send(ann, content=LIST).submission_id
    began = runs.clock()

    assert runs.platform.evaluator.evaluate(submission_id) is State.QUEUED
    assert [run.stage for run in runs.runs(submission_id)] == [Stage.SMOKE, Stage.HIDDEN]
    assert (runs.clock() - began).total_seconds() == 10  # as those that end by the team's fault
    runs.clock.advance(minutes=5)
    assert runs.platform.evaluator.evaluate(submission_id) is State.SCORED


def test_nothing_of_the_hidden_table_is_told_of_a_broken_rule(runs: Runs, ann: Participant) -> None:
    runs.runner.program = predicting(risk=by_stain)

    ended = runs.end(ann, content=LIST)

    views = stages(runs.runs(ended.id), scoring=None, organizer=False)
    assert (views.views[-1].name, views.views[-1].timings) == ("audit", {})
    assert views.views[-1].seconds is not None
    assert views.views[-1].seconds % 10 == 0
    assert "age, gene*" in str(views.refused.problems[0]["expected"])
    assert not any(character.isdigit() for character in str(views.refused.problems))


def test_each_submission_is_audited_by_exchanges_of_its_own(runs: Runs, ann: Participant) -> None:
    first, second = (runs.end(ann, content=LIST) for _ in range(2))

    tables = [set(hidden_tables(runs, ended.id)) for ended in (first, second)]
    assert len(tables[0] & tables[1]) <= 2  # the given one, and that without the unlisted genes


def test_a_reference_of_the_organizers_is_not_audited(runs: Runs) -> None:
    dummy = participant(runs.platform, runs.challenge, name="dummy", baseline=True)
    runs.runner.program = predicting(risk=lambda _row: 0.5, grade=lambda _row: 0)

    ended = runs.end(dummy)

    assert (ended.state, ended.reason) == (State.SCORED, Reason.COMPLETE)
    assert [run.stage for run in runs.runs(ended.id)] == [Stage.SMOKE, Stage.HIDDEN]
