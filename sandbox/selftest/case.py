"""The hostile cases as data: what each program does, what must come of it, and what contains it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any

from sandbox import End, Limits

FOLDER = Path(__file__).parents[1] / "cases"
REFUSED = "refused"

Member = str | Mapping[str, str]
"""What an archive has under a name: a text, or a `{link = …}` to a path, or a `{device = …}`."""

_KINDS: Mapping[str, type | UnionType] = {
    "what": str,
    "attacks": list,
    "protects": list,
    "unshown": dict,
    "quick": bool,
    "end": str,
    "refusal": str,
    "output": str,
    "output_has": list,
    "output_bytes": int,
    "exit_code": int,
    "seconds_below": int | float,
    "input_bytes": int,
    "hidden": list,
    "runs": int,
    "files": dict,
    "weights": dict,
    "others": dict,
    "collect": str,
    "file": str,
    "image": str,
    "limits": dict,
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A hostile program and what must come of it.

    `attacks` are keys of `attacks()`. `protects` names what contains it (`measures.MEASURES`), in
    sets: with all of a set taken away, something else comes of the program. `unshown` says of other
    measures why their absence shows nothing. `end` is an End, or None where the platform must
    refuse to run it with the code `refusal`. `hidden` must be in nothing that leaves the sandbox.
    A program runs `runs` times, beside its `neighbour` if it has one, with `files` in /input and
    `weights` in /weights, where its neighbour has `others`; `image` has the lines of a Dockerfile
    that stand on the self-test's image.
    """

    name: str
    what: str
    program: str = field(repr=False)
    neighbour: str | None = field(default=None, repr=False)
    attacks: tuple[str, ...] = ()
    protects: tuple[tuple[str, ...], ...] = ()
    unshown: Mapping[str, str] = field(default_factory=dict)
    quick: bool = False
    end: End | None = None
    refusal: str | None = None
    output: str | None = None
    output_has: tuple[str, ...] = ()
    output_bytes: int | None = None
    exit_code: int | None = None
    seconds_below: float = 30
    input_bytes: int = 0
    hidden: tuple[str, ...] = ()
    runs: int = 1
    files: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, Member] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    collect: str | None = None
    file: str | None = None
    image: str | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def measures(self) -> tuple[str, ...]:
        """Name what contains it, each once."""
        return tuple(dict.fromkeys(name for together in self.protects for name in together))


@cache
def attacks() -> Mapping[str, str]:
    """Name each kind of attack by its key."""
    found: dict[str, str] = tomllib.loads((FOLDER / "attacks.toml").read_text(encoding="utf-8"))
    return found


@cache
def read_cases() -> tuple[Case, ...]:
    """Read every case, by name. Raises ValueError naming the file and the key that is wrong."""
    folders = sorted(path.parent for path in FOLDER.glob("*/case.toml"))
    return tuple(read_case(folder) for folder in folders)


def read_case(folder: Path, /) -> Case:
    """Read the case of a folder. Raises ValueError naming the file and the key that is wrong."""
    path = folder / "case.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    for key, value in table.items():
        if key not in _KINDS or not isinstance(value, _KINDS[key]):
            expected = _KINDS.get(key, "no such key")
            raise ValueError(f"{path}: {key} = {value!r:.60}, expected {expected}")
    try:
        return _case(folder, table)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _case(folder: Path, table: Mapping[str, Any]) -> Case:
    neighbour = folder / "neighbour.py"
    values = dict(table)
    if (end := values.pop("end")) != REFUSED:
        values["end"] = End(end)
    elif "refusal" not in values:
        raise ValueError("a refused case needs the code of its refusal")
    values["protects"] = tuple(tuple(together) for together in values.get("protects", ()))
    for key in ("attacks", "output_has", "hidden"):
        values[key] = _texts(values.get(key, ()))
    if unknown := set(values["attacks"]) - attacks().keys():
        raise ValueError(f"attacks has {sorted(unknown)}, which attacks.toml has not")
    return Case(
        **values | {"limits": Limits(**{"seconds": 20} | values.get("limits", {}))},
        name=folder.name,
        program=(folder / "program.py").read_text(encoding="utf-8"),
        neighbour=neighbour.read_text(encoding="utf-8") if neighbour.exists() else None,
    )


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"expected texts, found {values!r:.60}")
    return tuple(map(str, values))
