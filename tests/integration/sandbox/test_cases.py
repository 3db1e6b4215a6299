"""Every hostile program in `sandbox/cases` ends as its case.toml says, on a real engine."""

import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import End, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.selftest import Finding, quick_cases, try_case
from sandbox.selftest.case import Case, read_cases
from sandbox.selftest.guard import Guard
from sandbox.selftest.images import case_images
from sandbox.selftest.measures import MEASURES, Change, Measure
from sandbox.selftest.weaken import WeakenedEngine, try_without

CASES = read_cases()

# Each case, with each set of measures that contains it.
PROOFS = [(case, names) for case in CASES for names in case.protects]

pytestmark = pytest.mark.docker


def name_of(value: object) -> str:
    """Name a case, or measures, for pytest."""
    return value.name if isinstance(value, Case) else "+".join(value)  # type: ignore[arg-type]  # of texts


@pytest.fixture(scope="module")
def images(engine: Engine) -> Iterator[Mapping[str, str]]:
    """Give the image of each runtime of the cases; those of single cases are gone after it."""
    assert engine.facts().seccomp
    with case_images(CASES) as made:
        yield made


@pytest.fixture(scope="module")
def findings(images: Mapping[str, str], engine: Engine) -> Iterator[Mapping[str, Finding]]:
    """Try the cases, a few at a time since most of them wait, and give what was found by name."""
    label = f"test-{uuid.uuid4()}"
    runner = DockerRunner(engine, runtimes=images, label=label)

    def tried(case: Case) -> Finding:
        try:
            return try_case(runner, case)
        except SandboxUnavailable as error:
            return Finding(case=case, untried=f"{error} ({error.code})")

    with ThreadPoolExecutor(max_workers=3) as pool:
        yield {finding.case.name: finding for finding in pool.map(tried, CASES)}
    runner.close()
    assert engine.containers(label=label) == {}
    assert engine.volumes(label=label) == {}


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_hostile_program_is_contained(case: Case, findings: Mapping[str, Finding]) -> None:
    assert findings[case.name].told() == ""


@pytest.mark.slow
@pytest.mark.parametrize(("case", "names"), PROOFS, ids=name_of)
def test_a_hostile_program_is_not_contained_without_what_contains_it(
    case: Case, names: tuple[str, ...], images: Mapping[str, str]
) -> None:
    assert try_without(case, names, runtimes=images).seen != ()


class Logged(WeakenedEngine):
    """An engine that tells how many bytes of log each container of a program left on the host."""

    def __init__(self, **log: str) -> None:
        super().__init__([Measure(what="", repair="", change=logged(**log))])
        self.left: list[int] = []

    def remove(self, container: str, /) -> None:
        path = self.inspect(container)["LogPath"]
        self.left.append(Path(path).stat().st_size if path and Path(path).exists() else 0)
        super().remove(container)


def logged(**log: str) -> Change:
    return lambda options: options | {"HostConfig": options["HostConfig"] | {"LogConfig": log}}


@pytest.mark.parametrize(("kind", "is_left"), [("none", False), ("json-file", True)])
def test_what_a_program_prints_stays_on_no_disk(
    kind: str, is_left: bool, images: Mapping[str, str]
) -> None:
    (flood,) = [case for case in CASES if case.name == "floods_stdout"]
    engine = Logged(Type=kind)
    runner = DockerRunner(engine, runtimes=images, label=f"test-{uuid.uuid4()}")

    try_case(runner, flood)

    runner.close()
    engine.close()
    assert (max(engine.left) > 0) is is_left


def test_there_are_cases_for_every_end_but_the_callers_own() -> None:
    assert {case.end for case in CASES} == set(End) - {End.CANCELLED} | {None}


def test_no_run_begins_on_an_engine_that_filters_no_system_calls(
    images: Mapping[str, str],
) -> None:
    engine = WeakenedEngine([MEASURES["seccomp"]])
    runner = DockerRunner(engine, runtimes=images, label=f"test-{uuid.uuid4()}")
    guard = Guard(runner, cases=quick_cases(), facts=engine.facts)

    guard.look(threading.Event())

    with pytest.raises(SandboxUnavailable, match="calls_the_kernel was not contained") as error:
        guard.let_in("scoring")
    runner.close()
    engine.close()
    assert error.value.code == "not_contained"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["opens_io_uring"], 0, "ok      opens_io_uring\n"),
        (["opens_io_uring", "--without", "seccomp"], 0, "opens_io_uring: io_uring: open\n"),
        (["no_such_case"], 2, ""),
    ],
)
def test_the_command_tells_of_each_case(arguments: list[str], code: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.selftest", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (code, said), done.stderr
