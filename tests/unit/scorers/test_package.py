"""The package is light to import, stands alone, and shows a tested list of names."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import scorers
from scorers.definition import Task
from scorers.document import read_answer
from scorers.request import write_request

HEAVY = ("scipy", "sklearn", "pandas", "yaml", "matplotlib", "sksurv", "numpy.ma")

NAME_THE_HEAVY = f"sys.stderr.write(' '.join(sorted(set({HEAVY!r}) & set(sys.modules))))"

ALONE = """
import importlib.abc, sys

class Platform(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"challenge_platform", "sandbox", "flask", "sqlmodel", "rq"}:
            raise ImportError(f"the platform is not here: {name}")

sys.meta_path.insert(0, Platform())
sys.path.insert(0, sys.argv[1])
import scorers
assert scorers.__file__.startswith(sys.argv[1]), scorers.__file__
from scorers.serve import serve
raise SystemExit(serve())
"""


def python(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *arguments], input=stdin, capture_output=True, check=False, timeout=60
    )


def test_the_public_names_are_these() -> None:
    assert sorted(scorers.__all__) == [
        "Evaluation",
        "InvalidPredictions",
        "Problem",
        "Refusal",
        "Task",
        "Undefined",
        "evaluate",
        "get_metric",
        "metric_keys",
        "read_answer",
        "read_ids",
        "read_predictions",
        "write_request",
    ]
    assert all(hasattr(scorers, name) for name in scorers.__all__)


def test_importing_the_package_loads_nothing_heavy() -> None:
    done = python("-c", f"import sys, scorers, scorers.ranking.ranks; {NAME_THE_HEAVY}")

    assert (done.returncode, done.stderr) == (0, b"")


def test_serving_a_request_loads_nothing_heavy(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    request = write_request(task, truth=truth, predictions=predictions, seed=0)
    program = f"import sys; from scorers.serve import serve; assert serve() == 0; {NAME_THE_HEAVY}"

    done = python("-c", program, stdin=request)

    assert (done.returncode, done.stderr) == (0, b"")
    assert isinstance(read_answer(done.stdout), scorers.Evaluation)


def test_the_package_scores_without_the_platform(
    tmp_path: Path, task: Task, truth: bytes, predictions: bytes
) -> None:
    source = Path(scorers.__file__).parent
    shutil.copytree(source, tmp_path / "scorers", ignore=shutil.ignore_patterns("__pycache__"))
    request = write_request(task, truth=truth, predictions=predictions, seed=0)

    done = python("-I", "-c", ALONE, str(tmp_path), stdin=request)

    assert (done.returncode, done.stderr) == (0, b"")
    assert isinstance(read_answer(done.stdout), scorers.Evaluation)


@pytest.mark.parametrize(
    "module", sorted(Path(scorers.__file__).parent.rglob("*.py")), ids=lambda path: path.name
)
def test_every_module_opens_with_one_sentence(module: Path) -> None:
    first = module.read_text().splitlines()[0]

    assert first.startswith('"""')
    assert first.rstrip('"').endswith(".")
