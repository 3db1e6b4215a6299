"""What came of a run: the engine's word, the file that is collected, and what was used."""

from sandbox import End, Outcome, Run, Usage
from sandbox.attach import Conversation
from sandbox.container import timed
from sandbox.pool import Sandbox


def ended(
    run: Run, sandbox: Sandbox, said: Conversation, /, *, used_before: float | None
) -> Outcome:
    """Make sure that a program is dead, then take its file and tell what came of it.

    `used_before` are the processor seconds before its input. Raises SandboxUnavailable when the
    engine cannot tell.
    """
    container = sandbox.container
    end, exit_code = container.end(said.stop)
    file = None
    if run.collect is not None and sandbox.output is not None and end is End.FINISHED:
        with timed(container.timings, "collect"):
            end, file = sandbox.output.collect(run.collect, limit=run.limits.file)
    seconds = container.timings["run"]
    group = sandbox.group
    used = group.cpu_seconds() if group else None
    return Outcome(
        end=end,
        output=said.stdout,
        exit_code=exit_code,
        seconds=seconds,
        image=sandbox.kind.image,
        timings=dict(container.timings),
        file=file,
        log=said.log,
        usage=Usage(
            cpu_seconds=None if used is None else used - (used_before or 0.0),
            peak_memory=group.peak_memory() if group else None,
            wall_seconds=seconds,
            output_bytes=said.heard + len(file or b""),
        ),
    )


def cancelled_early() -> Outcome:
    """Tell of a run that was cancelled before it had a sandbox."""
    return Outcome(end=End.CANCELLED, output=b"", exit_code=None, seconds=0, image="", timings={})
