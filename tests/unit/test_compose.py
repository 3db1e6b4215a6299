"""docker-compose.yml read as it stands: who mounts what, who reaches whom, and what each may do."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from challenge_platform.cli.datadir import PARTS
from challenge_platform.cli.privileges import REDIS, WEB, WORKER, Identity
from challenge_platform.config import PREFIX, Settings
from challenge_platform.core.submission import QueueName

ROOT = Path(__file__).parents[2]
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Any] = COMPOSE["services"]
ONE_SHOT = {"prepare", "operator"}
STAYING = sorted(SERVICES.keys() - ONE_SHOT)
WORKERS = {"worker": "ro", "worker-programs": "ro"}
DOCKER_SOCKET = "/var/run/docker.sock"
CONTROL_GROUPS = "/sys/fs/cgroup"


OF_THE_IMAGE = {"data_dir", "keys_dir", "launcher_socket"}
"""Settings that deploy/Dockerfile makes, since they say where things are inside the containers."""

NOT_A_FILE = {"oidc_client_secret_file"}
"""No file of secrets is mounted: .env holds them."""


def mounts(service: str) -> dict[str, str]:
    """Give what a service mounts: source to mode, `rw` when none is said."""
    volumes = [line.split(":") for line in SERVICES[service].get("volumes", [])]
    return {source: (mode[0] if mode else "rw") for source, _target, *mode in volumes}


def who_mounts(source: str) -> dict[str, str]:
    return {service: mounts(service)[source] for service in SERVICES if source in mounts(service)}


def variables(service: str) -> Mapping[str, str]:
    found: Mapping[str, str] = SERVICES[service].get("environment", {})
    return found


def test_an_operator_can_set_every_setting() -> None:
    passed = {name for service in SERVICES for name in variables(service)}
    settings = set(Settings.model_fields) - OF_THE_IMAGE - NOT_A_FILE

    assert {f"{PREFIX}{name.upper()}" for name in settings} <= passed


def test_the_services_are_those_of_the_architecture() -> None:
    assert SERVICES.keys() - ONE_SHOT == {
        *("web", "worker", "worker-programs", "launcher", "reaper", "redis", "postgres")
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (DOCKER_SOCKET, {"launcher": "rw"}),
        (CONTROL_GROUPS, {"launcher": "rw"}),
        ("launcher", {"prepare": "rw", "operator": "rw", "launcher": "rw"}
            | {**WORKERS, "reaper": "ro"}),
        ("keys-worker", {"prepare": "rw", "operator": "rw", **WORKERS}),
        ("keys-web", {"prepare": "rw", "operator": "rw", "web": "ro"}),
        ("keys-operator", {"operator": "rw"}),
        ("keys-shared", {"prepare": "rw", "operator": "rw"}
            | {"web": "ro", "reaper": "ro", **WORKERS}),
        ("objects", dict.fromkeys(("prepare", "operator", "web", *WORKERS), "rw")),
        ("database", {"postgres": "rw"}),
        ("./challenges", {"operator": "ro"}),
    ],
)  # fmt: skip
def test_a_volume_is_mounted_by_those_who_need_it_only(
    source: str, expected: Mapping[str, str]
) -> None:
    assert who_mounts(source) == expected


def test_nothing_is_mounted_that_the_test_above_does_not_know() -> None:
    known = {DOCKER_SOCKET, CONTROL_GROUPS, "./challenges", *COMPOSE["volumes"]}

    assert {source for service in SERVICES for source in mounts(service)} == known


def test_a_service_finds_each_folder_where_its_settings_have_it() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    given = dict(re.findall(rf"\b{PREFIX}(\w+)_DIR=(\S+)", dockerfile))
    settings = Settings(data_dir=Path(given["DATA"]), keys_dir=Path(given["KEYS"]))
    expected = {
        "objects": settings.objects_dir,
        "launcher": settings.launcher_address.parent,
        **{f"keys-{owner}": settings.keys / owner for owner in key_owners()},
    }

    lines = [line for service in SERVICES.values() for line in service.get("volumes", [])]
    targets = {tuple(line.split(":")[:2]) for line in lines}

    assert {(source, target) for source, target in targets if source in expected} == {
        (source, str(path)) for source, path in expected.items()
    }


def key_owners() -> set[str]:
    """Give the folders right below that of the keys, each of which is a volume."""
    parts = [Path(part.path).parts for part in PARTS]
    return {path[1] for path in parts if path[:1] == ("keys",) and len(path) > 1}


def test_every_queue_but_that_of_gpus_has_a_worker_and_scoring_one_of_its_own() -> None:
    served = [SERVICES[name]["command"][2::2] for name in WORKERS]

    assert served == [[QueueName.SCORING], [QueueName.CODE, QueueName.CONTAINER]]


def test_only_web_can_be_reached_from_outside() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["web"]
    assert all(
        port.startswith("${CHALLENGE_LISTEN:-127.0.0.1:") for port in SERVICES["web"]["ports"]
    )
    assert [name for name in SERVICES if "outside" in SERVICES[name].get("networks", [])] == ["web"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_the_launcher_has_no_network() -> None:
    assert SERVICES["launcher"]["network_mode"] == "none"


@pytest.mark.parametrize(
    ("service", "identity"),
    [
        ("web", WEB),
        ("worker", WORKER),
        ("worker-programs", WORKER),
        ("reaper", WORKER),
        ("redis", REDIS),
    ],
)
def test_a_process_has_the_user_that_owns_its_folders(service: str, identity: Identity) -> None:
    assert SERVICES[service]["user"] == f"{identity.uid}:{identity.gid}"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_gives_up_what_it_does_not_need(service: str) -> None:
    given = SERVICES[service]

    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert given["logging"]["options"].keys() == {"max-size", "max-file"}
    assert not given.keys() & {"privileged", "pid", "ipc", "devices", "userns_mode"}


@pytest.mark.parametrize("service", ["web", "worker", "reaper", "redis"])
def test_what_runs_without_root_has_no_capability(service: str) -> None:
    assert "cap_add" not in SERVICES[service]


@pytest.mark.parametrize("service", STAYING)
def test_every_service_that_stays_is_watched_and_started_again(service: str) -> None:
    given = SERVICES[service]

    assert given["healthcheck"].keys() >= {"test", "interval", "timeout", "retries"}
    assert given["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", sorted(ONE_SHOT))
def test_what_ends_is_not_started_again(service: str) -> None:
    assert SERVICES[service]["restart"] == "no"


@pytest.mark.parametrize("service", ["web", "worker", "reaper", "launcher"])
def test_a_process_waits_until_its_folders_and_tables_are_made(service: str) -> None:
    wanted = {"condition": "service_completed_successfully"}

    assert SERVICES[service]["depends_on"]["prepare"] == wanted


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_waits_only_for_what_is_watched(service: str) -> None:
    for other, how in SERVICES[service].get("depends_on", {}).items():
        ends = other in ONE_SHOT

        assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")


def test_no_password_has_a_default_or_stands_on_a_command_line() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    uses = re.findall(r"(?<!\$)\$\{(\w*PASSWORD\w*)([^}]*)\}", text)

    assert {name for name, _ in uses} == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert all(rest.startswith(":?") for _, rest in uses)
    assert not any("${" in str(given.get("command")) for given in SERVICES.values())


def test_the_launcher_knows_no_password() -> None:
    known = {"CHALLENGE_SCORING_IMAGE", "CHALLENGE_RUNTIME_IMAGES", "CHALLENGE_WARM_SANDBOXES"}
    assert variables("launcher").keys() == known | {
        "CHALLENGE_SELFTEST",
        "CHALLENGE_SANDBOX_RUNTIME",
        "CHALLENGE_SANDBOX_MEMORY",
        "CHALLENGE_SANDBOX_DISK",
    }


def test_only_web_knows_the_secret_of_the_log_in_provider() -> None:
    told = [name for name in SERVICES if "CHALLENGE_OIDC_CLIENT_SECRET" in variables(name)]

    assert told == ["web"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_setting_that_is_given_is_one_of_the_platform(service: str) -> None:
    names = {name.removeprefix(PREFIX).lower() for name in variables(service) if PREFIX in name}

    assert names <= Settings.model_fields.keys()


def test_the_recipes_packages_are_in_the_operators_image_only() -> None:
    images = {name: SERVICES[name]["image"] for name in SERVICES}

    assert [name for name, image in images.items() if "operator" in image] == ["operator"]
    assert images["operator"].startswith("${OPERATOR_IMAGE:-")
    assert images["prepare"] == images["web"] == images["worker"] == images["launcher"]


def test_every_variable_is_explained_in_the_example() -> None:
    explained = (ROOT / "deploy/.env.example").read_text()
    used = re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text())

    assert [name for name in used if f"{name}=" not in explained] == []


@pytest.mark.parametrize("name", ["Dockerfile", "redis.Dockerfile", "postgres.Dockerfile"])
def test_the_base_of_every_image_is_an_argument(name: str) -> None:
    lines = (ROOT / "deploy" / name).read_text().splitlines()
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}

    assert "ARG BASE=python:3.11-slim-bookworm" in lines
    assert bases <= {"${BASE}", "server"}
