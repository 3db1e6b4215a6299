"""The virtual environment in .venv: its Python, whether it holds a lock, how it gets there."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"
_STAMP = FOLDER / "installed.json"
_BUILD_LOCK = ROOT / "requirements" / "build.txt"
_COVERS = {"server": ("server", "dev"), "dev": ("dev",)}  # dev.txt holds all of server.txt
_PROBE = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"


def lock_file(lock: str, /) -> Path:
    """Return the requirements file of the lock named `server` or `dev`."""
    return ROOT / "requirements" / f"{lock}.txt"


def is_ready(lock: str, /) -> bool:
    """Whether .venv already holds what the lock asks for, as noted when it was last installed."""
    try:
        noted = json.loads(_STAMP.read_text())
    except (OSError, ValueError):
        return False
    return PYTHON.exists() and noted in [_note(cover) for cover in _COVERS[lock]]


def find_python() -> Path | None:
    """Find a Python >= 3.11 that can make virtual environments, or None."""
    versions = (shutil.which(f"python3.{minor}") for minor in range(11, 15))
    found = (Path(name) for name in (sys.executable, "/usr/bin/python3", *versions) if name)
    return next((path for path in found if _works(path)), None)


def install_commands(lock: str, /, *, python: Path) -> list[list[str]]:
    """List the commands that make .venv hold the lock; this machine's pip configuration applies."""
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
    # Without build isolation nothing outside the locks is fetched: build backends are locked.
    hashed = [*pip, "--require-hashes", "--no-build-isolation", "--use-pep517", "--requirement"]
    return [
        [str(python), "-m", "venv", *([] if _works(PYTHON) else ["--clear"]), str(FOLDER)],
        [*hashed, str(_BUILD_LOCK)],
        [*hashed, str(lock_file(lock))],
        [*pip, "--no-build-isolation", "--quiet", "--editable", str(ROOT)],
    ]


def note_installed(lock: str, /) -> None:
    """Remember that .venv holds the lock, so that the next set-up need not look again."""
    _STAMP.write_text(json.dumps(_note(lock)))


def _note(lock: str, /) -> dict[str, str]:
    content = b"".join(
        path.read_bytes() for path in (_BUILD_LOCK, lock_file(lock), ROOT / "pyproject.toml")
    )
    return {"lock": lock, "sha256": hashlib.sha256(content).hexdigest(), "folder": str(FOLDER)}


def _works(python: str | Path, /) -> bool:
    try:
        probed = subprocess.run([python, "-c", _PROBE], capture_output=True, check=False)
    except OSError:
        return False
    return probed.returncode == 0
