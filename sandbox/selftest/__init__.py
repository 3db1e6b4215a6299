"""The self-test: hostile programs run against this machine's own sandboxes, and what came of them.

Run it where a platform runs, before it takes a job: an engine, a kernel or a setting may be other
than those that the options were measured on.

    python -m sandbox.selftest
"""

import hashlib
import io
import tarfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Thread

from sandbox import Limits, Outcome, Run, Runner, SandboxUnavailable
from sandbox.selftest.case import Case, Member, read_cases
from sandbox.selftest.judge import differences
from sandbox.selftest.measures import MEASURES

RUNTIME = "selftest"
"""The runtime that runs a case: it is in the launcher's table under this name."""

_JOIN_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What came of a case: `seen` says in what it differed from what must come of it, in words.

    `untried` says why the platform could not run it at all, which is no escape.
    """

    case: Case
    seen: tuple[str, ...] = ()
    untried: str = ""

    @property
    def is_contained(self) -> bool:
        """Whether it was run, and came out as it must."""
        return not self.seen and not self.untried

    def told(self) -> str:
        """Say in a sentence what was seen; empty when all is well."""
        if self.untried:
            return f"The case {self.case.name} could not be tried: {self.untried}"
        if not self.seen:
            return ""
        seen = "; ".join(self.seen)
        return f"A sandbox does not hold: {self.case.name} was not contained ({seen})."

    def repairs(self) -> tuple[str, ...]:
        """Say what to look at, for each measure that should have contained it."""
        measures = {name: MEASURES[name] for name in self.case.measures}
        return tuple(f"{name} ({one.what}): {one.repair}" for name, one in measures.items())


def quick_cases() -> tuple[Case, ...]:
    """Give the cases that are tried before any job is taken: less than five seconds in all."""
    return tuple(case for case in read_cases() if case.quick)


def examine(runner: Runner, cases: Iterable[Case], /) -> Iterator[Finding]:
    """Try each case in turn, on a runner whose table has the self-test's runtime."""
    for case in cases:
        try:
            yield try_case(runner, case)
        except SandboxUnavailable as error:
            yield Finding(case=case, untried=f"{error} ({error.code})")


def try_case(
    runner: Runner, case: Case, /, *, limit: Callable[[Limits], Limits] = lambda limits: limits
) -> Finding:
    """Try one case; `limit` may change its limits.

    Raises SandboxUnavailable when it could not be run, unless that is what must come of it.
    """
    case = replace(case, limits=limit(case.limits))
    seen: list[str] = []
    try:
        others, files, weights = (
            _keep(runner, each) for each in (case.others, case.files, case.weights)
        )
    except SandboxUnavailable as error:
        if error.code != case.refusal:
            raise
        return Finding(case=case)
    with _beside(runner, case, weights=others):
        for _ in range(case.runs):
            run = _run(case, case.program, files=files, weights=weights, collect=case.collect)
            seen += differences(case, _outcome(runner, run, refusal=case.refusal))
    return Finding(case=case, seen=tuple(dict.fromkeys(seen)))


def _outcome(runner: Runner, run: Run, *, refusal: str | None) -> Outcome | None:
    """Give what came of a run, None for one that was refused as it must be."""
    try:
        return runner.run(run)
    except SandboxUnavailable as error:
        if error.code != refusal:
            raise
        return None
    finally:
        if run.detached:
            with suppress(SandboxUnavailable):
                runner.acknowledge(run.id)


@contextmanager
def _beside(runner: Runner, case: Case, *, weights: str | None) -> Iterator[None]:
    """Have the case's neighbour run meanwhile, if it has one."""
    if case.neighbour is None:
        yield
        return
    run = _run(case, case.neighbour, weights=weights)

    def call() -> None:
        with suppress(SandboxUnavailable):  # what it is for shows in the case
            runner.run(run)

    thread = Thread(target=call, name="neighbour")
    thread.start()
    try:
        yield
    finally:
        runner.cancel(run.id)
        thread.join(_JOIN_SECONDS)


def _run(
    case: Case,
    program: str,
    *,
    files: str | None = None,
    weights: str | None = None,
    collect: str | None = None,
) -> Run:
    source = program.encode()
    stdin = b"%d\n" % len(source) + source + b"x" * case.input_bytes
    return Run(
        id=f"selftest-{uuid.uuid4()}",
        runtime=runtime_of(case),
        limits=case.limits,
        input=stdin,
        files=files,
        weights=weights,
        collect=collect,
    )


def runtime_of(case: Case, /) -> str:
    """Name the runtime of a case: the self-test's, or that of its own image."""
    return RUNTIME if case.image is None else f"{RUNTIME}-{case.name.replace('_', '-')}"


def packed(files: Mapping[str, Member], /) -> bytes:
    """Pack what a case has in a folder, hostile names, links and devices among it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, what in sorted(files.items()):
            member, content = _member(name, what)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def _member(name: str, what: Member) -> tuple[tarfile.TarInfo, bytes]:
    member, content = tarfile.TarInfo(name), b""
    member.mode = 0o444
    if isinstance(what, str):
        content = what.encode()
        member.size = len(content)
    elif "link" in what:
        member.type, member.linkname = tarfile.SYMTYPE, what["link"]
    else:
        member.type, member.mode = tarfile.CHRTYPE, 0o666
        member.devmajor, member.devminor = map(int, what["device"].split(":"))
    return member, content


def _keep(runner: Runner, files: Mapping[str, Member]) -> str | None:
    """Have the launcher keep files, if there are any, and give their digest."""
    if not files:
        return None
    content = packed(files)
    digest = hashlib.sha256(content).hexdigest()
    if not runner.has_files(digest):
        runner.keep_files(digest, io.BytesIO(content), size=len(content))
    return digest
