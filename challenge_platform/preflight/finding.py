"""What the pre-flight finds: each thing with its place, how bad it is, and how to repair it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from challenge_platform.core.definition import Acceptance
from challenge_platform.core.power import Power

MOST = 5
"""Findings of one code about one thing that are told; the others are counted."""


class Severity(StrEnum):
    """Whether a finding stops the publication, unless challenge.yaml accepts it."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found.

    `about` is what an acceptance in challenge.yaml may name: a metric, a column or a file. `row`
    is a line of the file, its header being line 1.
    """

    code: str
    severity: Severity
    about: str
    message: str
    repair: str
    file: str | None = None
    row: int | None = None
    column: str | None = None

    @property
    def place(self) -> str:
        """Where it is: file, line and column, as far as it has them."""
        parts = [self.file, f"line {self.row}" if self.row else None, self.column]
        return ", ".join(part for part in parts if part) or self.about


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One submission that was tried: what it scored, and what it was expected to.

    `expected` says it in words; `p` is the probability of a score as good by chance, of leaks only.
    """

    name: str
    metric: str
    score: float | None
    expected: str
    p: float | None = None
    holds: bool = True


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a pre-flight tells of a challenge."""

    slug: str
    findings: Sequence[Finding]
    probes: Sequence[Probe]
    power: Power | None
    accept: Sequence[Acceptance] = field(default=())

    def accepted(self, finding: Finding, /) -> Acceptance | None:
        """Give the acceptance that covers a finding, if challenge.yaml has one."""
        code, about = finding.code, finding.about
        covering = (one for one in self.accept if one.covers(code=code, about=about))
        return next(covering, None)

    @property
    def known(self) -> list[Finding]:
        """The findings that challenge.yaml accepts."""
        return [finding for finding in self.findings if self.accepted(finding)]

    @property
    def accepted_codes(self) -> tuple[str, ...]:
        """The codes of what is accepted, with what it is about."""
        return tuple(dict.fromkeys(f"{one.code} ({one.about})" for one in self.known))

    @property
    def blocking(self) -> list[Finding]:
        """The findings that stop the publication."""
        return [
            finding
            for finding in self.findings
            if finding.severity is Severity.BLOCK and not self.accepted(finding)
        ]

    @property
    def unused(self) -> list[Acceptance]:
        """The acceptances of challenge.yaml that cover nothing that was found."""
        return [
            one
            for one in self.accept
            if not any(one.covers(code=each.code, about=each.about) for each in self.findings)
        ]

    def document(self) -> dict[str, Any]:
        """Give the report as JSON values."""
        return {
            "challenge": self.slug,
            "blocked": bool(self.blocking),
            "findings": [
                {**asdict(finding), "accepted": bool(self.accepted(finding))}
                for finding in self.findings
            ],
            "probes": [asdict(probe) for probe in self.probes],
            "power": self.power.model_dump(mode="json") if self.power else None,
        }


def limited(findings: Iterable[Finding], /, *, most: int = MOST) -> Iterator[Finding]:
    """Yield the first findings of each code about one thing, and say how many more there are."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in dict.fromkeys(findings):  # a file may be public and in a sample too
        groups.setdefault((finding.code, finding.about), []).append(finding)
    for (code, about), group in groups.items():
        yield from group[:most]
        more = len(group) - most
        if more > 0:
            yield Finding(
                code=code,
                severity=group[0].severity,
                about=about,
                message=f"and {more} more such",
                repair=group[0].repair,
                file=group[0].file,
            )
