"""What a launcher remembers of detached runs comes back whole, and not for ever."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import End, Limits, Outcome, Run
from sandbox.journal import Journal, Note
from sandbox.wire import decode_outcome

NOTE = Note(
    run=Run(id="run-1", runtime="python", limits=Limits(seconds=90), collect="predictions.csv"),
    image="sha256:0",
    owner="warm.0",
    number=3,
    container="c",
    holder="h",
    volume="v",
    started=1.5,
    deadline=91.5,
)
OUTCOME = Outcome(
    end=End.FINISHED, output=b"", exit_code=0, seconds=1, image="sha256:0", timings={}, file=b"x"
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "runs")


def test_a_note_comes_back_whole_in_another_process(journal: Journal, tmp_path: Path) -> None:
    journal.note(NOTE)

    assert list(Journal(tmp_path / "runs").notes()) == [NOTE]


def test_an_outcome_takes_the_place_of_a_note(journal: Journal) -> None:
    journal.note(NOTE)

    journal.conclude("run-1", OUTCOME)

    assert list(journal.notes()) == []
    assert decode_outcome(journal.outcome("run-1") or b"") == OUTCOME


def test_what_is_forgotten_is_not_there(journal: Journal) -> None:
    journal.note(NOTE)
    journal.forget_note("run-1")
    journal.conclude("run-2", OUTCOME)
    journal.forget_outcome("run-2")

    assert not journal.is_noted("run-1")
    assert journal.outcome("run-2") is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"run": 1}', "\xff"])
def test_a_damaged_note_is_forgotten_and_hides_no_other(
    journal: Journal, tmp_path: Path, text: str
) -> None:
    journal.note(NOTE)
    (tmp_path / "runs" / "damaged.run").write_text(text)

    assert list(journal.notes()) == [NOTE]
    assert not journal.is_noted("damaged")


def test_only_outcomes_that_nobody_acknowledged_for_long_expire(
    journal: Journal, tmp_path: Path
) -> None:
    journal.note(NOTE)
    for run_id in ("old", "young"):
        journal.conclude(run_id, OUTCOME)
    hour_ago = time.time() - 3601
    os.utime(tmp_path / "runs" / "old.outcome", (hour_ago, hour_ago))
    os.utime(tmp_path / "runs" / "run-1.run", (hour_ago, hour_ago))

    journal.expire(seconds=3600)

    assert not journal.has_outcome("old")
    assert journal.has_outcome("young")
    assert journal.is_noted("run-1")


def test_what_a_killed_launcher_left_half_written_is_removed(
    journal: Journal, tmp_path: Path
) -> None:
    journal.note(NOTE)
    (tmp_path / "runs" / ".run-2.outcome.77").write_bytes(b"half")

    Journal(tmp_path / "runs")

    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["run-1.run"]


def test_no_other_user_can_enter_its_folder(journal: Journal, tmp_path: Path) -> None:
    journal.note(replace(NOTE))

    assert (tmp_path / "runs").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("run_id", ["../outside", ".hidden"])
def test_it_does_not_leave_its_folder(journal: Journal, run_id: str) -> None:
    with pytest.raises(ValueError, match="no id of a run"):
        journal.has_outcome(run_id)
