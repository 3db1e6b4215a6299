"""The platform as docker-compose.yml runs it: built here, started, and one baseline scored."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from challenge_platform.cli.privileges import WEB, WORKER
from tests.live import free_port, ready
from tests.waiting import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SLUG = "nafld-progression"
BASELINE = ROOT / "challenges" / SLUG / "baseline" / "age" / "predict.py"
EXPECTED = 0.73867  # of the baseline `age`, as challenge.yaml has it
HEALTHY_SECONDS = 300.0
STAYING = {"web", "worker", "launcher", "reaper", "redis", "postgres"}


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A compose project of its own, with passwords and a port of its own."""

    command: tuple[str, ...]
    address: str
    environment: Mapping[str, str]

    def compose(self, *arguments: str) -> str:
        """Run a command of compose, which must succeed, and give what it printed."""
        return run(*self.command, *arguments, environment=self.environment)

    def operator(self, *arguments: str) -> str:
        """Run a command of `challenge` in the operator's container."""
        return self.compose("run", "--rm", "-T", "operator", *arguments)

    def inside(self, service: str, script: str) -> str:
        """Run a shell script in a service's container, as its user."""
        return self.compose("exec", "-T", service, "sh", "-c", script)

    def containers(self) -> dict[str, dict[str, Any]]:
        """Give what the engine knows of each service's container."""
        ids = self.compose("ps", "-q").split()
        found = json.loads(run("docker", "inspect", *ids, environment=self.environment))
        name = "com.docker.compose.service"
        return {each["Config"]["Labels"][name]: each for each in found}

    def start(self) -> None:
        """Start it and wait until every part answers."""
        self.compose("up", "-d")
        with httpx.Client(base_url=self.address, timeout=60) as client:
            wait_until(lambda: ready(client), seconds=HEALTHY_SECONDS, every=0.5)


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A participant on the host, who has nothing but the address and a token."""

    environment: Mapping[str, str]

    def challenge(self, *arguments: str) -> str:
        """Run a command of `challenge`, which must succeed, and give what it printed."""
        command = (sys.executable, "-m", "challenge_platform.cli")
        return run(*command, *arguments, environment=self.environment)

    def leaderboard(self) -> list[dict[str, Any]]:
        """Give the rows of the leaderboard."""
        document = json.loads(self.challenge("leaderboard", SLUG, "--format", "json"))
        rows: list[dict[str, Any]] = document["rows"]
        return rows


def run(*command: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def compose_program() -> tuple[str, ...]:
    """Give compose as this machine has it: the plug-in of docker, or the program of before."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return ("docker", "compose")
    if shutil.which("docker-compose"):
        return ("docker-compose",)
    pytest.skip("compose is not installed: apt-get install docker-compose")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Make the images, start the platform, build a challenge; remove all of it at the end."""
    program = compose_program()
    inherited = dict(os.environ)  # noqa: TID251 -- for child processes
    run("deploy/build", "--offline", environment=inherited)
    port = free_port()
    settings = {
        "POSTGRES_PASSWORD": secrets.token_hex(16),
        "REDIS_PASSWORD": secrets.token_hex(16),
        "CHALLENGE_LISTEN": f"127.0.0.1:{port}",
        "CHALLENGE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REDIS_IMAGE": "challenge-platform/redis",
        "POSTGRES_IMAGE": "challenge-platform/postgres",
    }
    file = tmp_path_factory.mktemp("compose") / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    project = f"challenge-test-{os.getpid()}"
    found = Deployment(
        command=(*program, "--env-file", str(file), "--project-name", project),
        address=settings["CHALLENGE_PUBLIC_URL"],
        environment=inherited,
    )
    try:
        found.start()
        found.operator("data", "build", SLUG)
        yield found
    finally:
        found.compose("down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="module")
def alice(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Participant:
    """Give a participant who has joined, submitted the baseline `age`, and seen it scored."""
    folder = tmp_path_factory.mktemp("alice")
    deployment.operator("user", "create", "alice@example.org", "--name", "Alice")
    token = deployment.operator("user", "token", "alice@example.org").strip()
    participant = Participant(
        environment={
            **deployment.environment,
            "CHALLENGE_URL": deployment.address,
            "CHALLENGE_TOKEN": token,
            "CHALLENGE_CONFIG_DIR": str(folder / "config"),
        }
    )
    public, predictions = str(folder / "public"), str(folder / "age.csv")
    participant.challenge("challenges", "join", SLUG, "--accept-terms", "2026-01")
    participant.challenge("data", "download", SLUG, "-p", public)
    run(sys.executable, str(BASELINE), public, predictions, environment=deployment.environment)
    submit = ("submit", SLUG, "-f", predictions, "-p", public, "-m", "age", "--wait", "120")
    participant.challenge(*submit)
    return participant


def test_a_baseline_is_scored_and_outlives_the_containers(
    deployment: Deployment, alice: Participant
) -> None:
    wait_until(lambda: alice.leaderboard() != [], every=0.5)
    (before,) = alice.leaderboard()

    deployment.compose("down")
    deployment.start()

    assert alice.leaderboard() == [before]
    assert before["team"] == "Alice"
    assert before["scores"][0]["value"] == pytest.approx(EXPECTED, abs=5e-4)
    assert "PostgreSQL" in deployment.inside(
        "postgres",
        'PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -U challenge -c "select version()"',
    )


def test_every_service_becomes_healthy(deployment: Deployment) -> None:
    def states() -> dict[str, str]:
        found = deployment.containers()
        return {name: found[name]["State"]["Health"]["Status"] for name in STAYING}

    wait_until(lambda: set(states().values()) == {"healthy"}, seconds=HEALTHY_SECONDS, every=1.0)

    assert deployment.containers()["prepare"]["State"]["ExitCode"] == 0


def test_web_reaches_neither_a_scoring_key_nor_the_docker_socket(deployment: Deployment) -> None:
    look = "id -u; ls /keys; ls /data; test -e /var/run/docker.sock && echo socket; true"

    assert deployment.inside("web", look).split() == [str(WEB.uid), "shared", "web", "objects"]


def test_the_worker_reads_the_scoring_key_and_reaches_no_docker_socket(
    deployment: Deployment,
) -> None:
    key = f"/keys/worker/scoring/{SLUG}.key"
    look = f"id -u; test -r {key} && echo key; test -e /var/run/docker.sock && echo socket; true"

    assert deployment.inside("worker", look).split() == [str(WORKER.uid), "key"]


@pytest.mark.parametrize("service", ["web", "worker", "reaper", "redis"])
def test_a_process_has_no_capability_and_cannot_write_to_its_root(
    deployment: Deployment, service: str
) -> None:
    status = deployment.inside(service, "grep -E 'CapEff|NoNewPrivs' /proc/self/status")
    written = deployment.inside(service, "touch /x 2>&1 || true")

    assert re.findall(r"\w+:\t(\w+)", status) == ["0" * 16, "1"]
    assert "Read-only file system" in written


def test_only_web_has_a_port_and_only_on_this_machine(deployment: Deployment) -> None:
    bindings = {
        name: [
            each["HostIp"] for port in found["HostConfig"]["PortBindings"].values() for each in port
        ]
        for name, found in deployment.containers().items()
        if found["HostConfig"]["PortBindings"]
    }

    assert bindings == {"web": ["127.0.0.1"]}


def test_redis_answers_nobody_without_the_password(deployment: Deployment) -> None:
    assert "NOAUTH" in deployment.inside("redis", "redis-cli ping")


@pytest.mark.parametrize("service", sorted(STAYING - {"web"}))
def test_every_service_but_web_has_inner_networks_only(
    deployment: Deployment, service: str
) -> None:
    found = deployment.containers()[service]["NetworkSettings"]["Networks"]
    names = [name for name in found if name != "none"]
    given = [
        run("docker", "network", "inspect", name, environment=deployment.environment)
        for name in names
    ]

    assert [json.loads(each)[0]["Internal"] for each in given] == [True] * len(names)
    assert len(names) == (0 if service == "launcher" else 1)


def test_no_password_is_on_a_command_line(deployment: Deployment) -> None:
    secret = deployment.inside("redis", "echo $REDIS_PASSWORD").strip()
    lines = deployment.compose("top")

    assert "redis-server" in lines
    assert secret
    assert secret not in lines
