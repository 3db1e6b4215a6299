"""The demo: build the challenges, make accounts, submit the baselines as a participant would."""

import json
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.organizer import DataDir, open_platform
from challenge_platform.cli.visitor import Visitor
from challenge_platform.core import account
from challenge_platform.core.account import Role, User
from challenge_platform.core.challenge import PublishedChallenge, current_version
from challenge_platform.core.definition import Baseline
from challenge_platform.core.result import Result
from challenge_platform.core.standing import boards_due
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import join
from challenge_platform.errors import InvalidInput

CHALLENGES = Path(__file__).resolve().parents[2] / "challenges"
app = typer.Typer()

DOMAIN = "demo.invalid"
WAIT_SECONDS = 120
BOARD_TRIES, BOARD_PAUSE = 50, 0.2


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account of the demo, kept so that a second run shows the same passwords."""

    email: str
    name: str
    password: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The parts that a demo needs."""

    platform: Platform
    say: Callable[[str], None]
    stopped: threading.Event

    def run(self) -> int:
        """Load everything; give 0 only if every baseline was scored within its expected range."""
        people = self._people()
        good = True
        for slug in slugs():
            good = self._load(CHALLENGES / slug, participant=people[0]) and good
        self._print_accounts(people)
        return 0 if good else 1

    def _load(self, folder: Path, *, participant: Account) -> bool:
        platform = self.platform
        version = build_challenge(platform, folder, say=self.say)
        with platform.database.reading() as session:
            challenge = current_version(session, version.challenge_id)
        done = [
            self._submit_baseline(challenge, baseline, folder=folder)
            for baseline in challenge.definition.baselines
            if not self.stopped.is_set()
        ]
        done.append(self._submit_by_page(challenge, participant, folder=folder))
        self._wait_for_boards()
        self.say("")
        self._cli("leaderboard", challenge.slug, token=None)
        return all(done)

    def _submit_baseline(
        self, challenge: PublishedChallenge, baseline: Baseline, *, folder: Path
    ) -> bool:
        """Compute, submit and check one baseline, unless it stands on the board already."""
        slug = challenge.slug
        email = f"baseline-{baseline.path.rstrip('/').rpartition('/')[2]}.{slug}@{DOMAIN}"
        token = self._baseline_token(challenge, baseline, email=email)
        if (result := self._scored(challenge, email=email)) is None:
            public = self.platform.settings.data_dir.absolute() / "demo" / slug
            self._cli("data", "download", slug, "-p", str(public), token=token)
            self.say(f"{slug}: computing the baseline {baseline.name}")
            predictions = _predict(folder / baseline.path / "predict.py", public)
            arguments = ("-f", str(predictions), "-p", str(public), "-m", baseline.name)
            self._cli("submit", slug, *arguments, "--wait", str(WAIT_SECONDS), token=token)
            result = self._scored(challenge, email=email)
        return self._as_expected(baseline, result)

    def _submit_by_page(
        self, challenge: PublishedChallenge, person: Account, *, folder: Path
    ) -> bool:
        """Let the demo's participant submit the starter kit's model through the web form, once."""
        starter = folder / "starter_kit" / "starter.py"
        if not starter.exists() or self._scored(challenge, email=person.email) is not None:
            return True
        public = self.platform.settings.data_dir.absolute() / "demo" / challenge.slug
        self.say(f"{challenge.slug}: {person.name} submits the starter kit on the page")
        visitor = Visitor.of(self.platform.settings.public_url)
        visitor.log_in(email=person.email, password=person.password)
        visitor.join(challenge.slug, version=challenge.definition.agreement.version)
        page = visitor.submit(challenge.slug, _predict(starter, public), message="Starter kit")
        state = visitor.wait(page, seconds=WAIT_SECONDS)
        self.say(f"{challenge.slug}: {self.platform.settings.public_url}{page} is {state}")
        return state == State.SCORED

    def _as_expected(self, baseline: Baseline, result: Mapping[str, float] | None) -> bool:
        if result is None:
            self.say(f"{baseline.name}: was not scored")
            return False
        wrong = [key for key, range_ in baseline.expect.items() if not range_.holds(result[key])]
        for key in wrong:
            self.say(f"{baseline.name}: {key} is {result[key]:.4f}, out of its expected range")
        return not wrong

    def _baseline_token(
        self, challenge: PublishedChallenge, baseline: Baseline, *, email: str
    ) -> str:
        """Give a fresh token of the baseline's account, which is made and joined at first."""
        platform = self.platform
        now = platform.clock()
        with platform.database.writing() as session:
            user = session.exec(select(User).where(User.email == email)).first()
            if user is None:
                password = secrets.token_urlsafe(24)
                user = account.create_user(
                    session, email=email, name=baseline.name, password=password, now=now
                )
            join(
                session,
                challenge,
                user=user,
                agreement_version=challenge.definition.agreement.version,
                now=now,
                baseline=True,
            )
            return account.issue_token(session, user, name="demo", now=now)

    def _scored(self, challenge: PublishedChallenge, *, email: str) -> dict[str, float] | None:
        """Give the metrics of the account's submission to this version, if one is scored."""
        with self.platform.database.reading() as session:
            query = (
                select(Result)
                .join(Submission)
                .join(User)
                .where(
                    User.email == email,
                    Submission.version_id == challenge.version_id,
                    Submission.state == State.SCORED,
                )
            )
            result = session.exec(query).first()
        if result is None:
            return None
        return {key: metric["value"] for key, metric in result.public["metrics"].items()}

    def _cli(self, *arguments: str, token: str | None) -> None:
        """Call the `challenge` command as a participant does."""
        environment = self.platform.settings.environment()
        environment["CHALLENGE_URL"] = self.platform.settings.public_url
        environment.pop("CHALLENGE_TOKEN", None)
        if token is not None:
            environment["CHALLENGE_TOKEN"] = token
        self.say(f"$ challenge {' '.join(arguments)}")
        command = [sys.executable, "-m", "challenge_platform.cli", *arguments]
        subprocess.run(command, env=environment, check=False)  # noqa: S603 -- our own command line

    def _wait_for_boards(self) -> None:
        """Give the worker the second or two in which it brings the leaderboards up to date."""
        for _ in range(BOARD_TRIES):
            with self.platform.database.reading() as session:
                if not boards_due(session):
                    return
            self.stopped.wait(BOARD_PAUSE)

    def _people(self) -> list[Account]:
        """Make one account a role on the first run, and remember them for the next."""
        platform = self.platform
        memory = platform.settings.data_dir.absolute() / "demo" / "accounts.json"
        if memory.exists():
            return [Account(**entry) for entry in json.loads(memory.read_text())]
        people = [
            Account(
                email=f"{role}@{DOMAIN}",
                name=f"Demo {role}",
                password=secrets.token_urlsafe(12),
                role=role,
            )
            for role in Role
        ]
        with platform.database.writing() as session:
            for person in people:
                account.create_user(session, now=platform.clock(), **vars(person))
        memory.touch(mode=0o600)
        memory.write_text(json.dumps([vars(person) for person in people]))
        return people

    def _print_accounts(self, people: list[Account]) -> None:
        self.say(f"\nopen {self.platform.settings.public_url} and log in as")
        for person in people:
            self.say(f"  {person.role:<12} {person.email:<28} {person.password}")


def _predict(script: Path, public: Path) -> Path:
    """Run a challenge's own program on its public files, and give the predictions it made."""
    predictions = public / f"{script.parent.name}.csv"
    done = subprocess.run(  # noqa: S603 -- the organizer's own program
        [sys.executable, script, public, predictions], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise InvalidInput(f"{script} failed: {done.stderr.strip().rpartition(chr(10))[2]}")
    return predictions


def slugs() -> list[str]:
    """List the challenges of this checkout."""
    if not CHALLENGES.is_dir():
        raise InvalidInput("the demo needs the folder `challenges` of a checkout of the repository")
    return sorted(path.parent.name for path in CHALLENGES.glob("*/challenge.yaml"))


@app.command("demo")
def demo(*, data_dir: DataDir = None) -> None:
    """Load the demo into a running platform; exit status 0 only if every baseline was scored."""
    platform = open_platform(data_dir)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    raise typer.Exit(Demo(platform=platform, say=typer.echo, stopped=stopped).run())
