"""What an import did with each part of a bundle: taken, changed, dropped, or left to a person."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from challenge_platform.errors import InvalidInput


class Kind(StrEnum):
    """What became of a part."""

    IMPORTED = "imported"
    CHANGED = "changed"
    DROPPED = "dropped"
    DECIDE = "decide"


LONGEST = 2_000
"""Letters of a bundle's words that a line repeats."""

_TITLES = {
    Kind.DECIDE: "Needs a decision",
    Kind.CHANGED: "Changed",
    Kind.DROPPED: "Dropped",
    Kind.IMPORTED: "Imported",
}

ACCEPTABLE = {
    "label-exposure": "the program of a participant runs beside the reference data",
    "public-files": "files that programs are run on become public",
    "no-end": "a phase has no end",
    "open-registration": "whoever accepts the agreement takes part, without an approval",
    "not-run": "no solution was run with the scoring program",
}
"""The decisions that `--accept CODE` takes, and what each allows."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the report.

    `place` is where in the bundle; `old` what the bundle, or Codabench, made of it and `new` what
    is made of it here; `code` is what `--accept` calls a decision, if it can be taken so.
    """

    kind: Kind
    place: str
    text: str
    old: str | None = None
    new: str | None = None
    code: str | None = None


@dataclass
class Report:
    """The lines in the order in which they were found; `accepted` are codes of ACCEPTABLE."""

    accepted: Collection[str] = ()
    items: list[Item] = field(default_factory=list)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise InvalidInput for a code that no decision has."""
        for code in self.accepted:
            if code not in ACCEPTABLE:
                known = ", ".join(ACCEPTABLE)
                raise InvalidInput(f"--accept {code}: there is no such decision; there is {known}")

    def imported(self, place: str, text: str, /) -> None:
        """Note what was taken as it is."""
        self._add(Kind.IMPORTED, place, text)

    def changed(
        self, place: str, text: str, /, *, old: str | None = None, new: str | None = None
    ) -> None:
        """Note what means something else here, or would have there."""
        self._add(Kind.CHANGED, place, text, old=old, new=new)

    def dropped(self, place: str, text: str, /) -> None:
        """Note what has no place here."""
        self._add(Kind.DROPPED, place, text)

    def decide(self, place: str, text: str, /, *, code: str | None = None) -> None:
        """Note what a person must decide; what was accepted is noted as changed."""
        if code is not None and code in self.accepted:
            self.changed(place, f"{text} (accepted: {code})")
        else:
            self._add(Kind.DECIDE, place, text, code=code)

    def _add(
        self,
        kind: Kind,
        place: str,
        text: str,
        /,
        *,
        old: str | None = None,
        new: str | None = None,
        code: str | None = None,
    ) -> None:
        item = Item(
            kind=kind,
            place=_plain(place),
            text=_plain(text),
            old=None if old is None else _plain(old),
            new=None if new is None else _plain(new),
            code=code,
        )
        self.items.append(item)

    @property
    def undecided(self) -> list[Item]:
        """The lines that need a decision; an import is done when there is none."""
        return self.of(Kind.DECIDE)

    def of(self, kind: Kind, /) -> list[Item]:
        """List the lines of a kind."""
        return [item for item in self.items if item.kind is kind]

    def json(self) -> str:
        """Give the report for programs."""
        items = [
            {key: value for key, value in asdict(item).items() if value is not None}
            for item in self.items
        ]
        return json.dumps({"items": items, "scores": self.scores}, indent=2, sort_keys=True) + "\n"

    def markdown(self, *, title: str) -> str:
        """Give the report to read: decisions first."""
        return "\n".join(self._lines(title)) + "\n"

    def _lines(self, title: str) -> Iterator[str]:
        yield f"# Import of {_plain(title)}"
        for kind, heading in _TITLES.items():
            yield f"\n## {heading}\n"
            yield from (_line(item) for item in self.of(kind))
            if not self.of(kind):
                yield "Nothing."
        if self.scores:
            yield "\n## Scores of the solutions\n"
            yield from (
                f"- {_plain(name)}: {_scores(found)}" for name, found in self.scores.items()
            )


def _line(item: Item) -> str:
    change = ""
    if item.old is not None or item.new is not None:
        change = f": {item.old or 'nothing'} → {item.new or 'nothing'}"
    hint = f" — `--accept {item.code}` takes this decision" if item.code else ""
    return f"- **{item.place}** {item.text}{change}{hint}"


def _scores(found: Mapping[str, float]) -> str:
    return ", ".join(f"{_plain(key)} = {value:.10g}" for key, value in found.items())


def _plain(text: str) -> str:
    """Write a bundle's words on one line, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:LONGEST]
