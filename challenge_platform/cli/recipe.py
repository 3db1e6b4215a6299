"""Recipes: the operator's programs that make a challenge's files, and whether all of it fits."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.errors import InvalidInput
from scorers.predictions.table import read_ids, read_truth


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a recipe made: three folders of files, and the hidden truth.

    `hidden` has what programs find in /input when they are scored, `sample` a public sample of it.
    """

    public: Path
    hidden: Path
    sample: Path
    truth: bytes


def run_recipe(recipe: Path, folder: Path, /, *, definition: ChallengeDefinition) -> Made:
    """Run a recipe on an empty folder; raise InvalidInput unless it made what the challenge names.

    Whatever it writes there is in clear, so that the folder must be nobody else's and removed.
    """
    build = _load(recipe)
    public, hidden, sample = (folder / name for name in ("public", "input", "sample"))
    for each in (public, hidden, sample):
        each.mkdir()
    truth = build(public, hidden, sample) if definition.data.input else build(public)
    if not isinstance(truth, bytes):
        raise InvalidInput(
            f"build() of {recipe} gave {type(truth).__name__}, not the bytes of the truth"
        )
    for made, key, names in (
        (public, "data.public", definition.data.public),
        (hidden, "data.input", definition.data.input),
        (sample, "data.input", definition.data.input),
    ):
        if (found := {path.name for path in made.iterdir()}) != set(names):
            raise InvalidInput(
                f"the recipe made {sorted(found)} in {made.name}/; {key} names {sorted(names)}"
            )
    return Made(public=public, hidden=hidden, sample=sample, truth=truth)


def check_truth(made: Made, /, *, definition: ChallengeDefinition) -> None:
    """Raise InvalidInput unless the truth is of the ids to predict, and of none of the sample."""
    submission, data = definition.submission, definition.data
    truth = read_truth(made.truth, table=definition.task.truth_table)
    for folder, names in ((made.public, data.public), (made.hidden, data.input)):
        if submission.ids not in names:
            continue
        asked = read_ids((folder / submission.ids).read_bytes(), id_column=submission.id)
        if sorted(asked) != sorted(truth.ids):
            raise InvalidInput(
                f"the ids of {folder.name}/{submission.ids} and of the truth differ: {len(asked)} "
                f"and {len(truth.ids)} ids, {len(set(asked) & set(truth.ids))} in both"
            )
    if data.input:
        shown = read_ids((made.sample / submission.ids).read_bytes(), id_column=submission.id)
        if both := set(shown) & set(truth.ids):
            raise InvalidInput(
                f"sample/{submission.ids} has {len(both)} of the ids to predict, and everybody may "
                "download the sample; make it of other ids"
            )
    named = {*data.subgroups, definition.scoring.stratify} - {None}
    if absent := named - truth.columns.keys():
        raise InvalidInput(
            f"the truth has no column {min(absent, key=str)!r}, which data.subgroups or "
            f"scoring.stratify names; it has {', '.join(truth.columns)}"
        )


def _load(recipe: Path) -> Callable[..., object]:
    spec = importlib.util.spec_from_file_location("challenge_recipe", recipe)
    if spec is None or spec.loader is None or not recipe.exists():
        raise InvalidInput(f"{recipe} is not a Python file; data.recipe in challenge.yaml names it")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    build: Callable[..., object] | None = getattr(module, "build", None)
    if build is None:
        raise InvalidInput(
            f"{recipe} has no function build(public: Path) -> bytes, nor, for a challenge with "
            "data.input, build(public: Path, hidden: Path, sample: Path) -> bytes"
        )
    return build
