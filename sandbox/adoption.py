"""Detached runs that outlive their launcher: what is noted of them, and how they are taken over."""

import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sandbox import Run, SandboxUnavailable
from sandbox.attach import Conversation, Stop
from sandbox.cgroups import Groups
from sandbox.container import Container
from sandbox.engine import Engine
from sandbox.journal import Note
from sandbox.output import Output
from sandbox.pool import Kind, Sandbox

_UNHEARD = b"[what it said before the launcher was started again was not kept]\n"


class Left(SandboxUnavailable):
    """The launcher stops, and the run goes on."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"The launcher is stopping; the next one answers for the run {run_id}.",
            code="stopping",
        )


def note_of(run: Run, sandbox: Sandbox, /) -> Note:
    """Say what another launcher must know of a run that has its input now."""
    now = time.time()
    return Note(
        run=replace(run, input=b""),
        image=sandbox.kind.image,
        owner=sandbox.owner,
        number=sandbox.number,
        container=sandbox.container.name,
        holder=sandbox.output.holder if sandbox.output else "",
        volume=sandbox.output.volume if sandbox.output else "",
        started=now,
        deadline=now + run.limits.seconds,
    )


def adopted(note: Note, /, *, engine: Engine, groups: Groups) -> Sandbox:
    """Take over the sandbox of a note. Raises SandboxUnavailable when the engine cannot tell."""
    return Sandbox(
        kind=Kind.of(note.run, image=note.image, files=None),
        container=Container.adopt(engine, name=note.container),
        number=note.number,
        owner=note.owner,
        output=Output(engine=engine, volume=note.volume, holder=note.holder),
        group=groups.of(note.owner),
    )


def listen_on(
    note: Note, sandbox: Sandbox, /, *, interrupts: Sequence[socket.socket]
) -> Conversation:
    """Hear what a program says until its end or its deadline, or tell which of them has been."""
    container = sandbox.container
    if (finished := container.finished) is not None:
        in_time = _seconds(finished) <= note.deadline
        container.timings["run"] = _seconds(finished) - note.started
        stop = Stop.ENDED if in_time else Stop.DEADLINE
        return Conversation(stop=stop, stdout=b"", log=_UNHEARD, heard=0)
    said = container.listen(note.run, seconds=note.deadline - time.time(), interrupts=interrupts)
    container.timings["run"] = time.time() - note.started
    return replace(said, log=_UNHEARD + said.log)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
