"""Recipes: the operator's programs that make a challenge's files, and whether all of it fits."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Self

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.reference import require_packed
from challenge_platform.errors import InvalidInput
from scorers.predictions.sizes import Ids
from scorers.predictions.table import read_ids, read_truth
from scorers.predictions.truth import require_files
from scorers.request import check_room


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a recipe made: three folders of files, and the hidden truth.

    `hidden` has what programs find in /input when they are scored, `sample` a public sample of it.
    """

    public: Path
    hidden: Path
    sample: Path
    truth: bytes

    @classmethod
    def in_folder(cls, folder: Path, /) -> Self:
        """Make the three folders, empty, in a folder."""
        public, hidden, sample = (folder / name for name in ("public", "input", "sample"))
        for each in (public, hidden, sample):
            each.mkdir()
        return cls(public=public, hidden=hidden, sample=sample, truth=b"")


OPTIONS = ("source", "scale", "say")
"""The keyword-only parameters that a recipe may have."""


@dataclass(frozen=True, kw_only=True)
class RecipeOptions:
    """What a recipe is given beside its folders, each only if `build` has a parameter for it.

    `source` is the folder with the real files, None where there is none; `scale`, above 0 and at
    most 1, the part of its data that a recipe is to make; `say` prints a line of its progress.
    """

    say: Callable[[str], None]
    source: Path | None = None
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 1:
            raise InvalidInput(f"the scale is {self.scale:g}; give a number above 0 and at most 1")
        if self.source is not None and not self.source.is_dir():
            raise InvalidInput(f"there is no folder {self.source}, from which files were to come")


def run_recipe(
    recipe: Path, folder: Path, /, *, definition: ChallengeDefinition, options: RecipeOptions
) -> Made:
    """Run a recipe on an empty folder; raise InvalidInput unless it made what the challenge names.

    While it runs it can import the modules beside it. Whatever it writes to the folder is in clear,
    so that the folder must be nobody else's and removed.
    """
    made = Made.in_folder(folder)
    public, hidden, sample = made.public, made.hidden, made.sample
    folders = (public, hidden, sample) if definition.data.input else (public,)
    with importable(recipe.parent):
        build = _load(recipe)
        truth = build(*folders, **_arguments(build, recipe=recipe, options=options))
    if not isinstance(truth, bytes):
        raise InvalidInput(
            f"build() of {recipe} gave {type(truth).__name__}, not the bytes of the truth"
        )
    for part, key, names in (
        (public, "data.public", definition.data.public),
        (hidden, "data.input", definition.data.input),
        (sample, "data.input", definition.data.input),
    ):
        if (found := {path.name for path in part.iterdir()}) != set(names):
            raise InvalidInput(
                f"the recipe made {sorted(found)} in {part.name}/; {key} names {sorted(names)}"
            )
    return replace(made, truth=truth)


def check_truth(made: Made, /, *, definition: ChallengeDefinition) -> None:
    """Raise InvalidInput unless the truth is of the ids to predict, and of none of the sample."""
    submission, data = definition.submission, definition.data
    if definition.scoring.program is not None:  # it alone knows what its reference data say
        require_packed(made.truth)
        return
    check_room(definition.task, truth=made.truth)
    truth = read_truth(made.truth, table=definition.task.truth_table)
    for folder, names in ((made.public, data.public), (made.hidden, data.input)):
        if submission.ids not in names:
            continue
        content = (folder / submission.ids).read_bytes()
        asked = read_ids(content, id_column=submission.id, sizes=submission.sizes)
        name = f"{folder.name}/{submission.ids}"
        require_files(asked, members=submission.members, table=name, id=submission.id)
        if sorted(asked) != sorted(truth.ids):
            raise InvalidInput(
                f"the ids of {name} and of the truth differ: {len(asked)} "
                f"and {len(truth.ids)} ids, {len(set(asked) & set(truth.ids))} in both"
            )
        _require_same_sizes(asked, truth.ids, table=name)
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


def _require_same_sizes(asked: Ids, answered: Sequence[str], *, table: str) -> None:
    """Raise InvalidInput if a table of ids tells other sizes of images than the truth does."""
    if not asked.sizes or not isinstance(answered, Ids):
        return
    place = {name: row for row, name in enumerate(answered)}
    for column, sizes in asked.sizes.items():
        for row, (name, size) in enumerate(zip(asked, sizes, strict=True)):
            true = answered.sizes[column][place[name]]
            if size != true:
                raise InvalidInput(
                    f"{table}, line {row + 2}, column {column}: says that the image has {size} "
                    f"pixels along this axis, but its mask in the truth has {true}; write {true}"
                )


@contextmanager
def importable(folder: Path, /) -> Iterator[None]:
    """Let the modules of a folder be imported, and forget them afterwards.

    Another challenge may have modules of the same names. No bytecode is left in the folder.
    """
    names = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    before = _taken_out(names)
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = wrote
        _taken_out(names)
        sys.modules.update(before)


def _taken_out(names: set[str]) -> dict[str, ModuleType]:
    """Take the modules of these names, and those within them, out of the loaded ones."""
    loaded = [name for name in sys.modules if name.partition(".")[0] in names]
    return {name: sys.modules.pop(name) for name in loaded}


def _arguments(
    build: Callable[..., object], *, recipe: Path, options: RecipeOptions
) -> dict[str, object]:
    """Give the options that the recipe has parameters for; refuse one that it would not heed."""
    taken = {
        name
        for name, parameter in inspect.signature(build).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    if options.source is not None and "source" not in taken:
        raise InvalidInput(
            f"{recipe} reads no real files: its build() has no parameter `source`; leave out "
            "--from. The folder of challenges is named by --challenges"
        )
    if options.scale != 1 and "scale" not in taken:
        raise InvalidInput(
            f"{recipe} makes its data in one size only: its build() has no parameter `scale`; "
            "leave out --scale"
        )
    return {name: getattr(options, name) for name in OPTIONS if name in taken}


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
