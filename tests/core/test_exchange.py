"""Exports: what leaves a platform, that it comes back as it was, and what is refused."""

import dataclasses
import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.exporting import (
    public_members,
    require_unchanged,
    secret_members,
    write_export,
)
from challenge_platform.cli.importing import Export, is_export, publish_export, write_folder
from challenge_platform.config import Settings
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.definition_file import read_definition
from challenge_platform.errors import InvalidInput
from tests.conftest import TINY, prepared
from tests.core.programs import HIDDEN, publish_hidden
from tests.fakes import Clock, FakeRunner
from tests.images import file, tarball
from tests.unit.challenges.conftest import CHALLENGES, SCALES

TRUTH_OF_TINY = b"patient_id,usage,event,time"


@pytest.fixture
def other(tmp_path: Path, clock: Clock, runner: FakeRunner) -> Iterator[Platform]:
    """Give another platform, with keys of its own."""
    wired = prepared(
        Settings(data_dir=tmp_path / "other", database_url=None), clock=clock, runner=runner
    )
    yield wired
    wired.database.close()


def found(platform: Platform, slug: str) -> PublishedChallenge:
    with platform.database.reading() as session:
        return find_challenge(session, slug)


def export(platform: Platform, slug: str, out: Path, *, folder: Path | None = None) -> bytes:
    """Export a challenge, whole with its folder, and give the bytes."""
    challenge = found(platform, slug)
    members = public_members(platform, challenge)
    if folder is not None:
        require_unchanged(challenge, folder)
        key = platform.keys.scoring.open(slug)
        members |= secret_members(platform, challenge, folder, key=key)
    with out.open("wb") as file:
        write_export(file, slug=slug, members=members)
    return out.read_bytes()


def publish(platform: Platform, source: Path, *, folder: Path, scratch: Path) -> None:
    """Import an export and publish it."""
    with Export.open(source) as opened:
        write_folder(opened, folder)
        datadir.prepare(platform, slugs=[opened.definition.slug], separate=False)
        scratch.mkdir()
        publish_export(platform, opened, scratch, say=lambda _line: None)


@pytest.mark.parametrize("source", [TINY, HIDDEN], ids=lambda path: path.name)
def test_an_export_that_another_platform_publishes_is_exported_from_there_with_the_same_bytes(
    platform: Platform, other: Platform, tmp_path: Path, source: Path
) -> None:
    folder = shutil.copytree(source, tmp_path / "mine" / source.name)
    (folder / "starter_kit").mkdir()
    (folder / "starter_kit" / "main.py").write_text("print(1)\n")
    publish_hidden(platform, folder=folder)
    whole = export(platform, source.name, tmp_path / "whole.zip", folder=folder)
    public = export(platform, source.name, tmp_path / "public.zip")

    there = tmp_path / source.name
    publish(other, tmp_path / "whole.zip", folder=there, scratch=tmp_path / "scratch")

    assert export(other, source.name, tmp_path / "whole2.zip", folder=there) == whole
    assert export(other, source.name, tmp_path / "public2.zip") == public
    mine, theirs = found(platform, source.name).version, found(other, source.name).version
    assert mine.digest == theirs.digest
    assert mine.truth_object != theirs.truth_object
    assert found(other, source.name).kit == found(platform, source.name).kit is not None
    assert found(other, source.name).is_genuine(other.keys.scoring.open(source.name))


@pytest.mark.slow
@pytest.mark.parametrize("slug", sorted(path.parent.name for path in CHALLENGES.glob("*/data.py")))
def test_each_challenge_of_the_repository_comes_back_with_the_same_bytes_its_links_as_files(
    platform: Platform, other: Platform, tmp_path: Path, slug: str
) -> None:
    datadir.prepare(platform, slugs=[slug], separate=False)
    build_challenge(platform, CHALLENGES / slug, say=print, scale=SCALES.get(slug, 1))
    whole = export(platform, slug, tmp_path / "whole.zip", folder=CHALLENGES / slug)

    there = tmp_path / slug
    publish(other, tmp_path / "whole.zip", folder=there, scratch=tmp_path / "scratch")

    assert export(other, slug, tmp_path / "whole2.zip", folder=there) == whole
    assert not any(path.is_symlink() for path in there.rglob("*"))


def test_what_is_public_leaves_without_the_truth_and_without_the_folder(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    content = export(platform, challenge.slug, tmp_path / "public.zip")

    with zipfile.ZipFile(tmp_path / "public.zip") as archive:
        names = archive.namelist()
    assert names[:2] == ["export.json", "definition.json"]
    assert {name.partition("/")[0] for name in names[2:]} == {"public", "texts"}
    assert TRUTH_OF_TINY not in content
    assert b"default_rng" not in content


def test_what_is_public_becomes_a_draft_that_says_the_same(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    export(platform, challenge.slug, tmp_path / "public.zip")

    with Export.open(tmp_path / "public.zip") as opened:
        write_folder(opened, tmp_path / "draft")
        with pytest.raises(InvalidInput, match="only what is public, and no truth to score by"):
            publish_export(platform, opened, tmp_path, say=lambda _line: None)

    assert read_definition(tmp_path / "draft" / "challenge.yaml") == challenge.definition
    page = (tmp_path / "draft" / "pages" / "overview.fr.md").read_text()
    assert page == challenge.version.texts["overview"]["fr"]
    assert (tmp_path / "draft" / "public" / "test.csv").read_bytes().startswith(b"patient_id\n")


def test_a_folder_that_was_changed_since_is_not_exported(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    copy = shutil.copytree(TINY, tmp_path / TINY.name)
    page = copy / "pages" / "overview.en.md"
    page.write_text(page.read_text() + "More.\n")

    with pytest.raises(InvalidInput, match="was changed since version 1 of tiny-survival"):
        export(platform, challenge.slug, tmp_path / "whole.zip", folder=copy)


def test_a_link_of_the_folder_leaves_as_the_file_that_it_leads_to(
    platform: Platform, tmp_path: Path
) -> None:
    folder = shutil.copytree(TINY, tmp_path / TINY.name)
    (tmp_path / "shared.py").write_text("SHARED = 1\n")
    (folder / "shared.py").symlink_to("../shared.py")
    publish_hidden(platform, folder=folder)

    export(platform, TINY.name, tmp_path / "whole.zip", folder=folder)

    with zipfile.ZipFile(tmp_path / "whole.zip") as archive:
        assert archive.read("folder/shared.py") == b"SHARED = 1\n"


def test_a_link_that_leads_nowhere_is_told_and_not_left_out(
    platform: Platform, tmp_path: Path
) -> None:
    folder = shutil.copytree(TINY, tmp_path / TINY.name)
    publish_hidden(platform, folder=folder)
    (folder / "shared.py").symlink_to("../shared.py")

    with pytest.raises(InvalidInput, match=r"shared.py is a link to \.\./shared.py, which cannot"):
        export(platform, TINY.name, tmp_path / "whole.zip", folder=folder)


def test_a_folder_that_is_there_is_left_alone(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    export(platform, challenge.slug, tmp_path / "public.zip")
    (tmp_path / "mine").mkdir()

    with (
        Export.open(tmp_path / "public.zip") as opened,
        pytest.raises(InvalidInput, match="exists already; name another folder by --to"),
    ):
        write_folder(opened, tmp_path / "mine")


def tampered(source: Path, *, change: Callable[[dict[str, Any]], object]) -> Path:
    """Write an export anew with its files changed, and its manifest if that is wanted."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    out = source.with_name("tampered.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out


def _with(*names: str, content: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    """Give what adds files under these names, as the manifest then says."""

    def change(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["export.json"])
        digest = hashlib.sha256(content).hexdigest()
        told = {"size": len(content), "sha256": digest}
        manifest["files"] |= dict.fromkeys(names, told)
        files["export.json"] = json.dumps(manifest).encode()
        files |= dict.fromkeys(names, content)

    return change


def _of_no_size(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["export.json"])
    manifest["files"] = dict.fromkeys(manifest["files"], 1)
    files["export.json"] = json.dumps(manifest).encode()


def _of_another_kind(files: dict[str, bytes]) -> None:
    files["export.json"] = b'{"schema": "challenge-export/9", "files": {}}'


TAMPERED: tuple[tuple[Callable[[dict[str, Any]], object], str], ...] = (
    (lambda files: files.update({"public/test.csv": b"patient_id\n"}), "not as its manifest"),
    (
        lambda files: files.update({"definition.json": files["definition.json"][::-1]}),
        "definition.json is damaged",
    ),
    (lambda files: files.pop("public/test.csv"), "not those of its manifest"),
    (lambda files: files.update({"more": b""}), "not those of its manifest"),
    (lambda files: files.pop("export.json"), "has no export.json"),
    (_with("folder/../../evil"), "may lead out of the folder"),
    (_with("folder/.git/config"), "may lead out of the folder, or be hidden in it"),
    (_with("folder/a", "folder/a/b"), "is where another of its files is"),
    (_with("texts/more.en.md"), "no place for texts/more.en.md"),
    (_with("texts/overview.de.md"), "no place for texts/overview.de.md"),
    (_with("texts/evaluation.en.md"), "no place for texts/evaluation.en.md"),
    (_with("texts/overview.en.md", content=b"\xff"), "texts/overview.en.md is not UTF-8"),
    (_of_no_size, "does not tell the size and SHA-256"),
    (_of_another_kind, "is of 'challenge-export/9'; this platform reads 'challenge-export/1'"),
)


def test_an_export_that_was_changed_is_refused(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    export(platform, challenge.slug, tmp_path / "public.zip")

    for number, (change, message) in enumerate(TAMPERED):
        wrong = tampered(tmp_path / "public.zip", change=change)
        with (
            pytest.raises(InvalidInput, match=message),
            Export.open(wrong) as opened,
        ):
            write_folder(opened, tmp_path / f"draft{number}")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("name", ["export.json", "definition.json", "public/test.csv"])
@pytest.mark.parametrize(("place", "value"), [(8, 1), (10, zipfile.ZIP_LZMA)])
def test_an_export_that_another_program_encrypted_or_compressed_is_refused(
    platform: Platform,
    challenge: PublishedChallenge,
    tmp_path: Path,
    name: str,
    place: int,
    value: int,
) -> None:
    packed = bytearray(export(platform, challenge.slug, tmp_path / "public.zip"))
    entry = packed.rindex(name.encode()) - 46  # of the central directory: flags at 8, method at 10
    assert packed[entry : entry + 4] == b"PK\x01\x02"
    packed[entry + place] = value
    (tmp_path / "public.zip").write_bytes(packed)

    with (
        pytest.raises(InvalidInput, match=name),
        Export.open(tmp_path / "public.zip") as opened,
    ):
        write_folder(opened, tmp_path / "draft")


def test_a_sparse_file_in_the_hidden_input_is_refused_before_its_holes_are_written(
    platform: Platform, other: Platform, tmp_path: Path
) -> None:
    publish_hidden(platform)
    export(platform, HIDDEN.name, tmp_path / "whole.zip", folder=HIDDEN)
    member, content = file("test.csv", b"x")
    member.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(10**7)}
    sparse = _with("hidden/input.tar", content=tarball((member, content)))

    with pytest.raises(InvalidInput, match=r"other files than data\.input names"):
        publish(
            other,
            tampered(tmp_path / "whole.zip", change=sparse),
            folder=tmp_path / HIDDEN.name,
            scratch=tmp_path / "scratch",
        )
    assert max(path.stat().st_size for path in (tmp_path / "scratch").rglob("*")) < 10**6


def test_a_definition_that_names_a_page_outside_its_folder_writes_none(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    with platform.database.reading() as session:
        challenge = find_challenge(session, challenge.slug)
    pages = challenge.definition.pages
    rules = pages.rules.model_copy(update={"en": "../rules.md"})
    outside = challenge.definition.model_copy(
        update={"pages": pages.model_copy(update={"rules": rules})}
    )
    members = public_members(platform, dataclasses.replace(challenge, definition=outside))
    with (tmp_path / "public.zip").open("wb") as file:
        write_export(file, slug=challenge.slug, members=members)

    with (
        Export.open(tmp_path / "public.zip") as opened,
        pytest.raises(InvalidInput, match="outside the folder"),
    ):
        write_folder(opened, tmp_path / "draft")
    assert not (tmp_path / "rules.md").exists()


def test_an_export_is_told_from_other_archives(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    export(platform, challenge.slug, tmp_path / "public.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        archive.writestr("competition.yaml", yaml.safe_dump({"title": "x"}))

    assert is_export(tmp_path / "public.zip")
    assert not is_export(tmp_path / "bundle.zip")
    assert not is_export(tmp_path / "nothing.zip")
