"""The command line as a participant's process, against the real application and database."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account
from challenge_platform.core.account import Scope
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.submission import QueueName
from challenge_platform.jobs import Jobs
from tests.conftest import PASSWORD
from tests.served import serving

SLUG = "tiny-survival"
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Newcomer:
    """A person with an account, a machine and an empty folder."""

    url: str
    folder: Path
    token: str

    def run(self, *args: str, expect: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, whose exit code is known beforehand."""
        done = subprocess.run(
            [sys.executable, "-m", "challenge_platform.cli", *args],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={
                "PYTHONPATH": str(REPOSITORY),
                "CHALLENGE_CONFIG_DIR": str(self.folder / "config"),
                "CHALLENGE_URL": self.url,
            },
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    def write(self, name: str, *, sign: int = 1, rows: int = 120) -> str:
        """Write a predictions file for the tiny challenge."""
        lines = "".join(f"p{number:03},{sign * number}\n" for number in range(rows))
        (self.folder / name).write_text(f"patient_id,risk\n{lines}")
        return name


@pytest.fixture
def served(platform: Platform, challenge: PublishedChallenge) -> Iterator[str]:
    """Serve pages and API on a free port, with a Redis that is down, and give the address."""
    assert challenge.slug == SLUG
    with serving(platform) as address:
        yield address


@pytest.fixture
def newcomer(platform: Platform, served: str, tmp_path: Path) -> Newcomer:
    """Make an account with a token; nobody is signed in and nothing is joined."""
    folder = tmp_path / "home"
    folder.mkdir()
    with platform.database.writing() as session:
        user = account.create_user(
            session,
            email="ada@example.org",
            name="Ada",
            password=PASSWORD,
            now=platform.clock(),
        )
        token = account.issue_token(session, user, name="laptop", now=platform.clock())
    return Newcomer(url=served, folder=folder, token=token)


@pytest.fixture
def participant(newcomer: Newcomer) -> Newcomer:
    """Be signed in and have joined."""
    newcomer.run("auth", "login", "--token-stdin", given=f"{newcomer.token}\n")
    newcomer.run("challenges", "join", SLUG, "--accept-terms", "1")
    return newcomer


def evaluate_as_a_worker(platform: Platform, submission_id: str, /) -> None:
    """Do what the worker does, in this process."""
    jobs = Jobs(platform)
    jobs.evaluate(QueueName.SCORING, submission_id)
    jobs.board("1", "development", "public")


def test_a_newcomer_gets_from_login_to_the_leaderboard(
    newcomer: Newcomer, platform: Platform
) -> None:
    run = newcomer.run
    run("auth", "login", "--token-stdin", given=f"{newcomer.token}\n")
    assert "ada@example.org" in run("auth", "status").stdout
    assert SLUG in run("challenges", "list").stdout
    assert "You have not joined" in run("challenges", "show", SLUG).stdout
    run("challenges", "join", SLUG, "--accept-terms", "1")
    run("data", "download", SLUG)
    assert (newcomer.folder / SLUG / "test.csv").read_text().startswith("patient_id\n")
    name = newcomer.write("risks.csv")
    run("validate", SLUG, "-f", name)

    accepted = run("submit", SLUG, "-f", name, "-m", "by number", "--format", "json")
    submission = json.loads(accepted.stdout)
    assert (submission["state"], submission["message"]) == ("queued", "by number")
    assert "4 of 5 submissions are left." in accepted.stderr
    evaluate_as_a_worker(platform, submission["id"])

    table = run("submissions", "list", SLUG, "--format", "csv").stdout
    listed = list(csv.DictReader(io.StringIO(table)))
    assert [row["state"] for row in listed] == ["scored"]
    low, value, high = (float(listed[0][name]) for name in ("c_low", "c", "c_high"))
    assert 0 <= low < value < high <= 1
    board = run("leaderboard", SLUG).stdout
    assert "Ada" in board
    assert f"{value:.4f} [" in board
    run("receipt", "download", submission["id"], "-o", "receipt.json")
    assert "is genuine" in run("receipt", "verify", "receipt.json").stdout


def test_the_platform_and_this_machine_refuse_a_file_in_the_same_words(
    participant: Newcomer,
) -> None:
    name = participant.write("short.csv", rows=117)
    participant.run("data", "download", SLUG)

    here = participant.run("validate", SLUG, "-f", name, expect=2)
    there = participant.run("submit", SLUG, "-f", name, "-m", "x", "--no-check", expect=2)

    assert "it has 3 problems" in here.stderr
    assert there.stderr == here.stderr
    assert "5 of 5" in participant.run("challenges", "show", SLUG).stdout


def test_a_file_over_the_limit_is_refused_with_exit_code_2(participant: Newcomer) -> None:
    (participant.folder / "huge.csv").write_bytes(b"x" * 5_000_000)

    done = participant.run("submit", SLUG, "-f", "huge.csv", "-m", "x", expect=2)

    assert "over the" in done.stderr


def test_the_same_key_submits_once(participant: Newcomer) -> None:
    name = participant.write("risks.csv")
    arguments = ("submit", SLUG, "-f", name, "-m", "x", "--idempotency-key", "k1")

    first, second = participant.run(*arguments), participant.run(*arguments)

    assert second.stdout == first.stdout
    listed = participant.run("submissions", "list", SLUG, "--format", "json")
    assert len(json.loads(listed.stdout)) == 1


def test_a_used_quota_is_exit_code_7_and_says_when_there_is_more(participant: Newcomer) -> None:
    name = participant.write("risks.csv")
    for _ in range(5):
        participant.run("submit", SLUG, "-f", name, "-m", "x")

    done = participant.run("submit", SLUG, "-f", name, "-m", "x", expect=7)

    assert "2026-11-23 12:00:00 UTC" in done.stderr


def test_a_source_is_sent_along_and_refused_where_none_is_asked_for(
    participant: Newcomer,
) -> None:
    name = participant.write("risks.csv")
    (participant.folder / "model.ipynb").write_text("{}")

    done = participant.run(
        "submit", SLUG, "-f", name, "-m", "x", "--source", "model.ipynb", expect=1
    )

    assert "takes no source" in done.stderr


def test_a_queued_submission_can_be_cancelled_and_then_waits_for_nobody(
    participant: Newcomer,
) -> None:
    name = participant.write("risks.csv")
    accepted = participant.run("submit", SLUG, "-f", name, "-m", "x", "--format", "json")
    identifier = json.loads(accepted.stdout)["id"]

    assert "is cancelled" in participant.run("submissions", "cancel", identifier).stdout
    assert "5 of 5" in participant.run("challenges", "show", SLUG).stdout
    again = participant.run("submissions", "cancel", identifier, expect=1)
    assert "ended already" in again.stderr


def test_a_wait_that_is_too_short_is_exit_code_5(participant: Newcomer) -> None:
    name = participant.write("risks.csv")

    done = participant.run("submit", SLUG, "-f", name, "-m", "x", "--wait", "0.2", expect=5)

    assert "queued, position 1" in done.stderr


def test_who_has_not_joined_is_told_how(newcomer: Newcomer) -> None:
    newcomer.run("auth", "login", "--token-stdin", given=f"{newcomer.token}\n")

    done = newcomer.run("data", "download", SLUG, expect=1)

    assert "challenge challenges join" in done.stderr


def test_a_token_that_may_only_read_cannot_submit(
    participant: Newcomer, platform: Platform
) -> None:
    with platform.database.writing() as session:
        ada = account.find_user(session, email="ada@example.org")
        token = account.issue_token(
            session, ada, name="reader", now=platform.clock(), scopes=(Scope.READ,)
        )
    name = participant.write("risks.csv")

    done = participant.run("--token", token, "submit", SLUG, "-f", name, "-m", "x", expect=6)

    assert "submit" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("challenges", "show"),
        ("leaderboard",),
        ("submissions", "list"),
        ("challenges", "join", "--accept-terms", "1"),
    ],
)
def test_a_mistyped_challenge_suggests_the_right_one(
    participant: Newcomer, command: tuple[str, ...]
) -> None:
    done = participant.run(*command, "tiny-survivl", expect=1)

    assert "did you mean 'tiny-survival'?" in done.stderr


def test_an_old_version_of_the_agreement_is_not_accepted(newcomer: Newcomer) -> None:
    newcomer.run("auth", "login", "--token-stdin", given=f"{newcomer.token}\n")

    done = newcomer.run("challenges", "join", SLUG, "--accept-terms", "0", expect=1)

    assert "'1'" in done.stderr or "version 1" in done.stderr
