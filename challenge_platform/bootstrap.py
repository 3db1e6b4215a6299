"""The wiring: every part of the platform, chosen once from the settings."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from challenge_platform.config import Settings
from challenge_platform.core.catalogue import Catalogue
from challenge_platform.core.departure import Departures
from challenge_platform.core.evaluation import Evaluator
from challenge_platform.core.glance import Glances
from challenge_platform.core.leaderboard import StateReader
from challenge_platform.core.lease import Leases
from challenge_platform.core.reaper import Reaper
from challenge_platform.core.receipt import Signer
from challenge_platform.core.transfer import Transfers
from challenge_platform.core.upload import Uploads
from challenge_platform.database import Database, connect
from challenge_platform.errors import KeyUnavailable
from challenge_platform.queue import Queue
from challenge_platform.storage import ObjectStore
from challenge_platform.vault import KeyRing, write_key
from sandbox import Launcher
from sandbox.client import LauncherClient

SECRET_BYTES = 32


def now() -> datetime:
    """Tell the time; the only clock of the platform."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Where each key is: a folder a process, so that the owner of the folder decides who reads."""

    folder: Path

    @property
    def session(self) -> Path:
        """Signs the web's cookies; read by web only."""
        return self.folder / "web" / "session.key"

    @property
    def second_factor(self) -> Path:
        """Encrypts what people's second factors are checked by; read by web only."""
        return self.folder / "web" / "second-factor.key"

    @property
    def queue(self) -> Path:
        """Signs jobs; read by web, worker and reaper."""
        return self.folder / "shared" / "queue.key"

    @property
    def receipt_public(self) -> Path:
        """Verifies receipts; for everybody."""
        return self.folder / "shared" / "receipt.pub"

    @property
    def scoring(self) -> KeyRing:
        """Open hidden truth; read by the worker only."""
        return KeyRing(self.folder / "worker" / "scoring", "scoring")

    @property
    def release(self) -> KeyRing:
        """Open private scores; read by the operator only."""
        return KeyRing(self.folder / "operator" / "release", "release")

    @property
    def signer(self) -> Signer:
        """Signs receipts; read by the worker only."""
        return Signer(self.folder / "worker" / "receipt.key")

    def create_for(self, slug: str, /) -> None:
        """Make the keys of a challenge, where they are missing.

        A release key that was taken off the server is not made anew: its public half is here.
        """
        self.scoring.create(slug)
        if not (path := self._release_public(slug)).exists():
            path.write_text(self.release.create(slug))

    def release_recipient(self, slug: str, /) -> str:
        """Give the age recipient to which a challenge's private scores are encrypted."""
        return read_secret(self._release_public(slug)).decode()

    def _release_public(self, slug: str) -> Path:
        return self.folder / "shared" / f"{slug}.release.pub"

    def create(self) -> None:
        """Make every key that no challenge owns, where it is missing."""
        for path in (self.session, self.second_factor, self.queue):
            if not path.exists():
                write_key(path, secrets.token_bytes(SECRET_BYTES))
        public = self.signer.create()
        if not self.receipt_public.exists():
            self.receipt_public.write_bytes(public)


def read_secret(path: Path, /) -> bytes:
    """Read a key file; raise KeyUnavailable when this process may not."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnavailable(
            f"{path.name} cannot be read by this process: {error.strerror}"
        ) from error


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The parts; keys are read when used, so that each process needs only its own."""

    settings: Settings
    database: Database
    store: ObjectStore
    queue: Queue
    runner: Launcher
    clock: Callable[[], datetime] = now
    pause: Callable[[float], None] = time.sleep

    @classmethod
    def from_settings(cls, settings: Settings, /) -> Self:
        """Wire the parts; nothing is connected yet."""
        keys = Keys(folder=settings.keys)
        return cls(
            settings=settings,
            database=connect(settings.database_address),
            store=ObjectStore(settings.objects_dir),
            queue=Queue(address=settings.redis_address, key=lambda: read_secret(keys.queue)),
            runner=LauncherClient(settings.launcher_address),
        )

    @property
    def keys(self) -> Keys:
        """Where the keys are."""
        return Keys(folder=self.settings.keys)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What finds challenges to show; one a process, since it keeps what it read last."""
        return Catalogue()

    @cached_property
    def glances(self) -> Glances:
        """What says which state of a board is shown; one a process, as the two others are."""
        return Glances(self.catalogue, seconds=self.settings.glance_seconds)

    @cached_property
    def board_states(self) -> StateReader:
        """What reads the states of boards; one a process, since it keeps what it read last."""
        return StateReader(self.store)

    @property
    def uploads(self) -> Uploads:
        """What the web uses to accept submissions."""
        return Uploads(self.database, self.store, self.clock)

    @property
    def transfers(self) -> Transfers:
        """What takes large files in parts; beside the objects, so that none is copied to them."""
        return Transfers(folder=self.settings.objects_dir / "transfers", clock=self.clock)

    @property
    def departures(self) -> Departures:
        """What removes people who leave."""
        return Departures(database=self.database, store=self.store, clock=self.clock)

    @property
    def evaluator(self) -> Evaluator:
        """What the worker uses to evaluate submissions."""
        return Evaluator(
            database=self.database,
            store=self.store,
            scoring_keys=self.keys.scoring,
            runner=self.runner,
            signer=self.keys.signer,
            platform_url=self.settings.public_url,
            leases=Leases(
                database=self.database,
                runner=self.runner,
                clock=self.clock,
                length=self.settings.lease,
            ),
            max_attempts=self.settings.max_attempts,
            team_runs=self.settings.team_runs,
            clock=self.clock,
            pause=self.pause,
        )

    @property
    def reaper(self) -> Reaper:
        """What finds work that was forgotten."""
        return Reaper(
            database=self.database,
            queue=self.queue,
            clock=self.clock,
            max_attempts=self.settings.max_attempts,
            team_runs=self.settings.team_runs,
        )
