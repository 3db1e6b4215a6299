"""The Runner on a Docker Engine: each program in a fresh container, and none is left behind."""

import logging
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sandbox import Outcome, Run, SandboxUnavailable, Status, not_started
from sandbox.activity import Active, Activities
from sandbox.adoption import Left, adopted, listen_on, note_of
from sandbox.attach import Conversation, Stop
from sandbox.ending import cancelled_early, ended
from sandbox.engine import Engine
from sandbox.files import KeptFiles
from sandbox.image_store import ImageStore
from sandbox.journal import Journal, Note
from sandbox.kept import KeptList
from sandbox.pieces import pieces_of
from sandbox.pool import KINDS, Kind, Pool, Sandbox
from sandbox.slots import Cancelled, Slots
from sandbox.standing import status_of
from sandbox.workshop import Workshop

DISK = 20 << 30
"""Bytes that may be kept on the engine's disk unless it is set."""

_SLOT_SECONDS = 30.0  # to wait for a free slot before the caller is told to try again later
_CANCEL_SECONDS = 90.0  # a start and a kill, each at its slowest
_SETTLE_SECONDS = 0.05  # for what came out to be recorded: a removal takes the cores it needs
_BEING_REMOVED = 8  # containers that have ended, and whose removal may still be under way
_REFUSALS = {"start_refused", "options_not_taken"}
_ENGINE_CODES = {"engine", "start_refused", "engine_unfit", "options_not_taken", "image_missing"}

_log = logging.getLogger(__name__)


class DockerRunner:
    """Runs programs on one engine; may be shared by threads.

    `runtimes` names the images that may run, beside submitted ones that are kept. An image's id is
    looked up once, so that a tag that moves later changes nothing. `label` marks this runner's
    containers and volumes; another runner on the engine needs another. `slots` runs go on at once,
    and as many detached ones. Every container has its own uid; `warm` of each kind that was used
    last are kept ready for the next run. `folder` remembers detached runs and what is kept, at most
    `disk` bytes of files and as many of images, beyond this process; without it both end with
    `close`. For `memory` and `runtime` see Workshop.
    """

    def __init__(
        self,
        engine: Engine,
        /,
        *,
        runtimes: Mapping[str, str],
        label: str,
        slots: int = 4,
        warm: int = 0,
        folder: Path | None = None,
        disk: int = DISK,
        memory: int | None = None,
        runtime: str | None = None,
    ) -> None:
        self._engine = engine
        self._label = label
        self._remembers = folder is not None
        folder = folder or Path(tempfile.mkdtemp(prefix="launcher-"))
        self._folder = folder
        self.journal = Journal(folder / "runs")
        self._workshop = Workshop(
            engine,
            runtimes=runtimes,
            label=label,
            numbers=2 * slots + KINDS * warm + _BEING_REMOVED,
            files=KeptFiles(engine, label=label, kept=KeptList(folder / "kept", budget=disk)),
            memory=memory,
            runtime=runtime,
        )
        self._images = ImageStore(engine.path, label=label, budget=disk)
        self._slots = Slots(count=slots, seconds=_SLOT_SECONDS, memory=self._memory)
        self._activities = Activities()
        self._removals = ThreadPoolExecutor(max_workers=1, thread_name_prefix="removal")
        self._pool = Pool(
            size=warm,
            make=self._make_ready,
            discard=self._discard,
            is_busy=self._is_busy,
            room=lambda: self._slots.room,
        )

    def run(self, run: Run, /, *, interrupts: Sequence[socket.socket] = ()) -> Outcome:
        """Run it once; raises SandboxUnavailable when it could not be run.

        It is cancelled as soon as one of `interrupts` is closed by its other end. The outcome of a
        detached run is in the journal before its sandbox is removed.
        """
        try:
            with self._activities.begun(run) as active:
                return self._attempt(run, active, interrupts=interrupts)
        finally:
            self._pool.look_again()  # once it is no activity any more

    def _attempt(self, run: Run, active: Active, *, interrupts: Sequence[socket.socket]) -> Outcome:
        try:
            image = self._images.using(run.runtime) if run.is_image else nullcontext()
            slot = self._slots.taken(run, is_cancelled=active.cancelled.is_set)
            with image, self._workshop.files.using(run.files, run.weights), slot:
                return self._run(run, active, interrupts=[active.stopped, *interrupts])
        except Cancelled:
            if active.leaving:
                raise Left(run.id) from None
            return self._conclude(run, cancelled_early())
        except SandboxUnavailable as error:
            self._could_not(run, error)
            raise

    def adopt(self) -> list[Note]:
        """Take over the sandboxes of detached runs that another launcher left; give their notes.

        Each is to be given to `resume`. Raises SandboxUnavailable when the engine cannot tell.
        """
        notes = [one for one in self.journal.notes() if not self.is_under_way(one.run.id)]
        there = self._engine.containers(label=self._label) if notes else {}
        for note in notes:
            if note.container not in there or self.journal.has_outcome(note.run.id):
                self.journal.forget_note(note.run.id)
        return [one for one in notes if self.journal.is_noted(one.run.id)]

    def resume(self, note: Note, /) -> Outcome:
        """Go on with a run that was taken over; raises what `run` raises."""
        run = note.run
        with self._activities.begun(run) as active, self._slots.held(run):
            active.owner = note.owner
            # An engine that cannot tell now is asked again: until then the note stays.
            sandbox = adopted(note, engine=self._engine, groups=self._workshop.site().groups)
            self._workshop.adopt(sandbox)
            listen = partial(listen_on, note, sandbox, interrupts=[active.stopped])
            try:
                return self._watch(run, active, sandbox, converse=listen)
            except SandboxUnavailable as error:
                self._could_not(run, error)
                raise

    def is_under_way(self, run_id: str, /) -> bool:
        """Whether a run goes on in this process."""
        return self._activities.find(run_id) is not None

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        active = self._activities.find(run_id)
        if active is None:
            return False
        active.interrupt()
        self._slots.look_again()
        not_ended = SandboxUnavailable(f"The run {run_id} could not be ended.", code="not_killed")
        if not active.over.wait(_CANCEL_SECONDS):
            raise not_ended
        # After the run's own removal, which is queued already: what is there now was not removed.
        try:
            removal = self._removals.submit(self._remove_containers, {run_id, active.owner})
        except RuntimeError as closed:
            raise SandboxUnavailable("The launcher is stopping.", code="stopping") from closed
        try:
            removal.result(_CANCEL_SECONDS)
        except TimeoutError:
            raise not_ended from None
        return True

    def sweep(self) -> int:
        """Remove what bears this label and nothing here owns; give the number of containers."""
        noted = {note.owner for note in self.journal.notes()}
        return self._workshop.sweep(is_spared=noted.__contains__)

    def close(self, *, leaving: bool = False) -> None:
        """End every run, remove every sandbox of this label, and run no more.

        When `leaving`, detached runs go on, for the next launcher to adopt.
        """
        under_way = self._activities.close()
        for active in under_way:
            active.leaving = leaving and active.run.detached
            active.interrupt()
        self._slots.look_again()
        for active in under_way:
            active.over.wait(_CANCEL_SECONDS)
        self._pool.close()
        self._removals.shutdown()
        try:
            if not self._remembers:
                self._workshop.files.clear()
                self._images.clear()
            self.sweep()
        finally:
            self._workshop.close()
            self._images.close()
            if not self._remembers:
                shutil.rmtree(self._folder, ignore_errors=True)

    def has_files(self, digest: str, /) -> bool:
        """Whether the tar of this SHA-256 is kept."""
        return self._workshop.files.has(digest)

    def keep_files(self, digest: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep a plain tar; see `Runner.keep_files`."""
        self._workshop.keep_files(digest, archive, size=size)

    def has_image(self, image_id: str, /) -> bool:
        """Whether a submitted image is kept."""
        return self._images.has(image_id)

    def keep_image(self, image_id: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep a submitted image; see `Runner.keep_image`."""
        self._images.keep(image_id, pieces_of(archive, size=size), size=size)

    def acknowledge(self, run_id: str, /) -> None:
        """Forget a detached run's outcome."""
        self.journal.forget_outcome(run_id)

    def status(self) -> Status:
        """Ask the engine anew what could run now."""
        return status_of(
            self._workshop,
            pool=self._pool,
            active=[active.run.id for active in self._activities.all()],
            slots=self._slots.count,
        )

    def _run(self, run: Run, active: Active, *, interrupts: Sequence[socket.socket]) -> Outcome:
        kind = self._workshop.kind_of(run)
        sandbox = self._pool.take(kind)
        if sandbox is None:
            try:
                sandbox = self._workshop.make(kind, owner=run.id)
            except SandboxUnavailable as refused:
                self._blame_image(run, kind, refused=refused)
                return self._conclude(run, not_started(run.runtime))
        else:
            sandbox.container.timings.clear()  # nobody waited for its making
        active.owner = sandbox.owner
        converse = partial(
            sandbox.container.feed,
            run,
            interrupts=interrupts,
            on_fed=partial(self._note, run, sandbox) if run.detached else _do_nothing,
        )
        return self._watch(run, active, sandbox, converse=converse)

    def _blame_image(self, run: Run, kind: Kind, *, refused: SandboxUnavailable) -> None:
        """Raise what the engine said unless the submitted image alone can be the reason."""
        if not run.is_image or refused.code not in _REFUSALS:
            raise refused
        if not self._images.has(run.runtime):
            raise refused
        self._workshop.try_own(kind, owner=f"{run.id}.try")
        _log.warning("the image of the run %s does not start: %s", run.id, refused)

    def _watch(
        self,
        run: Run,
        active: Active,
        sandbox: Sandbox,
        *,
        converse: Callable[[], Conversation],
    ) -> Outcome:
        """See a run to its end, or leave it to another launcher; its sandbox is not left behind."""
        used_before = sandbox.group.cpu_seconds() if sandbox.group else None
        left = False
        try:
            said = converse()
            if active.leaving and said.stop is Stop.INTERRUPTED:
                left = self.journal.is_noted(run.id)
                if left:
                    sandbox.container.leave()
                raise Left(run.id)
            outcome = ended(run, sandbox, said, used_before=used_before)
            return self._conclude(run, outcome)
        finally:
            if not left:
                self._discard(sandbox)

    def _note(self, run: Run, sandbox: Sandbox) -> None:
        self.journal.note(note_of(run, sandbox))

    def _conclude(self, run: Run, outcome: Outcome) -> Outcome:
        if run.detached:
            self.journal.conclude(run.id, outcome)
        phases = " ".join(f"{name}={seconds:.3f}" for name, seconds in outcome.timings.items())
        _log.info("run %s %s: %s", run.id, outcome.end, phases)
        if outcome.log and not run.detached:  # what participants print about hidden data stays out
            _log.warning("run %s said: %r", run.id, outcome.log.decode(errors="replace"))
        return outcome

    def _could_not(self, run: Run, error: SandboxUnavailable) -> None:
        if isinstance(error, Left):
            _log.info("run %s is left to the next launcher", run.id)
            return
        _log.error("run %s could not be run: %s (%s)", run.id, error, error.code)
        if error.code != "duplicate_run":
            self.journal.forget_note(run.id)
        if error.code in _ENGINE_CODES:
            self._workshop.forget()

    def _memory(self) -> int | None:
        site = self._workshop.known()
        return None if site is None else site.memory

    def _make_ready(self, kind: Kind) -> Sandbox:
        return self._workshop.make(kind, owner=f"warm.{uuid.uuid4().hex}")  # no run's id has a dot

    def _is_busy(self) -> bool:
        """Whether runs that are waited for use half of the cores, so that none should be made."""
        site = self._workshop.known()
        cores = site.facts.cpus if site else 1
        waited_for = [one for one in self._activities.all() if not one.run.detached]
        return 2 * len(waited_for) >= cores

    def _discard(self, sandbox: Sandbox) -> None:
        """Have a sandbox removed; nobody waits for it."""
        self._removals.submit(self._remove, sandbox)

    def _remove(self, sandbox: Sandbox) -> None:
        time.sleep(_SETTLE_SECONDS)
        try:
            self._workshop.remove(sandbox)
        except SandboxUnavailable as error:
            _log.warning("a container is left to the next sweep: %s", error)
        finally:
            self._pool.look_again()

    def _remove_containers(self, owners: Container[str]) -> None:
        for container, owner in self._engine.containers(label=self._label).items():
            if owner in owners:
                self._engine.remove(container)


def _do_nothing() -> None:
    """Note nothing: the run ends with its caller."""
