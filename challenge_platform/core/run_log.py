"""What programs say on hidden data: sealed for organizers, who are recorded when they read it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from challenge_platform.core import audit
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.run import ProgramRun, Stage, runs_of, sealed_bytes
from challenge_platform.vault import Key, encrypt
from sandbox import End, Outcome

READ = "hidden log read"
"""How the audit trail names it."""


@dataclass(frozen=True, kw_only=True)
class RunLog:
    """What a program said at a stage; `text` is None of a log for which there was no room."""

    stage: Stage
    end: End | None
    exit_code: int | None
    text: bytes | None


def keep_log(
    session: Session, challenge: PublishedChallenge, outcome: Outcome, /, *, recipient: str
) -> dict[str, Any]:
    """Seal what a program said on hidden data, if the challenge has room for it."""
    programs = challenge.definition.program, challenge.definition.scoring.program
    room = sum(program.log_bytes for program in programs if program is not None)
    size = len(outcome.log)
    if sealed_bytes(session, challenge_id=challenge.id) + size > room:
        return {}
    head = json.dumps({"schema": "run-log/1", "exit_code": outcome.exit_code}).encode()
    sealed = encrypt(head + b"\n" + outcome.log, recipient=recipient)
    return {"sealed": sealed, "sealed_bytes": size}


def read_logs(
    session: Session, submission_id: str, /, *, key: Key, actor: str, now: datetime
) -> list[RunLog]:
    """Give all that a submission's program said, and record who read it."""
    runs = runs_of(session, submission_id)
    if any(run.sealed for run in runs):
        audit.record(session, action=READ, subject=submission_id, now=now, actor=actor)
    return [_opened(run, key=key) for run in runs]


def _opened(run: ProgramRun, *, key: Key) -> RunLog:
    if run.sealed is None:
        return RunLog(stage=run.stage, end=run.end, exit_code=run.exit_code, text=run.log)
    head, _, text = key.decrypt(run.sealed).partition(b"\n")
    exit_code = json.loads(head)["exit_code"]
    return RunLog(stage=run.stage, end=run.end, exit_code=exit_code, text=text)
