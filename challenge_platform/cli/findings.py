"""What the pre-flight found, in whole sentences; and what stops a publication."""

from collections.abc import Callable

from challenge_platform.core.power import Power
from challenge_platform.errors import InvalidInput
from challenge_platform.preflight.finding import Finding, Report


def line(report: Report, finding: Finding, /) -> str:
    """Say a finding in one line: how bad it is, its code, where, what, and how to repair it."""
    standing = "accepted" if report.accepted(finding) else finding.severity.value
    return (
        f"{standing} {finding.code} ({finding.about}): {finding.place}: {finding.message}; "
        f"{finding.repair}"
    )


def require_clear(report: Report, /, *, say: Callable[[str], None]) -> None:
    """Say what was found; raise InvalidInput with all that stops the publication."""
    blocking = report.blocking
    for finding in report.findings:
        if finding not in blocking:
            say(f"{report.slug}: {line(report, finding)}")
    for acceptance in report.unused:
        say(f"{report.slug}: preflight.accept has {acceptance.code}, which was not found")
    if blocking:
        told = "".join(f"\n  {line(report, finding)}" for finding in blocking)
        raise InvalidInput(
            f"{report.slug} is not published: its pre-flight found{told}\nRepair it, or accept "
            "each by its code and your reason under preflight.accept in challenge.yaml; "
            f"`challenge data check {report.slug}` tells all"
        )


def power_line(power: Power, /) -> str:
    """Say how surely scores will tell teams apart."""
    events = "" if power.events is None else f" and about {power.events} events"
    middle = power.middle
    return (
        f"with {power.units} units{events}, a score of about {middle.score:g} by {power.metric} is "
        f"known to ± {middle.half_width:g}; two teams closer than {power.difference:g} cannot be "
        f"told apart, so that there is room for about {power.teams} teams between chance and "
        "perfect"
    )
