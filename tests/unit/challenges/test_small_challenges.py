"""The smaller challenges as their participants meet them: same bytes, honest baselines, pages."""

import csv
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from challenge_platform.cli.recipe import RecipeOptions, run_recipe
from challenge_platform.core.definition_file import read_definition
from sandbox.images.content import runtimes
from scorers import evaluate
from scorers.document import Evaluation
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

SLUGS = (
    *("allergen-chip", "annitia-landmark", "annitia-twin", "cardiomyopathy-scores"),
    *("dental-diagnosis", "diabetes-progression", "icd10-coding", "liver-lesions"),
)
# Dictionaries in the official style, which do not describe column by column: a known trap.
OFFICIAL = ("annitia-twin", "cardiomyopathy-scores")
SMALLER = {"allergen-chip": 0.1, "dental-diagnosis": 0.1}  # enough to see that bytes are the same
BASELINES = [
    (slug, baseline.name)
    for slug in SLUGS
    for baseline in read_definition(CHALLENGES / slug / "challenge.yaml").baselines
]
MINUS = "\N{MINUS SIGN}"

RUN_MAIN = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import main
main.INPUT, main.OUTPUT = map(pathlib.Path, sys.argv[2:])
main.main()
"""

ChallengeOf = Callable[[str], BuiltChallenge]
Evaluated = Callable[[str, str], Evaluation]


@pytest.fixture(params=SLUGS)
def challenge(request: pytest.FixtureRequest, challenge_of: ChallengeOf) -> BuiltChallenge:
    return challenge_of(request.param)


@pytest.fixture(scope="session")
def evaluated(challenge_of: ChallengeOf, tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """Give the function that runs a baseline and scores it, once a session."""

    @cache
    def run(slug: str, name: str) -> Evaluation:
        challenge = challenge_of(slug)
        definition, made = challenge.definition, challenge.made
        [baseline] = [one for one in definition.baselines if one.name == name]
        folder, out = challenge.folder / baseline.path, tmp_path_factory.mktemp("baseline")
        file = out / definition.submission.file
        seen = made.hidden if definition.data.input else made.public
        command: list[str | Path] = [folder / "predict.py", made.public, file]
        if baseline.kind == "code":
            command = ["-c", RUN_MAIN, folder, seen, out]
        subprocess.run([sys.executable, "-W", "error", *command], check=True, capture_output=True)
        return evaluate(definition.task, truth=made.truth, predictions=file.read_bytes(), seed=1)

    return run


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_second_build_gives_the_same_bytes(challenge: BuiltChallenge, tmp_path: Path) -> None:
    options = RecipeOptions(say=print, scale=SMALLER.get(challenge.definition.slug, 1))
    builds = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        made = run_recipe(
            challenge.folder / "data.py",
            tmp_path / name,
            definition=challenge.definition,
            options=options,
        )
        builds.append((made.truth, _digests(tmp_path / name)))

    assert builds[0] == builds[1]


@pytest.mark.parametrize(("slug", "name"), BASELINES)
def test_a_baseline_reaches_what_is_expected_of_it(
    slug: str, name: str, challenge_of: ChallengeOf, evaluated: Evaluated
) -> None:
    definition = challenge_of(slug).definition
    [baseline] = [one for one in definition.baselines if one.name == name]

    found = evaluated(slug, name).splits

    assert baseline.expect
    assert set(found) == {"public", "private"}
    for split in found.values():
        for key, expectation in baseline.expect.items():
            value = split.metrics[key].value
            assert value is not None
            assert expectation.holds(value), (key, value)


def test_what_runs_programs_is_an_image_of_ours(challenge: BuiltChallenge) -> None:
    assert challenge.definition.program is not None
    assert challenge.definition.program.runtime in runtimes()


def test_the_overview_gives_the_public_scores_of_the_baselines(
    challenge: BuiltChallenge, evaluated: Evaluated
) -> None:
    definition = challenge.definition
    primary = definition.scoring.primary.key
    reached = [
        evaluated(definition.slug, baseline.name).splits["public"].metrics[primary].value
        for baseline in definition.baselines
    ]
    for name, point in ((definition.pages.overview.en, "."), (definition.pages.overview.fr, ",")):
        text = (challenge.folder / name).read_text("utf-8")
        cells = re.findall(rf"\| ({MINUS}?\d+{re.escape(point)}\d{{3}}) \|$", text, re.MULTILINE)
        stated = [float(cell.replace(",", ".").replace(MINUS, "-")) for cell in cells]

        assert stated == pytest.approx(reached, abs=0.0021)  # room for a model's last digit


def test_the_dictionary_has_the_columns_of_the_tables(challenge: BuiltChallenge) -> None:
    if challenge.definition.slug in OFFICIAL:
        return
    public = challenge.made.public
    with (public / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        known = [row["name"] for row in csv.DictReader(file)]

    for table in {"train.csv", "test.csv"} & {path.name for path in public.iterdir()}:
        with (public / table).open(encoding="utf-8", newline="") as file:
            assert [name for name in next(csv.reader(file)) if name not in known] == []
