"""Makes sandboxes and removes them with all that belongs to them, whoever asks for them."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

from sandbox import Run, SandboxUnavailable, cgroups
from sandbox.cgroups import Groups
from sandbox.container import Container, Timings, timed
from sandbox.engine import Engine
from sandbox.facts import EngineFacts, shortcomings
from sandbox.files import KeptFiles
from sandbox.numbers import Numbers
from sandbox.options import ROLE_LABEL, RUN_LABEL, Mounts, container_options
from sandbox.output import Output
from sandbox.pool import Kind, Sandbox
from sandbox.volumes import prepare_hosts

PROCESSES = 4_096
"""So many processes may all sandboxes of a launcher have together."""

_SHARE_OF_MEMORY = 0.75

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What is known of the engine: what it can do, and where sandboxes find what they share."""

    facts: EngineFacts
    groups: Groups
    hosts: str
    memory: int


class Workshop:
    """Makes sandboxes on one engine; may be shared by threads.

    `runtimes` gives the image of each name. `numbers` sandboxes can be there at once, each with a
    user of its own. `memory` is what all of them may use together, three quarters of the machine's
    when None. `runtime` is what programs run in, the engine's default when None.
    """

    def __init__(
        self,
        engine: Engine,
        /,
        *,
        runtimes: Mapping[str, str],
        label: str,
        numbers: int,
        files: KeptFiles,
        memory: int | None,
        runtime: str | None,
    ) -> None:
        self.engine = engine
        self.runtimes = dict(runtimes)
        self.label = label
        self.files = files
        self.owners: set[str] = set()  # of the sandboxes that are not removed yet
        self._numbers = Numbers(numbers)
        self._memory = memory
        self._runtime = runtime
        self._known_site: Site | None = None
        self._known_images: dict[str, str] = {}
        self._lock = threading.Lock()  # for _known_site

    def site(self) -> Site:
        """Tell what is known of the engine, which is asked once.

        Raises SandboxUnavailable, with code "engine_unfit" for one that cannot contain a program.
        """
        with self._lock:
            if self._known_site is None:
                self._known_site = self._look()
            return self._known_site

    def facts(self) -> EngineFacts:
        """Ask the engine anew what it can do."""
        return self.engine.facts(runtime=self._runtime)

    def known(self) -> Site | None:
        """Give what is known of the engine already."""
        return self._known_site

    def notes(self) -> tuple[str, ...]:
        """Tell what this engine does not let the launcher do, though programs are contained."""
        site = self._known_site
        return () if site is None or site.groups.problem is None else (site.groups.problem,)

    def forget(self) -> None:
        """Ask the engine anew at the next run: it may be another one by then."""
        with self._lock:
            self._known_site = None
            self._known_images.clear()

    def kind_of(self, run: Run, /) -> Kind:
        """Tell what kind of sandbox a run needs. Raises SandboxUnavailable for what is missing."""
        image = run.runtime if run.is_image else self.image(run.runtime)
        files = None if run.files is None else self.files.volume_of(run.files)
        weights = None if run.weights is None else self.files.volume_of(run.weights)
        return Kind.of(run, image=image, files=files, weights=weights)

    def image(self, runtime: str, /) -> str:
        """Give the id of a runtime's image, which is looked up once."""
        if runtime not in self.runtimes:
            raise SandboxUnavailable(
                f"There is no runtime {runtime!r}; there are {sorted(self.runtimes)}.",
                code="unknown_runtime",
            )
        image = self._known_images.get(runtime)
        if image is None:
            image = self.engine.image_id(self.runtimes[runtime])
            if image is None:
                raise SandboxUnavailable(self.missing(runtime), code="image_missing")
            self._known_images[runtime] = image
        return image

    def own_image(self) -> str:
        """Give the id of an image of ours, whichever is there, for what sleeps beside a program."""
        return self._own()[1]

    def _own(self) -> tuple[str, str]:
        for runtime in self.runtimes:
            try:
                return runtime, self.image(runtime)
            except SandboxUnavailable as error:
                missing = error
        raise missing

    def missing(self, runtime: str, /) -> str:
        """Say that an image is missing and how to make it."""
        return (
            f"The image {self.runtimes[runtime]} of the runtime {runtime!r} is missing: run "
            "`python -m sandbox.images.build`."
        )

    def make(self, kind: Kind, /, *, owner: str) -> Sandbox:
        """Start a sandbox, which waits for its input. Leaves nothing behind when it fails."""
        site = self.site()
        number = self._numbers.take()
        self.owners.add(owner)
        try:
            return self._make(kind, site=site, owner=owner, number=number)
        except BaseException:
            self._leave(number, owner=owner)
            with suppress(SandboxUnavailable):
                self._take_back()
            raise

    def try_own(self, kind: Kind, /, *, owner: str) -> None:
        """Start and remove the like with an image of ours; raise what `make` does if that fails.

        So it is known whether the engine is at fault when it starts no submitted image.
        """
        runtime, image = self._own()
        self.remove(self.make(replace(kind, runtime=runtime, image=image), owner=owner))

    def adopt(self, sandbox: Sandbox, /) -> None:
        """Take over a sandbox that another launcher made."""
        self.owners.add(sandbox.owner)
        self._numbers.reserve(sandbox.number)

    def remove(self, sandbox: Sandbox, /) -> None:
        """Remove a sandbox. Raises SandboxUnavailable for what is left to the next sweep."""
        try:
            sandbox.container.remove()
            if sandbox.output is not None:
                sandbox.output.remove()
        except BaseException:
            self._leave(sandbox.number, owner=sandbox.owner)
            raise
        finally:
            if sandbox.group is not None:
                sandbox.group.remove()
        self.owners.discard(sandbox.owner)
        self._numbers.give_back(sandbox.number)

    def keep_files(self, digest: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep the files of a tar; see `Runner.keep_files`."""
        facts, image = self.site().facts, self.own_image()
        with self._owning(f"files.{digest[:16]}") as owner:
            self.files.keep(digest, archive, size=size, owner=owner, image=image, facts=facts)

    def sweep(self, *, is_spared: Callable[[str], bool]) -> int:
        """Remove what bears this launcher's label and belongs to nothing; give the containers' sum.

        What belongs to an owner that `is_spared` is left.
        """

        def is_owned(owner: str) -> bool:
            return owner in self.owners or is_spared(owner)

        containers = self.engine.containers(label=self.label)
        doomed = [one for one, owner in containers.items() if not is_owned(owner)]
        removed = sum(map(self._is_removed, doomed))
        self._take_back()
        for name, labels in self.engine.volumes(label=self.label).items():
            if self._is_stale(name, labels, is_owned=is_owned):
                with suppress(SandboxUnavailable):  # in use for a moment yet
                    self.engine.remove_volume(name)
        cgroups.sweep(self.label, is_owned)
        return removed

    def close(self) -> None:
        """Remove what sandboxes share, when none is left."""
        with suppress(SandboxUnavailable):  # in use, or the engine is down: the next one has it
            self.engine.remove_volume(self._hosts_volume)
        cgroups.remove_all(self.label)

    def _make(self, kind: Kind, *, site: Site, owner: str, number: int) -> Sandbox:
        if kind.limits.gpus and not site.facts.gpus:
            raise SandboxUnavailable(
                f"The run needs {kind.limits.gpus} graphics processors, and this engine hands none "
                "to containers: install the NVIDIA Container Toolkit, or let no worker of this "
                "machine serve the queue `gpu`.",
                code="no_gpu",
            )
        group, output = site.groups.of(owner), None
        timings: Timings = {}
        try:
            if kind.collects:
                with timed(timings, "create"):
                    output = self._make_output(kind, site=site, owner=owner, number=number)
            options = container_options(
                owner,
                image=kind.image,
                limits=kind.limits,
                facts=site.facts,
                slot=number,
                label=self.label,
                parent=group.name if group else site.groups.parent,
                mounts=Mounts(
                    output=output.volume if output else None,
                    files=kind.files,
                    weights=kind.weights,
                    hosts=f"{site.hosts}/{number}",
                ),
                submitted=kind.is_submitted,
            )
            container = Container.prepare(self.engine, options=options, timings=timings)
        except BaseException:
            if output is not None:
                output.remove()
            if group is not None:
                group.remove()
            raise
        if group is not None and not group.exists():
            self._distrust_groups(site)
            group = None
        return Sandbox(
            kind=kind, container=container, number=number, owner=owner, output=output, group=group
        )

    def _make_output(self, kind: Kind, *, site: Site, owner: str, number: int) -> Output:
        return Output.prepare(
            self.engine,
            owner=owner,
            image=self.own_image(),
            limits=kind.limits,
            facts=site.facts,
            slot=number,
            label=self.label,
            parent=site.groups.parent,
        )

    def _distrust_groups(self, site: Site) -> None:
        """Use no groups of sandboxes any more: the engine makes them where we cannot see them."""
        problem = "The engine's control groups are not those that the launcher sees: as without."
        with self._lock:
            if self._known_site is site:  # and not forgotten since
                self._known_site = replace(site, groups=replace(site.groups, problem=problem))

    def _look(self) -> Site:
        facts = self.facts()
        if lacks := shortcomings(facts):
            raise SandboxUnavailable(f"{'; '.join(lacks)}.", code="engine_unfit")
        memory = self._memory or int(facts.memory * _SHARE_OF_MEMORY)
        groups = Groups.open(facts, label=self.label, memory=memory, processes=PROCESSES)
        hosts = self._prepare_hosts(facts)
        return Site(facts=facts, groups=groups, hosts=hosts, memory=memory)

    @property
    def _hosts_volume(self) -> str:
        return f"challenge-hosts-{hashlib.sha256(self.label.encode()).hexdigest()[:12]}"

    def _prepare_hosts(self, facts: EngineFacts) -> str:
        """Have a file for each number by which `localhost` has an address; give their folder."""
        with self._owning("hosts.volume") as owner:
            return prepare_hosts(
                self.engine,
                self._hosts_volume,
                owner=owner,
                image=self.own_image(),
                facts=facts,
                label=self.label,
                count=self._numbers.count,
            )

    @contextmanager
    def _owning(self, owner: str) -> Iterator[str]:
        """Own what bears this label for a while, so that no sweep removes it."""
        self.owners.add(owner)
        try:
            yield owner
        finally:
            self.owners.discard(owner)

    def _is_stale(
        self, name: str, labels: Mapping[str, str], *, is_owned: Callable[[str], bool]
    ) -> bool:
        match labels.get(ROLE_LABEL):
            case "output":
                return not is_owned(labels.get(RUN_LABEL, ""))
            case "files":
                return not self.files.is_kept(name)
        return False

    def _is_removed(self, container: str) -> bool:
        """Remove a container; one that the engine cannot remove keeps no other from it."""
        try:
            self.engine.remove(container)
        except SandboxUnavailable as error:
            _log.warning("the container %.12s is left to the next sweep: %s", container, error)
            return False
        return True

    def _leave(self, number: int, *, owner: str) -> None:
        """Leave what belongs to an owner to the next sweep, and its number with it."""
        self._numbers.leave(number, owner=owner)
        self.owners.discard(owner)

    def _take_back(self) -> None:
        """Have the numbers of what was left, and is gone, for others."""
        self._numbers.reclaim(lambda: self.engine.containers(label=self.label).values())
