"""The application as it is assembled: light, and with the parts that it was given."""

import subprocess
import sys
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.errors import KeyUnavailable
from challenge_platform.web import create_app

HEAVY = ["docker", "pandas", "scipy", "sklearn", "typer"]


def test_the_pages_load_no_library_that_only_others_need() -> None:
    program = f"import sys, challenge_platform.web; print(sys.modules.keys() & {HEAVY})"
    command = [sys.executable, "-c", program]

    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "set()"


def test_an_application_has_its_own_platform(platform: Platform) -> None:
    assert create_app(platform).extensions["platform"] is platform


def test_without_the_key_of_sessions_there_is_no_application(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match=r"session\.key"):
        create_app(Platform.from_settings(Settings(data_dir=tmp_path)))
