"""What is taken of a program's results on a real engine: one regular file, or nothing."""

import uuid
from collections.abc import Callable

import pytest

from sandbox import MIB, End, Limits, Outcome, Run, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.options import ROLE_LABEL
from tests.integration.sandbox.conftest import (
    HELD,
    Background,
    begins,
    case_input,
    has_begun,
    release,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

NAME = "predictions.csv"


def collect(
    runner: DockerRunner,
    program: str,
    *,
    limits: Limits | None = None,
    run_id: str | None = None,
) -> Outcome:
    """Run a program and take its file."""
    return runner.run(
        Run(
            id=run_id or str(uuid.uuid4()),
            runtime="case",
            limits=limits or Limits(seconds=60, file=MIB),
            input=case_input(program),
            collect=NAME,
        )
    )


def test_a_file_is_taken_whole_beside_what_was_said(runner: DockerRunner) -> None:
    program = f"""
import sys
sys.stdout.write("out ")
sys.stdout.flush()
sys.stderr.write("err ")
sys.stderr.flush()
open("/output/{NAME}", "wb").write(bytes(range(256)) * 1000)
"""

    outcome = collect(runner, program)

    assert outcome.end is End.FINISHED
    assert outcome.file == bytes(range(256)) * 1000
    assert sorted(outcome.log.split()) == [b"err", b"out"]  # two streams: either may be heard first
    assert outcome.usage.output_bytes == 256_008
    assert "collect" in outcome.timings


@pytest.mark.parametrize(
    ("program", "end"),
    [
        ("pass", End.NO_FILE),
        ("os.symlink('/etc/passwd', PATH)", End.NO_FILE),
        ("os.symlink(PATH, PATH)", End.NO_FILE),
        ("os.mkdir(PATH)", End.NO_FILE),
        ("os.mkfifo(PATH)", End.NO_FILE),
        ("import socket; socket.socket(socket.AF_UNIX).bind(PATH)", End.NO_FILE),
        ("open('/output/Predictions.csv', 'w').write('x')", End.NO_FILE),
        ("open(PATH, 'wb').write(bytes((1 << 20) + 1))", End.OUTPUT_TOO_LARGE),
        ("open(PATH, 'wb').truncate((1 << 20) + 1)", End.OUTPUT_TOO_LARGE),
        ("open(PATH, 'w').write('x'); sys.exit(3)", End.CRASHED),
    ],
)
def test_what_is_no_file_within_the_limit_is_not_taken(
    runner: DockerRunner, program: str, end: End
) -> None:
    outcome = collect(runner, f"import os, sys\nPATH = '/output/{NAME}'\n{program}")

    assert (outcome.end, outcome.file) == (end, None)


def test_a_file_at_the_limit_and_an_empty_one_are_taken(runner: DockerRunner) -> None:
    full = collect(runner, f"open('/output/{NAME}', 'wb').write(bytes(1 << 20))")
    empty = collect(runner, f"open('/output/{NAME}', 'wb')")

    assert full.file == bytes(MIB)
    assert empty.file == b""


def test_the_output_folder_is_bounded_in_bytes_and_files(runner: DockerRunner) -> None:
    program = """
def count():
    for number in range(100_000):
        try:
            open(f"/output/{number}", "w")
        except OSError as error:
            return number
print(count())
import os
for number in range(1000):
    os.remove(f"/output/{number}")
try:
    with open("/output/big", "wb") as big:
        while True:
            big.write(bytes(1 << 16))
            big.flush()
except OSError as error:
    print(os.path.getsize("/output/big"), os.access("/input", os.F_OK))
"""

    files, size, has_input = collect(runner, program).output.split()

    assert 1000 <= int(files) < 1024
    assert MIB < int(size) <= 2 * MIB
    assert has_input == b"False"


def test_localhost_has_an_address_though_there_is_no_network(runner: DockerRunner) -> None:
    program = "import socket; print(sorted({a[4][0] for a in socket.getaddrinfo('localhost', 80)}))"

    assert b"127.0.0.1" in collect(runner, program).output


def test_nothing_of_a_run_is_left(
    runner: DockerRunner, engine: Engine, label: str, containers: Callable[[], list[str]]
) -> None:
    collect(runner, f"open('/output/{NAME}', 'w').write('x')")

    wait_until(lambda: containers() == [])
    wait_until(lambda: [v for v in engine.volumes(label=label) if "output" in v] == [])


def test_results_that_were_lost_are_the_platforms_fault(
    runner: DockerRunner, engine: Engine, label: str
) -> None:
    run_id = str(uuid.uuid4())
    program = f"{begins(run_id)}{HELD}open('/output/{NAME}', 'w').write('x')"
    run = Background(lambda: failure(lambda: collect(runner, program, run_id=run_id)))
    wait_until(lambda: has_begun(run_id))

    engine.kill(holder_of(engine, label=label))
    release(run_id)

    assert run.join() == "output_lost"


def holder_of(engine: Engine, *, label: str) -> str:
    """Give the container that holds a run's results."""
    (holder,) = [
        container
        for container in engine.containers(label=label)
        if engine.inspect(container)["Config"]["Labels"][ROLE_LABEL] == "holder"
    ]
    return holder


def failure(call: Callable[[], object]) -> str:
    """Give the code of a call's failure."""
    with pytest.raises(SandboxUnavailable) as error:
        call()
    return error.value.code
