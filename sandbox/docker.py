"""The Runner on a Docker Engine: each program in a fresh container, and none is left behind."""

import logging
import queue
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version

from sandbox import Outcome, Run, SandboxUnavailable, Status
from sandbox.container import Container
from sandbox.engine import Engine
from sandbox.options import EngineFacts, container_options, shortcomings
from sandbox.pool import KINDS, Kind, Pool, Sandbox

_SLOT_SECONDS = 30.0  # to wait for a free slot before the caller is told to try again later
_CANCEL_SECONDS = 90.0  # a slot, a start and a kill, each at its slowest
_BEING_REMOVED = 8  # containers that have ended, and whose removal may still be under way

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Active:
    """A run under way: closing `stop` ends its conversation, which watches `stopped`.

    `owner` is the label of its container.
    """

    stop: socket.socket
    stopped: socket.socket
    over: threading.Event
    owner: str


class DockerRunner:
    """Runs programs on one engine; may be shared by threads.

    `runtimes` names the images that may run, no others may. An image's id is looked up once, so
    that a tag that moves later changes nothing. `label` marks this runner's containers; another
    runner on the engine needs another. `slots` runs go on at once. Every container has its own
    uid; `warm` of each kind that was used last are kept ready for the next run.
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
    ) -> None:
        self._engine = engine
        self._runtimes = dict(runtimes)
        self._label = label
        self._slot_count = slots
        self._slots = threading.BoundedSemaphore(slots)
        self._numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(slots + KINDS * warm + _BEING_REMOVED):
            self._numbers.put(number)
        self._warm: set[str] = set()  # owners of sandboxes that were made ready and are not removed
        self._known_facts: EngineFacts | None = None
        self._known_images: dict[str, str] = {}
        self._active: dict[str, _Active] = {}
        self._lock = threading.Lock()  # for _active and _closed
        self._closed = False
        self._removals = ThreadPoolExecutor(max_workers=1, thread_name_prefix="removal")
        self._pool = Pool(
            size=warm, make=self._make_ready, discard=self._discard, is_busy=self._is_busy
        )

    def run(self, run: Run, /, *, interrupts: Sequence[socket.socket] = ()) -> Outcome:
        """Run it once; raises SandboxUnavailable when it could not be run.

        It is cancelled as soon as one of `interrupts` is closed by its other end.
        """
        with self._activity(run.id) as active:
            try:
                with self._slot():
                    return self._run(run, active, interrupts=[active.stopped, *interrupts])
            except SandboxUnavailable as error:
                self._known_facts = None  # the engine may be another one by the next run
                self._known_images.pop(run.runtime, None)
                _log.error("run %s could not be run: %s (%s)", run.id, error, error.code)
                raise

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        active = self._active.get(run_id)
        if active is None:
            return False
        active.stop.close()
        if not active.over.wait(_CANCEL_SECONDS):
            raise SandboxUnavailable(f"The run {run_id} could not be ended.", code="not_killed")
        # After the run's own removal, which is queued already: what is there now was not removed.
        owned = {run_id, active.owner}
        removal = self._removals.submit(self._remove_containers, lambda owner: owner in owned)
        removal.result(_CANCEL_SECONDS)
        return True

    def sweep(self) -> int:
        """Remove the containers of this label that nothing here owns; give their number."""
        return self._remove_containers(
            lambda owner: owner not in self._active and owner not in self._warm
        )

    def close(self) -> None:
        """Cancel every run, remove every container of this label, and run no more."""
        with self._lock:
            self._closed = True
            under_way = list(self._active.values())
        for active in under_way:
            active.stop.close()
        for active in under_way:
            active.over.wait(_CANCEL_SECONDS)
        self._pool.close()
        self._removals.shutdown()
        self._warm.clear()
        self.sweep()

    def status(self) -> Status:
        """Ask the engine anew what could run now."""
        engine, images, problems = None, dict.fromkeys(self._runtimes), []
        try:
            facts = self._engine.facts()
            engine, problems = asdict(facts), shortcomings(facts)
            images = {name: self._engine.image_id(tag) for name, tag in self._runtimes.items()}
            problems += [self._missing(name) for name, image in images.items() if image is None]
        except SandboxUnavailable as error:
            problems.append(str(error))
        return Status(
            version=version("challenge-platform"),
            engine=engine,
            runtimes=images,
            active=tuple(self._active),
            slots=self._slot_count,
            pool={"ready": self._pool.ready, **self._pool.counts},
            problems=tuple(problems),
        )

    def _run(self, run: Run, active: _Active, *, interrupts: Sequence[socket.socket]) -> Outcome:
        kind = Kind.of(run, image=self._image(run.runtime))
        sandbox = self._pool.take(kind)
        was_ready = sandbox is not None
        if sandbox is None:
            sandbox = self._make(kind, owner=run.id)
        active.owner = sandbox.owner
        container = sandbox.container
        if was_ready:
            container.timings.clear()  # nobody waited for its making
        try:
            said = container.feed(run.input, limits=run.limits, interrupts=interrupts)
            end, exit_code = container.end(said.stop)
        finally:
            self._discard(sandbox)
        outcome = Outcome(
            end=end,
            output=said.stdout,
            exit_code=exit_code,
            seconds=container.timings["run"],
            image=kind.image,
            timings=dict(container.timings),
        )
        _report(run, outcome, stderr=said.stderr)
        return outcome

    def _make(self, kind: Kind, *, owner: str) -> Sandbox:
        """Start a sandbox, which waits for its input."""
        try:
            number = self._numbers.get(timeout=_SLOT_SECONDS)
        except queue.Empty:
            raise SandboxUnavailable(
                f"Containers have not been removed for {_SLOT_SECONDS:.0f} s.", code="busy"
            ) from None
        try:
            options = container_options(
                owner,
                image=kind.image,
                limits=kind.limits,
                facts=self._facts(),
                slot=number,
                label=self._label,
            )
            container = Container.prepare(self._engine, options=options)
        except BaseException:
            self._numbers.put(number)
            raise
        return Sandbox(kind=kind, container=container, number=number, owner=owner)

    def _make_ready(self, kind: Kind) -> Sandbox:
        owner = f"warm.{uuid.uuid4().hex}"  # no run's id has a dot
        self._warm.add(owner)
        try:
            return self._make(kind, owner=owner)
        except BaseException:
            self._warm.discard(owner)
            raise

    def _is_busy(self) -> bool:
        """Whether runs use half of the cores, so that no sandbox should be made ready now."""
        cores = self._known_facts.cpus if self._known_facts else 1
        return 2 * len(self._active) >= cores

    def _discard(self, sandbox: Sandbox) -> None:
        """Have a sandbox removed; nobody waits for it."""
        self._removals.submit(self._remove, sandbox)

    def _facts(self) -> EngineFacts:
        if self._known_facts is None:
            facts = self._engine.facts()
            if lacks := shortcomings(facts):
                raise SandboxUnavailable(f"{'; '.join(lacks)}.", code="engine_unfit")
            self._known_facts = facts
        return self._known_facts

    def _image(self, runtime: str) -> str:
        if runtime not in self._runtimes:
            raise SandboxUnavailable(
                f"There is no runtime {runtime!r}; there are {sorted(self._runtimes)}.",
                code="unknown_runtime",
            )
        if runtime not in self._known_images:
            image = self._engine.image_id(self._runtimes[runtime])
            if image is None:
                raise SandboxUnavailable(self._missing(runtime), code="image_missing")
            self._known_images[runtime] = image
        return self._known_images[runtime]

    def _missing(self, runtime: str) -> str:
        return (
            f"The image {self._runtimes[runtime]} of the runtime {runtime!r} is missing: run "
            "`python -m sandbox.images.build`."
        )

    @contextmanager
    def _activity(self, run_id: str) -> Iterator[_Active]:
        stop, stopped = socket.socketpair()
        active = _Active(stop=stop, stopped=stopped, over=threading.Event(), owner=run_id)
        with stop, stopped:
            with self._lock:
                if self._closed:
                    raise SandboxUnavailable("The launcher is stopping.", code="stopping")
                if run_id in self._active:
                    raise SandboxUnavailable(
                        f"The run {run_id} is under way already.", code="duplicate_run"
                    )
                self._active[run_id] = active
            try:
                yield active
            finally:
                with self._lock:
                    del self._active[run_id]
                active.over.set()
                self._pool.look_again()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_SLOT_SECONDS):
            raise SandboxUnavailable(
                f"All {self._slot_count} slots have been busy for {_SLOT_SECONDS:.0f} s.",
                code="busy",
            )
        try:
            yield
        finally:
            self._slots.release()

    def _remove(self, sandbox: Sandbox) -> None:
        try:
            sandbox.container.remove()
        except SandboxUnavailable as error:
            _log.warning("a container is left to the next sweep: %s", error)
        finally:
            self._warm.discard(sandbox.owner)
            self._numbers.put(sandbox.number)
            self._pool.look_again()

    def _remove_containers(self, of_run: Callable[[str], bool]) -> int:
        owners = self._engine.containers(label=self._label)
        doomed = [container for container, owner in owners.items() if of_run(owner)]
        for container in doomed:
            self._engine.remove(container)
        return len(doomed)


def _report(run: Run, outcome: Outcome, *, stderr: bytes) -> None:
    """Write a run's end to the operators' log, the only place where stderr ever goes."""
    phases = " ".join(f"{name}={seconds:.3f}" for name, seconds in outcome.timings.items())
    _log.info("run %s %s: %s", run.id, outcome.end, phases)
    if stderr:
        _log.warning("run %s said: %r", run.id, stderr.decode(errors="replace"))
