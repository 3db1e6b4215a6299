"""Publishing a challenge that the organizers' own program scores: what is needed, and refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.exporting import public_members, secret_members, write_export
from challenge_platform.cli.flaws import find_flaws
from challenge_platform.cli.importing import Export, publish_export
from challenge_platform.core import reference
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.reference import require_packed
from challenge_platform.core.upload import Upload
from challenge_platform.errors import Conflict, InvalidInput, NotFound
from sandbox import End
from tests.archives import zipped
from tests.conftest import participant
from tests.core.scored import COUNTED, GOOD, changed, publish_scored
from tests.fakes import Files

SLUG = COUNTED.name
Program = Callable[[Files], bytes | End]


def test_nothing_is_published_without_an_administrators_leave(platform: Platform) -> None:
    datadir.prepare(platform, slugs=[SLUG], separate=False)

    with pytest.raises(InvalidInput, match="--allow-scoring-program"):
        build_challenge(platform, COUNTED, say=lambda _line: None)

    with platform.database.reading() as session, pytest.raises(NotFound):
        find_challenge(session, SLUG)


def test_another_program_is_another_version_and_cannot_score_beside_the_first(
    platform: Platform, tmp_path: Path
) -> None:
    alice = participant(platform, publish_scored(platform), name="alice")
    upload = Upload(content=GOOD, filename="kinds.zip", opened_at=platform.clock())
    platform.uploads.submit(SLUG, upload, user_id=alice.user.id)
    other = changed(tmp_path, program="print('all are right')")

    with pytest.raises(Conflict, match="scored by other metrics"):
        publish_scored(platform, folder=other)


@pytest.mark.parametrize("name", ["program/link.py", "reference/public/link.csv"])
def test_a_link_in_what_scores_is_refused(platform: Platform, tmp_path: Path, name: str) -> None:
    folder = changed(tmp_path)
    (folder / name).symlink_to("/etc/passwd")

    with pytest.raises(InvalidInput, match="is a link"):
        publish_scored(platform, folder=folder)


def test_a_folder_that_scoring_names_must_be_there(tmp_path: Path) -> None:
    folder = changed(tmp_path, ("path: program", "path: scorer"))

    flaws = [str(flaw) for flaw in find_flaws(folder)]

    assert any("scoring.program.path: there is no folder 'scorer'" in flaw for flaw in flaws)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  metrics:", "  resamples: 9\n  stratify: x\n  metrics:", "scoring.stratify is about"),
        ("metric: program, direction: minimize", "metric: brier, params: {}", "brier"),
        ("path: program", "path: ../program", "outside the folder"),
        ("[python3,", "[/bin/sh,", "only programs of Python 3"),
        ("public: reference/public", "public: /etc", "outside the folder"),
        ("name: Accuracy", "name: errors", "the name errors is named twice"),
        ("phases:", "ranking: {protect: ladder}\nphases:", "add ranking.step"),
        ("kinds: [predictions]", "kinds: [code]", "kinds: [predictions]"),
        ("format: files", "format: files\n  id: id", "nothing reads id"),
        ("format: files", "format: table", "ids is missing"),
    ],
)
def test_what_does_not_fit_a_program_is_refused(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    folder = changed(tmp_path, (old, new))

    assert told in "\n".join(str(flaw) for flaw in find_flaws(folder))


@pytest.mark.parametrize(
    "truth",
    [
        b"id,kind\n",
        zipped({"program/score.py": b""}),
        zipped({"program/score.py": b"", "public/a": b"", "../x": b""}),
        zipped({"program/score.py": b"", "public/a": bytes(101)}),
    ],
)
def test_a_truth_that_is_not_what_was_packed_is_refused_before_it_is_published(
    monkeypatch: pytest.MonkeyPatch, truth: bytes
) -> None:
    monkeypatch.setattr(reference, "MOST_BYTES", 100)

    with pytest.raises(InvalidInput):
        require_packed(truth)


def test_an_export_is_published_elsewhere_only_with_leave_and_is_the_same_there(
    platform: Platform, tmp_path: Path
) -> None:
    challenge = publish_scored(platform)
    key = platform.keys.scoring.open(SLUG)
    members = public_members(platform, challenge)
    members |= secret_members(platform, challenge, COUNTED, key=key)
    with (tmp_path / "out.zip").open("wb") as out:
        write_export(out, slug=SLUG, members=members)

    with Export.open(tmp_path / "out.zip") as export:
        with pytest.raises(InvalidInput, match="--allow-scoring-program"):
            publish_export(platform, export, made(tmp_path / "a"), say=print)
        version = publish_export(
            platform, export, made(tmp_path / "b"), say=print, allow_program=True
        )

    assert version.digest == challenge.version.digest


def made(folder: Path, /) -> Path:
    """Make an empty folder."""
    folder.mkdir()
    return folder
