"""The public Python API is a tested list, and it costs nothing until it is used."""

import subprocess
import sys

import pytest

import challenge_platform
import scorers

PUBLIC = {
    "ChallengeDefinition",
    "Platform",
    "PlatformError",
    "Settings",
    "Upload",
    "read_definition",
    "upgrade",
    "verify_receipt",
}


def test_the_platform_exports_these_names() -> None:
    assert set(challenge_platform.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_exported_name_is_there(name: str) -> None:
    assert getattr(challenge_platform, name).__name__ == name


def test_another_name_is_told_as_missing() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = challenge_platform.nothing


def test_the_scorers_export_what_is_documented() -> None:
    assert {"evaluate", "get_metric"} <= set(scorers.__all__)


def test_importing_the_platform_imports_no_library() -> None:
    program = "import challenge_platform, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not {"sqlmodel", "flask", "rq", "numpy", "pydantic"} & set(done.stdout.split())
