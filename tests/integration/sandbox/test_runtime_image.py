"""The runtime of submitted code: what it holds, and how an archive becomes a run."""

import hashlib
import importlib.util
import io
import subprocess
import sys
import tarfile
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import docker
import pytest

from sandbox import MIB, End, Limits, Outcome, Run
from sandbox.docker import DockerRunner
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.images.build import build_image
from sandbox.images.content import runtimes

pytestmark = pytest.mark.docker

REFUSED = 65
LIMITS = Limits(seconds=30, memory=512 * MIB, processes=64, scratch=64 * MIB)
CHALLENGE = Path(__file__).parents[3] / "challenges/nafld-progression"
# What code imports, where it is not called like its package; in the runtime `python`.
MODULES = {
    "numpy": "numpy",
    "scipy": "scipy.stats, scipy.ndimage",
    "pandas": "pandas",
    "scikit-learn": "sklearn.ensemble, sklearn.linear_model",
    "scikit-survival": "sksurv.linear_model, sksurv.ensemble",
    "xgboost-cpu": "xgboost",
    "scikit-image": "skimage.measure, skimage.filters, skimage.io",
    "pillow": "PIL.Image",
    "tifffile": "tifffile",
    "pydicom": "pydicom",
    "nibabel": "nibabel",
    "onnxruntime": "onnxruntime",
}

RunCode = Callable[..., Outcome]


@pytest.fixture(scope="module")
def runner(engine: Engine) -> Iterator[DockerRunner]:
    """Give a runner of the runtime `python`, which keeps none ready."""
    image = build_image("python", say=print)
    runner = DockerRunner(engine, runtimes={"python": image}, label=f"test-{uuid.uuid4()}")
    yield runner
    runner.close()


@pytest.fixture
def run_code(runner: DockerRunner) -> RunCode:
    """Give a function that runs an archive, or files, on the input of this digest."""

    def run(
        code: Mapping[str, str] | bytes, *, files: str | None = None, limits: Limits = LIMITS
    ) -> Outcome:
        return runner.run(
            Run(
                id=str(uuid.uuid4()),
                runtime="python",
                limits=limits,
                input=code if isinstance(code, bytes) else packed(code),
                files=files,
                collect="predictions.csv",
            )
        )

    return run


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the public files of the challenge."""
    spec = importlib.util.spec_from_file_location("recipe", CHALLENGE / "data.py")
    assert spec is not None
    assert spec.loader is not None
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    folder = tmp_path_factory.mktemp("public")
    recipe.build(folder)
    return folder


def packed(files: Mapping[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return archive.getvalue()


def kept(runner: DockerRunner, folder: Path) -> str:
    """Have the runner keep the files of a folder for `/input`, and give their digest."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(folder, arcname=".")
    digest = hashlib.sha256(archive.getvalue()).hexdigest()
    runner.keep_files(digest, io.BytesIO(archive.getvalue()), size=len(archive.getvalue()))
    return digest


def test_code_reads_its_input_and_writes_the_file_that_is_taken(
    runner: DockerRunner, run_code: RunCode, tmp_path: Path
) -> None:
    program = """
import pathlib, sys
sys.stderr.write("reading\\n")
print(pathlib.Path("/input/test.csv").read_text())
pathlib.Path("/output/predictions.csv").write_text("id\\n1\\n")
"""
    (tmp_path / "test.csv").write_text("hello")

    outcome = run_code({"main.py": program}, files=kept(runner, tmp_path))

    assert (outcome.end, outcome.exit_code, outcome.file) == (End.FINISHED, 0, b"id\n1\n")
    assert outcome.log == b"reading\nhello\n"


def test_a_traceback_is_that_of_the_program_alone(run_code: RunCode) -> None:
    outcome = run_code({"main.py": "import model\n", "model.py": "1 / 0\n"})

    assert (outcome.end, outcome.exit_code) == (End.CRASHED, 1)
    assert outcome.log.decode() == (
        "Traceback (most recent call last):\n"
        '  File "/tmp/code/main.py", line 1, in <module>\n'
        "    import model\n"
        '  File "/tmp/code/model.py", line 1, in <module>\n'
        "    1 / 0\n"
        "    ~~^~~\n"
        "ZeroDivisionError: division by zero\n"
    )


def test_an_archive_that_cannot_be_unpacked_is_told_why(run_code: RunCode) -> None:
    outcome = run_code({"main.py": "print('ran')", "../../etc/cron.d/x": "* * * * *"})

    assert (outcome.end, outcome.exit_code) == (End.CRASHED, REFUSED)
    assert b"../../etc/cron.d/x" in outcome.log
    assert b"ran" not in outcome.log.splitlines()


def test_an_archive_that_does_not_fit_is_told_why(run_code: RunCode) -> None:
    small = Limits(seconds=20, memory=256 * MIB, scratch=MIB)

    outcome = run_code({"main.py": "", "weights": "x" * 2 * MIB}, limits=small)

    assert (outcome.end, outcome.exit_code) == (End.CRASHED, REFUSED)
    assert b"could not be unpacked into the sandbox's scratch" in outcome.log


def test_a_run_sees_nothing_of_the_entry_and_none_of_its_settings_change_it(
    run_code: RunCode,
) -> None:
    program = """
import os, sys
assert "sandbox" not in sys.modules and "/opt/entry" not in sys.path
assert not sys.flags.isolated and sys.path[0] == os.getcwd() == "/tmp/code"
assert sys.stdin.read() == "" and sys.argv == ["main.py"]
open("/output/predictions.csv", "w").write(str(hash("text")))
"""
    code = {"main.py": program, "sandbox.py": "1 / 0", "zipfile.py": "1 / 0"}

    first, second = run_code(code), run_code(code)

    assert (first.end, first.log) == (End.FINISHED, b"")
    assert first.file == second.file


def test_every_package_that_was_asked_for_can_be_imported(run_code: RunCode) -> None:
    program = "\n".join([*(f"import {names}" for names in MODULES.values()), "print('all')"])

    outcome = run_code({"main.py": program}, limits=Limits(seconds=60, memory=1024 * MIB))

    assert outcome.log == b"all\n"


def test_the_list_of_modules_is_that_of_the_packages() -> None:
    asked_for = Path(__file__).parents[3] / "sandbox/images/runtimes/python/packages.in"
    names = {line.split()[0] for line in asked_for.read_text().splitlines() if line[:1] != "#"}

    assert runtimes() == ("python",)
    assert MODULES.keys() | {"pip"} == names


def test_the_age_baseline_as_code_writes_the_same_bytes_as_at_home(
    public: Path, runner: DockerRunner, run_code: RunCode, tmp_path: Path
) -> None:
    folder, out = CHALLENGE / "baseline/age", tmp_path / "at-home.csv"
    command = [sys.executable, str(folder / "predict.py"), str(public), str(out)]
    subprocess.run(command, check=True)

    outcome = run_code({"main.py": (folder / "main.py").read_text()}, files=kept(runner, public))

    assert (outcome.end, outcome.log) == (End.FINISHED, b"")
    assert outcome.file == out.read_bytes() != b""


@pytest.mark.slow
def test_the_starter_kit_as_code_writes_the_same_bytes_as_at_home(
    public: Path, runner: DockerRunner, run_code: RunCode, tmp_path: Path
) -> None:
    kit = CHALLENGE / "starter_kit"
    program = "import pathlib, sys, main; main.INPUT, main.OUTPUT = map(pathlib.Path, sys.argv[1:])"
    at_home = [sys.executable, "-c", f"{program}; main.main()", str(public), str(tmp_path)]
    subprocess.run(at_home, check=True, cwd=kit, capture_output=True)

    outcome = run_code(
        {name: (kit / name).read_text() for name in ("main.py", "starter.py")},
        files=kept(runner, public),
    )

    assert outcome.end is End.FINISHED
    assert outcome.file == (tmp_path / "predictions.csv").read_bytes() != b""
    assert outcome.log == b"learned from 1757 people, predicted 1757\n"


def test_a_waiting_runtime_takes_little_memory() -> None:
    with docker.APIClient(base_url=f"unix://{ENGINE_SOCKET}") as api:
        created = api.create_container(
            build_image("python", say=print), stdin_open=True, network_disabled=True
        )["Id"]
        try:
            api.start(created)
            time.sleep(0.5)
            used = api.stats(created, stream=False, one_shot=True)["memory_stats"]["usage"]
        finally:
            api.remove_container(created, force=True)

    assert MIB < used < 16 * MIB
