"""Files that a real engine keeps for programs: read at `/input`, never written, and kept whole."""

import hashlib
import io
import tarfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import MIB, End, Limits, Run, SandboxUnavailable
from sandbox.client import LauncherClient
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.pool import Kind, Sandbox
from tests.integration.sandbox.conftest import Launch, case_input
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

FEATURES = b"id,x\np1,1\n"


def packed(**files: bytes) -> bytes:
    """Give a tar of files, whose names end in .csv."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{name}.csv")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


def digest_of(archive: bytes) -> str:
    return hashlib.sha256(archive).hexdigest()


def keep(runner: DockerRunner | LauncherClient, archive: bytes) -> str:
    """Have an archive kept and give its digest."""
    digest = digest_of(archive)
    runner.keep_files(digest, io.BytesIO(archive), size=len(archive))
    return digest


def with_files(program: str, digest: str) -> Run:
    """Give a run of a program that reads files."""
    return Run(
        id=str(uuid.uuid4()),
        runtime="case",
        limits=Limits(seconds=60),
        input=case_input(program),
        files=digest,
    )


def code_of(call: Callable[[], object]) -> str:
    """Give the code of a call's failure."""
    with pytest.raises(SandboxUnavailable) as error:
        call()
    return error.value.code


def test_a_program_reads_its_files_and_can_change_nothing(runner: DockerRunner) -> None:
    digest = keep(runner, packed(features=FEATURES))
    program = """
import os
print(open("/input/features.csv").read(), end="")
for attempt in (
    lambda: open("/input/features.csv", "a"),
    lambda: open("/input/new", "w"),
    lambda: os.remove("/input/features.csv"),
    lambda: os.chmod("/input/features.csv", 0o777),
    lambda: os.utime("/input/features.csv"),
):
    try:
        attempt()
        print("it could")
    except OSError:
        pass
"""

    outcome = runner.run(with_files(program, digest))

    assert (outcome.end, outcome.output) == (End.FINISHED, FEATURES)


def test_a_program_reads_its_weights_beside_its_files_and_can_change_neither(
    runner: DockerRunner,
) -> None:
    program = """
import os
print(os.listdir("/input"), os.listdir("/weights"), open("/weights/model.csv").read())
for change in (
    lambda: open("/weights/model.csv", "a"),
    lambda: open("/weights/new", "w"),
    lambda: os.remove("/weights/model.csv"),
    lambda: os.rename("/weights/model.csv", "/input/features.csv"),
):
    try:
        change()
        print("it could")
    except OSError:
        pass
"""
    files, weights = (keep(runner, packed(**each)) for each in ({"features": b""}, {"model": b"w"}))

    outcome = runner.run(replace(with_files(program, files), weights=weights))

    assert outcome.end is End.FINISHED
    assert outcome.output == b"['features.csv'] ['model.csv'] w\n"


def test_a_run_without_weights_has_no_folder_of_them(runner: DockerRunner) -> None:
    run = with_files("import os; print(os.path.exists('/weights'))", keep(runner, packed(x=b"")))

    assert runner.run(run).output == b"False\n"


def test_weights_that_are_not_kept_are_missing(runner: DockerRunner) -> None:
    run = with_files("pass", keep(runner, packed(features=FEATURES)))

    assert code_of(lambda: runner.run(replace(run, weights="0" * 64))) == "files_missing"


def test_what_is_kept_is_told_and_what_is_not_is_missing(runner: DockerRunner) -> None:
    digest = keep(runner, packed(features=FEATURES))

    assert runner.has_files(digest)
    assert not runner.has_files("0" * 64)
    assert code_of(lambda: runner.run(with_files("pass", "0" * 64))) == "files_missing"


def test_files_that_the_engine_lost_are_missing_and_not_empty(
    runner: DockerRunner, engine: Engine, label: str
) -> None:
    digest = keep(runner, packed(features=FEATURES))
    for name, labels in engine.volumes(label=label).items():
        if digest in labels.values():
            engine.remove_volume(name)

    assert not runner.has_files(digest)
    assert code_of(lambda: runner.run(with_files("pass", digest))) == "files_missing"


def link() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        member = tarfile.TarInfo("features.csv")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/shadow"
        tar.addfile(member)
    return content.getvalue()


@pytest.mark.parametrize("archive", [link(), b"no tar" * 1000], ids=["a link", "no tar"])
def test_a_wrong_archive_is_refused_and_nothing_of_it_stays(
    launch: Launch, client: LauncherClient, engine: Engine, label: str, archive: bytes
) -> None:
    launch()

    assert code_of(lambda: keep(client, archive)) == "files_refused"

    assert not client.has_files(digest_of(archive))
    assert files_volumes(engine, label) == []
    assert "files" not in str(engine.containers(label=label))


def test_another_digest_than_the_announced_one_is_refused(
    launch: Launch, client: LauncherClient, engine: Engine, label: str
) -> None:
    launch()
    archive = packed(features=FEATURES)

    assert (
        code_of(lambda: client.keep_files("0" * 64, io.BytesIO(archive), size=len(archive)))
        == "files_refused"
    )

    assert files_volumes(engine, label) == []


def files_volumes(engine: Engine, label: str) -> list[str]:
    """Name the volumes of kept files."""
    return [name for name in engine.volumes(label=label) if "challenge-files" in name]


@pytest.fixture
def small(engine: Engine, case_image: str, label: str, tmp_path: Path) -> Iterator[DockerRunner]:
    """Give a runner that may keep 3 MiB, and remembers what."""
    runner = DockerRunner(
        engine, runtimes={"case": case_image}, label=label, folder=tmp_path, disk=3 * MIB
    )
    yield runner
    runner.close()
    for name in engine.volumes(label=label):
        engine.remove_volume(name)


def test_files_that_were_not_used_for_longest_make_room(
    small: DockerRunner, engine: Engine, label: str
) -> None:
    first, second = (keep(small, packed(features=bytes([n]) * MIB)) for n in (1, 2))
    small.run(with_files("pass", first))

    third = keep(small, packed(features=bytes([3]) * MIB))

    assert [small.has_files(digest) for digest in (first, second, third)] == [True, False, True]
    assert len(files_volumes(engine, label)) == 2


def test_files_make_no_room_for_others_before_their_program_has_them(
    small: DockerRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (packed(a=bytes([number]) * (2 * MIB)) for number in range(2))
    digest = keep(small, first)
    make = small._workshop.make  # noqa: SLF001  a slow engine, at the one moment that matters

    def make_late(kind: Kind, *, owner: str) -> Sandbox:
        assert code_of(lambda: keep(small, second)) == "disk_full"
        return make(kind, owner=owner)

    monkeypatch.setattr(small._workshop, "make", make_late)  # noqa: SLF001

    outcome = small.run(with_files("import os; print(os.listdir('/input'))", digest))

    assert outcome.output == b"['a.csv']\n"


def test_files_above_the_budget_are_refused(small: DockerRunner) -> None:
    assert code_of(lambda: keep(small, packed(features=bytes(4 * MIB)))) == "disk_full"


def test_files_outlive_a_launcher_and_those_half_kept_do_not(
    launch: Launch, client: LauncherClient, engine: Engine, label: str
) -> None:
    launcher = launch()
    digest = keep(client, packed(features=FEATURES))
    engine.create_volume(
        "challenge-files-half-kept",
        labels={"challenge-platform.launcher": label, "challenge-platform.role": "files"},
    )
    launcher.kill()
    launcher.wait()

    launch()

    assert client.has_files(digest)
    outcome = client.run(with_files("print(open('/input/features.csv').read(), end='')", digest))
    assert outcome.output == FEATURES
    wait_until(lambda: len(files_volumes(engine, label)) == 1)
    for name in files_volumes(engine, label):
        wait_until(lambda: engine.containers(label=label) == {})
        engine.remove_volume(name)


def test_a_launchers_memory_does_not_grow_with_what_it_keeps(
    launch: Launch, client: LauncherClient, engine: Engine, label: str
) -> None:
    launcher = launch()
    client.status()
    before = resident(launcher.pid)

    keep(client, packed(features=bytes(128 * MIB)))

    assert resident(launcher.pid) - before < 40 * MIB
    for name in files_volumes(engine, label):
        engine.remove_volume(name)


def resident(pid: int) -> int:
    """Give the bytes that a process has held in memory at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024
