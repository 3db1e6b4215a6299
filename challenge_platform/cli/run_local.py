"""`challenge run-local`: a program of yours in the platform's sandbox, on this machine."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from docker.errors import DockerException

from challenge_platform.cli import local_audit
from challenge_platform.cli.arguments import EngineOption, FolderOption, SlugArgument
from challenge_platform.cli.exits import ExitCode, PlatformFault
from challenge_platform.cli.local_run import (
    LocalChallenge,
    archive_of,
    local_runner,
    packed_weights,
    rebuilt_image,
    run_program,
)
from challenge_platform.cli.output import size_text
from challenge_platform.cli.refusal import naming
from challenge_platform.cli.terminal import note, say
from challenge_platform.cli.validation import check
from challenge_platform.core.code_archive import check_code
from challenge_platform.core.feature_runs import Audited
from challenge_platform.errors import InvalidInput, InvalidUpload
from sandbox import MIB, End, Outcome, SandboxUnavailable
from sandbox.archive import InvalidArchive
from sandbox.engine import ENGINE_SOCKET
from sandbox.entry import MAIN
from sandbox.images import BuildFailed
from sandbox.images.build import build_base, build_image
from sandbox.images.content import runtimes
from sandbox.oci.problem import InvalidImage

ENDS = {
    End.CRASHED: "Your program ended with an error.",
    End.TIMED_OUT: "Your program took longer than the challenge allows.",
    End.OUT_OF_MEMORY: "Your program needed more memory than the challenge allows.",
    End.OUTPUT_TOO_LARGE: "Your program wrote more than the challenge allows.",
    End.NO_FILE: "Your program ended without writing the predictions file.",
}
"""What the platform says of a run that made no predictions."""

app = typer.Typer()


@app.command("run-local")
def run_local(
    slug: SlugArgument,
    *,
    code: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            exists=True,
            readable=True,
            help=f"Folder with {MAIN}, or an archive of it, zip or tar.gz.",
        ),
    ] = None,
    image: Annotated[
        str | None, typer.Option(metavar="NAME", help="Image of this machine's Docker.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            exists=True,
            readable=True,
            help="Weights of the program, in /weights: a folder, or an archive.",
        ),
    ] = None,
    path: FolderOption = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Keep the predictions in this file."),
    ] = None,
    runtime_image: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGE", help="Image of the runtime, if it is not one that comes with this."
        ),
    ] = None,
    engine: EngineOption = ENGINE_SOCKET,
) -> None:
    """Run a program in the platform's sandbox, on this machine, and tell what would be said of it.

    Give --code or --image. Needs Docker, and the files of `challenge data download`. The program
    finds the challenge's public sample in /input, or its public files where nothing is hidden; it
    has the limits of the challenge, and no network. Where there are rules about features, it is run
    again on changed tables, as the platform does. It uses no quota. The first run of code makes the
    image of the runtime.
    """
    if (code is None) == (image is None):
        raise InvalidInput("give either --code or --image")
    folder = path or Path(slug)
    challenge = LocalChallenge.read(slug, folder, kind="code" if code else "container")
    try:
        with packed_weights(weights, challenge=challenge) as packed:
            if code is not None:
                runtime = runtime_image
                outcome, found = _run_code(
                    code, challenge=challenge, image=runtime, engine=engine, weights=packed
                )
            else:
                outcome, found = _run_image(
                    image or "", challenge=challenge, engine=engine, weights=packed
                )
    except InvalidArchive as invalid:
        raise InvalidUpload(f"{weights} was refused:\n{invalid}", problems=(), total=1) from invalid
    except InvalidImage as invalid:
        raise InvalidUpload(f"{image} was refused:\n{invalid}", problems=(), total=1) from invalid
    except (SandboxUnavailable, BuildFailed, DockerException) as error:
        raise PlatformFault(f"it could not be run on this machine: {error}") from error
    _tell(outcome)
    ended = _judge(outcome, challenge=challenge, folder=folder, output=output)
    keeps = found is None or local_audit.tell(found)
    raise typer.Exit(ended if keeps else ExitCode.FAILED)


def _run_code(
    code: Path,
    *,
    challenge: LocalChallenge,
    image: str | None,
    engine: Path,
    weights: BinaryIO | None,
) -> tuple[Outcome, Audited | None]:
    archive = _checked(code, challenge=challenge)
    runtime = image or _runtime_image(challenge.program.runtime, engine=engine)
    note(f"running {MAIN} with {_limits_text(challenge)}, without a network")
    with local_runner(engine, image=runtime) as runner:
        run = partial(run_program, challenge, runner, archive=archive, weights=weights)
        return _audited(run, challenge=challenge, archive=archive)


def _run_image(
    name: str, *, challenge: LocalChallenge, engine: Path, weights: BinaryIO | None
) -> tuple[Outcome, Audited | None]:
    base = build_base(say=note, engine_socket=engine)  # what sleeps beside the program is of it
    note(f"checking {name} as the platform does")
    with rebuilt_image(name, challenge=challenge, engine_socket=engine) as (image, archive):
        note(f"running {name} with {_limits_text(challenge)}, without a network")
        with local_runner(engine, image=base) as runner:
            runner.keep_image(image.id, archive, size=image.size)
            run = partial(run_program, challenge, runner, runtime=image.id, weights=weights)
            return _audited(run, challenge=challenge, archive=b"")


def _audited(
    run: Callable[..., Outcome], *, challenge: LocalChallenge, archive: bytes
) -> tuple[Outcome, Audited | None]:
    """Run a program, and again where its challenge has rules about features."""
    outcome = run()
    found = local_audit.audited(
        challenge,
        outcome,
        archive=archive,
        again=lambda table, collect: run(table=table, collect=collect),
    )
    return outcome, found


def _checked(code: Path, *, challenge: LocalChallenge) -> bytes:
    """Give the archive of code; raise InvalidUpload where the platform would refuse it."""
    archive, most = archive_of(code), challenge.program.max_bytes
    if len(archive) > most:
        text = (
            f"{code} was refused: the archive has {size_text(len(archive))}, and at most "
            f"{size_text(most)} are taken; leave out what the program does not need"
        )
        raise InvalidUpload(text, problems=(), total=1)
    with naming(code):
        listing = check_code(archive, scratch=challenge.definition.limits.scratch)
    note(f"checked {code}: files {len(listing.files)}, unpacked {size_text(listing.unpacked)}")
    return archive


def _runtime_image(runtime: str, *, engine: Path) -> str:
    """Make the image of a runtime, unless it is there, and give its tag."""
    if runtime not in runtimes():
        raise InvalidInput(
            f"the challenge runs code in the runtime {runtime!r}, which does not come with this "
            "version of the command; ask the organizers for its image, give it to Docker "
            "(`docker load`), and name it with --runtime-image"
        )
    return build_image(runtime, say=note, engine_socket=engine)


def _limits_text(challenge: LocalChallenge) -> str:
    limits = challenge.definition.limits
    cores = "1 core" if limits.cpus == 1 else f"{limits.cpus:g} cores"
    return f"at most {limits.seconds:g} s, {limits.memory // MIB:,} MiB and {cores}"


def _tell(outcome: Outcome) -> None:
    """Print how a run ended, what it used, and what the program said."""
    usage = asdict(outcome.usage)
    used = {
        "wall time": f"{outcome.seconds:.2f} s",
        "processor time": _text(usage["cpu_seconds"], unit=" s"),
        "peak of memory": _text(_mebibytes(usage["peak_memory"]), unit=" MiB"),
        "written": size_text(usage["output_bytes"]),
    }
    facts = {
        "Ended": outcome.end.value.replace("_", " "),
        "Exit code": "none" if outcome.exit_code is None else str(outcome.exit_code),
        "Used": ", ".join(f"{name} {value}" for name, value in used.items()),
        "Phases": ", ".join(f"{name} {value:.3f} s" for name, value in outcome.timings.items()),
    }
    for name, fact in facts.items():
        say(f"{name + ':':<11}{fact}")
    if outcome.log:
        say(f"Log:\n{outcome.log.decode(errors='replace').rstrip()}")


def _judge(
    outcome: Outcome, *, challenge: LocalChallenge, folder: Path, output: Path | None
) -> ExitCode:
    """Say what the platform would: why it failed, what is wrong with the file, or nothing."""
    if outcome.file is None:
        reason = f"run_{outcome.end}, on your team's side"
        note(f"The platform would say: {ENDS[outcome.end]} ({reason})")
        return ExitCode.FAILED
    slug, name = challenge.definition.slug, challenge.definition.submission.file
    with tempfile.TemporaryDirectory(prefix="run-local-") as kept:
        file = output or Path(kept) / name
        file.write_bytes(outcome.file)
        with naming(output or Path(name)):
            rows = check(file, slug=slug, folder=folder)
    say(f"{output or name} is valid: {rows:,} predictions, as {slug} asks for.")
    return ExitCode.DONE


def _mebibytes(size: int | None) -> float | None:
    return None if size is None else size / MIB


def _text(value: float | None, *, unit: str) -> str:
    return "unknown" if value is None else f"{value:.2f}{unit}"
