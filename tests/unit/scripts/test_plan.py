"""What set-up decides, as a table of machines."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.provisioning.engine import EngineState
from scripts.provisioning.errors import SetupError
from scripts.provisioning.machine import Machine
from scripts.provisioning.plan import Plan, Profile, make_plan
from scripts.provisioning.steps import steps

DEMO = Profile(lock="server", services=True)
CHECK = Profile(lock="dev", services=False)
TESTS = Profile(lock="dev", services=True, browser=True, postgresql=True, registry=True)
PROGRAMS = frozenset(
    {
        *("dockerd", "apparmor_parser", "redis-server", "debootstrap", "chromium", "postgres"),
        "docker-registry",
    }
)
NO_ENGINE = {"engine": EngineState.SILENT, "programs": PROGRAMS - {"dockerd", "apparmor_parser"}}

READY = Machine(
    may_install=True,
    root=True,
    sudo=False,
    apt=True,
    systemd=False,
    programs=PROGRAMS,
    apparmor=True,
    engine=EngineState.ANSWERS,
    user="root",
    in_engine_group=False,
    python=Path("/usr/bin/python3"),
    ready=frozenset({"server", "dev"}),
    images=True,
)
BARE = replace(
    READY,
    programs=frozenset({"apparmor_parser"}),
    engine=EngineState.SILENT,
    python=None,
    ready=frozenset(),
    images=False,
)
NO_BASE = {"programs": PROGRAMS - {"debootstrap"}, "images": False}
ALICE = {"root": False, "user": "alice", "sudo": True}


def machine(base: Machine = READY, /, **facts: Any) -> Machine:
    return replace(base, **facts)


@pytest.mark.parametrize("profile", [DEMO, CHECK, TESTS])
def test_nothing_is_done_on_a_machine_that_has_everything(profile: Profile) -> None:
    assert make_plan(READY, profile) == Plan(packages={})


def test_a_bare_machine_gets_packages_an_engine_and_an_environment() -> None:
    plan = make_plan(BARE, DEMO)

    assert set(plan.packages) == {"python3-venv", "docker.io", "redis-server", "debootstrap"}
    assert plan.own_engine
    assert plan.environment == "server"
    assert plan.images


def test_checks_need_neither_engine_nor_redis() -> None:
    plan = make_plan(machine(BARE, python=Path("/usr/bin/python3")), CHECK)

    assert plan == Plan(packages={}, environment="dev")


@pytest.mark.parametrize(
    ("facts", "profile", "packages"),
    [
        ({"programs": PROGRAMS - {"redis-server"}}, DEMO, {"redis-server"}),
        ({"programs": PROGRAMS - {"debootstrap"}}, DEMO, set()),  # the image is there already
        (NO_BASE, DEMO, {"debootstrap"}),
        ({**NO_BASE, "may_install": False}, DEMO, set()),
        ({**NO_BASE, "apt": False}, DEMO, set()),
        (NO_ENGINE, DEMO, {"docker.io", "apparmor"}),
        ({**NO_ENGINE, "apparmor": False}, DEMO, {"docker.io"}),
        ({"programs": PROGRAMS - {"chromium"}}, DEMO, set()),
        ({"programs": PROGRAMS - {"chromium"}}, TESTS, {"chromium"}),
        ({"programs": PROGRAMS - {"postgres"}}, DEMO, set()),
        ({"programs": PROGRAMS - {"postgres"}}, TESTS, {"postgresql"}),
        ({"programs": PROGRAMS - {"docker-registry"}}, DEMO, set()),
        ({"programs": PROGRAMS - {"docker-registry"}}, TESTS, {"docker-registry"}),
        ({"programs": PROGRAMS - {"dockerd"}}, DEMO, set()),  # an engine answers all the same
        ({"python": None}, DEMO, set()),  # .venv is there already
    ],
)
def test_only_what_is_needed_and_missing_is_installed(
    facts: dict[str, object], profile: Profile, packages: set[str]
) -> None:
    assert set(make_plan(machine(**facts), profile).packages) == packages


@pytest.mark.parametrize(("systemd", "own"), [(True, False), (False, True)])
def test_set_up_runs_dockerd_itself_only_without_systemd(*, systemd: bool, own: bool) -> None:
    plan = make_plan(machine(engine=EngineState.SILENT, systemd=systemd), DEMO)

    assert plan.start_engine
    assert plan.own_engine is own


@pytest.mark.parametrize(
    ("facts", "joins"),
    [
        ({"engine": EngineState.ANSWERS}, None),
        ({"engine": EngineState.REFUSES}, "alice"),
        ({"engine": EngineState.SILENT}, "alice"),
        ({"engine": EngineState.REFUSES, "in_engine_group": True}, None),
        ({"engine": EngineState.REFUSES, "in_engine_group": True, "sudo": False}, None),
    ],
)
def test_a_user_whom_the_engine_refuses_joins_its_group(
    facts: dict[str, object], joins: str | None
) -> None:
    assert make_plan(machine(**ALICE | facts), DEMO).join_group == joins


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"programs": PROGRAMS - {"redis-server"}, "may_install": False},
            ["NO_INSTALL", "redis-server"],
        ),
        ({"programs": PROGRAMS - {"redis-server"}, "apt": False}, ["apt-get only", "redis-server"]),
        (
            {"programs": PROGRAMS - {"redis-server"}, **ALICE, "sudo": False},
            ["sudo", "redis-server"],
        ),
        ({"engine": EngineState.SILENT, **ALICE, "sudo": False}, ["sudo", "be started"]),
        ({"engine": EngineState.REFUSES, **ALICE, "sudo": False}, ["sudo", "let alice in"]),
        ({"engine": EngineState.REFUSES, **ALICE, "may_install": False}, ["NO_INSTALL", "usermod"]),
    ],
)
def test_what_cannot_be_provided_is_said_in_one_sentence(
    facts: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(SetupError) as refused:
        make_plan(machine(**facts), DEMO)

    sentence = str(refused.value)
    assert all(word in sentence for word in words)
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert "\n" not in sentence


def test_a_stopped_engine_may_be_started_where_nothing_may_be_installed() -> None:
    plan = make_plan(machine(engine=EngineState.SILENT, may_install=False), DEMO)

    assert plan.own_engine


@pytest.mark.parametrize(("facts", "sudo"), [({}, False), (ALICE, True)])
def test_system_steps_run_as_root_and_the_environment_as_its_user(
    *, facts: dict[str, object], sudo: bool
) -> None:
    bare = machine(BARE, **facts)

    by_title = {step.title: step.commands for step in steps(make_plan(bare, DEMO), bare)}
    environment = by_title.pop("install the Python packages into .venv")

    assert len(by_title) >= 3
    assert all((command[0] == "sudo") is sudo for made in by_title.values() for command in made)
    assert all(command[0] != "sudo" for command in environment)


def test_the_services_of_the_packages_are_switched_off_where_there_is_systemd() -> None:
    bare = machine(BARE, systemd=True)

    install, *_ = steps(make_plan(bare, TESTS), bare)

    services = ["redis-server", "postgresql", "docker-registry"]
    assert install.commands[-1] == ["systemctl", "disable", "--now", *services]
