"""`challenge submission log`: organizers read what a program said, and that they did is kept."""

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import main, run_logs
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.run_log import READ
from tests.conftest import participant
from tests.core.programs import CANARY, good, with_programs
from tests.fakes import Clock, FakePrograms, Files


def test_an_organizer_reads_what_was_said_on_hidden_data_and_is_recorded(
    platform: Platform,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    runner = FakePrograms()

    def program(files: Files) -> bytes:
        runner.log = b"\x1b[2Jsize " + (CANARY if b"c050" in files["test.csv"] else "0").encode()
        return good(files)

    runner.program = program
    runs = with_programs(platform, runner=runner, clock=clock)
    ended = runs.end(participant(runs.platform, runs.challenge, name="ann"))
    monkeypatch.setattr(run_logs, "prepared_platform", lambda _folder: runs.platform)
    capsys.readouterr()

    assert main(["submission", "log", ended.id]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "smoke: finished, exit code 0",
        "  \N{REPLACEMENT CHARACTER}[2Jsize 0",
        "hidden: finished, exit code 0",
        f"  \N{REPLACEMENT CHARACTER}[2Jsize {CANARY}",
    ]
    with platform.database.reading() as session:
        read = session.exec(select(AuditEvent).where(AuditEvent.action == READ)).one()
    assert read.subject == ended.id
    assert read.actor.startswith("operator ")
