"""What the images are made of, and their names: other contents have another name.

A tag can be told without an engine, so the platform and the builder always mean the same image.
"""

import hashlib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from sandbox.images import BuildFailed

FOLDER = Path(__file__).parent
REPOSITORY = "challenge-platform"

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


def base_tag() -> str:
    """Name of the Python base image."""
    recipe = "\n".join([BASE_REFERENCE, *BASE_PACKAGES, *BASE_EXCLUDES])
    return _tag("base", {"recipe": recipe.encode()})


def packages_tag() -> str:
    """Name of the base with the scorers' dependencies."""
    return _tag("scoring-packages", {"base": base_tag().encode(), **packages_files()})


def scoring_tag() -> str:
    """Name of the image that scores predictions, with the scorers as they are installed here."""
    return _tag("scoring", {"packages": packages_tag().encode(), **scoring_files()})


def packages_files() -> dict[str, bytes]:
    """Build context of the dependencies' image by path, less the wheels that the lock names."""
    return {
        "Dockerfile": (FOLDER / "Dockerfile.packages").read_bytes(),
        "scoring.txt": (FOLDER / "scoring.txt").read_bytes(),
    }


def scoring_files() -> dict[str, bytes]:
    """Build context of the scoring image, by path: the scorers and the metrics they register."""
    files = {"Dockerfile": (FOLDER / "Dockerfile.scoring").read_bytes()}
    package = _package_folder("scorers")
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[f"scoring/scorers/{path.relative_to(package)}"] = path.read_bytes()
    for name, text in _distribution_files().items():
        files[f"scoring/challenge_platform.dist-info/{name}"] = text.encode()
    return files


def _package_folder(name: str) -> Path:
    """Folder of a package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BuildFailed(f"The package {name!r} is not installed: run `pip install .` first.")
    return Path(spec.submodule_search_locations[0])


def _distribution_files() -> dict[str, str]:
    """Metadata through which the scorers find their registered metrics inside the image."""
    try:
        project = distribution("challenge-platform")
    except PackageNotFoundError as missing:
        raise BuildFailed(
            "challenge-platform is not installed: run `pip install .` first."
        ) from missing
    metrics = sorted(project.entry_points.select(group="scorers.metrics"))
    lines = [f"{metric.name} = {metric.value}\n" for metric in metrics]
    fields = ["Metadata-Version: 2.1", f"Name: {project.name}", f"Version: {project.version}"]
    return {
        "METADATA": "\n".join([*fields, ""]),
        "entry_points.txt": "".join(["[scorers.metrics]\n", *lines]),
    }


def _tag(name: str, files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, data in sorted(files.items()):
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return f"{REPOSITORY}/{name}:{digest.hexdigest()[:16]}"
