"""The challenges on drawn slides and smears: same bytes, baselines, pages that say synthetic."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.cli.recipe import Made, RecipeOptions, run_recipe
from challenge_platform.core.definition_file import read_definition
from scorers import evaluate
from scorers.document import Evaluation
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

SLUGS = ("cervical-lesions", "leukocyte-classification")
LARGEST = 200_000_000  # bytes of a whole twin

ChallengeOf = Callable[[str], BuiltChallenge]

BUILD = """
import pathlib, sys
from challenge_platform.cli.recipe import RecipeOptions, run_recipe
from challenge_platform.core.definition_file import read_definition
folder, out = map(pathlib.Path, sys.argv[1:3])
definition = read_definition(folder / "challenge.yaml")
options = RecipeOptions(say=print, scale=float(sys.argv[3]))
made = run_recipe(folder / "data.py", out, definition=definition, options=options)
(out / "truth").write_bytes(made.truth)
"""


@pytest.fixture(params=SLUGS)
def challenge(request: pytest.FixtureRequest, challenge_of: ChallengeOf) -> BuiltChallenge:
    return challenge_of(request.param)


def digests(folder: Path, /) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


def run_baseline(challenge: BuiltChallenge, made: Made, *, name: str, out: Path) -> Evaluation:
    [baseline] = [one for one in challenge.definition.baselines if one.name == name]
    program = challenge.folder / baseline.path / "predict.py"
    command: list[str | Path] = [sys.executable, "-W", "error", program, made.public, out]
    subprocess.run(command, check=True, capture_output=True)
    return evaluate(
        challenge.definition.task, truth=made.truth, predictions=out.read_bytes(), seed=1
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_two_builds_in_two_processes_give_the_same_bytes(slug: str, tmp_path: Path) -> None:
    """Because the order of sets and dicts of text changes between processes."""
    for number in ("1", "2"):
        (tmp_path / number).mkdir()
        command: list[str | Path] = [sys.executable, "-W", "error", "-c", BUILD]
        arguments = [CHALLENGES / slug, tmp_path / number, "0.002"]
        subprocess.run([*command, *map(str, arguments)], check=True, capture_output=True)

    first, second = (digests(tmp_path / number / "public") for number in ("1", "2"))
    assert first == second
    assert (tmp_path / "1/truth").read_bytes() == (tmp_path / "2/truth").read_bytes()


def test_the_constant_baseline_is_far_from_a_perfect_score(
    challenge: BuiltChallenge, tmp_path: Path
) -> None:
    name = challenge.definition.baselines[0].name

    found = run_baseline(challenge, challenge.made, name=name, out=tmp_path / "out.csv")

    for split in found.splits.values():
        value = split.metrics[challenge.definition.scoring.primary.key].value
        assert value is not None
        assert value < 0.8


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLUGS)
def test_every_baseline_reaches_what_is_expected_on_the_whole_twin(
    slug: str, tmp_path: Path
) -> None:
    definition = read_definition(CHALLENGES / slug / "challenge.yaml")
    made = run_recipe(
        CHALLENGES / slug / "data.py",
        tmp_path,
        definition=definition,
        options=RecipeOptions(say=print),
    )
    whole = BuiltChallenge(
        folder=CHALLENGES / slug, definition=definition, made=made, download=made.public
    )

    assert sum(path.stat().st_size for path in made.public.iterdir()) < LARGEST
    for baseline in definition.baselines:
        found = run_baseline(whole, made, name=baseline.name, out=tmp_path / "out.csv")
        assert baseline.expect
        for split in found.splits.values():
            for key, expectation in baseline.expect.items():
                value = split.metrics[key].value
                assert value is not None
                assert expectation.holds(value), (baseline.name, key, value)


def test_everything_says_that_the_data_are_synthetic(challenge: BuiltChallenge) -> None:
    definition = challenge.definition
    assert definition.summary is not None
    told = [definition.title, definition.summary, definition.transparency.data_source]
    pages = [definition.pages.overview, definition.pages.data, definition.agreement.file]
    english = [text.en for text in told if text] + [
        (challenge.folder / page.en).read_text("utf-8") for page in pages
    ]
    french = [text.fr for text in told if text] + [
        (challenge.folder / page.fr).read_text("utf-8") for page in pages
    ]
    english.append((challenge.folder / "starter_kit/README.md").read_text("utf-8"))

    assert [text for text in english if "synthetic" not in text.lower()] == []
    assert [text for text in french if "synthétique" not in text.lower()] == []
    assert "SYNTHETIC" in (challenge.made.public / "SOURCE.txt").read_text("utf-8")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_data_page_names_every_file(challenge: BuiltChallenge, language: str) -> None:
    text = (challenge.folder / f"pages/data.{language}.md").read_text("utf-8")

    assert [name for name in challenge.definition.data.public if f"`{name}`" not in text] == []
