"""The hostile cases as data: complete, readable, and judged by what came of a program."""

import dataclasses
import io
import tarfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest

from sandbox import End, Limits, Outcome, Run, SandboxUnavailable
from sandbox.facts import EngineFacts
from sandbox.options import container_options
from sandbox.selftest import RUNTIME, examine, quick_cases, try_case
from sandbox.selftest.case import FOLDER, Case, Member, attacks, read_case, read_cases
from sandbox.selftest.judge import differences
from sandbox.selftest.measures import MEASURES
from tests.fakes import FakeRunner

FACTS = EngineFacts.from_info({"SwapLimit": True})
CASE = Case(name="says_hello", what="Says hello.", program="print('hello')", end=End.FINISHED)
OUTCOME = Outcome(
    end=End.FINISHED, output=b"hello\n", exit_code=0, seconds=1, image="sha256:0", timings={}
)


@dataclass
class Scripted(FakeRunner):
    """Gives what it was told to instead of running anything."""

    outcome: Outcome | SandboxUnavailable = OUTCOME
    cancelled: list[str] = field(default_factory=list)

    def run(self, run: Run, /) -> Outcome:
        self.runs.append(run)
        if isinstance(self.outcome, SandboxUnavailable):
            raise self.outcome
        return self.outcome

    def cancel(self, run_id: str, /) -> bool:
        self.cancelled.append(run_id)
        return True


def test_every_kind_of_attack_has_a_case() -> None:
    tried = {attack for case in read_cases() for attack in case.attacks}

    assert tried == attacks().keys()
    assert attacks().keys() >= {f"a{number:02}" for number in range(1, 30)}


def test_there_are_at_least_forty_cases() -> None:
    assert len(read_cases()) >= 40


def test_every_case_says_what_it_attacks_and_what_contains_it() -> None:
    silent = [case.name for case in read_cases() if not (case.protects or case.unshown)]

    assert silent == []
    assert [case.name for case in read_cases() if not case.attacks] == []


def test_every_measure_is_proved_by_a_case_and_no_case_names_another() -> None:
    assert {name for case in read_cases() for name in case.measures} == MEASURES.keys()


def test_the_quick_cases_look_at_privileges_calls_network_files_and_bounds() -> None:
    measures = {name for case in quick_cases() for name in case.measures}

    assert measures >= {"User", "CapDrop", "seccomp", "NetworkMode", "ReadonlyRootfs", "Binds"}
    assert measures >= {"Memory", "PidsLimit", "Ulimits.nofile", "PidMode"}


def written(folder: Path, text: str) -> Path:
    (folder / "case.toml").write_text(text)
    (folder / "program.py").write_text("print('hello')\n")
    return folder


def test_a_case_is_read_from_its_folder(tmp_path: Path) -> None:
    text = 'what = "x"\nattacks = ["a01"]\nend = "timed_out"\n[limits]\nseconds = 2\n'

    case = read_case(written(tmp_path, text))

    assert (case.name, case.program) == (tmp_path.name, "print('hello')\n")
    assert (case.end, case.limits, case.attacks) == (End.TIMED_OUT, Limits(seconds=2), ("a01",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('what = "x"\nend = "finished"\nprotect = []\n', "protect = "),
        ('what = "x"\nend = "finished"\nquick = "yes"\n', "quick = 'yes'"),
        ('what = "x"\nend = "escaped"\n', "escaped"),
        ('what = "x"\nend = "refused"\n', "code of its refusal"),
        ('what = "x"\nend = "finished"\nattacks = ["a99"]\n', "a99"),
        ('what = "x"\nend = "finished"\n[limits]\nseconds = 0\n', "limits.seconds"),
    ],
)
def test_a_case_that_is_wrong_is_refused_by_file_and_reason(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem) as error:
        read_case(written(tmp_path, text))

    assert str(tmp_path / "case.toml") in str(error.value)


def test_an_outcome_as_it_must_be_differs_in_nothing() -> None:
    case = dataclasses.replace(CASE, output="hello\n", exit_code=0, output_bytes=6, hidden=("s3",))

    assert differences(case, OUTCOME) == []


@pytest.mark.parametrize(
    ("expected", "outcome", "difference"),
    [
        ({"end": End.TIMED_OUT}, {}, "finished instead of timed_out"),
        ({"output": "read: []\n"}, {"output": b"read: ['/x']\n"}, "read: ['/x']"),
        ({"output": "read: []\n"}, {"output": b""}, "nothing was said"),
        ({"output_has": ("root: False\n",)}, {"output": b"root: True\n"}, "root: True"),
        ({"output_has": ("root: False\n",)}, {}, "no 'root: False'"),
        ({"output_bytes": 5}, {}, "6 bytes of output"),
        ({"exit_code": 3}, {}, "exit code 0"),
        ({"seconds_below": 1}, {}, "after 1 s"),
        ({"file": "a"}, {"file": b"b"}, "the file taken has 'b'"),
        ({"file": "a"}, {}, "no file was taken"),
        ({"hidden": ("hell",)}, {}, "'hell' left the sandbox"),
        (
            {"hidden": ("s3cret",), "collect": "p.csv"},
            {"file": b"s3cret"},
            "'s3cret' left the sandbox",
        ),
        ({"end": None, "refusal": "busy"}, {}, "it ran (finished)"),
    ],
)
def test_a_difference_is_told_in_words(
    expected: dict[str, object], outcome: dict[str, object], difference: str
) -> None:
    case = dataclasses.replace(CASE, **expected)  # type: ignore[arg-type]  # keys of several types
    seen = dataclasses.replace(OUTCOME, **outcome)  # type: ignore[arg-type]  # keys of several types

    assert differences(case, seen)[0] == difference


def test_a_log_and_the_stdout_of_a_run_with_a_result_may_have_what_must_not_leave() -> None:
    case = dataclasses.replace(CASE, hidden=("s3cret",), collect="p.csv")

    said = dataclasses.replace(OUTCOME, output=b"s3cret", log=b"s3cret", file=b"id,risk")

    assert differences(case, said) == []


def test_a_program_is_given_to_the_runtime_with_its_size() -> None:
    runner = Scripted()

    try_case(runner, dataclasses.replace(CASE, input_bytes=3))

    assert runner.runs[0].runtime == RUNTIME
    assert runner.runs[0].input == b"14\nprint('hello')xxx"


@pytest.mark.parametrize(
    ("change", "runs", "cancelled"),
    [({}, 1, 0), ({"runs": 2}, 2, 0), ({"neighbour": "print('beside')"}, 2, 1)],
)
def test_a_case_runs_as_often_as_it_says_and_its_neighbour_is_ended(
    change: dict[str, object], runs: int, cancelled: int
) -> None:
    runner = Scripted()

    finding = try_case(runner, dataclasses.replace(CASE, **change))  # type: ignore[arg-type]  # keys of several types

    assert finding.is_contained
    assert (len(runner.runs), len(runner.cancelled)) == (runs, cancelled)


def test_a_case_gets_its_files_once() -> None:
    runner = Scripted()
    case = dataclasses.replace(CASE, files={"features.csv": "age\n71\n"}, collect="p.csv", runs=2)

    try_case(runner, case)

    (digest,) = runner.kept
    assert [(run.files, run.collect) for run in runner.runs] == [(digest, "p.csv")] * 2


def test_a_case_gets_its_weights_and_its_neighbour_those_of_others() -> None:
    runner = Scripted()
    weights: dict[str, Member] = {"mine.txt": "w", "shadow": {"link": "/etc/shadow"}}
    case = dataclasses.replace(CASE, neighbour="", weights=weights, others={"theirs.txt": "o"})

    try_case(runner, case)

    theirs, mine = runner.kept
    assert {run.weights for run in runner.runs if run.input.startswith(b"0")} == {theirs}
    assert {run.weights for run in runner.runs if not run.input.startswith(b"0")} == {mine}
    with tarfile.open(fileobj=io.BytesIO(runner.kept[mine])) as tar:
        assert [(one.name, one.isreg(), one.linkname) for one in tar] == [
            ("mine.txt", True, ""),
            ("shadow", False, "/etc/shadow"),
        ]


@pytest.mark.parametrize(("code", "untried"), [("files_refused", False), ("engine", True)])
def test_weights_that_are_refused_as_they_must_be_are_contained(code: str, untried: bool) -> None:
    class Refusing(Scripted):
        def keep_files(self, digest: str, archive: BinaryIO, /, *, size: int) -> None:
            del digest, archive, size
            raise SandboxUnavailable("no", code=code)

    case = dataclasses.replace(CASE, end=None, refusal="files_refused", weights={"../x": ""})

    (finding,) = examine(Refusing(), [case])

    assert (finding.is_contained, bool(finding.untried)) == (not untried, untried)


@pytest.mark.parametrize(
    ("case", "outcome", "contained", "untried"),
    [
        (lambda case: case, OUTCOME, True, False),
        (lambda case: dataclasses.replace(case, output="bye\n"), OUTCOME, False, False),
        (lambda case: case, SandboxUnavailable("down", code="engine"), False, True),
        (
            lambda case: dataclasses.replace(case, end=None, refusal="engine"),
            SandboxUnavailable("refused", code="engine"),
            True,
            False,
        ),
    ],
)
def test_what_could_not_be_tried_is_no_escape(
    case: Callable[[Case], Case],
    outcome: Outcome | SandboxUnavailable,
    contained: bool,
    untried: bool,
) -> None:
    (finding,) = examine(Scripted(outcome=outcome), [case(CASE)])

    assert (finding.is_contained, bool(finding.untried)) == (contained, untried)
    assert bool(finding.seen) == (not contained and not untried)


def names_of_options() -> Iterator[str]:
    """Name every option of a sandbox, a list of limits or flags one by one."""
    options = container_options(
        "run", image="sha256:0", limits=Limits(), facts=FACTS, slot=0, label="test"
    )
    host = options.pop("HostConfig")
    yield from options
    for name, value in host.items():
        match name:
            case "SecurityOpt":
                yield from (one.partition("=")[0].partition(":")[0] for one in value)
            case "Ulimits":
                yield from (f"Ulimits.{one['Name']}" for one in value)
            case "Tmpfs":
                flags = {
                    flag.partition("=")[0] for text in value.values() for flag in text.split(",")
                }
                yield from (f"Tmpfs.{flag}" for flag in flags - {"rw", "mode"})
            case _:
                yield name


def test_every_option_is_proved_by_a_case_or_says_why_it_is_not() -> None:
    unshown = tomllib.loads((FOLDER / "unshown.toml").read_text())

    names = set(names_of_options())

    assert names - unshown.keys() - MEASURES.keys() == set()
    assert unshown.keys() <= names
    assert not unshown.keys() & MEASURES.keys()


def test_the_table_of_the_documentation_has_every_case() -> None:
    page = (Path(__file__).parents[3] / "docs" / "explanation" / "sandbox.md").read_text()

    assert [case.name for case in read_cases() if f"| `{case.name}` |" not in page] == []
