"""The launcher in a process of its own: who may call it, for what, and who is killed with whom."""

import json
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox import End, Limits, Run, SandboxUnavailable
from sandbox.client import LauncherClient
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.wire import encode_run
from tests.integration.sandbox.conftest import Background, Launch, case_run, start_call
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

HERE = Path(__file__).parent
SLEEPS = "print('up', flush=True)\nimport time\ntime.sleep(600)"
NOBODY = 65534

Containers = Callable[[], list[str]]


def launching(socket_path: Path, image: str, label: str, *more: str) -> list[str]:
    """Give a command that starts a launcher."""
    command = [sys.executable, str(HERE / "launch.py"), str(socket_path), image, label]
    return [*command, f"--engine={ENGINE_SOCKET}", *more]


def code_of_failure(client: LauncherClient, run: Run) -> str:
    with pytest.raises(SandboxUnavailable) as error:
        client.run(run)
    return error.value.code


def test_a_run_gives_what_came_of_it(launch: Launch, client: LauncherClient) -> None:
    launch()

    outcome = client.run(case_run("import sys; print(len(sys.stdin.buffer.read()))", b"x" * 70_000))

    assert outcome.end is End.FINISHED
    assert outcome.output == b"70000\n"


def test_the_status_tells_what_can_run(
    launch: Launch, client: LauncherClient, engine: Engine, case_image: str
) -> None:
    launch()

    status = client.status()

    assert status.runtimes == {"case": engine.image_id(case_image)}
    assert status.problems == ()
    assert status.active == ()
    assert status.engine is not None
    assert status.engine["seccomp"] is True


def test_a_missing_image_does_not_stop_the_launcher(launch: Launch, client: LauncherClient) -> None:
    launch(image="challenge-platform/none:0")

    with pytest.raises(SandboxUnavailable, match="challenge-platform/none:0 ") as error:
        client.run(case_run("print(1)"))

    assert error.value.code == "image_missing"
    assert client.status().runtimes == {"case": None}
    assert "sandbox.images.build" in client.status().problems[0]


def test_an_engine_that_is_down_does_not_stop_the_launcher(
    launch: Launch, client: LauncherClient, tmp_path: Path
) -> None:
    launch(engine=tmp_path / "no-engine.sock")

    with pytest.raises(SandboxUnavailable, match=r"no-engine\.sock") as error:
        client.run(case_run("print(1)"))

    assert error.value.code == "engine"
    assert client.status().engine is None
    assert "no-engine.sock" in client.status().problems[0]


def test_a_launcher_that_is_down_is_named(client: LauncherClient, socket_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match=str(socket_path)) as error:
        client.status()

    assert error.value.code == "launcher_down"


def test_only_the_table_of_runtimes_can_run(launch: Launch, client: LauncherClient) -> None:
    launch()

    with pytest.raises(SandboxUnavailable) as error:
        client.run(Run(id="run", runtime="other", limits=Limits(), input=b""))

    assert error.value.code == "unknown_runtime"


def test_a_run_above_the_launchers_maxima_is_refused(
    launch: Launch, client: LauncherClient
) -> None:
    launch()

    with pytest.raises(SandboxUnavailable, match="seconds 61 > 60") as error:
        client.run(case_run("print(1)", limits=Limits(seconds=61)))

    assert error.value.code == "limits_exceeded"


RUN = encode_run(Run(id="run", runtime="case", limits=Limits(), input=b""))
IMAGE_OF_ITS_OWN = json.dumps({**json.loads(RUN), "runtime": "challenge-platform/base:x"}).encode()


def test_the_api_is_closed(launch: Launch, socket_path: Path) -> None:
    launch()
    expected = {
        ("POST", "/runs", b""): (400, "bad_request"),
        ("POST", "/runs", b"{}\n"): (400, "bad_request"),
        ("POST", "/runs", IMAGE_OF_ITS_OWN + b"\n"): (400, "bad_request"),
        ("GET", "/containers/json", b""): (404, "not_found"),
        ("POST", "/containers/create", b"{}"): (404, "not_found"),
        ("DELETE", "/status", b""): (404, "not_found"),
    }
    transport = httpx.HTTPTransport(uds=str(socket_path), verify=False)

    with httpx.Client(transport=transport, base_url="http://launcher") as http:
        answers = {asked: http.request(asked[0], asked[1], content=asked[2]) for asked in expected}

    assert {
        asked: (answer.status_code, answer.json()["code"]) for asked, answer in answers.items()
    } == expected


def test_a_run_that_is_too_large_is_refused_before_it_is_read(
    launch: Launch, socket_path: Path
) -> None:
    launch()
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(60)
        raw.connect(str(socket_path))
        raw.sendall(b"POST /runs HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")

        answer = raw.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_run_cut_short_is_not_run(
    launch: Launch, socket_path: Path, client: LauncherClient, containers: Containers
) -> None:
    launch()
    whole = encode_run(case_run("print(1)"))
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(socket_path))
        raw.sendall(b"POST /runs HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (len(whole) + 1))
        raw.sendall(whole)
        raw.shutdown(socket.SHUT_WR)
        raw.settimeout(60)
        answer = raw.recv(65536)

    assert answer == b""
    assert client.status().active == ()
    assert containers() == []


def test_a_run_is_cancelled_by_another_caller(
    launch: Launch, client: LauncherClient, containers: Containers
) -> None:
    launch()
    run = case_run(SLEEPS)
    background = Background(lambda: client.run(run))
    wait_until(lambda: containers() == [run.id])

    cancelled = client.cancel(run.id)

    assert cancelled is True
    assert containers() == []
    assert background.join().end is End.CANCELLED
    assert client.cancel(run.id) is False


def test_the_run_of_a_killed_caller_is_killed(
    launch: Launch, socket_path: Path, containers: Containers
) -> None:
    launch()
    run = case_run(SLEEPS)
    with start_call(socket_path, run=run) as caller:
        wait_until(lambda: containers() == [run.id])

        caller.send_signal(signal.SIGKILL)

        wait_until(lambda: containers() == [])


def test_what_a_killed_launcher_left_is_removed_by_the_next(
    launch: Launch, client: LauncherClient, containers: Containers
) -> None:
    first = launch()
    run = case_run(SLEEPS)
    background = Background(lambda: code_of_failure(client, run))
    wait_until(lambda: containers() == [run.id])

    first.send_signal(signal.SIGKILL)

    assert background.join() == "launcher_down"
    assert containers() == [run.id]

    launch()
    wait_until(lambda: containers() == [])


def test_a_launcher_that_is_told_to_stop_takes_its_runs_with_it(
    launch: Launch, client: LauncherClient, containers: Containers, socket_path: Path
) -> None:
    launcher = launch()
    run = case_run(SLEEPS)
    background = Background(lambda: client.run(run))
    wait_until(lambda: containers() == [run.id])

    launcher.terminate()

    assert launcher.wait(60) == 0
    assert background.join().end is End.CANCELLED
    assert containers() == []
    assert not socket_path.exists()


def test_a_second_launcher_does_not_take_the_first_ones_socket(
    launch: Launch, client: LauncherClient, socket_path: Path, case_image: str, label: str
) -> None:
    launch()

    second = subprocess.run(
        launching(socket_path, case_image, label),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert second.returncode != 0
    assert "A launcher listens on" in second.stderr
    assert client.run(case_run("print(1)")).end is End.FINISHED


def test_the_socket_is_its_owners_alone(launch: Launch, socket_path: Path) -> None:
    launch()

    assert stat.S_IMODE(socket_path.stat().st_mode) == 0o600


def test_a_foreign_user_is_refused_even_when_the_socket_lets_it_in(
    launch: Launch, socket_path: Path, containers: Containers
) -> None:
    launch()
    socket_path.chmod(0o666)

    with start_call(socket_path, run=case_run("print(1)"), uid=NOBODY) as caller:
        answer, _ = caller.communicate(timeout=60)

    assert answer.startswith(f"forbidden: The user {NOBODY} may not use this launcher".encode())
    assert containers() == []


def test_no_other_user_can_hold_the_launchers_lock(launch: Launch, socket_path: Path) -> None:
    lock = socket_path.with_suffix(".lock")
    lock.touch(mode=0o644)  # as earlier versions left it

    launch()

    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_a_link_in_place_of_the_lock_is_not_followed(
    socket_path: Path, tmp_path: Path, case_image: str, label: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("kept")
    socket_path.with_suffix(".lock").symlink_to(elsewhere)

    launcher = subprocess.run(
        launching(socket_path, case_image, label),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert launcher.returncode != 0
    assert "launcher.lock is a link" in launcher.stderr
    assert elsewhere.read_text() == "kept"


def test_a_launcher_does_not_start_without_the_runtime_that_is_set(
    socket_path: Path, case_image: str, label: str
) -> None:
    launcher = subprocess.run(
        launching(socket_path, case_image, label, "--runtime=runsc"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert launcher.returncode != 0
    assert "CHALLENGE_SANDBOX_RUNTIME is 'runsc', and the Docker Engine has no such runtime" in (
        launcher.stderr
    )
    assert not socket_path.exists()


def test_a_runtime_that_the_engine_has_is_used_and_told(
    launch: Launch, client: LauncherClient
) -> None:
    launch(runtime="runc")

    assert client.run(case_run("print(1)")).end is End.FINISHED
    assert (client.status().engine or {})["runtime"] == "runc"
