"""Building a challenge with hidden input: what is public, what is sealed, what cannot be built."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.kit import pack_kit
from challenge_platform.core.challenge import (
    ChallengeVersion,
    PublishedChallenge,
    challenge_version,
    find_challenge,
)
from challenge_platform.core.program_input import opened
from challenge_platform.core.publication import version_digest
from challenge_platform.errors import Conflict, InvalidInput
from tests.conftest import TINY, Participant, participant, publish_changed
from tests.core.programs import with_programs
from tests.core.test_submission import send
from tests.fakes import Clock, FakePrograms

HIDDEN = TINY.parent / "hidden-cells"
SECRET = b"0.918273"

PROGRAM_AND_KINDS = "program: {}\nsubmission:\n  kinds: [predictions, code]"

Build = Callable[..., PublishedChallenge]


@pytest.fixture
def build(platform: Platform, tmp_path: Path) -> Build:
    """Give what publishes the challenge with hidden input, with parts of its files replaced."""
    datadir.prepare(platform, slugs=[HIDDEN.name], separate=False)
    copy = shutil.copytree(HIDDEN, tmp_path / HIDDEN.name)

    def published(**changed: tuple[str, str]) -> PublishedChallenge:
        for name, (old, new) in changed.items():
            path = copy / name.replace("_", ".")
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
        build_challenge(platform, copy, say=lambda _line: None)
        with platform.database.reading() as session:
            return find_challenge(session, HIDDEN.name)

    return published


def test_hidden_input_is_sealed_and_a_sample_of_it_is_public(
    platform: Platform, build: Build
) -> None:
    challenge = build()

    assert [file.name for file in challenge.files] == ["train.csv", "sample/test.csv"]
    assert [file.name for file in challenge.sample] == ["test.csv"]
    assert challenge.ids_file.name == "sample/test.csv"
    stored = platform.settings.objects_dir.rglob("*")
    assert not [path for path in stored if path.is_file() and SECRET in path.read_bytes()]
    found = challenge.input
    assert found is not None
    assert found.object is not None
    with opened(platform.keys.scoring.open(HIDDEN.name), platform.store.open(found.object)) as tar:
        content = tar.read()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (found.digest, found.size)
    with tarfile.open(fileobj=io.BytesIO(content)) as members:
        table = members.extractfile("test.csv")
        assert table is not None
        assert SECRET in table.read()


def test_what_programs_find_is_part_of_what_the_version_is_known_and_sealed_by(
    platform: Platform, build: Build
) -> None:
    challenge, key = build(), platform.keys.scoring.open(HIDDEN.name)
    assert challenge.is_genuine(key)

    for column in ("input_digest", "input_object"):
        with platform.database.writing() as session:
            version = session.get_one(ChallengeVersion, challenge.version_id)
            before = getattr(version, column)
            setattr(version, column, "f" * 64)
            session.add(version)
            session.flush()
            assert not challenge_version(session, version.id).is_genuine(key), column
            setattr(version, column, before)


def test_a_version_of_before_there_were_programs_and_pre_flights_keeps_its_digest(
    challenge: PublishedChallenge,
) -> None:
    row = challenge.version
    digest = version_digest(
        row.definition,
        row.texts,
        row.files,
        commitment=row.truth_commitment,
        input_digest=None,
        power=None,
    )

    assert digest == hashlib.sha256(_as_it_was(challenge)).hexdigest()


def test_what_scores_can_tell_is_part_of_what_the_version_is_known_by(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    key = platform.keys.scoring.open(challenge.slug)
    assert challenge.power is not None
    assert challenge.is_genuine(key)

    with platform.database.writing() as session:
        version = session.get_one(ChallengeVersion, challenge.version_id)
        version.power = {**challenge.power.model_dump(mode="json"), "teams": 99}
        session.add(version)
        session.flush()
        assert not challenge_version(session, version.id).is_genuine(key)


def _as_it_was(challenge: PublishedChallenge) -> bytes:
    row = challenge.version
    content = {
        "definition": row.definition,
        "texts": row.texts,
        "files": row.files,
        "truth": row.truth_commitment,
    }
    return json.dumps(content, sort_keys=True).encode()


def test_the_same_hidden_input_is_not_stored_again(build: Build) -> None:
    first = build()
    again = build(challenge_yaml=("max_size: 3", "max_size: 4"))

    assert again.version.number == 2
    assert again.input == first.input


SCALED = (
    "def build(public: Path, /) -> bytes:",
    "def build(public: Path, /, *, scale: float = 1, source: Path | None = None) -> bytes:",
)


def test_what_was_built_of_the_same_files_at_the_same_scale_is_not_built_again(
    platform: Platform, tmp_path: Path
) -> None:
    copy = shutil.copytree(TINY, tmp_path / TINY.name)
    recipe = copy / "data.py"
    recipe.write_text(recipe.read_text().replace(*SCALED))
    real = tmp_path / "real"
    real.mkdir()
    (real / "table.csv").write_text("a\n")

    def ran(**options: Any) -> bool:
        lines: list[str] = []
        build_challenge(platform, copy, say=lines.append, **options)
        return "running" in lines[0]

    assert ran(scale=0.5)
    assert not ran(scale=0.5)
    assert ran()
    assert not ran()
    assert ran(source=real)
    assert not ran(source=real)
    (real / "table.csv").write_text("b\n")
    assert ran(source=real)


def test_a_page_that_is_not_finished_is_told_when_it_is_published(
    platform: Platform, tmp_path: Path
) -> None:
    copy = shutil.copytree(TINY, tmp_path / TINY.name)
    page = copy / "pages" / "overview.fr.md"
    page.write_text("À FAIRE : la question.\n")
    lines: list[str] = []

    build_challenge(platform, copy, say=lines.append)

    told = [line for line in lines if "left to be replaced" in line]
    assert [line.split()[1] for line in told] == [
        f"{name}.fr" for name in ("overview", "data", "rules", "agreement")
    ]


def test_programs_find_the_public_files_where_nothing_is_hidden(
    platform: Platform, build: Build
) -> None:
    challenge = build(
        challenge_yaml=(
            "public: [train.csv]\n  input: [test.csv]",
            "public: [train.csv, test.csv]",
        ),
        cells_py=(
            "def build(public: Path, hidden: Path, sample: Path, /) -> bytes:",
            "def build(public: Path, /) -> bytes:\n    hidden = sample = public",
        ),
    )

    assert challenge.input is not None
    assert challenge.input.object is None
    assert challenge.sample == ()
    assert challenge.ids_file.name == "test.csv"
    assert challenge.is_genuine(platform.keys.scoring.open(HIDDEN.name))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("rows[TRAIN:-TEST]", "rows[TRAIN : 1 - TEST]"), "sample/test.csv has 1 of the ids"),
        (("*rows[-TEST:]", "*rows[-TEST + 1:]"), "input/test.csv and of the truth differ: 119"),
        (('(sample / "test.csv")', '(sample / "tests.csv")'), r"made \['tests.csv'\] in sample/"),
        (('(hidden / "test.csv")', '(public / "test.csv")'), r"in public/; data.public names"),
    ],
)
def test_a_recipe_that_made_something_else_is_refused(
    build: Build, changed: tuple[str, str], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        build(cells_py=changed)


def test_a_challenge_with_submissions_may_take_code_too(
    platform: Platform, alice: Participant, tmp_path: Path
) -> None:
    send(platform, alice)

    publish_changed(platform, tmp_path, "submission:\n  kinds: [predictions]", PROGRAM_AND_KINDS)

    with platform.database.reading() as session:
        changed = find_challenge(session, TINY.name)
    assert changed.version.number == 2
    assert changed.input is not None


def test_hidden_input_cannot_be_changed_once_there_are_submissions(
    platform: Platform, clock: Clock, tmp_path: Path
) -> None:
    runs = with_programs(platform, runner=FakePrograms(), clock=clock)
    runs.send(participant(platform, runs.challenge, name="ann"))
    copy = shutil.copytree(HIDDEN, tmp_path / HIDDEN.name)
    recipe = copy / "cells.py"
    recipe.write_text(recipe.read_text().replace("= SECRET", "= 0.5"))

    with pytest.raises(Conflict, match="another hidden input"):
        build_challenge(platform, copy, say=lambda _line: None)


def test_the_starter_kit_is_a_file_to_download_and_nothing_that_programs_find(
    platform: Platform, tmp_path: Path, build: Build
) -> None:
    before = build()
    kit = tmp_path / HIDDEN.name / "starter_kit"
    (kit / "__pycache__").mkdir(parents=True)
    (kit / "__pycache__" / "main.pyc").write_bytes(b"")
    (kit / "README.md").write_text("Begin here.\n")
    (kit / "main.py").write_text("print(1)\n")

    after = build()

    assert before.kit is None
    assert [file.name for file in after.files] == [
        *(file.name for file in before.files),
        "starter-kit.zip",
    ]
    assert after.kit == after.files[-1]
    assert after.input == before.input
    with zipfile.ZipFile(io.BytesIO(platform.store.read(after.kit.digest))) as archive:
        assert archive.namelist() == ["README.md", "main.py"]
        assert archive.read("main.py") == b"print(1)\n"
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


def test_the_same_starter_kit_makes_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for day in (1, 2):
        path = tmp_path / "main.py"
        path.write_text("print(1)\n")
        os.utime(path, (86400.0 * 365 * 40 * day,) * 2)
        pack_kit(tmp_path, [path], tmp_path / f"{day}.zip")
        digests.add((tmp_path / f"{day}.zip").read_bytes())

    assert len(digests) == 1


def test_a_link_is_not_published_in_a_starter_kit(build: Build, tmp_path: Path) -> None:
    kit = tmp_path / HIDDEN.name / "starter_kit"
    kit.mkdir()
    (tmp_path / "secret.csv").write_text("id,answer\n")
    (kit / "example.csv").symlink_to(tmp_path / "secret.csv")

    with pytest.raises(InvalidInput, match=r"example\.csv is a link to .*secret\.csv"):
        build()


def test_a_public_file_cannot_take_the_place_of_the_starter_kit(build: Build) -> None:
    with pytest.raises(InvalidInput, match=r"public names starter-kit\.zip"):
        build(challenge_yaml=("public: [train.csv]", "public: [train.csv, starter-kit.zip]"))
