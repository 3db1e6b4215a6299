"""Scoring by the organizers' own program: what it is given, what of it is kept, who is told."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.board import build_board
from challenge_platform.core.board_state import StateReader
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.history import read_submission
from challenge_platform.core.leaderboard import latest
from challenge_platform.core.program_scoring import scores_of
from challenge_platform.core.quota import quota_of
from challenge_platform.core.result import Result
from challenge_platform.core.reveal import reveal
from challenge_platform.core.run import runs_of
from challenge_platform.core.run_ids import run_ids_of
from challenge_platform.core.run_log import read_logs
from challenge_platform.core.submission import (
    Kind,
    QueueName,
    Reason,
    State,
    Submission,
    find_submission,
)
from challenge_platform.core.upload import Upload
from challenge_platform.core.written_scores import InvalidScores, read_scores
from challenge_platform.errors import InvalidUpload
from sandbox import End
from scorers.document import SplitScores
from tests.archives import zipped
from tests.conftest import Participant, participant
from tests.core.scored import COUNTED, GOOD, by_part, changed, publish_scored
from tests.fakes import Clock, FakePrograms, Files

SLUG = COUNTED.name
Program = Callable[[Files], bytes | End]


def written(**scores: object) -> Program:
    """Give a program that writes these scores."""
    return lambda _files: json.dumps(scores).encode()


@dataclasses.dataclass(frozen=True)
class World:
    """A platform that publishes the challenge, a participant of it, and what plays the program."""

    platform: Platform
    runner: FakePrograms
    alice: Participant
    clock: Clock

    def end(self, content: bytes = GOOD, *, attempts: int = 1) -> Submission:
        """Submit, and evaluate so often."""
        upload = Upload(content=content, filename="kinds.zip", opened_at=self.clock())
        accepted = self.platform.uploads.submit(SLUG, upload, user_id=self.alice.user.id)
        for _ in range(attempts):
            self.platform.evaluator.evaluate(accepted.submission_id)
            self.clock.advance(minutes=5)
        with self.platform.database.reading() as session:
            return find_submission(session, accepted.submission_id)

    def remaining(self) -> int:
        """Tell how many submissions the team has left."""
        with self.platform.database.reading() as session:
            phase = find_challenge(session, SLUG).definition.phase("development")
            team_id = self.alice.team.id
            return quota_of(session, team_id=team_id, phase=phase, now=self.clock()).remaining

    def said(self, submission: Submission, /) -> bytes:
        """Read what the organizers may read of what the program said."""
        key = self.platform.keys.scoring.open(SLUG)
        with self.platform.database.writing() as session:
            [log] = read_logs(session, submission.id, key=key, actor="ann", now=self.clock())
        return log.text or b""


@pytest.fixture
def world(platform: Platform, clock: Clock) -> World:
    """Give a platform whose sandboxes run one Python function as the organizers' program."""
    runner = FakePrograms(program=by_part, log=b"the truth is monocyte\n")
    wired = dataclasses.replace(platform, runner=runner)
    challenge = publish_scored(wired)
    return World(wired, runner, participant(wired, challenge, name="alice"), clock)


def test_each_board_is_scored_with_its_own_reference_data(world: World) -> None:
    submission = world.end()

    with world.platform.database.reading() as session:
        result = session.get_one(Result, submission.id)
    private = SplitScores.from_json(world.platform.keys.release.decrypt(result.sealed, slug=SLUG))
    values = {key: score["value"] for key, score in result.public["metrics"].items()}
    assert values == {"accuracy": 0.75, "errors": 1.0, "score": 0.74}
    assert {key: score.value for key, score in private.metrics.items()} == {
        "accuracy": 0.5,
        "errors": 1.0,
        "score": 0.49,
    }


def test_the_private_reference_data_are_not_there_while_the_public_board_is_scored(
    world: World,
) -> None:
    seen: list[Files] = []

    def program(files: Files) -> bytes:
        seen.append(files)
        return by_part(files)

    world.runner.program = program
    world.end()

    public, private = seen
    assert b"c5" not in public["input/ref/kinds.csv"]
    assert b"c1" not in private["input/ref/kinds.csv"]
    assert {name for name in public if name.startswith("input/")} == {
        "input/ref/kinds.csv",
        "input/res/kinds.csv",
    }


def test_without_private_reference_data_both_boards_have_the_same_score(
    platform: Platform, clock: Clock, tmp_path: Path
) -> None:
    runner = FakePrograms(program=by_part)
    wired = dataclasses.replace(platform, runner=runner)
    folder = changed(tmp_path, (", private: reference/private", ""))
    challenge = publish_scored(wired, folder=folder)
    world = World(wired, runner, participant(wired, challenge, name="alice"), clock)

    submission = world.end()

    with wired.database.reading() as session:
        result = session.get_one(Result, submission.id)
    private = SplitScores.from_json(wired.keys.release.decrypt(result.sealed, slug=SLUG))
    assert private.metrics["accuracy"].value == result.public["metrics"]["accuracy"]["value"]
    assert len(runner.runs) == 1


def test_a_run_has_the_limits_of_the_definition_no_kept_files_and_a_runtime_of_the_platform(
    world: World,
) -> None:
    world.end()

    for run in world.runner.runs:
        assert (run.runtime, run.files, run.collect) == ("python", None, "scores")
        assert (run.limits.seconds, run.limits.memory, run.limits.gpus) == (10, 256 << 20, 0)


def test_a_run_is_acknowledged_and_dies_with_a_submission_that_ended(world: World) -> None:
    submission = world.end()

    assert not world.runner.outcomes
    assert {run.id for run in world.runner.runs} <= set(run_ids_of(submission.id))


def test_it_waits_in_the_queue_of_programs_and_delays_no_other_file(world: World) -> None:
    assert world.end().queue is QueueName.CODE


def test_a_score_names_the_program_the_image_and_the_truth(world: World) -> None:
    submission = world.end()

    with world.platform.database.reading() as session:
        seen = read_submission(session, submission.id, user=world.alice.user, now=world.clock())
        [event] = session.exec(
            select(AuditEvent).where(AuditEvent.action == "scoring program allowed")
        )
    assert seen.scored_with is not None
    assert seen.scored_with.scorer == f"program {event.detail['program']}"
    assert seen.scored_with.image == "sha256:" + "0" * 64


def test_a_score_says_that_it_has_no_interval_and_why(world: World) -> None:
    submission = world.end()

    with world.platform.database.reading() as session:
        seen = read_submission(session, submission.id, user=world.alice.user, now=world.clock())
    assert {(score.low, score.no_interval) for score in seen.scores} == {(None, "one_number")}


def test_what_the_program_says_is_sealed_for_organizers_and_shown_to_nobody_else(
    world: World,
) -> None:
    submission = world.end()

    with world.platform.database.reading() as session:
        [run] = runs_of(session, submission.id)
        seen = read_submission(session, submission.id, user=world.alice.user, now=world.clock())
    assert run.log is None
    assert run.exit_code is None
    assert b"monocyte" not in (run.sealed or b"")
    assert "monocyte" not in repr(seen)
    assert [stage.name for stage in seen.stages.views] == ["score"]
    assert world.said(submission).count(b"the truth is monocyte") == 2


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (lambda _files: End.CRASHED, Reason.SCORING_CRASHED),
        (lambda _files: End.TIMED_OUT, Reason.SCORING_TIMED_OUT),
        (lambda _files: End.OUT_OF_MEMORY, Reason.SCORING_OUT_OF_MEMORY),
        (lambda _files: End.OUTPUT_TOO_LARGE, Reason.SCORING_OUTPUT_TOO_LARGE),
        (lambda _files: End.NO_FILE, Reason.SCORING_ANSWER_INVALID),
        (written(accuracy=1, errors=1), Reason.SCORING_ANSWER_INVALID),
    ],
)
def test_a_program_that_does_not_score_is_the_platforms_fault_and_is_refunded(
    world: World, program: Program, reason: Reason
) -> None:
    world.runner.program = program
    before = world.remaining()

    submission = world.end(attempts=world.platform.evaluator.max_attempts)

    assert (submission.state, submission.reason) == (State.ERRORED, reason)
    assert world.remaining() == before
    with world.platform.database.reading() as session:
        assert session.get(Result, submission.id) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"Accuracy": NaN, "errors": 1}',
        b'{"Accuracy": 1e999, "errors": 1}',
        b'{"Accuracy": "monocyte", "errors": 1}',
        b"[" * 60_000,
        b'{"Accuracy": 1, "errors": 1, "more": "' + bytes(70_000) + b'"}',
        json.dumps({"Accuracy": 1, "errors": 1, **{f"k{n}": n for n in range(201)}}).encode(),
        b'{"accuracy": 1, "errors": 1}',
    ],
)
def test_nothing_but_finite_numbers_of_the_declared_names_are_scores(content: bytes) -> None:
    scoring = read_definition(COUNTED / "challenge.yaml").scoring

    with pytest.raises(InvalidScores):
        scores_of(read_scores(content), scoring=scoring)


def test_what_was_wrong_with_the_scores_is_told_to_the_organizers_alone(world: World) -> None:
    world.runner.program = written(Accuracy="monocyte", errors=1)

    submission = world.end()

    assert b"the score 'Accuracy' is 'monocyte', no number" in world.said(submission)
    with world.platform.database.reading() as session:
        seen = read_submission(session, submission.id, user=world.alice.user, now=world.clock())
    assert "monocyte" not in repr(seen)


def test_scores_that_the_definition_does_not_name_are_kept_nowhere(world: World) -> None:
    world.runner.program = written(Accuracy=1, errors=0, secret=0.918273)

    submission = world.end()

    with world.platform.database.reading() as session:
        result = session.get_one(Result, submission.id)
    assert "0.918273" not in repr(result.public) + repr(result.receipt)


def test_a_failed_attempt_is_followed_by_another(world: World) -> None:
    good, ends = world.runner.program, iter([End.CRASHED])
    world.runner.program = lambda files: next(ends, None) or good(files)

    submission = world.end(attempts=2)

    assert submission.state is State.SCORED


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"id,kind\n", "archive"),
        (zipped({"../kinds.csv": b""}), "../kinds.csv"),
        (zipped({"kinds.csv": bytes(200_000)}), "100,000 bytes"),
        (zipped({f"{n}": b"" for n in range(1_001)}), "1,000 files"),
    ],
)
def test_an_archive_that_cannot_be_used_is_refused_when_it_is_sent(
    world: World, content: bytes, told: str
) -> None:
    before = world.remaining()

    with pytest.raises(InvalidUpload) as refused:
        world.end(content)

    assert told in str(refused.value)
    assert world.remaining() == before


def test_equal_scores_share_a_rank_and_nobody_has_an_interval_or_a_group(world: World) -> None:
    with world.platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
    others = [participant(world.platform, challenge, name=name) for name in ("bob", "cleo")]
    for who in (world.alice, *others):
        dataclasses.replace(world, alice=who).end()
    build_board(
        world.platform.database,
        world.platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=world.clock,
    )

    with world.platform.database.reading() as session:
        board = latest(
            session,
            StateReader(world.platform.store),
            challenge,
            phase=challenge.definition.phase("development"),
            board=Board.PUBLIC,
        )

    assert [(row.rank, row.rank_low, row.group) for row in board.rows] == [(1, None, None)] * 3
    assert board.comparisons == ()
    assert board.judged is None


def test_the_reveal_ranks_by_the_private_reference_data(world: World) -> None:
    world.end()
    with world.platform.database.writing() as session:
        challenge = find_challenge(session, SLUG)
        opened = reveal(
            session,
            world.platform.store,
            challenge,
            phase="development",
            release_key=world.platform.keys.release.open(SLUG),
            now=world.clock(),
        )

    with world.platform.database.reading() as session:
        board = latest(
            session,
            StateReader(world.platform.store),
            challenge,
            phase=challenge.definition.phase("development"),
            board=Board.PRIVATE,
        )
    assert opened == 1
    assert [row.scores[0].value for row in board.rows] == [0.49]


def test_predictions_that_a_teams_program_made_are_scored_too(
    platform: Platform, clock: Clock, tmp_path: Path
) -> None:
    def plays(files: Files) -> bytes:
        if "cells.csv" in files:  # the team's own program, which finds the public files
            return b"id,kind\n" + b"".join(b"c%d,monocyte\n" % n for n in range(1, 7))
        assert set(files) > {"input/res/kinds.csv", "input/ref/kinds.csv"}
        return by_part(files)

    table = "format: table\n  ids: cells.csv\n  id: id\n"
    columns = "  columns: {kind: {type: label, classes: [monocyte, lymphocyte]}}"
    folder = changed(
        tmp_path,
        ("kinds: [predictions]", "kinds: [predictions, code]"),
        ("format: files", table + columns),
        ("kinds.zip", "kinds.csv"),
        ("scoring:", "program: {runtime: python}\nscoring:"),
    )
    wired = dataclasses.replace(platform, runner=FakePrograms(program=plays))
    challenge = publish_scored(wired, folder=folder)
    bob = participant(wired, challenge, name="bob")
    upload = Upload(
        content=zipped({"main.py": b""}), filename="c.zip", kind=Kind.CODE, opened_at=clock()
    )
    accepted = wired.uploads.submit(SLUG, upload, user_id=bob.user.id)

    assert wired.evaluator.evaluate(accepted.submission_id) is State.SCORED
    with wired.database.reading() as session:
        result = session.get_one(Result, accepted.submission_id)
        seen = read_submission(session, accepted.submission_id, user=bob.user, now=clock())
    assert result.public["metrics"]["accuracy"]["value"] == 0.5
    assert [stage.name for stage in seen.stages.views] == ["public", "score"]
