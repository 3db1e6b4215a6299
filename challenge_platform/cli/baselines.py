"""Baselines: each is submitted by the command line as a team, and compared with its expectation."""

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.local_run import archive_of
from challenge_platform.cli.output import Column, write_table
from challenge_platform.core import account
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Baseline, Expectation
from challenge_platform.core.program import PREDICTIONS
from challenge_platform.core.result import Result
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import free_name, join
from challenge_platform.errors import InvalidInput

DOMAIN = "demo.invalid"
SPARE_SECONDS = 120
"""How long a submission may take beside what its program may."""


class CommandLine(Protocol):
    """Calls the `challenge` command as a participant does."""

    def __call__(self, *arguments: str, token: str | None) -> None:
        """Call it with a participant's token, or as nobody."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One metric of a baseline beside what was expected of it; `value` None if not scored."""

    challenge: str
    baseline: str
    metric: str
    expected: Expectation
    value: float | None

    @property
    def fits(self) -> bool:
        """Whether it was scored within the expected range."""
        return self.value is not None and self.expected.holds(self.value)


@dataclass(frozen=True, kw_only=True)
class Baselines:
    """The baselines of one challenge of a running platform; `folder` has their programs."""

    platform: Platform
    challenge: PublishedChallenge
    folder: Path
    cli: CommandLine
    say: Callable[[str], None]

    @property
    def public(self) -> Path:
        """The folder to which the public files are downloaded."""
        return self.platform.settings.data_dir.absolute() / "demo" / self.challenge.slug

    def submit(self, baseline: Baseline, /) -> Iterator[Found]:
        """Compute and submit a baseline, unless it stands on the board already; give its scores."""
        slug = self.challenge.slug
        name = Path(baseline.path).name
        email = f"baseline-{name}.{slug}@{DOMAIN}"
        token = self._token(baseline, name=name, email=email)
        if (result := self.scored(email=email)) is None:
            self.cli("data", "download", slug, "-p", str(self.public), token=token)
            self.say(f"{slug}: preparing the baseline {baseline.name}")
            file = self._file(baseline, name=name)
            wait = str(2 * self.challenge.definition.limits.seconds + SPARE_SECONDS)
            what = ("-f", str(file), "-p", str(self.public), "--kind", baseline.kind)
            self.cli("submit", slug, *what, "-m", baseline.name, "--wait", wait, token=token)
            result = self.scored(email=email)
        expected = baseline.expect or {self.challenge.definition.scoring.primary.key: Expectation()}
        for metric, range_ in expected.items():
            yield Found(
                challenge=slug,
                baseline=name,
                metric=metric,
                expected=range_,
                value=None if result is None else result[metric],
            )

    def scored(self, *, email: str) -> dict[str, float] | None:
        """Give the metrics of an account's submission to this version, if one is scored."""
        with self.platform.database.reading() as session:
            query = (
                select(Result)
                .join(Submission)
                .join(User)
                .where(
                    User.email == email,
                    Submission.version_id == self.challenge.version_id,
                    Submission.state == State.SCORED,
                )
            )
            result = session.exec(query).first()
        if result is None:
            return None
        return {key: metric["value"] for key, metric in result.public["metrics"].items()}

    def _file(self, baseline: Baseline, *, name: str) -> Path:
        """Make what a baseline sends in: its predictions, or its program as an archive."""
        folder = self.folder / baseline.path
        if baseline.kind == PREDICTIONS:
            file = self.challenge.definition.submission.file
            return predict(folder / "predict.py", self.public, name=f"{name}{Path(file).suffix}")
        archive = self.public / f"{name}.zip"
        archive.write_bytes(archive_of(folder))
        return archive

    def _token(self, baseline: Baseline, *, name: str, email: str) -> str:
        """Give a fresh token of the baseline's account, which is made and joined at first.

        Its team is named after the baseline; its account is not, as two challenges may each have a
        baseline of that name.
        """
        platform = self.platform
        now = platform.clock()
        with platform.database.writing() as session:
            user = session.exec(select(User).where(User.email == email)).first()
            if user is None:
                password = secrets.token_urlsafe(24)
                own = f"{name}, {self.challenge.slug}"
                user = account.create_user(
                    session, email=email, name=own, password=password, now=now
                )
            team = join(
                session,
                self.challenge,
                user=user,
                agreement_version=self.challenge.definition.agreement.version,
                now=now,
                baseline=True,
            )
            if team.name == user.name:
                team.name = free_name(session, baseline.name, challenge_id=self.challenge.id)
            return account.issue_token(session, user, name="demo", now=now)


def predict(script: Path, public: Path, /, *, name: str) -> Path:
    """Run a challenge's own program on its public files, and give the predictions it made."""
    predictions = public / name
    done = subprocess.run(  # noqa: S603 -- the organizer's own program
        [sys.executable, script, public, predictions], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise InvalidInput(f"{script} failed: {done.stderr.strip().rpartition(chr(10))[2]}")
    return predictions


def print_found(found: Sequence[Found], /) -> None:
    """Print a table of what was expected of each baseline, and what was found."""
    write_table(found, columns=_COLUMNS)


def _range(expected: Expectation) -> str:
    low = "" if expected.min is None else f"{expected.min:g}"
    high = "" if expected.max is None else f"{expected.max:g}"
    return f"{low} to {high}" if low or high else "any"


def _found(each: Found) -> str:
    return "not scored" if each.value is None else f"{each.value:.4f}"


_COLUMNS: Sequence[Column[Found]] = (
    Column(heading="CHALLENGE", text=lambda each: each.challenge, wraps=True),
    Column(heading="BASELINE", text=lambda each: each.baseline),
    Column(heading="METRIC", text=lambda each: each.metric),
    Column(heading="EXPECTED", text=lambda each: _range(each.expected)),
    Column(heading="FOUND", text=_found, right=True),
    Column(heading="FITS", text=lambda each: "yes" if each.fits else "NO"),
)
