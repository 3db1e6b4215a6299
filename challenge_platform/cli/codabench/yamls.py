"""The YAML of bundles, read as data: small, safe, and with what a time looked like kept."""

from pathlib import Path
from typing import Any

import yaml

from challenge_platform.cli.codabench.report import Report
from challenge_platform.errors import InvalidInput

MOST_BYTES = 256 * 1024
MOST_NODES = 20_000
"""What competition.yaml may hold; the largest that is known has 30 kB."""


class UnquotedTime(str):
    """A date, or a date with a time, that stood without quotes, as it was written."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """Counts nodes, what an alias means as often as it is used, and leaves times as written."""

    def __init__(self, stream: str) -> None:
        """Begin with nothing counted; `sizes` has the nodes within each node that is whole.

        `twice` has the keys that stand twice in a mapping, with the line of the second.
        """
        super().__init__(stream)
        self.nodes = 0
        self.twice: dict[int, str] = {}
        self.sizes: dict[yaml.Node | None, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Count a node; what an alias means is written out where a value is told."""
        is_alias = self.check_event(yaml.AliasEvent)
        before = self.nodes
        self._count(1)
        node = super().compose_node(parent, index)
        if not is_alias:
            self.sizes[node] = self.nodes - before
        elif node in self.sizes:
            self._count(self.sizes[node])
        else:
            raise yaml.YAMLError("a part of it is within itself")
        return node

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        """Note the keys that stand twice, of which the last one counts."""
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    self.twice[key.start_mark.line + 1] = key.value
                seen.add(key.value)
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Count what `<<` copies, too: a few lines of it can make millions of keys."""
        super().flatten_mapping(node)
        self._count(len(node.value))

    def _count(self, parts: int) -> None:
        self.nodes += parts
        if self.nodes > MOST_NODES:
            raise yaml.YAMLError(f"it has more than {MOST_NODES:,} parts")


def _time(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> UnquotedTime:
    return UnquotedTime(loader.construct_scalar(node))


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    """Give a text; raise ValueError for half of a pair of surrogates, which no file can hold."""
    text: str = loader.construct_scalar(node)
    text.encode()
    return text


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _time)
_Loader.add_constructor("tag:yaml.org,2002:str", _text)
for _name in ("unicode", "str"):  # what CodaLab's own dumps have, written by Python 2
    _Loader.add_constructor(f"tag:yaml.org,2002:python/{_name}", _text)


def read_mapping(path: Path, /, *, place: str, report: Report) -> dict[str, Any]:
    """Read a YAML file whose top is a mapping; raise InvalidInput naming `place` for any other."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{place} cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"{place} has more than {MOST_BYTES:,} bytes; make it shorter")
    try:
        loader = _Loader(content.decode("utf-8-sig"))
        document = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        raise InvalidInput(_told(error, place=place)) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise InvalidInput(f"{place} is no YAML that can be read: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{place} must hold keys and values; it holds a {_kind(document)}")
    for line, key in sorted(loader.twice.items()):
        report.changed(f"{place}, line {line}", f"{key!r} stands here again; the last one counts")
    return {str(key): value for key, value in document.items()}


def _told(error: yaml.MarkedYAMLError, *, place: str) -> str:
    """Say in which line a file stops being YAML, and what is most often wrong there."""
    mark = error.problem_mark or error.context_mark
    where = f"{place}, line {mark.line + 1}, column {mark.column + 1}" if mark else place
    told = f"{where} is no YAML that can be read: {error.problem}"
    if error.problem and "<block end>" in error.problem:
        told += "; let the parts of a list, and the keys of a part, begin in the same column"
    return told


def _kind(value: object) -> str:
    return {list: "list", type(None): "nothing"}.get(type(value), "single value")
