"""The demo: build challenges, make accounts, submit the baselines as a participant would."""

import json
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.baselines import DOMAIN, Baselines, Found, predict, print_found
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.organizer import DataDir, open_platform
from challenge_platform.cli.visitor import Visitor
from challenge_platform.core import account
from challenge_platform.core.account import Role
from challenge_platform.core.challenge import PublishedChallenge, current_version
from challenge_platform.core.program import PREDICTIONS
from challenge_platform.core.standing import boards_due
from challenge_platform.core.submission import State
from challenge_platform.errors import InvalidInput, PlatformError

CHALLENGES = Path(__file__).resolve().parents[2] / "challenges"
QUICK = ("nafld-progression",)
"""What is loaded unless somebody asks for others: made, scored and shown within a minute."""
EVERY = "all"
app = typer.Typer()

WAIT_SECONDS = 120
BOARD_TRIES, BOARD_PAUSE = 50, 0.2

Slugs = Annotated[
    list[str] | None,
    typer.Option(
        "--challenge",
        help=f"A challenge to load, again for each more; `{EVERY}` for all. "
        f"By default {', '.join(QUICK)}.",
    ),
]


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

    def run(self, slugs: Sequence[str], /) -> int:
        """Load everything; give 0 only if every baseline was scored within its expected range."""
        people = self._people()
        found: list[Found] = []
        good = True
        for slug in slugs:
            if self.stopped.is_set():
                break
            try:
                good = self._load(CHALLENGES / slug, participant=people[0], found=found) and good
            except PlatformError as error:  # the other challenges can still be shown
                self.say(f"challenge: {error}")
                good = False
        self.say("\nThe baselines, as they were scored on the public part:")
        print_found(found)
        self._print_accounts(people)
        return 0 if good and all(each.fits for each in found) else 1

    def _load(self, folder: Path, *, participant: Account, found: list[Found]) -> bool:
        """Build a challenge and submit its baselines; give whether the page took a file too."""
        platform = self.platform
        version = build_challenge(platform, folder, say=self.say)
        with platform.database.reading() as session:
            challenge = current_version(session, version.challenge_id)
        baselines = Baselines(
            platform=platform, challenge=challenge, folder=folder, cli=self._cli, say=self.say
        )
        for baseline in challenge.definition.baselines:
            if not self.stopped.is_set():
                found.extend(baselines.submit(baseline))
        taken = self._submit_by_page(challenge, participant, folder=folder, known=baselines)
        self._wait_for_boards()
        self.say("")
        self._cli("leaderboard", challenge.slug, token=None)
        return taken

    def _submit_by_page(
        self, challenge: PublishedChallenge, person: Account, *, folder: Path, known: Baselines
    ) -> bool:
        """Let the demo's participant submit the starter kit's model through the web form, once."""
        starter = folder / "starter_kit" / "starter.py"
        fits = starter.exists() and PREDICTIONS in challenge.definition.submission.kinds
        if not fits or known.scored(email=person.email) is not None:
            return True
        self.say(f"{challenge.slug}: {person.name} submits the starter kit on the page")
        visitor = Visitor.of(self.platform.settings.public_url)
        visitor.log_in(email=person.email, password=person.password)
        visitor.join(challenge.slug, version=challenge.definition.agreement.version)
        predictions = predict(starter, known.public, name=challenge.definition.submission.file)
        page = visitor.submit(challenge.slug, predictions, message="Starter kit")
        state = visitor.wait(page, seconds=WAIT_SECONDS)
        self.say(f"{challenge.slug}: {self.platform.settings.public_url}{page} is {state}")
        return state == State.SCORED

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


def chosen(slugs: Sequence[str] | None, /) -> list[str]:
    """Give the challenges of this checkout that are asked for; raise InvalidInput naming all."""
    if not CHALLENGES.is_dir():
        raise InvalidInput("the demo needs the folder `challenges` of a checkout of the repository")
    there = sorted(path.parent.name for path in CHALLENGES.glob("*/challenge.yaml"))
    asked = slugs or QUICK
    if EVERY in asked:
        return there
    if unknown := sorted(set(asked) - set(there)):
        raise InvalidInput(f"there is no challenge {unknown[0]}; there is {', '.join(there)}")
    return sorted(set(asked))


@app.command("demo")
def demo(*, challenge: Slugs = None, data_dir: DataDir = None) -> None:
    """Load the demo into a running platform; exit status 0 only if every baseline was scored."""
    platform = open_platform(data_dir)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    found = Demo(platform=platform, say=typer.echo, stopped=stopped).run(chosen(challenge))
    raise typer.Exit(found)
