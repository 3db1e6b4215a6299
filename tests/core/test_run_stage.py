"""The run stage: smoke run, hidden run, valid predictions to the scorer, and every other end."""

import dataclasses
import hashlib
import io
from contextlib import nullcontext
from datetime import timedelta

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.history import cancel_submission
from challenge_platform.core.result import Result
from challenge_platform.core.run import ProgramRun, Stage
from challenge_platform.core.run_log import READ, read_logs
from challenge_platform.core.submission import Reason, State, cancel, claim
from challenge_platform.core.takeout import take_out
from challenge_platform.errors import QuotaExceeded
from sandbox import End, Outcome, Run, SandboxUnavailable
from scorers.request import read_body, read_header
from tests.conftest import Participant, participant
from tests.core.programs import CANARY, CODE, Runs, good, sizes, with_programs
from tests.fakes import Clock, FakePrograms, Files

HIDDEN_ROWS = 120


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    """Give a platform whose programs predict well."""
    return with_programs(platform, runner=FakePrograms(program=good), clock=clock)


@pytest.fixture
def ann(runs: Runs) -> Participant:
    """Give a participant of the challenge."""
    return participant(runs.platform, runs.challenge, name="ann")


def used(runs: Runs, who: Participant) -> int:
    """Read what the team has used of its quota."""
    with runs.platform.database.reading() as session:
        phase = runs.challenge.definition.phases[0]
        return quota.quota_of(session, team_id=who.team.id, phase=phase, now=runs.clock()).used


def hidden(files: Files) -> bool:
    """Whether these are the hidden files, and not their sample."""
    return CANARY.encode() in files["test.csv"]


def test_code_is_tried_on_the_sample_run_on_hidden_input_and_scored(
    runs: Runs, ann: Participant
) -> None:
    ended = runs.end(ann)

    assert (ended.state, ended.reason) == (State.SCORED, Reason.COMPLETE)
    smoke, hidden_run, scoring = runs.runner.runs
    assert [run.id for run in (smoke, hidden_run)] == [f"{ended.id}-smoke", f"{ended.id}-hidden"]
    assert {(run.runtime, run.input, run.collect) for run in (smoke, hidden_run)} == {
        ("python", CODE, "predictions.csv")
    }
    assert smoke.files != hidden_run.files == runs.challenge.version.input_digest
    assert [run.hidden for run in (smoke, hidden_run, scoring)] == [False, True, False]
    assert (smoke.limits.seconds, smoke.limits.file) == (20, 100_000)
    assert (scoring.runtime, scoring.files) == ("scoring", None)
    assert [run.stage for run in runs.runs(ended.id)] == [Stage.SMOKE, Stage.HIDDEN]
    assert used(runs, ann) == 1


def test_only_predictions_cross_to_the_scoring_sandbox_and_no_truth_to_the_programs(
    runs: Runs, ann: Participant
) -> None:
    runs.end(ann)

    *programs, scoring = runs.runner.runs
    stream = io.BytesIO(scoring.input)
    header = read_header(stream)
    read_body(stream, header.sizes.truth, name="truth")
    predictions = read_body(stream, header.sizes.predictions, name="predictions")
    assert predictions.count(b"\n") == 1 + HIDDEN_ROWS
    assert runs.runner.log not in scoring.input
    assert not any(b"abnormal" in runs.runner.kept[run.files or ""] for run in programs)


def test_the_launcher_gets_each_input_once(runs: Runs, ann: Participant) -> None:
    given: list[str] = []
    keep = runs.runner.keep_files

    def counted(digest: str, archive: io.BytesIO, /, *, size: int) -> None:
        given.append(digest)
        keep(digest, archive, size=size)

    runs.runner.keep_files = counted  # type: ignore[method-assign, assignment]  # counts the calls of the fake
    runs.end(ann)
    runs.end(ann)

    assert len(given) == len(set(given)) == 2


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (End.CRASHED, Reason.RUN_CRASHED),
        (End.TIMED_OUT, Reason.RUN_TIMED_OUT),
        (End.OUT_OF_MEMORY, Reason.RUN_OUT_OF_MEMORY),
        (End.OUTPUT_TOO_LARGE, Reason.RUN_OUTPUT_TOO_LARGE),
        (End.NO_FILE, Reason.RUN_NO_FILE),
    ],
)
@pytest.mark.parametrize("fails_when_hidden", [False, True])
def test_what_fails_on_the_sample_is_free_and_what_fails_on_hidden_input_counts(
    runs: Runs, ann: Participant, end: End, reason: Reason, *, fails_when_hidden: bool
) -> None:
    runs.runner.program = lambda files: end if hidden(files) == fails_when_hidden else good(files)

    ended = runs.end(ann)

    assert (ended.state, ended.reason) == (State.FAILED, reason)
    assert used(runs, ann) == int(fails_when_hidden)
    assert len(runs.runner.runs) == 1 + int(fails_when_hidden)


def test_predictions_that_break_a_rule_on_the_sample_are_told_in_full_and_free(
    runs: Runs, ann: Participant
) -> None:
    runs.runner.program = lambda files: good(files).replace(b"c040,", b"c940,")

    ended = runs.end(ann)

    assert (ended.state, ended.reason) == (State.REJECTED, Reason.PREDICTIONS_REFUSED)
    assert used(runs, ann) == 0
    (run,) = runs.runs(ended.id)
    assert run.refused is not None
    assert "c940" in str(run.refused)
    assert run.predictions is None


def test_predictions_that_break_a_rule_on_hidden_input_are_told_by_one_word(
    runs: Runs, ann: Participant
) -> None:
    def leaks(files: Files) -> bytes:
        if not hidden(files):
            return good(files)
        cells = [f"{size},{name}\n" for name, size in sizes(files).items()]
        return ("cell_id,probability\n" + "".join(cells)).encode()

    runs.runner.program = leaks

    ended = runs.end(ann)

    assert (ended.state, ended.reason) == (State.REJECTED, Reason.PREDICTIONS_REFUSED)
    assert used(runs, ann) == 1
    run = runs.runs(ended.id)[-1]
    assert run.refused is not None
    assert run.refused["total"] == 2
    (problem,) = run.refused["problems"]
    assert (problem["line"], problem["column"]) == (None, None)
    assert problem["found"] == {"template": "several problems", "values": {}}
    assert CANARY not in str(run.refused)


def test_a_program_cannot_say_more_by_the_kinds_and_numbers_of_its_problems(
    runs: Runs, ann: Participant
) -> None:
    said = iter(range(1, 4))

    def speaks(files: Files) -> bytes:
        if not hidden(files):
            return good(files)
        header, *rows = good(files).decode().splitlines()
        word = next(said)
        rows[0] = f"{rows[0].split(',')[0]},nan"
        rows[1 : 1 + word] = ["c999,7"] * word
        return "\n".join([header, *rows, *rows[5 : 5 + 3 * word], ""]).encode()

    runs.runner.program = speaks

    told = {str(runs.runs(runs.end(ann).id)[-1].refused) for _ in range(3)}

    assert len(told) == 1


def test_programs_fail_at_no_cost_so_often_and_no_more(runs: Runs, ann: Participant) -> None:
    runs.runner.program = lambda _: End.TIMED_OUT
    allowed = quota.FREE_ENDS * runs.challenge.definition.phases[0].limit.n

    for _ in range(allowed):
        assert runs.end(ann).state == State.FAILED

    assert used(runs, ann) == 0
    with pytest.raises(QuotaExceeded, match="failed 50 times at no cost"):
        runs.send(ann)
    runs.clock.advance(seconds=24 * 3600)
    assert runs.end(ann).state == State.FAILED


def test_what_ran_on_hidden_input_is_not_given_back_when_it_is_cancelled(
    platform: Platform, clock: Clock
) -> None:
    no_scoring = FakePrograms(program=good, ends=[SandboxUnavailable("no room", code="busy")])
    runs = with_programs(platform, runner=no_scoring, clock=clock)
    ann = participant(runs.platform, runs.challenge, name="ann")
    sent = runs.send(ann).submission_id
    runs.platform.evaluator.evaluate(sent)
    assert runs.submission(sent).state == State.QUEUED

    with runs.platform.database.writing() as session:
        cancel_submission(session, sent, user=ann.user, now=runs.clock())

    assert used(runs, ann) == 1


def test_a_run_on_hidden_input_takes_a_multiple_of_ten_seconds_for_whoever_looks(
    runs: Runs, ann: Participant
) -> None:
    def slow(files: Files) -> bytes:
        runs.clock.advance(seconds=13.7 if hidden(files) else 2.5)
        return good(files)

    runs.runner.program = slow

    smoke, hidden_run = runs.runs(runs.end(ann).id)

    assert _taken(smoke) == timedelta(seconds=2.5)
    assert _taken(hidden_run) == timedelta(seconds=20)


@dataclasses.dataclass
class FailingLate(FakePrograms):
    """Fails to run anything on hidden input, after a time that a program may have chosen."""

    clock: Clock = dataclasses.field(default_factory=Clock)
    problem: Exception = dataclasses.field(default_factory=Exception)

    def run(self, run: Run, /) -> Outcome:
        """Run what is not hidden."""
        if not run.hidden:
            return super().run(run)
        self.clock.advance(seconds=13.7)
        raise self.problem


@pytest.mark.parametrize(
    "problem", [SandboxUnavailable("gone", code="engine"), RuntimeError("a bug of ours")], ids=repr
)
def test_a_run_on_hidden_input_that_ends_by_our_fault_is_seen_to_end_at_such_a_time_too(
    runs: Runs, ann: Participant, problem: Exception
) -> None:
    runner = FailingLate(program=good, clock=runs.clock, problem=problem)
    sent = runs.send(ann).submission_id
    told: list[tuple[str, int]] = []

    def pause(seconds: float) -> None:
        told.append((runs.submission(sent).state, len(runs.runs(sent))))
        runs.clock.advance(seconds=seconds)

    failing = dataclasses.replace(runs.platform, runner=runner, pause=pause)
    began = runs.clock()

    with nullcontext() if isinstance(problem, SandboxUnavailable) else pytest.raises(RuntimeError):
        failing.evaluator.evaluate(sent)

    assert told == [(State.RUNNING, 2)]  # nothing is to be seen of it until then
    assert runs.clock() - began == timedelta(seconds=20)
    assert runs.submission(sent).state == State.QUEUED


def _taken(run: ProgramRun) -> timedelta:
    assert run.ended_at is not None
    return run.ended_at - run.started_at


def test_what_a_program_said_on_hidden_input_is_sealed_for_organizers_who_are_recorded(
    runs: Runs, ann: Participant
) -> None:
    runs.runner.log, runs.runner.exit_code = CANARY.encode(), 91
    ended = runs.end(ann)
    platform = runs.platform

    smoke, hidden_run = runs.runs(ended.id)
    assert (smoke.log, smoke.exit_code) == (CANARY.encode(), 91)
    assert (hidden_run.log, hidden_run.exit_code) == (None, None)
    assert hidden_run.sealed is not None
    assert CANARY.encode() not in hidden_run.sealed
    with platform.database.writing() as session:
        key = platform.keys.scoring.open(runs.challenge.slug)
        logs = read_logs(session, ended.id, key=key, actor="operator ada", now=runs.clock())
    assert [(log.stage, log.exit_code, log.text) for log in logs] == [
        (Stage.SMOKE, 91, CANARY.encode()),
        (Stage.HIDDEN, 91, CANARY.encode()),
    ]
    with platform.database.reading() as session:
        events = session.exec(select(AuditEvent).where(AuditEvent.action == READ)).all()
    assert [(one.actor, one.subject) for one in events] == [("operator ada", ended.id)]


def test_no_more_is_kept_of_what_programs_say_on_hidden_input_than_the_challenge_has_room_for(
    runs: Runs, ann: Participant
) -> None:
    runs.runner.log = b"x" * 600
    first, second = runs.end(ann), runs.end(ann)

    assert [run.sealed_bytes for run in runs.runs(first.id)] == [0, 600]
    assert runs.runs(second.id)[1].sealed is None
    assert second.state is State.SCORED


def test_the_receipt_names_the_code_and_gives_no_digest_of_what_was_made_on_hidden_input(
    runs: Runs, ann: Participant
) -> None:
    made: list[bytes] = []

    def kept(files: Files) -> bytes:
        made.append(good(files))
        return made[-1]

    runs.runner.program = kept
    ended = runs.end(ann)

    with runs.platform.database.reading() as session:
        payload = session.get_one(Result, ended.id).receipt["payload"]
    sealed = runs.runs(ended.id)[-1].predictions
    assert payload["artifact"]["sha256"] == hashlib.sha256(CODE).hexdigest()
    assert payload["predictions"] == {"sealed_sha256": sealed}
    assert hashlib.sha256(made[-1]).hexdigest() not in str(payload)
    opened = runs.platform.keys.scoring.decrypt(
        runs.platform.store.read(sealed or ""), slug=runs.challenge.slug
    )
    assert opened == made[-1]


def test_a_stage_that_came_to_its_end_is_not_run_again_when_scoring_failed(
    runs: Runs, ann: Participant
) -> None:
    runner = FakePrograms(ends=[End.CRASHED], program=good)
    platform = dataclasses.replace(runs.platform, runner=runner)
    submission_id = runs.send(ann).submission_id

    assert platform.evaluator.evaluate(submission_id) is State.QUEUED
    runs.clock.advance(minutes=1)
    assert platform.evaluator.evaluate(submission_id) is State.SCORED

    ran = [run.id for run in runner.runs if run.collect]
    assert ran == [f"{submission_id}-smoke", f"{submission_id}-hidden"]


@dataclasses.dataclass
class Failing(FakePrograms):
    """Cannot run anything the first time."""

    problem: SandboxUnavailable | End = End.CANCELLED
    failed: bool = False

    def run(self, run: Run, /) -> Outcome:
        """Fail once, then run."""
        if self.failed:
            return super().run(run)
        self.failed = True
        if isinstance(self.problem, SandboxUnavailable):
            raise self.problem
        return dataclasses.replace(super().run(run), end=self.problem)


@pytest.mark.parametrize("problem", [End.CANCELLED, SandboxUnavailable("down", code="down")])
def test_what_the_platform_could_not_run_is_run_later_and_leaves_no_trace(
    runs: Runs, ann: Participant, problem: SandboxUnavailable | End
) -> None:
    failing = dataclasses.replace(runs.platform, runner=Failing(program=good, problem=problem))
    submission_id = runs.send(ann).submission_id

    assert failing.evaluator.evaluate(submission_id) is State.QUEUED
    assert runs.runs(submission_id) == []
    runs.clock.advance(minutes=1)
    assert failing.evaluator.evaluate(submission_id) is State.SCORED
    assert used(runs, ann) == 1


def test_a_worker_that_lost_its_claim_records_no_run(runs: Runs, ann: Participant) -> None:
    submission_id = runs.send(ann).submission_id

    def overtaken(files: Files) -> bytes:
        runs.clock.advance(minutes=10)
        runs.platform.reaper.round()
        runs.clock.advance(minutes=1)
        with runs.platform.database.writing() as session:
            claim(session, submission_id, now=runs.clock(), lease=timedelta(minutes=1))
        return good(files)

    runs.runner.program = overtaken

    assert runs.platform.evaluator.evaluate(submission_id) is None
    (run,) = runs.runs(submission_id)
    assert run.end is None


def test_a_worker_that_lost_its_claim_leaves_nothing_in_the_store(
    runs: Runs, ann: Participant
) -> None:
    submission_id = runs.send(ann).submission_id
    objects = runs.platform.settings.objects_dir
    before = {path for path in objects.rglob("*") if path.is_file()}

    def cancelled(files: Files) -> bytes:
        if hidden(files):
            with runs.platform.database.writing() as session:
                cancel(session, submission_id, now=runs.clock())
        return good(files)

    runs.runner.program = cancelled

    assert runs.platform.evaluator.evaluate(submission_id) is None
    assert {path for path in objects.rglob("*") if path.is_file()} == before


def test_what_a_program_said_and_made_goes_with_its_team(runs: Runs, ann: Participant) -> None:
    ended = runs.end(ann)
    made = runs.runs(ended.id)[-1].predictions or ""
    assert runs.platform.store.has(made)

    runs.platform.departures.depart(ann.user.id, by="test")

    assert not runs.platform.store.has(made)
    kept = runs.runs(ended.id)
    assert [(run.log, run.sealed, run.refused) for run in kept] == [(None, None, None)] * 2


def test_a_person_takes_out_the_stages_and_the_log_of_their_code(
    runs: Runs, ann: Participant
) -> None:
    runs.runner.log = b"all is well"
    runs.end(ann)

    with runs.platform.database.reading() as session:
        (told,) = take_out(session, ann.user, now=runs.clock()).documents["submissions.json"]

    assert told["log"] == "all is well"
    assert [stage["name"] for stage in told["stages"]] == ["smoke", "hidden", "score"]
    hidden = {"name": "hidden", "end": End.FINISHED, "seconds": 10, "slow": False}
    assert told["stages"][1] == hidden
