"""The hostile programs of the self-test: what contains each, and what it does without that."""

import tomllib
import uuid
from collections.abc import Iterator, Mapping

from bench.page import table
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.selftest import examine
from sandbox.selftest.case import FOLDER, Case, attacks, read_cases
from sandbox.selftest.images import case_images
from sandbox.selftest.weaken import try_without

HEADER = ("case", "what the program does", "contained by", "without it, measured")


def measure() -> Iterator[str]:
    """Try every case, with all that contains it and with each set of that taken away."""
    cases = read_cases()
    with case_images(cases) as images:
        yield _summary(cases, images=images)
        yield ""
        yield from table(HEADER, (row for case in cases for row in _rows(case, images=images)))
    yield ""
    yield from table(("attack", "cases"), map(_by_attack, attacks()))
    yield ""
    yield "What no case is seen to need, and why:"
    yield ""
    unshown = tomllib.loads((FOLDER / "unshown.toml").read_text(encoding="utf-8"))
    yield from table(("option", "why"), ((f"`{name}`", why) for name, why in unshown.items()))


def _summary(cases: tuple[Case, ...], *, images: Mapping[str, str]) -> str:
    engine = Engine()
    runner = DockerRunner(engine, runtimes=images, label=f"containment-{uuid.uuid4()}")
    try:
        told = [finding.told() for finding in examine(runner, cases) if not finding.is_contained]
        facts = engine.facts()
    finally:
        runner.close()
        engine.close()
    held = f"{len(cases) - len(told)} of {len(cases)} cases contained"
    where = f"Docker Engine {facts.version}, {facts.architecture}, cgroup v{facts.cgroup_version}"
    return f"{held} on this engine ({where}). {' '.join(told)}".strip()


def _rows(case: Case, *, images: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    name, what = f"`{case.name}`", _cell(case.what)
    for together in case.protects:
        finding = try_without(case, together, runtimes=images)
        seen = "; ".join(finding.seen) or "contained all the same"
        yield name, what, " and ".join(together), _cell(seen)
        name = what = ""
    for measure_, why in case.unshown.items():
        yield name, what, measure_, f"*not taken away*: {_cell(why)}"
        name = what = ""


def _by_attack(key: str) -> tuple[str, str]:
    cases = [f"`{case.name}`" for case in read_cases() if key in case.attacks]
    return f"{key} {attacks()[key]}", ", ".join(cases)


def _cell(text: str) -> str:
    """Keep a text from being anything but text in a table of Markdown."""
    for mark in ("\\", "|", "<", "*", "_", "[", "`"):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")
