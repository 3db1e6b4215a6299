"""`challenge submit`: check a file here, upload it, and if asked wait for its score."""

import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from challenge_platform.cli.arguments import FolderOption, FormatOption, SlugArgument
from challenge_platform.cli.documents import Quota, Submission
from challenge_platform.cli.exits import EXIT_OF_STATE, ExitCode
from challenge_platform.cli.local_check import Kind, check_here, check_reference, check_weights
from challenge_platform.cli.output import Format, local_time_text
from challenge_platform.cli.parts import UploadMemory
from challenge_platform.cli.refusal import naming
from challenge_platform.cli.sending import Sender, weights_named
from challenge_platform.cli.session import session_of
from challenge_platform.cli.submissions import reason_text, write_scores, write_submission
from challenge_platform.cli.terminal import note, say
from challenge_platform.cli.waiting import wait
from challenge_platform.errors import InvalidInput

DEFAULT_WAIT = 3600
"""Seconds that a bare `--wait` waits."""

SECONDS = re.compile(r"\d+(\.\d+)?")

app = typer.Typer()

MessageOption = Annotated[
    str,
    typer.Option(
        "-m", "--message", metavar="TEXT", help="A note for your team: what is new in it."
    ),
]
SentOption = Annotated[
    Path | None,
    typer.Option(
        "-f",
        "--file",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        help="The predictions file, the archive of code, or the saved image.",
    ),
]
ImageOption = Annotated[
    str | None,
    typer.Option(
        metavar="REFERENCE",
        help="An image in a registry instead of a file, as host/repository@sha256:….",
    ),
]
KindOption = Annotated[
    Kind | None,
    typer.Option(help="What is submitted: by default predictions, with --image a container."),
]
PhaseOption = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="Phase to submit to; by default the one that is open."),
]
WaitOption = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="[SECONDS]",
        min=0,
        help="Wait for its end and print its scores; a bare --wait waits at most an hour.",
    ),
]
SourceOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="The notebook or archive that made the file; it is kept, never executed.",
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|DIGEST",
        help="Weights for code or an image: an archive of them, or the SHA-256 of one that "
        "your team has sent before.",
    ),
]
CheckOption = Annotated[
    bool, typer.Option("--check/--no-check", help="Check the file here before the upload.")
]
KeyOption = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="Submissions with the same key count once; for scripts."),
]


class SubmitCommand(TyperCommand):
    """A command whose `--wait` may stand alone; Typer has no options with an optional value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 -- Click's
        return super().parse_args(ctx, with_default_wait(args))


def with_default_wait(args: Sequence[str], /) -> list[str]:
    """Give a bare `--wait` its default, unless a number of seconds follows it."""
    following = [*args[1:], ""]
    return [
        f"--wait={DEFAULT_WAIT}" if arg == "--wait" and not SECONDS.fullmatch(after) else arg
        for arg, after in zip(args, following, strict=True)
    ]


@app.command(cls=SubmitCommand)
def submit(
    context: typer.Context,
    slug: SlugArgument,
    *,
    message: MessageOption,
    file: SentOption = None,
    image: ImageOption = None,
    kind: KindOption = None,
    phase: PhaseOption = None,
    wait_seconds: WaitOption = None,
    source: SourceOption = None,
    weights: WeightsOption = None,
    check: CheckOption = True,
    path: FolderOption = None,
    idempotency_key: KeyOption = None,
    form: FormatOption = Format.TABLE,
) -> ExitCode:
    """Submit predictions, code or an image.

    Code (--kind code) is an archive with a main.py. An image (--kind container) is what `docker
    save` writes; it is sent in parts, and the same command goes on where an interruption left it.
    With --image, the platform fetches it from a registry that its operator lists, by its digest.

    The file is checked on this machine first, predictions if the challenge's data were downloaded,
    so that a mistake costs no upload. Without --wait, exit code 0 means that it was accepted; with
    it, that it was scored.
    """
    kind = kind or (Kind.CONTAINER if image else Kind.PREDICTIONS)
    sent = _sent(file, image=image, kind=kind)
    named = weights_named(weights, kind=kind)
    with session_of(context).client() as client:
        if check:
            _check(sent, kind=kind, slug=slug, folder=path or Path(slug))
            if isinstance(named, Path):
                check_weights(named)
        sender = Sender(
            client=client,
            slug=slug,
            form={"kind": str(kind), "message": message} | ({"phase": phase} if phase else {}),
            source=source,
            key=idempotency_key or uuid.uuid4().hex,
            memory=UploadMemory(session_of(context).config_dir),
        )
        with naming(sent):
            accepted = sender.submit(sent, weights=named)
        tell = say if form is Format.TABLE else note
        tell(f"Submission {accepted['id']} was accepted.")
        tell(quota_text(accepted["quota"]))
        if wait_seconds is not None:
            ended = wait(client, accepted["id"], seconds=wait_seconds)
            return _tell_end(ended, form=form)
        if form is not Format.TABLE:
            write_submission(client.submission(accepted["id"]), form=form)
    return ExitCode.DONE


def _check(sent: Path | str, *, kind: Kind, slug: str, folder: Path) -> None:
    with naming(sent):
        if isinstance(sent, Path):
            check_here(sent, kind=kind, slug=slug, folder=folder)
        else:
            check_reference(sent)


def quota_text(quota: Quota, /) -> str:
    """Say how many submissions the team has left, and when it has one again."""
    if quota["remaining"]:
        return f"{quota['remaining']} of {quota['limit']} submissions are left."
    if quota["next_slot"] is None:
        return f"None of {quota['limit']} submissions is left in this phase."
    when = local_time_text(quota["next_slot"])
    return f"None of {quota['limit']} submissions is left; the next is possible from {when}."


def _sent(file: Path | None, *, image: str | None, kind: Kind) -> Path | str:
    """Give the one thing that is submitted: a file, or a reference to an image in a registry."""
    if image and kind is not Kind.CONTAINER:
        raise InvalidInput(f"--image names a container; leave out --kind {kind}")
    if bool(file) == bool(image):
        raise InvalidInput("give either a file, with -f FILE, or --image host/repository@sha256:…")
    return file or image or ""


def _tell_end(submission: Submission, *, form: Format) -> ExitCode:
    """Print what became of a submission and give the exit code of its end."""
    if form is not Format.TABLE:
        write_submission(submission, form=form)
    elif (reason := reason_text(submission)) is not None:
        say(f"It was {submission['state']}: {reason}")
    else:
        seconds = submission["timings"].get("total_seconds")
        say("It was scored." if seconds is None else f"It was scored in {seconds:.1f} s.")
        write_scores(submission["scores"])
    return EXIT_OF_STATE[submission["state"]]
