"""Everything that is wrong with a challenge's folder, found without running anything of it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from challenge_platform.cli.recipe import OPTIONS
from challenge_platform.core.definition import suggest
from challenge_platform.core.definition_file import Flaw, examine
from challenge_platform.core.local_text import LANGUAGES
from challenge_platform.core.table_section import Table
from challenge_platform.core.yaml_places import Document, Path_, Place
from challenge_platform.errors import InvalidInput
from challenge_platform.spreadsheet.roles import features_of
from challenge_platform.spreadsheet.sheet import Problems, read_sheet

DEFINITION = "challenge.yaml"
PROGRAMS = {"predictions": "predict.py", "code": "main.py"}
"""The program of a baseline, by its kind."""


def find_flaws(folder: Path, /, *, source: Path | None = None) -> list[Flaw]:
    """Give every mistake in challenge.yaml and in the files that it names, in order.

    `source` is where a table and its pictures are if they are not in the folder.
    """
    definition, flaws, document = examine(folder / DEFINITION)
    if not isinstance(document.value, dict):
        return flaws
    named = _Named(folder=folder, document=document)
    flaws += [*named.slug(), *named.texts(), *named.recipe(), *named.baselines()]
    flaws += [*named.given()]
    if definition is not None and (table := definition.data.table) is not None:
        flaws += named.table(table, source=source)
    return sorted(flaws, key=lambda flaw: (str(flaw.file), flaw.place or Place(0, 0)))


def require_flawless(folder: Path, /, *, source: Path | None = None) -> None:
    """Raise InvalidInput with every flaw, each on a line of its own."""
    if flaws := find_flaws(folder, source=source):
        lines = "".join(f"\n  {flaw}" for flaw in flaws)
        raise InvalidInput("{path} is not a valid challenge:{lines}", path=folder, lines=lines)


@dataclass(frozen=True, kw_only=True)
class _Named:
    """The files that challenge.yaml names, whether or not the rest of it is right."""

    folder: Path
    document: Document

    def slug(self) -> Iterator[Flaw]:
        slug = self.document.value.get("slug")
        if isinstance(slug, str) and slug != self.folder.resolve().name:
            yield self._flaw(
                ("slug",),
                what=f"the folder is called {self.folder.resolve().name!r}, and not {slug!r}",
                repair="give both the same name, by which commands find it",
            )

    def texts(self) -> Iterator[Flaw]:
        """Give the pages and agreements that are missing, empty or of one language only."""
        pages = self.document.value.get("pages")
        names: list[Path_] = [("pages", name) for name in pages] if isinstance(pages, dict) else []
        for path in [*names, ("agreement", "file")]:
            given = {
                language: self.document.at((*path, language))
                for language in LANGUAGES
                if (*path, language) in self.document.values
            }
            for language, name in given.items():
                if isinstance(name, str):
                    yield from self._text((*path, language), name)
            if len(given) == len(LANGUAGES) and len(set(map(str, given.values()))) == 1:
                yield self._flaw(
                    path,
                    what="is the same file in every language",
                    repair="write one in French and one in English",
                )

    def _text(self, path: Path_, name: str) -> Iterator[Flaw]:
        file = self.folder / name
        if (flaw := self._missing(path, name)) is not None:
            yield flaw
            return
        try:
            empty = not file.read_text(encoding="utf-8").strip()
        except UnicodeDecodeError as error:
            line = file.read_bytes()[: error.start].count(b"\n") + 1
            yield Flaw(
                file=file,
                place=Place(line, 1),
                what="a letter is not UTF-8",
                repair="save it as UTF-8",
            )
            return
        if empty:
            yield Flaw(file=file, what="is empty", repair="write what participants must know")

    def recipe(self) -> Iterator[Flaw]:
        """Give what can be seen to be wrong with the recipe before it is run."""
        name = self._text_at(("data", "recipe"))
        if name is None:
            return
        if (flaw := self._missing(("data", "recipe"), name)) is not None:
            yield flaw
            return
        tree, flaws = _parsed(self.folder / name)
        yield from flaws
        if tree is not None:
            hidden = bool(self.document.at(("data", "input")))
            yield from _recipe_flaws(self.folder / name, tree, folders=3 if hidden else 1)

    def given(self) -> Iterator[Flaw]:
        """Give the folders of a scoring program and its reference data that are not there."""
        reference = [("data", "reference", board) for board in ("public", "private")]
        for path in (("scoring", "program", "path"), *reference):
            name = self._text_at(path)
            if name is not None and not (self.folder / name).is_dir():
                what = f"there is no folder {name!r}"
                yield self._flaw(path, what=what, repair="put it there")

    def baselines(self) -> Iterator[Flaw]:
        """Give the baselines without a program."""
        listed = self.document.value.get("baselines")
        for number, baseline in enumerate(listed if isinstance(listed, list) else []):
            path = self._text_at(("baselines", number, "path"))
            kind = baseline.get("kind", "predictions") if isinstance(baseline, dict) else ""
            program = PROGRAMS.get(str(kind))
            if path is None or program is None:
                continue
            name = f"{path.rstrip('/')}/{program}"
            flaw = self._missing(("baselines", number, "path"), name)
            yield from [flaw] if flaw else _parsed(self.folder / name)[1]

    def table(self, table: Table, *, source: Path | None) -> Iterator[Flaw]:
        """Give what is wrong with the columns of the table, and the folder of pictures."""
        place = source or self.folder
        try:
            sheet = read_sheet(place / table.table, sheet=table.sheet)
            problems = Problems()
            features_of(table, sheet=sheet, problems=problems)
            problems.raise_if_any()
        except InvalidInput as error:
            repair = "" if source else "if it lies elsewhere, name its folder by --from"
            yield self._flaw(("data", "table"), what=str(error), repair=repair)
        for key, name in (("files", table.files), ("masks", table.masks)):
            if name and not (place / name).is_dir():
                yield self._flaw(
                    ("data", key),
                    what=f"there is no folder {name!r}",
                    repair="put it there; if it lies elsewhere, name its folder by --from",
                )

    def _missing(self, path: Path_, name: str) -> Flaw | None:
        """Give the flaw of a name that is of no file within the folder."""
        file = (self.folder / name).resolve()
        if not file.is_relative_to(self.folder.resolve()):
            return self._flaw(
                path, what=f"{name!r} is outside the folder", repair="copy the file into it"
            )
        if file.is_file():
            return None
        root = self.folder
        there = [str(each.relative_to(root)) for each in root.rglob(f"*{file.suffix}")]
        near = str(suggest(name, sorted(there))).removeprefix("; ")
        repair = near if near.startswith("did you mean") else "write it"
        return self._flaw(path, what=f"there is no file {name!r}", repair=repair)

    def _text_at(self, path: Path_) -> str | None:
        found = self.document.at(path) if path in self.document.values else None
        return found if isinstance(found, str) else None

    def _flaw(self, path: Path_, *, what: str, repair: str) -> Flaw:
        return Flaw(
            file=self.folder / DEFINITION,
            place=self.document.place_of(path),
            key=".".join(map(str, path)),
            what=what,
            repair=repair,
        )


def _parsed(file: Path) -> tuple[ast.Module | None, list[Flaw]]:
    """Parse a Python file, which is not run."""
    try:
        return ast.parse(file.read_bytes(), filename=str(file)), []
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        what = f"is not Python: {getattr(error, 'msg', error)}"
        place = Place(line, column)
        return None, [Flaw(file=file, place=place, what=what, repair="repair this line")]


def _recipe_flaws(file: Path, tree: ast.Module, *, folders: int) -> Iterator[Flaw]:
    """Give what is wrong with the parameters of `build`, unless it comes from another module."""
    names = {
        name.asname or name.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    found = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build"
    ]
    wanted = "build(public: Path, hidden: Path, sample: Path, /) -> bytes"
    wanted = wanted if folders > 1 else "build(public: Path, /) -> bytes"
    if not found:
        if "build" not in names:
            what, repair = "has no function `build`", f"write def {wanted}"
            yield Flaw(file=file, what=what, repair=repair)
        return
    build = found[-1]
    place = Place(build.lineno, build.col_offset + 1)
    given = [*build.args.posonlyargs, *build.args.args]
    if len(given) - len(build.args.defaults) > folders or (
        len(given) < folders and build.args.vararg is None
    ):
        yield Flaw(
            file=file,
            place=place,
            what=f"build takes {len(given)} folders, and is given {folders}",
            repair=f"write def {wanted}; data.input in challenge.yaml says if there are three",
        )
    for parameter, default in zip(build.args.kwonlyargs, build.args.kw_defaults, strict=True):
        if parameter.arg not in OPTIONS and default is None:
            yield Flaw(
                file=file,
                place=Place(parameter.lineno, parameter.col_offset + 1),
                what=f"build asks for {parameter.arg!r}, which no recipe is given",
                repair=str(suggest(parameter.arg, list(OPTIONS))).removeprefix("; "),
            )


def as_document(flaw: Flaw, /) -> dict[str, Any]:
    """Give a flaw as a JSON value."""
    place = flaw.place
    return {
        "file": str(flaw.file),
        "line": place.line if place else None,
        "column": place.column if place else None,
        "key": flaw.key or None,
        "what": flaw.what,
        "repair": flaw.repair or None,
    }
