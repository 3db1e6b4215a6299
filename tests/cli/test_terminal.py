"""At a real terminal: questions, the spinner, Ctrl-C; and nothing of that in a pipe."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from challenge_platform.cli.credentials import CredentialStore
from tests.cli.fake_api import SLUG, SUBMISSION, SUBMISSION_ID, TOKEN, FakeApi, document

MINE = f"/api/v1/submissions/{SUBMISSION_ID}"
RUNNING = {**SUBMISSION, "state": "running", "reason": None, "scores": []}
COMMAND = (sys.executable, "-m", "challenge_platform.cli")
SECONDS = 120.0


@dataclass
class Terminal:
    """A command at a pseudo-terminal, and all that it has printed."""

    process: subprocess.Popen[bytes]
    screen: int
    shown: str = ""

    def until(self, text: str, /) -> None:
        """Read on until `text` has been shown."""
        while text not in self.shown:
            assert self._read(), f"{text!r} was not shown in {self.shown!r}"

    def type(self, text: str, /) -> None:
        """Type a line."""
        os.write(self.screen, f"{text}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self.screen, b"\x03")

    def end(self) -> int:
        """Read what is left, and give the exit code."""
        while self._read():
            pass
        return self.process.wait(SECONDS)

    def _read(self) -> bool:
        """Read what comes next; give False once the command has ended."""
        readable, _, _ = select.select([self.screen], [], [], SECONDS)
        assert readable, f"nothing more was shown after {self.shown!r}"
        try:
            self.shown += os.read(self.screen, 4096).decode(errors="replace")
        except OSError:  # Linux's way to say that nobody has the terminal open any more
            return False
        return True


@pytest.fixture
def environment(here: Path, tmp_path: Path) -> Mapping[str, str]:
    """Give an environment of a participant's machine."""
    assert here.exists()
    return {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "CHALLENGE_CONFIG_DIR": str(tmp_path / "config"),
        "TERM": "xterm-256color",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


@contextmanager
def at_terminal(*args: str, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Run a command at a pseudo-terminal."""
    screen, side = pty.openpty()
    # setsid makes the terminal the command's own, so that what is typed reaches it as signals too;
    # whoever runs the tests in the background has Ctrl-C ignored, and every child with them.
    command = ["env", "--default-signal=INT", "setsid", "--ctty", *COMMAND, *args]
    with subprocess.Popen(
        command, stdin=side, stdout=side, stderr=side, env=environment
    ) as process:
        os.close(side)
        try:
            yield Terminal(process, screen)
        finally:
            process.kill()
            os.close(screen)


def in_a_pipe(*args: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command whose output goes into a pipe and whose input is empty."""
    return subprocess.run(
        [*COMMAND, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=SECONDS,
    )


@pytest.fixture
def signed_in(api: FakeApi, store: CredentialStore) -> FakeApi:
    """Be signed in to the fake platform."""
    store.login(api.url, token=TOKEN)
    return api


def test_login_asks_for_address_and_token_and_does_not_show_the_token(
    api: FakeApi, store: CredentialStore, environment: Mapping[str, str]
) -> None:
    with at_terminal("auth", "login", environment=environment) as terminal:
        terminal.until("Address of the platform")
        terminal.type(api.url)
        terminal.until("API token (not shown): ")  # getpass writes the last space
        terminal.type(TOKEN)

        assert terminal.end() == 0

    assert "Signed in" in terminal.shown
    assert TOKEN not in terminal.shown
    assert store.load().tokens == {api.url: TOKEN}


def test_joining_shows_the_agreement_and_asks(
    signed_in: FakeApi, environment: Mapping[str, str]
) -> None:
    with at_terminal("challenges", "join", SLUG, environment=environment) as terminal:
        terminal.until("You shall not redistribute.")
        terminal.until("Do you accept version 2026-01")
        terminal.type("y")

        assert terminal.end() == 0

    assert len(signed_in.sent("POST", f"/api/v1/challenges/{SLUG}/join")) == 1


def test_who_does_not_accept_does_not_join(
    signed_in: FakeApi, environment: Mapping[str, str]
) -> None:
    with at_terminal("challenges", "join", SLUG, environment=environment) as terminal:
        terminal.until("Do you accept")
        terminal.type("n")

        assert terminal.end() == 1

    assert signed_in.sent("POST", f"/api/v1/challenges/{SLUG}/join") == []


def test_waiting_shows_a_live_line(
    signed_in: FakeApi, predictions: Path, environment: Mapping[str, str]
) -> None:
    queued = {**RUNNING, "state": "queued", "position": 2}
    signed_in.then("GET", MINE, *map(document, (queued, queued, RUNNING, SUBMISSION)))
    args = ("submit", SLUG, "-f", predictions.name, "-m", "x", "--wait")

    with at_terminal(*args, environment=environment) as terminal:
        terminal.until("queued, position 2")

        assert terminal.end() == 0

    assert "0.7312 [0.6912, 0.7712]" in terminal.shown


def test_ctrl_c_ends_the_wait_with_130_and_says_that_the_submission_goes_on(
    signed_in: FakeApi, predictions: Path, environment: Mapping[str, str]
) -> None:
    signed_in.then("GET", MINE, document(RUNNING))
    args = ("submit", SLUG, "-f", predictions.name, "-m", "x", "--wait")

    with at_terminal(*args, environment=environment) as terminal:
        terminal.until("running")
        terminal.interrupt()

        assert terminal.end() == 130

    assert f"challenge submissions show {SUBMISSION_ID}" in terminal.shown
    assert "Traceback" not in terminal.shown


def test_ctrl_c_at_a_question_ends_with_130(api: FakeApi, environment: Mapping[str, str]) -> None:
    with at_terminal("--url", api.url, "auth", "login", environment=environment) as terminal:
        terminal.until("API token (not shown): ")  # getpass writes the last space
        terminal.interrupt()

        assert terminal.end() == 130

    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_left_out_where_nobody_wants_them(
    signed_in: FakeApi,
    predictions: Path,
    environment: Mapping[str, str],
    variables: Mapping[str, str],
    *,
    coloured: bool,
) -> None:
    signed_in.then("GET", MINE, document(RUNNING), document(RUNNING), document(SUBMISSION))
    args = ("submit", SLUG, "-f", predictions.name, "-m", "x", "--wait")

    with at_terminal(*args, environment={**environment, **variables}) as terminal:
        assert terminal.end() == 0

    found = re.search(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])(?:;\d+)*m", terminal.shown)
    assert (found is not None) is coloured


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("submit", "--help"),
        ("challenges", "show", SLUG),
        ("data", "download", SLUG),
        ("submit", SLUG, "-f", "predictions.csv", "-m", "x", "--wait"),
        ("leaderboard", SLUG),
        ("nonsense",),
    ],
)
@pytest.mark.usefixtures("signed_in", "predictions")
def test_there_are_no_escape_codes_in_a_pipe(
    environment: Mapping[str, str], args: tuple[str, ...]
) -> None:
    done = in_a_pipe(*args, environment=environment)

    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr


@pytest.mark.usefixtures("signed_in")
def test_a_reader_that_stops_reading_is_no_error_to_talk_about(
    environment: Mapping[str, str],
) -> None:
    command = " ".join([*COMMAND, "challenges", "show", SLUG, "--format", "json", "| head -c 1"])

    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=True, env=environment
    )

    assert (done.stdout, done.stderr) == ("{", "")
