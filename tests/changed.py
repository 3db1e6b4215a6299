"""The tiny challenge, written otherwise."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import TINY


def changed_challenge(
    above: Path, changes: Mapping[str, str], /, *, recipe: str | None = None
) -> Path:
    """Copy the tiny challenge under its name, and give its folder.

    Each text of its definition that `changes` names, which must be there once, is replaced, and
    `recipe` takes the place of its own.
    """
    folder = shutil.copytree(TINY, above / TINY.name)
    definition = folder / "challenge.yaml"
    text = definition.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    definition.write_text(text)
    if recipe is not None:
        (folder / "data.py").write_text(recipe)
    return folder
