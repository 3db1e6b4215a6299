"""What the web process can reach under its own user, with all its settings: never truth."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.privileges import (
    REDIS,
    WEB,
    WORKER,
    Identity,
    code_folders,
    preparation,
)
from challenge_platform.config import Settings
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.result import Result
from tests.conftest import Participant
from tests.core.test_submission import send
from tests.fakes import Clock, FakeRunner

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="separate users take root")

TRUTH_LINE = b"p000,private"

ATTACK = """
import json, os, sys
from collections.abc import Iterator
from pathlib import Path
from sqlmodel import select
from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.result import Result
from challenge_platform.errors import PlatformError
from challenge_platform.vault import open_truth

platform = Platform.from_settings(Settings())
data = platform.settings.data_dir
found = {"uid": os.getuid(), "truth": False, "private": False, "files": 0, "keys": []}
with platform.database.reading() as session:
    challenge = find_challenge(session, "tiny-survival")
    sealed = session.exec(select(Result.sealed)).one()
ciphertext = platform.store.read(challenge.version.truth_object)
try:
    table = open_truth(ciphertext, key=platform.keys.scoring.open("tiny-survival")).table
    found["truth"] = b"p000,private" in table
except PlatformError as error:
    found["why"] = str(error)
for ring in (platform.keys.release, platform.keys.scoring):
    try:
        opened = ring.decrypt(sealed, slug="tiny-survival")
        found["private"] = found["private"] or b"metrics" in opened
    except PlatformError:
        pass
for folder, _, names in os.walk(data):
    for name in names:
        try:
            content = (Path(folder) / name).read_bytes()
        except OSError:
            continue
        found["files"] += 1
        found["truth"] = found["truth"] or b"p000,private" in content
        if "keys" in folder:
            found["keys"].append(name)
json.dump(found, sys.stdout)
"""


def attack(identity: Identity, platform: Platform) -> subprocess.CompletedProcess[bytes]:
    """Run the attack as a user, with the settings that `challenge up` gives to its processes."""
    data = platform.settings.data_dir.absolute()
    reach = (*code_folders(), data)
    return subprocess.run(
        [sys.executable, "-c", ATTACK],
        env=platform.settings.environment(),
        cwd="/",
        preexec_fn=preparation(identity, reach=reach),
        capture_output=True,
        check=False,
    )


def run_as(identity: Identity, platform: Platform) -> dict[str, Any]:
    """Give what the attack found."""
    done = attack(identity, platform)
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def platform(settings: Settings, clock: Clock, runner: FakeRunner) -> Iterator[Platform]:
    """Give a platform whose parts belong to their users, as `challenge up` makes it."""
    wired = dataclasses.replace(Platform.from_settings(settings), clock=clock, runner=runner)
    datadir.prepare(wired, slugs=["tiny-survival"])
    yield wired
    wired.database.close()


@pytest.fixture
def scored(platform: Platform, challenge: PublishedChallenge, alice: Participant) -> Platform:
    """Give a platform with one scored submission."""
    submission_id = send(platform, alice).submission_id
    platform.evaluator.evaluate(submission_id)
    with platform.database.reading() as session:
        assert session.get(Result, submission_id)
    assert challenge.slug
    return platform


def test_web_reads_neither_truth_nor_private_scores(scored: Platform) -> None:
    found = run_as(WEB, scored)

    assert found["uid"] == WEB.uid
    assert (found["truth"], found["private"]) == (False, False)
    assert "cannot be read by this process" in found["why"]
    assert sorted(found["keys"]) == [
        "queue.key",
        "receipt.pub",
        "tiny-survival.release.pub",
    ]
    assert found["files"] > 5


def test_the_worker_reads_truth_but_no_private_scores(scored: Platform) -> None:
    """The control of the test above: the same attack, as the user that holds the scoring key."""
    found = run_as(WORKER, scored)

    assert (found["truth"], found["private"]) == (True, False)
    assert "session.key" not in found["keys"]


@pytest.mark.sqlite(reason="who connects to PostgreSQL is for its own rules to say")
def test_redis_reaches_neither_the_database_nor_a_key(scored: Platform) -> None:
    done = attack(REDIS, scored)

    assert done.returncode != 0
    assert b"unable to open database file" in done.stderr


def test_the_clear_truth_is_in_no_file_after_the_build(scored: Platform) -> None:
    """Not even for root: the build had it in memory only."""
    files = [path for path in scored.settings.data_dir.rglob("*") if path.is_file()]

    assert files
    assert [path for path in files if TRUTH_LINE in path.read_bytes()] == []


PLANT = """
import os, sys
from pathlib import Path

data, victim, target = (Path(argument) for argument in sys.argv[1:])
links = {
    data / "objects" / "link": victim,
    data / "objects" / "folder": victim.parent,
    data / "objects" / "release": data / "keys" / "operator" / "release",
    data / "db" / "link": victim,
    data / "keys" / "web" / "link": victim,
    data / "keys" / "worker" / "link": victim,
    data / "keys" / "link": victim,
}
for place, goal in links.items():
    try:
        place.symlink_to(goal)
    except PermissionError:
        print("refused", place.relative_to(data))
for name in ("platform.db", "platform.db-wal", "platform.db-shm"):
    (data / "db" / name).unlink(missing_ok=True)
(data / "db" / "platform.db").symlink_to(target)
"""


@pytest.mark.sqlite(reason="the links replace the database's file")
def test_links_that_web_plants_do_not_lead_root_astray(scored: Platform, tmp_path: Path) -> None:
    """The hostile web process waits for the operator's next command, run as root."""
    data = scored.settings.data_dir.absolute()
    secret = tmp_path / "secret"
    secret.mkdir(mode=0o700)
    victim, target = secret / "victim", secret / "made-by-root"
    victim.write_text("of root")
    victim.chmod(0o600)
    release = data / "keys" / "operator" / "release" / "tiny-survival.key"
    before = [path.stat() for path in (victim, release)]
    scored.database.close()
    planted = subprocess.run(
        [sys.executable, "-c", PLANT, str(data), str(victim), str(target)],
        cwd="/",
        preexec_fn=preparation(WEB, reach=(*code_folders(), data)),
        capture_output=True,
        text=True,
        check=True,
    )

    command = ["user", "create", "eve@example.org", "--name", "Eve"]
    subprocess.run(
        [sys.executable, "-m", "challenge_platform.cli", *command],
        env=scored.settings.environment(),
        capture_output=True,
        check=False,
    )

    after = [path.stat() for path in (victim, release)]
    assert planted.stdout.split("\n")[:-1] == [
        "refused keys/web/link",
        "refused keys/worker/link",
        "refused keys/link",
    ]
    assert not target.exists()
    for old, new in zip(before, after, strict=True):
        assert (old.st_uid, old.st_gid, old.st_mode) == (new.st_uid, new.st_gid, new.st_mode)
    assert run_as_reader(WEB, release, data) == "Permission denied"


def run_as_reader(identity: Identity, path: Path, data: Path) -> str:
    """Read a file as a user, and give its content or why not."""
    program = (
        "import sys\ntry: print(open(sys.argv[1]).read())\nexcept OSError as e: print(e.strerror)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd="/",
        preexec_fn=preparation(identity, reach=(*code_folders(), data)),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
