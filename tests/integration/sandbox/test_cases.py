"""Every hostile program in `tests/sandbox/cases` ends as its case.toml says, on a real engine."""

import tomllib
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox import End, Limits
from sandbox.docker import DockerRunner
from tests.integration.sandbox.conftest import FOLDER, case_run

CASES = sorted(path.parent.name for path in (FOLDER / "cases").glob("*/case.toml"))

pytestmark = pytest.mark.docker


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a program does, and what must come of it."""

    what: str
    end: End
    output: str | None = None
    output_has: list[str] = field(default_factory=list)
    output_bytes: int | None = None
    exit_code: int | None = None
    seconds_below: float = 30
    input_bytes: int = 0
    limits: dict[str, Any] = field(default_factory=dict)


def read_case(name: str) -> tuple[Case, str]:
    folder = FOLDER / "cases" / name
    table = tomllib.loads((folder / "case.toml").read_text())
    case = Case(**table | {"end": End(table["end"])})
    return case, (folder / "program.py").read_text()


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_program_is_contained(name: str, runner: DockerRunner) -> None:
    case, program = read_case(name)
    limits = Limits(**{"seconds": 20} | case.limits)

    outcome = runner.run(case_run(program, b"x" * case.input_bytes, limits=limits))

    text = outcome.output.decode()
    assert outcome.end is case.end, text
    if case.output is not None:
        assert text == case.output.removeprefix("\n")
    assert [part for part in case.output_has if part not in text] == []
    assert case.output_bytes in {None, len(outcome.output)}
    assert case.exit_code in {None, outcome.exit_code}
    assert outcome.seconds < case.seconds_below


def test_there_are_cases_for_every_end_but_the_callers_own() -> None:
    ends = {read_case(name)[0].end for name in CASES}

    assert ends == set(End) - {End.CANCELLED}
