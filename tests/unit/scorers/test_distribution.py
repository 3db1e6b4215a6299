"""The base distribution, installed from its wheel without any extra, scores and audits."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_installation import installed_with

REPOSITORY = Path(__file__).parents[3]
PLATFORM = ("flask", "docker", "sqlmodel", "sqlalchemy", "rq", "redis", "typer", "httpx")
METRICS = "from scorers import get_metric, metric_keys; [get_metric(k) for k in metric_keys()]"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of packages that `pip install challenge-platform` makes."""
    built = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    folder = tmp_path_factory.mktemp("site-packages")
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for name in installed_with("challenge-platform", extras=frozenset()) - {"challenge-platform"}:
        distribution = importlib.metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or ()} - {".."}
        for top in tops:
            target = Path(str(distribution.locate_file(top)))
            if target.exists() and not (folder / top).exists():
                (folder / top).symlink_to(target)
    return folder


@pytest.fixture
def competition(
    tmp_path: Path, challenge_yaml: dict[str, Any], truth: bytes, predictions: bytes
) -> Path:
    (tmp_path / "challenge.yaml").write_text(yaml.safe_dump(challenge_yaml))
    (tmp_path / "truth.csv").write_bytes(truth)
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "Aorta.csv").write_bytes(predictions)
    return tmp_path


def run(site: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with the packages of `site` only."""
    return subprocess.run(
        [sys.executable, "-S", *words],
        capture_output=True,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(site)},
        text=True,
    )


@pytest.mark.parametrize("package", PLATFORM)
def test_the_platform_is_not_installed_there(site: Path, tmp_path: Path, package: str) -> None:
    assert (
        f"No module named '{package}'"
        in run(site, "-c", f"import {package}", folder=tmp_path).stderr
    )


def test_it_scores(site: Path, competition: Path) -> None:
    files = ["challenge.yaml", "submissions/Aorta.csv", "--truth", "truth.csv"]

    done = run(site, "-m", "scorers", "evaluate", *files, folder=competition)

    assert (done.returncode, done.stderr) == (0, "")
    assert "c_event" in done.stdout


def test_it_audits(site: Path, competition: Path) -> None:
    done = run(site, "-m", "scorers", "audit", ".", folder=competition)

    assert (done.returncode, done.stderr) == (0, "the report is audit.html\n")
    assert "Aorta has the best score" in done.stdout


def test_it_has_every_metric(site: Path, tmp_path: Path) -> None:
    done = run(site, "-c", METRICS, folder=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
