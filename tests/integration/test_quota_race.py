"""The quota cap under eight processes that submit at once, as separate programs on one database."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlmodel import func, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota
from challenge_platform.core.quota import LedgerEntry
from challenge_platform.core.submission import Submission
from tests.conftest import Participant
from tests.core.test_submission import predictions, send
from tests.postgresql import on_both_databases

PROCESSES = 8
EACH = 5

SUBMIT = """
import sys, time
from pathlib import Path
from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core.upload import Upload
from challenge_platform.errors import QuotaExceeded, ConcurrencyExceeded

data, user, start, each = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
platform = Platform.from_settings(Settings(data_dir=data))
content = sys.stdin.buffer.read()
print("ready", flush=True)
while not start.exists():
    time.sleep(0.001)
for _ in range(each):
    upload = Upload(content=content, filename="p.csv", opened_at=platform.clock())
    try:
        platform.uploads.submit("tiny-survival", upload, user_id=user)
    except (QuotaExceeded, ConcurrencyExceeded) as refused:
        print(type(refused).__name__, flush=True)
    else:
        print("accepted", flush=True)
"""


@on_both_databases
def test_eight_processes_cannot_pass_the_quota(
    platform: Platform, alice: Participant, tmp_path: Path
) -> None:
    start = tmp_path / "start"
    data = platform.settings.data_dir
    command = [sys.executable, "-c", SUBMIT, str(data), str(alice.user.id), str(start), str(EACH)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for child in children:
        assert child.stdin
        assert child.stdout
        child.stdin.write(predictions().decode())
        child.stdin.close()
        assert child.stdout.readline() == "ready\n"
    start.touch()
    answers: list[str] = []
    for child in children:
        assert child.stdout
        answers += child.stdout.read().split()
        assert child.wait() == 0
        child.stdout.close()

    assert len(answers) == PROCESSES * EACH
    assert answers.count("accepted") == 5
    with platform.database.reading() as session:
        assert session.exec(select(func.sum(LedgerEntry.amount))).one() == 5
        assert session.exec(select(func.count()).select_from(Submission)).one() == 5


@pytest.mark.postgresql
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_result_is_recorded_while_its_team_holds_its_ledger(
    platform: Platform, alice: Participant
) -> None:
    """Else the two could wait for each other: an upload goes on to ask for its challenge."""
    submission_id = send(platform, alice).submission_id

    with platform.database.writing() as session:
        quota.lock_ledgers(session, [alice.team.id])
        worker = threading.Thread(target=platform.evaluator.evaluate, args=[submission_id])
        worker.start()
        worker.join(timeout=60)
        done = not worker.is_alive()
    worker.join()

    assert done
