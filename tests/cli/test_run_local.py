"""`challenge run-local`: what it refuses, runs and tells, in the sandbox that the platform has."""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import docker
import pytest

from challenge_platform.cli import main
from challenge_platform.cli.local_run import LocalChallenge, archive_of, run_program
from challenge_platform.cli.run_local import ENDS
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.program_limits import limits_of
from challenge_platform.core.submission import Reason
from challenge_platform.web.wording import REASONS
from sandbox import End
from sandbox.archive import check_archive
from sandbox.engine import ENGINE_SOCKET
from sandbox.images.build import build_base
from tests.cli.fake_api import SLUG, TEST_CSV, challenge_document
from tests.fakes import FakePrograms

GOOD = """
import csv
rows = csv.DictReader(open("/input/test.csv", newline=""))
with open("/output/predictions.csv", "w") as file:
    file.write("patient_id,risk_event,risk_death\\n")
    file.writelines(f"{row['patient_id']},{row['age']},{row['age']}\\n" for row in rows)
print("predicted")
"""
DEFINITION = Path(__file__).parents[2] / "challenges" / SLUG / "challenge.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with the challenge's files in the folder that the download makes."""
    monkeypatch.chdir(tmp_path)
    downloaded = tmp_path / SLUG
    downloaded.mkdir()
    files = {"test.csv": TEST_CSV, "train.csv": b"patient_id\n", "dictionary.csv": b"name\n"}
    for name, content in files.items():
        (downloaded / name).write_bytes(content)
    document = dict(challenge_document(files))
    definition = read_definition(DEFINITION).document()
    definition["submission"]["kinds"] = ["predictions", "code", "container"]
    definition["program"] = {"runtime": "python"}
    document["definition"] = definition
    (downloaded / "challenge.json").write_text(json.dumps(document))
    return tmp_path


@pytest.fixture
def run_local(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Give a function that runs a program and gives exit code, output and error output."""

    def run(program: str, *options: str) -> tuple[int, str, str]:
        code = folder / "code"
        code.mkdir()
        (code / "main.py").write_text(program)
        exit_code = main(["run-local", SLUG, "--code", "code", *options])
        return exit_code, *capsys.readouterr()

    return run


RunLocal = Callable[..., tuple[int, str, str]]


def redefine(folder: Path, **sections: dict[str, object]) -> None:
    """Change keys of sections of the definition that was downloaded."""
    path = folder / SLUG / "challenge.json"
    document = json.loads(path.read_text())
    for section, keys in sections.items():
        document["definition"][section] |= keys
    document["definition"]["baselines"] = []  # which would not be of other kinds
    path.write_text(json.dumps(document))


@pytest.mark.docker
def test_a_program_is_run_and_its_predictions_are_checked(
    run_local: RunLocal, folder: Path
) -> None:
    code, said, _ = run_local(GOOD, "--output", "mine.csv")

    assert code == 0
    assert "Log:\npredicted\n" in said
    assert f"mine.csv is valid: 3 predictions, as {SLUG} asks for." in said
    assert (folder / "mine.csv").read_text().splitlines()[1] == "p1,50,50"


@pytest.mark.docker
def test_a_program_that_fails_gets_the_platforms_reason_and_its_whole_log(
    run_local: RunLocal,
) -> None:
    code, said, noted = run_local("print('so far')\n1 / 0")

    assert code == 3
    assert "Ended:     crashed\nExit code: 1\n" in said
    assert "so far\nTraceback (most recent call last):" in said
    assert "ZeroDivisionError" in said
    assert "Your program ended with an error. (run_crashed, on your team's side)" in noted


@pytest.mark.docker
@pytest.mark.parametrize("packs", [False, True], ids=["folder", "archive"])
def test_weights_are_found_by_the_program(
    run_local: RunLocal, folder: Path, *, packs: bool
) -> None:
    redefine(folder, program={"weights_max_bytes": 100_000})
    (folder / "weights").mkdir()
    (folder / "weights" / "model.txt").write_text("by age")
    if packs:
        shutil.make_archive(str(folder / "weights"), "zip", folder / "weights")
    reading = "print(open('/weights/model.txt').read(), flush=True)\n"

    code, said, _ = run_local(reading + GOOD, "--weights", "weights.zip" if packs else "weights")

    assert code == 0
    assert "Log:\nby age\npredicted\n" in said


@pytest.mark.parametrize(
    ("most", "code", "told"), [(0, 1, "takes no weights"), (10, 2, "more than 10 bytes")]
)
def test_weights_that_the_platform_would_refuse_are_not_run(
    run_local: RunLocal, folder: Path, most: int, code: int, told: str
) -> None:
    redefine(folder, program={"weights_max_bytes": most})
    (folder / "weights").mkdir()
    (folder / "weights" / "model.txt").write_text("by age")

    ended, _, noted = run_local(GOOD, "--weights", "weights")

    assert ended == code
    assert told in noted


@pytest.mark.docker
def test_predictions_that_the_platform_would_refuse_are_told_line_by_line(
    run_local: RunLocal,
) -> None:
    code, _, noted = run_local(GOOD.replace("{row['age']}\\n", "high\\n"))

    assert code == 2
    assert "predictions.csv was refused" in noted
    assert 'line 2, column risk_death: found "high"' in noted


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    """Give the engine, as the command finds it."""
    with closing(docker.DockerClient(base_url=f"unix://{ENGINE_SOCKET}")) as engine:
        yield engine


@pytest.fixture
def image(folder: Path, engine: docker.DockerClient) -> Iterator[Callable[..., str]]:
    """Give a function that makes an image of a program, and names it; none is left."""
    made = []

    def make(program: str, *more: str, named: bool = True) -> str:
        name = f"run-local-test:{uuid.uuid4().hex}"
        lines = [f"FROM {build_base(say=print)}", "COPY main.py /code/", f"LABEL test={name}"]
        lines += [*more, 'ENTRYPOINT ["python3", "/code/main.py"]']
        (folder / "main.py").write_text(program)
        (folder / "Dockerfile").write_text("\n".join(lines))
        tag = name if named else None
        built, _ = engine.images.build(path=str(folder), tag=tag, network_mode="none", rm=True)
        made.append(name if named else str(built.id))
        return made[-1]

    yield make
    for name in made:
        engine.images.remove(name)


MakeImage = Callable[..., str]


@pytest.mark.docker
def test_an_image_is_run_and_only_its_own_name_is_left(
    image: MakeImage, engine: docker.DockerClient, capsys: pytest.CaptureFixture[str]
) -> None:
    name = image(GOOD)

    code = main(["run-local", SLUG, "--image", name])

    assert code == 0
    assert (
        f"predictions.csv is valid: 3 predictions, as {SLUG} asks for." in capsys.readouterr().out
    )
    assert engine.images.get(name).tags == [name]


@pytest.mark.docker
def test_an_image_that_the_platform_would_refuse_is_not_run(
    image: MakeImage, capsys: pytest.CaptureFixture[str]
) -> None:
    name = image(GOOD, "VOLUME /data")

    code = main(["run-local", SLUG, "--image", name])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert f"{name} was refused:" in said.err
    assert "VOLUME" in said.err


@pytest.mark.docker
def test_an_image_without_a_name_is_not_run_as_it_would_go_with_the_name_that_it_gets(
    image: MakeImage, capsys: pytest.CaptureFixture[str]
) -> None:
    nameless = image(GOOD, named=False)

    code = main(["run-local", SLUG, "--image", nameless])

    assert code == 1
    assert f"Docker has no image named '{nameless}' here" in capsys.readouterr().err


@pytest.mark.docker
@pytest.mark.usefixtures("folder")
def test_an_image_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run-local", SLUG, "--image", "no-such-image:1"])

    assert code == 1
    assert "Docker has no image named 'no-such-image:1' here" in capsys.readouterr().err


@pytest.mark.parametrize("options", [(), ("--code", ".", "--image", "x")])
@pytest.mark.usefixtures("folder")
def test_one_program_has_to_be_named(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run-local", SLUG, *options]) == 1
    assert "give either --code or --image" in capsys.readouterr().err


def test_an_archive_that_the_platform_would_refuse_is_not_run(
    run_local: RunLocal, folder: Path
) -> None:
    (folder / "other").mkdir()

    code, said, noted = run_local("", "--code", "other")

    assert (code, said) == (2, "")
    assert "main.py" in noted


def test_an_archive_above_the_limit_is_not_run(run_local: RunLocal, folder: Path) -> None:
    redefine(folder, program={"max_bytes": 100})

    code, _, noted = run_local(GOOD)

    assert code == 2
    assert "at most 100 B are taken" in noted


def test_a_challenge_that_takes_no_code_says_what_it_takes(
    run_local: RunLocal, folder: Path
) -> None:
    redefine(folder, submission={"kinds": ["predictions", "container"]})

    code, _, noted = run_local(GOOD)

    assert code == 1
    assert f"{SLUG} takes no code; it takes predictions, container" in noted


def test_a_run_has_the_limits_and_the_files_that_the_platform_gives_it(folder: Path) -> None:
    redefine(folder, limits={"seconds": 7, "cpus": 2})
    challenge = LocalChallenge.read(SLUG, folder / SLUG, kind="code")
    found: dict[str, bytes] = {}

    def program(files: Mapping[str, bytes]) -> End:
        found.update(files)
        return End.NO_FILE

    runner = FakePrograms(program=program)

    run_program(challenge, runner, archive=b"code")

    [run] = runner.runs
    assert run.limits == limits_of(challenge.definition)
    assert (run.limits.seconds, run.limits.cpus) == (7, 2)
    assert (run.input, run.collect) == (b"code", "predictions.csv")
    assert found.keys() == {"train.csv", "test.csv", "dictionary.csv"}
    assert found["test.csv"] == TEST_CSV


def test_a_hidden_input_has_its_public_sample_in_its_place(folder: Path) -> None:
    redefine(
        folder,
        submission={"kinds": ["code"]},
        data={"input": ["test.csv"], "public": ["train.csv"]},
    )
    path = folder / SLUG / "challenge.json"
    document = json.loads(path.read_text())
    for file in document["files"]:
        file["name"] = file["name"].replace("test.csv", "sample/test.csv")
    path.write_text(json.dumps(document))
    (folder / SLUG / "sample").mkdir()
    (folder / SLUG / "test.csv").rename(folder / SLUG / "sample/test.csv")

    challenge = LocalChallenge.read(SLUG, folder / SLUG, kind="code")

    assert challenge.inputs == (folder / SLUG / "sample/test.csv",)


def test_a_changed_file_of_the_challenge_is_noticed(run_local: RunLocal, folder: Path) -> None:
    (folder / SLUG / "train.csv").write_text("other")

    code, _, noted = run_local(GOOD)

    assert code == 1
    assert f"run: challenge data download {SLUG}" in noted


def test_a_runtime_that_is_not_known_here_can_be_named(run_local: RunLocal, folder: Path) -> None:
    redefine(folder, program={"runtime": "torch"})

    code, _, noted = run_local(GOOD)

    assert code == 1
    assert "the runtime 'torch'" in noted
    assert "--runtime-image" in noted


def test_without_docker_it_says_what_is_missing(run_local: RunLocal) -> None:
    code, _, noted = run_local(GOOD, "--engine", "/run/no-engine.sock")

    assert code == 4
    assert "it could not be run on this machine: No Docker Engine answers" in noted


def test_a_folder_is_packed_without_what_no_program_needs(tmp_path: Path) -> None:
    for name in ("main.py", "weights/a.bin", ".git/config", "__pycache__/main.pyc", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)

    files = check_archive(archive_of(tmp_path)).files

    assert [file.name for file in files] == ["main.py", "weights/a.bin"]


def test_the_words_are_those_of_the_platform() -> None:
    assert {f"run_{end}": words for end, words in ENDS.items()} == {
        reason.value: str(REASONS[reason]) for reason in Reason if reason.value.startswith("run_")
    }
    assert ENDS.keys() == set(End) - {End.FINISHED, End.CANCELLED}
