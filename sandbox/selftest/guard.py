"""What stands before a launcher's runs: none begins until hostile programs were contained here."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum

from sandbox import Runner, SandboxUnavailable, Status
from sandbox.facts import EngineFacts
from sandbox.selftest import RUNTIME, Finding, examine
from sandbox.selftest.case import Case

_PATIENCE = 30.0  # seconds for a run to wait for the verdict
_RETRY = 5.0
_LOOK = 60.0

_log = logging.getLogger(__name__)


class Verdict(StrEnum):
    """What the self-test says of an engine."""

    OFF = "off"
    UNDER_WAY = "under_way"
    CONTAINED = "contained"
    ESCAPED = "escaped"


class Guard:
    """Tries the cases once for each engine that it meets, and says whether runs may begin.

    `facts` tells which engine there is. What it says holds for as long as that is the same.
    """

    def __init__(
        self, runner: Runner, /, *, cases: Iterable[Case], facts: Callable[[], EngineFacts]
    ) -> None:
        self._runner = runner
        self._cases = tuple(cases)
        self._facts = facts
        self._examined: EngineFacts | None = None
        self._known = threading.Event()
        self.verdict = Verdict.UNDER_WAY if self._cases else Verdict.OFF
        self.problems: tuple[str, ...] = ()

    def let_in(self, runtime: str, /) -> None:
        """Return when a run may begin; one of the self-test itself, by which it is explained, may.

        Raises SandboxUnavailable, with code "not_contained" where a hostile program escaped and
        "not_examined" where none could be tried yet.
        """
        if runtime == RUNTIME:
            return
        if self.verdict is Verdict.UNDER_WAY:
            self._known.wait(_PATIENCE)
        if self.verdict is Verdict.ESCAPED:
            raise SandboxUnavailable(" ".join(self.problems), code="not_contained")
        if self.verdict is Verdict.UNDER_WAY:
            why = " ".join(self.problems) or "It is still under way."
            raise SandboxUnavailable(
                f"The self-test has not told yet whether sandboxes hold: {why}", code="not_examined"
            )

    def told(self, status: Status, /) -> Status:
        """Add to a status what the self-test says."""
        return replace(status, selftest=self.verdict, problems=status.problems + self.problems)

    def watch(self, stopping: threading.Event, /) -> None:
        """Examine the engine, and again when it is another one, until told to stop."""
        if self.verdict is Verdict.OFF:
            _log.warning("the self-test is off: nothing tells whether sandboxes hold here")
            return
        while not stopping.is_set():
            self.look(stopping)
            stopping.wait(_LOOK if self._known.is_set() else _RETRY)

    def look(self, stopping: threading.Event, /) -> None:
        """Examine the engine unless it is the one that was examined; give up once told to stop."""
        try:
            facts = self._facts()
            if facts != self._examined:
                self._examine(facts, stopping)
        except SandboxUnavailable as error:
            self._untried(str(error))

    def _examine(self, facts: EngineFacts, stopping: threading.Event) -> None:
        self._known.clear()
        self._examined = None
        self.verdict = Verdict.UNDER_WAY
        findings = []
        for finding in examine(self._runner, self._cases):
            if stopping.is_set():
                return
            if finding.untried:
                self._untried(finding.untried)
                return
            findings.append(finding)
        self._conclude(findings)
        self._examined = facts
        self._known.set()

    def _untried(self, why: str) -> None:
        if self.verdict is Verdict.UNDER_WAY:
            self.problems = (f"The self-test could not be run: {why}",)
        _log.warning("the self-test could not be run: %s", why)

    def _conclude(self, findings: list[Finding]) -> None:
        escaped = [finding for finding in findings if finding.seen]
        self.problems = tuple(finding.told() for finding in escaped)
        self.verdict = Verdict.ESCAPED if escaped else Verdict.CONTAINED
        for problem in self.problems:
            _log.critical("%s", problem)
        _log.info("the self-test: %d of %d contained", len(findings) - len(escaped), len(findings))
