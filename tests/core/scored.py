"""What tests of organizers' own scoring programs share: the challenge, and how it is published."""

import json
import shutil
from pathlib import Path

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from tests.archives import zipped
from tests.conftest import TINY
from tests.fakes import Files

COUNTED = TINY.parent / "counted-cells"
KINDS = (
    b"id,kind\nc1,monocyte\nc2,lymphocyte\nc3,monocyte\nc4,monocyte\nc5,monocyte\nc6,lymphocyte\n"
)
"""Three of four are right in the public part, and one of two in the private one."""

GOOD = zipped({"kinds.csv": KINDS})


def changed(folder: Path, /, *changes: tuple[str, str], program: str | None = None) -> Path:
    """Copy the challenge, with parts of its challenge.yaml replaced, or another program."""
    copy = shutil.copytree(COUNTED, folder / COUNTED.name)
    definition = copy / "challenge.yaml"
    text = definition.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    definition.write_text(text)
    if program is not None:
        (copy / "program" / "score.py").write_text(program)
    return copy


def publish_scored(
    platform: Platform, /, *, folder: Path = COUNTED, separate: bool = False
) -> PublishedChallenge:
    """Publish it with an administrator's leave."""
    datadir.prepare(platform, slugs=[folder.name], separate=separate)
    build_challenge(platform, folder, say=lambda _line: None, allow_program=True)
    with platform.database.reading() as session:
        return find_challenge(session, folder.name)


def by_part(files: Files, /) -> bytes:
    """Score what the challenge's own program would: the cells whose kind is right."""
    truth, given = (files[f"input/{name}/kinds.csv"].splitlines()[1:] for name in ("ref", "res"))
    right = len(set(truth) & set(given))
    return json.dumps({"Accuracy": right / len(truth), "errors": len(truth) - right}).encode()
