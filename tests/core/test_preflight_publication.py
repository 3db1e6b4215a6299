"""A challenge whose pre-flight finds something is published only if its organizers accept it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.challenge import find_challenge
from challenge_platform.errors import InvalidInput, NotFound
from tests.conftest import TINY

SORTED = ("times = rng.integers(1, 400, PATIENTS)", "times = 1 + np.arange(PATIENTS)")
ACCEPTANCE = """
preflight:
  accept:
    - code: leak_row_order
      reason: {en: The rows are in the order of the times., fr: Les lignes suivent les durées.}
    - code: leak_id_order
      reason: {en: So are the ids., fr: Les identifiants aussi.}
    - code: leak_id_start
      reason: {en: So are the ids., fr: Les identifiants aussi.}
    - code: leak_id_digit_sum
      reason: {en: So are the ids., fr: Les identifiants aussi.}
"""
Build = Callable[..., list[str]]


@pytest.fixture
def build(platform: Platform, tmp_path: Path) -> Build:
    """Give the function that builds the tiny challenge with its rows in the order of the truth."""

    def build_sorted(*, accepting: str) -> list[str]:
        copy = shutil.copytree(TINY, tmp_path / TINY.name, dirs_exist_ok=True)
        recipe, definition = copy / "data.py", copy / "challenge.yaml"
        recipe.write_text((TINY / "data.py").read_text().replace(*SORTED))
        definition.write_text((TINY / "challenge.yaml").read_text() + accepting)
        lines: list[str] = []
        build_challenge(platform, copy, say=lines.append)
        return lines

    return build_sorted


def test_rows_in_the_order_of_the_truth_stop_the_publication(
    platform: Platform, build: Build
) -> None:
    with pytest.raises(InvalidInput, match=r"block leak_row_order \(c\).*hash"):
        build(accepting="")

    with platform.database.reading() as session, pytest.raises(NotFound):
        find_challenge(session, TINY.name)
    assert not [path for path in platform.settings.objects_dir.rglob("*") if path.is_file()]


def test_what_is_accepted_is_printed_published_and_audited(
    platform: Platform, build: Build
) -> None:
    lines = build(accepting=ACCEPTANCE)

    assert [line for line in lines if "accepted leak_row_order (c)" in line]
    with platform.database.reading() as session:
        accept = find_challenge(session, TINY.name).definition.preflight.accept
        query = select(AuditEvent).where(AuditEvent.action == "finding accepted")
        events = session.exec(query).all()
    given = ["leak_row_order", "leak_id_order", "leak_id_start", "leak_id_digit_sum"]
    assert [one.code for one in accept] == given
    told = [str(event.detail["code"]) for event in events]
    assert told[:2] == ["leak_row_order (c)", "leak_id_order (c)"]
    assert {code.removesuffix(" (c)") for code in told} == set(given)
