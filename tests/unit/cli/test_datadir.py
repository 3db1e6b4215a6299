"""`challenge prepare`: folders, keys and tables, made once and given to their owners."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir, main
from challenge_platform.cli.launcher import installation
from challenge_platform.cli.privileges import SHARED, WEB, WORKER, code_folders, preparation
from challenge_platform.config import Settings


@pytest.fixture
def apart(tmp_path: Path) -> Platform:
    """Give a platform whose keys are outside its data folder."""
    settings = Settings(data_dir=tmp_path / "data", keys_dir=tmp_path / "keys")
    return Platform.from_settings(settings)


def test_prepare_makes_keys_and_tables_and_changes_nothing_the_second_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", "--data-dir", str(tmp_path)]) == 0
    first = {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()}
    assert main(["prepare", "--data-dir", str(tmp_path)]) == 0

    assert {path.name for path in first} == {
        *("session.key", "second-factor.key", "queue.key", "receipt.key", "receipt.pub")
    }
    assert {path: path.read_bytes() for path in first} == first
    assert str(tmp_path / "keys") in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() != 0, reason="separate users take root")
def test_keys_outside_the_data_folder_have_their_owners_too(apart: Platform) -> None:
    datadir.prepare(apart)

    files = {path.name: path.stat() for path in apart.settings.keys.rglob("*") if path.is_file()}
    assert {name: status.st_uid for name, status in files.items()} == {
        "session.key": WEB.uid,
        "second-factor.key": WEB.uid,
        "receipt.key": WORKER.uid,
        "queue.key": 0,
        "receipt.pub": 0,
    }
    assert files["queue.key"].st_gid == SHARED
    assert stat.S_IMODE(files["receipt.key"].st_mode) == 0o400
    assert not (apart.settings.data_dir / "keys").exists()


READ = """
import sys; from pathlib import Path
from challenge_platform.cli.datadir import require_readable
require_readable(Path(sys.argv[1]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="separate users take root")
def test_a_study_that_the_worker_may_not_read_is_named_with_its_repair(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir(mode=0o755)
    table = study / "labels.csv"
    table.write_text("id\n")

    def told() -> str:
        return subprocess.run(
            [sys.executable, "-c", READ, study],
            preexec_fn=preparation(WORKER, reach=[*code_folders(), study]),
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        ).stderr

    assert told() == ""
    table.chmod(0o600)
    assert f"{table} cannot be read by the user {WORKER.uid}" in told()
    table.chmod(0o644)
    study.chmod(0o700)
    assert f"let others read what is within: chmod -R o+rX {study}." in told()


def test_an_installation_keeps_its_name_and_shares_it_with_no_other(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()

    assert installation(ours) == installation(ours) != installation(theirs)
    assert installation(ours)


def test_a_release_key_that_was_taken_away_is_not_made_anew(apart: Platform) -> None:
    datadir.prepare(apart, slugs=["x"], separate=False)
    key = apart.settings.keys / "operator" / "release" / "x.key"
    recipient = apart.keys.release_recipient("x")
    key.unlink()

    datadir.prepare(apart, slugs=["x"], separate=False)

    assert not key.exists()
    assert apart.keys.release_recipient("x") == recipient
