"""Tables that are not at the top of a folder: in folders and archives within it, and in JSON."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from challenge_platform.preflight.tables import SUFFIXES, Table, read_table

JSON = {".json", ".jsonl", ".ndjson"}
"""Names of files that hold JSON; the last two have one value a line."""

LARGEST = 64 << 20
"""Bytes of a file that is read."""

DEPTH = 4
"""Objects within each other that are looked through."""

KEY, VALUE = "(key)", "(value)"
"""Columns of an object whose names are ids."""


def nested_tables(folder: Path, /) -> Iterator[Table]:
    """Yield the tables that are nested in a folder; what cannot be read is left out."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if _is_read(info.filename, size=info.file_size):
                        yield from _tables(f"{name}: {info.filename}", archive.read(info))
        elif _is_read(name, size=path.stat().st_size) and ("/" in name or _suffix(name) in JSON):
            yield from _tables(name, path.read_bytes())


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_read(name: str, *, size: int) -> bool:
    return size <= LARGEST and (_suffix(name) in JSON or _suffix(name) in SUFFIXES)


def _tables(name: str, data: bytes) -> Iterator[Table]:
    if (suffix := _suffix(name)) in SUFFIXES:
        table = read_table(name, data, delimiter=SUFFIXES[suffix])
        if isinstance(table, Table):
            yield table
        return
    try:
        text = data.decode("utf-8-sig")
        lines = [] if suffix == ".json" else [line for line in text.splitlines() if line.strip()]
        told = json.loads(text) if suffix == ".json" else [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        return
    for where, columns in _found(told, depth=DEPTH):
        yield Table(name=f"{name}: {where}" if where else name, columns=columns)


def _found(told: Any, *, depth: int, where: str = "") -> Iterator[tuple[str, dict[str, list[str]]]]:  # noqa: ANN401 -- any JSON
    """Yield what is like a table in JSON: a list of objects, an object of columns or of ids."""
    if isinstance(told, list):
        if told and all(isinstance(row, dict) for row in told):
            yield where, _columns(told)
        return
    if not isinstance(told, dict) or not told or not depth:
        return
    values = list(told.values())
    if all(isinstance(value, dict) for value in values):
        yield where, _columns([{KEY: key, **row} for key, row in told.items()])
        turned = dict.fromkeys(chain.from_iterable(values))
        rows = [{KEY: key, **{k: v.get(key) for k, v in told.items()}} for key in turned]
        yield where, _columns(rows)
    elif all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
        yield where, {name: [_text(cell) for cell in cells] for name, cells in told.items()}
    else:
        rows = [{KEY: key, VALUE: value} for key, value in told.items()]
        yield where, _columns(rows)
    for key, value in told.items():
        yield from _found(value, depth=depth - 1, where=f"{where}.{key}" if where else key)


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    names = dict.fromkeys(chain.from_iterable(rows))
    return {name: [_text(row.get(name)) for row in rows] for name in names}


def _text(value: Any) -> str:  # noqa: ANN401 -- any JSON
    """Write a value as a cell of a table would be; what is within a list, side by side."""
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case list():
            return "|".join(_text(each) for each in value)
        case Mapping():
            return json.dumps(value, sort_keys=True)
        case _:
            return str(value)
