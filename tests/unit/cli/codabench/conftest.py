"""A bundle to import, from those of our own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.codabench.bundles import BUNDLES, Packed


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[[str], Packed]:
    """Give a function that copies a bundle by its name."""
    return lambda name: Packed(folder=shutil.copytree(BUNDLES / name, tmp_path / name))


@pytest.fixture
def cells(bundle: Callable[[str], Packed]) -> Packed:
    """Give the bundle of version 2 in which nothing is amiss."""
    return bundle("cells")
