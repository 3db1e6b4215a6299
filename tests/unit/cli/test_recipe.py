"""What a recipe is given, what it can import, and what it is refused."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.cli.recipe import Made, RecipeOptions, run_recipe
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import read_definition
from challenge_platform.errors import InvalidInput

TINY = Path(__file__).parents[2] / "data" / "tiny-survival"
HIDDEN = TINY.parent / "hidden-cells"
BODY = """
    (public / "{public}").write_text("id\\n")
    return repr(({given})).encode()
"""

Run = Callable[..., Made]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Give what runs a recipe of this text, with modules of these texts beside it."""

    def run(text: str, *, definition: Path = TINY, options: RecipeOptions, **modules: str) -> Made:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        made = folder / "made"
        made.mkdir(parents=True)
        for name, content in {"data": text, **modules}.items():
            (folder / f"{name}.py").write_text(content)
        found: ChallengeDefinition = read_definition(definition / "challenge.yaml")
        return run_recipe(folder / "data.py", made, definition=found, options=options)

    return run


def options(*, source: Path | None = None, scale: float = 1.0) -> RecipeOptions:
    return RecipeOptions(say=lambda _line: None, source=source, scale=scale)


def recipe(parameters: str, *, given: str, before: str = "") -> str:
    body = BODY.format(public="test.csv", given=given)
    return f"{before}\ndef build(public, /, {parameters}):{body}"


def test_a_recipe_is_given_the_options_that_it_names(run: Run, tmp_path: Path) -> None:
    text = recipe("*, scale, source", given="scale, source.name")

    made = run(text, options=options(source=tmp_path, scale=0.25))

    assert made.truth == repr((0.25, tmp_path.name)).encode()


def test_a_recipe_that_names_no_option_is_given_none(run: Run) -> None:
    made = run(
        "def build(public, /):" + BODY.format(public="test.csv", given=""), options=options()
    )

    assert made.truth == b"()"


def test_a_recipe_with_hidden_input_is_given_options_beside_its_folders(run: Run) -> None:
    text = """
def build(public, hidden, sample, /, *, scale=1.0):
    (public / "train.csv").write_text("id\\n")
    (hidden / "test.csv").write_text("id\\n")
    (sample / "test.csv").write_text("id\\n")
    return repr(scale).encode()
"""

    assert run(text, definition=HIDDEN, options=options(scale=0.5)).truth == b"0.5"


def test_a_recipe_says_how_far_it_is(run: Run) -> None:
    lines: list[str] = []

    run(
        recipe("*, say", given="say('half of the slides')"),
        options=RecipeOptions(say=lines.append),
    )

    assert lines == ["half of the slides"]


def test_an_option_that_a_recipe_would_not_heed_is_refused(run: Run, tmp_path: Path) -> None:
    text = recipe("*, say", given="")

    with pytest.raises(InvalidInput, match=r"reads no real files.*--from"):
        run(text, options=options(source=tmp_path))
    with pytest.raises(InvalidInput, match=r"one size only.*--scale"):
        run(text, options=options(scale=0.5))


@pytest.mark.parametrize("scale", [0, -1, 1.5, float("nan")])
def test_a_scale_out_of_its_range_is_refused(scale: float) -> None:
    with pytest.raises(InvalidInput, match="above 0 and at most 1"):
        options(scale=scale)


def test_a_folder_of_real_files_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no folder"):
        options(source=tmp_path / "nowhere")


def test_modules_beside_a_recipe_are_imported_by_it_and_by_no_other_recipe(run: Run) -> None:
    text = recipe("*, scale", given="NAME, later()", before="from real import NAME, later")
    real = "NAME = {name!r}\ndef later():\n    import drawn\n    return drawn.SIZE"
    path, modules = list(sys.path), dict(sys.modules)

    first = run(text, options=options(), real=real.format(name="one"), drawn="SIZE = 1")
    second = run(text, options=options(), real=real.format(name="two"), drawn="SIZE = 2")

    assert (first.truth, second.truth) == (b"('one', 1)", b"('two', 2)")
    assert sys.path == path
    assert sys.modules == modules
