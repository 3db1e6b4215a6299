"""A YAML file with the line and column of everything in it, for messages that say where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import ConstructorError

Path_ = tuple[int | str, ...]
"""The keys and positions that lead to a value of a document."""


MOST_PARTS = 100_000
"""Values that a file may have; a few aliases of aliases make billions."""


@dataclass(frozen=True, order=True)
class Place:
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(kw_only=True)
class Document:
    """What a YAML file holds, where each part of it begins, and which keys it has twice."""

    value: Any
    keys: dict[Path_, Place] = field(default_factory=dict)
    values: dict[Path_, Place] = field(default_factory=dict)
    twice: list[Path_] = field(default_factory=list)

    def path_of(self, location: Sequence[int | str], /) -> Path_:
        """Give the part of a location that is in the document: steps that it has not are left out.

        A validator adds steps of its own, such as the name of the one of several forms it tried.
        """
        path: list[int | str] = []
        inside = self.value
        for step in location:
            known = range(len(inside)) if isinstance(inside, list) else inside
            if isinstance(known, dict | range) and step in known:
                inside = inside[step]
                path.append(step)
        return tuple(path)

    def at(self, path: Path_, /) -> Any:  # noqa: ANN401 -- whatever the file holds there
        """Give the value at a path of the document."""
        inside = self.value
        for step in path:
            if isinstance(inside, dict) and step not in inside:
                return None  # a key that is no text
            inside = inside[step]
        return inside

    def place_of(self, path: Path_, /, *, key: bool = False) -> Place:
        """Give where the value at a path begins, or its key; where it is not, what encloses it."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


class _Loader(yaml.SafeLoader):
    """Says where a value is that cannot be what it looks like, such as 2026-13-45, a date."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 -- as in PyYAML
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            raise ConstructorError(None, None, str(error), node.start_mark) from error


def read_document(text: str, /) -> Document:
    """Read YAML as `yaml.safe_load` does, with places; raise yaml.YAMLError if it is none."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        document = Document(value=None if node is None else loader.construct_document(node))
    finally:
        loader.dispose()
    if node is not None:
        _walk(node, path=(), document=document, above=())
    return document


def _walk(node: yaml.Node, *, path: Path_, document: Document, above: tuple[int, ...]) -> None:
    """Note the places of a node and of all within; one that has itself within is walked once."""
    if len(document.values) >= MOST_PARTS:
        raise yaml.YAMLError(f"it has more than {MOST_PARTS:,} parts, aliases written out")
    document.values[path] = _place(node)
    if id(node) in above:
        return
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in document.keys:
                document.twice.append(inner)
            document.keys[inner] = _place(key)
            _walk(value, path=inner, document=document, above=above)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _walk(value, path=(*path, number), document=document, above=above)


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
