"""What the images are made of, and their names: other contents have another name.

A tag can be told without an engine, so the platform and the builder always mean the same image.
Each image is a folder: that of the scorers, that of the self-test, and one for each runtime of
submitted code. It stands on an image of the packages that its lock names, if it has one, and that
one on the Python base.
"""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from sandbox.images import BuildFailed

FOLDER = Path(__file__).parent
REPOSITORY = "challenge-platform"
SCORING = "scoring"
SELFTEST = "selftest"  # runs the hostile cases; it has no packages

# The base that is taken when the engine has it or can pull it ...
BASE_REFERENCE = "python:3.11-slim-bookworm"
# ... and what is put on a minimal Debian otherwise, less what no program reads at run time.
BASE_PACKAGES = ("python3",)
BASE_EXCLUDES = (
    "./dev/*",
    "./tmp/*",
    "./usr/share/doc",
    "./usr/share/info",
    "./usr/share/locale",
    "./usr/share/man",
    "./var/cache/*",
    "./var/lib/apt/lists/*",
    "./var/log/*",
)


def runtimes() -> tuple[str, ...]:
    """Name the runtimes of submitted code, sorted."""
    return tuple(sorted(lock.parent.name for lock in FOLDER.glob("runtimes/*/packages.txt")))


def images() -> tuple[str, ...]:
    """Name every image: that of the scorers, that of the self-test, then those of the runtimes."""
    return (SCORING, SELFTEST, *runtimes())


def base_tag() -> str:
    """Name of the Python base image."""
    recipe = "\n".join([BASE_REFERENCE, *BASE_PACKAGES, *BASE_EXCLUDES])
    return _tag("base", {"recipe": recipe.encode()})


def packages_tag(image: str, /) -> str:
    """Name of the base with an image's packages; of the base itself when it has none."""
    if image == SELFTEST:
        return base_tag()
    files = {"base": base_tag().encode(), **packages_files(image)}
    return _tag(f"{_repository(image)}-packages", files)


def image_tag(image: str, /) -> str:
    """Name of an image, with what belongs in it as it is installed here."""
    files = {"packages": packages_tag(image).encode(), **image_files(image)}
    return _tag(_repository(image), files)


def packages_lock(image: str, /) -> Path:
    """Path of the lock that names an image's packages."""
    return _folder(image) / "packages.txt"


def packages_files(image: str, /) -> dict[str, bytes]:
    """Build context of an image's packages by path, less the wheels that the lock names."""
    return {
        "Dockerfile": (FOLDER / "Dockerfile").read_bytes(),
        "packages.txt": packages_lock(image).read_bytes(),
    }


def image_files(image: str, /) -> dict[str, bytes]:
    """Build context of an image, by path: the scorers, or what runs programs of others."""
    if image == SELFTEST:
        names = ("Dockerfile", "harness.py")
        return {name: (_folder(image) / name).read_bytes() for name in names}
    return _scoring_files() if image == SCORING else _runtime_files()


def _scoring_files() -> dict[str, bytes]:
    files = {"Dockerfile": (FOLDER / SCORING / "Dockerfile").read_bytes()}
    package = _package_folder("scorers")
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[f"scoring/scorers/{path.relative_to(package)}"] = path.read_bytes()
    files |= _archive_files("scoring")
    files["scoring/scorers/installed.json"] = _installed().encode()
    return files


def _runtime_files() -> dict[str, bytes]:
    package = _package_folder("sandbox")
    files = {
        "Dockerfile": (FOLDER / "runtimes" / "Dockerfile").read_bytes(),
        "entry/__main__.py": (package / "entry.py").read_bytes(),
    }
    return files | _archive_files("entry")


def _archive_files(folder: str) -> dict[str, bytes]:
    """Give the strict reader of archives, which needs nothing else of the sandbox."""
    files = {f"{folder}/sandbox/__init__.py": b""}
    for path in sorted((_package_folder("sandbox") / "archive").glob("*.py")):
        files[f"{folder}/sandbox/archive/{path.name}"] = path.read_bytes()
    return files


def _folder(image: str) -> Path:
    return FOLDER / image if image in {SCORING, SELFTEST} else FOLDER / "runtimes" / image


def _repository(image: str) -> str:
    return image if image in {SCORING, SELFTEST} else f"runtime-{image}"


def _package_folder(name: str) -> Path:
    """Folder of a package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BuildFailed(f"The package {name!r} is not installed: run `pip install .` first.")
    return Path(spec.submodule_search_locations[0])


def _installed() -> str:
    """Say which metrics are registered and where, as the scorers read it inside the image."""
    try:
        project = distribution("challenge-platform")
    except PackageNotFoundError as missing:
        raise BuildFailed(
            "challenge-platform is not installed: run `pip install .` first."
        ) from missing
    metrics = sorted(project.entry_points.select(group="scorers.metrics"))
    places = {metric.name: metric.value for metric in metrics}
    return json.dumps({"version": project.version, "metrics": places}, indent=1)


def _tag(name: str, files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, data in sorted(files.items()):
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return f"{REPOSITORY}/{name}:{digest.hexdigest()[:16]}"
