"""`challenge export`: what a published challenge says of itself, for papers and for programs."""

import json
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.exits import ExitCode
from tests.cli.conftest import Run
from tests.conftest import TINY

pytestmark = pytest.mark.usefixtures("challenge")


def test_bias_is_printed_as_markdown_and_as_json(run: Run, platform: Platform) -> None:
    folder = str(platform.settings.data_dir)

    text = run("export", TINY.name, "--bias", "-D", folder)
    values = run("export", TINY.name, "--bias", "--json", "-D", folder)

    assert (text.code, values.code) == (ExitCode.DONE, ExitCode.DONE), text.err
    assert text.out.startswith("# Tiny survival: transparency\n")
    assert "funder" in json.loads(values.out)["unanswered"]


def test_croissant_is_printed(run: Run, platform: Platform) -> None:
    done = run("export", TINY.name, "--croissant", "-D", str(platform.settings.data_dir))

    assert done.code == ExitCode.DONE, done.err
    assert json.loads(done.out)["distribution"][0]["name"] == "test.csv"


def test_one_form_is_to_be_chosen(run: Run, platform: Platform) -> None:
    done = run("export", TINY.name, "-D", str(platform.settings.data_dir))

    assert (done.code, "give one of --bias, --croissant and --out" in done.err) == (
        ExitCode.USAGE,
        True,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("export", TINY.name, "--bias"),
        ("export", TINY.name, "--out", "all.zip"),
        ("reveal", TINY.name, "--phase", "main", "--yes"),
        ("worker", "--drain"),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_of_no_platform_is_told_and_left_as_it_is(
    run: Run, here: Path, words: tuple[str, ...]
) -> None:
    done = run(*words, "-D", "elsewhere")

    assert done.code == ExitCode.USAGE
    assert "elsewhere is not the data folder of a platform; name it by --data-dir" in done.err
    assert list(here.iterdir()) == []
