"""A whole platform as `challenge up` runs it, for tests that kill, time or watch its processes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from challenge_platform.bootstrap import Platform
from challenge_platform.config import PREFIX, Settings
from challenge_platform.core import account
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.team import join
from tests.kept import remove_kept
from tests.waiting import PATIENCE_SECONDS, listens, wait_until

TINY = Path(__file__).parent / "data" / "tiny-survival"


@dataclass(frozen=True, kw_only=True)
class Live:
    """A running platform: its process, its folder, its address and a participant's token."""

    process: subprocess.Popen[bytes]
    platform: Platform
    client: httpx.Client
    slug: str

    def pids(self, name: str, /) -> list[int]:
        """Give the process ids of one program: web, worker, launcher, reaper or redis."""
        marks = {
            "web": "gunicorn",
            "worker": "challenge_platform.jobs\0worker",
            "reaper": "challenge_platform.jobs\0reaper",
            "launcher": "challenge_platform.cli\0launcher",
            "redis": "redis-server",
        }
        return [pid for pid in descendants(self.process.pid) if marks[name] in command_line(pid)]

    def signal(self, name: str, number: int, /) -> None:
        """Send a signal to a program, its children included."""
        for pid in self.pids(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    @contextlib.contextmanager
    def paused(self, name: str, /) -> Iterator[None]:
        """Freeze a program for a while, and never while it has the lock by which SQLite writes."""
        with self.platform.database.writing() as session:
            session.connection()  # begins the transaction, and so takes the lock
            self.signal(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(name, signal.SIGCONT)

    def submit(
        self, content: bytes, /, *, key: str | None = None, kind: str = "predictions"
    ) -> str:
        """Submit a file and give the submission's id."""
        answer = self.client.post(
            f"/api/v1/challenges/{self.slug}/submissions",
            files={"file": (f"{kind}.bin", content)},
            data={"kind": kind, "phase": "development", "message": ""},
            headers={"Idempotency-Key": key} if key else {},
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def submission(self, submission_id: str, /) -> dict[str, Any]:
        """Read a submission through the API."""
        answer = self.client.get(f"/api/v1/submissions/{submission_id}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def wait_for(
        self,
        submission_id: str,
        /,
        *,
        state: str,
        seconds: float = PATIENCE_SECONDS,
        every: float = 0.02,
    ) -> float:
        """Wait for a state, the web's absence forgiven, and give how long it took."""
        return wait_until(
            lambda: self.submission(submission_id)["state"] == state, seconds=seconds, every=every
        )


@contextlib.contextmanager
def launching(settings: Settings, /) -> Iterator[None]:
    """Run a launcher alone, for a platform in the test's own process; nothing of it is left."""
    command = [sys.executable, "-m", "challenge_platform.cli", "launcher"]
    with subprocess.Popen(command, env=settings.environment()) as launcher:
        try:
            wait_until(lambda: listens(settings.launcher_address))
            yield
        finally:
            launcher.terminate()
    remove_kept(settings.launcher_address.parent)


@contextlib.contextmanager
def running(
    folder: Path,
    /,
    *,
    challenge: Path = TINY,
    environment: Mapping[str, str] | None = None,
    database_url: str | None = None,
    workers: int = 1,
    prefix: Sequence[str] = (),
) -> Iterator[Live]:
    """Run a platform with one challenge and one participant; stop it at the end.

    `prefix` are the words of a command that becomes the one that follows it.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=folder, database_url=database_url, public_url=address)
    # Few tests are about the self-test, which would try the sandboxes of each platform.
    chosen = {f"{PREFIX}SELFTEST": "false", **(environment or {})}
    inherited = {**settings.environment(), **chosen}
    slug = challenge.name
    call("data", "build", slug, "--challenges", str(challenge.parent), environment=inherited)
    command = ["up", "--port", str(port), "--workers", str(workers)]
    with subprocess.Popen(
        [*prefix, sys.executable, "-m", "challenge_platform.cli", *command],
        env=inherited,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            platform = Platform.from_settings(settings)
            with httpx.Client(base_url=settings.public_url, timeout=PATIENCE_SECONDS) as client:
                wait_until(lambda: ready(client), every=0.1)
                client.headers["Authorization"] = f"Bearer {token(platform, slug)}"
                yield Live(process=process, platform=platform, client=client, slug=slug)
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=PATIENCE_SECONDS)
            sys.stdout.write(output.decode())
            platform.database.close()
            remove_kept(settings.launcher_address.parent)


def ready(client: httpx.Client, /) -> bool:
    """Whether every part answers."""
    answer = client.get("/readyz")
    return answer.is_success and all(answer.json().values())


def token(platform: Platform, slug: str, /, *, name: str = "alice") -> str:
    """Make an account, join the challenge and give an API token."""
    now = platform.clock()
    with platform.database.writing() as session:
        user = account.create_user(
            session,
            email=f"{name}@example.org",
            name=name,
            password="correct horse battery",  # noqa: S106 -- a test's account
            now=now,
        )
        challenge = find_challenge(session, slug)
        version = challenge.definition.agreement.version
        join(session, challenge, user=user, agreement_version=version, now=now)
        return account.issue_token(session, user, name="test", now=now)


def call(*arguments: str, environment: Mapping[str, str]) -> str:
    """Call the `challenge` command, which must succeed, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "challenge_platform.cli", *arguments],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"challenge {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def free_port() -> int:
    """Give a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int, /) -> list[int]:
    """List the processes below one, by /proc."""
    children: list[str] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():  # children are listed by their thread
            children += (thread / "children").read_text().split()
    return [found for child in children for found in (int(child), *descendants(int(child)))]


def command_line(pid: int, /) -> str:
    """Give a process's command line, its arguments separated by NUL."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""
