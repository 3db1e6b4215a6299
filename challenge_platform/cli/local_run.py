"""A program run on this machine as the platform would run it: the same sandbox, limits, input."""

import hashlib
import io
import json
import shutil
import tarfile
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from docker.errors import ImageNotFound

from challenge_platform.cli.data import CHALLENGE_FILE, SAMPLE, sha256_of
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.program import Program
from challenge_platform.core.program_limits import limits_of
from challenge_platform.errors import InvalidInput
from sandbox import Outcome, Run, Runner
from sandbox.archive import ArchiveLimits, FileContent
from sandbox.archive.repacking import repacked
from sandbox.docker import DockerRunner
from sandbox.engine import Engine, connect
from sandbox.oci.canonical import Image
from sandbox.oci.limits import ImageLimits
from sandbox.oci.rebuild import rebuild

LEFT_OUT = "__pycache__"
"""Folders that no program needs; those whose name begins with a dot are left out as well."""

RUNTIME = "local"
_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class LocalChallenge:
    """A challenge as it was downloaded: its definition, and what its programs find in `/input`."""

    definition: ChallengeDefinition
    program: Program
    inputs: tuple[Path, ...]

    @classmethod
    def read(cls, slug: str, folder: Path, /, *, kind: str) -> "LocalChallenge":
        """Read it; raise InvalidInput if files are missing or changed, or it takes no `kind`."""
        again = f"run: challenge data download {slug} -p {folder}"
        try:
            document = json.loads((folder / CHALLENGE_FILE).read_bytes())
            found = document["slug"]
            definition = ChallengeDefinition.model_validate(document["definition"])
            published = {each["name"]: each["sha256"] for each in document["files"]}
            data = definition.data
            names = [SAMPLE + name for name in data.input] or data.public
            inputs = tuple(folder / name for name in names)
            for name, path in zip(names, inputs, strict=True):
                if sha256_of(path) != published.get(name):
                    raise InvalidInput(f"{path} is not the file that is published; {again}")
        except FileNotFoundError as error:
            raise InvalidInput(f"{error.filename} is missing; {again}") from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InvalidInput(f"the files in {folder} cannot be used: {error}; {again}") from error
        if found != slug:
            raise InvalidInput(
                f"{folder} holds the challenge {found!r}, not {slug!r}; name its folder with -p"
            )
        if definition.program is None or kind not in definition.submission.kinds:
            kinds = ", ".join(definition.submission.kinds)
            raise InvalidInput(f"{slug} takes no {kind}; it takes {kinds}")
        return cls(definition=definition, program=definition.program, inputs=inputs)


def archive_of(code: Path, /) -> bytes:
    """Give an archive of code, or make one of the files of a folder."""
    if not code.is_dir():
        return code.read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(code.rglob("*")):
            name = path.relative_to(code)
            if path.is_file() and not any(
                part.startswith(".") or part == LEFT_OUT for part in name.parts
            ):
                zipped.write(path, name.as_posix())
    return archive.getvalue()


@contextmanager
def rebuilt_image(
    reference: str, /, *, challenge: LocalChallenge, engine_socket: Path
) -> Iterator[tuple[Image, BinaryIO]]:
    """Give an image of this machine's engine, checked and written anew as the platform does.

    Raises InvalidImage where the platform would refuse it, InvalidInput if there is none of that
    name.
    """
    with ExitStack() as opened:
        api = opened.enter_context(closing(connect(engine_socket)))
        try:
            has_name = api.inspect_image(reference)["RepoTags"]  # type: ignore[no-untyped-call]  # stub without types
        except ImageNotFound:
            has_name = False
        if not has_name:  # one without would go with the name that it gets for this run
            raise InvalidInput(f"Docker has no image named {reference!r} here; see `docker images`")
        saved, rebuilt = (opened.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        for piece in api.get_image(reference):
            saved.write(piece)
        limits = ImageLimits(total=challenge.program.image_max_bytes)
        image = rebuild(saved, rebuilt, architecture=api.version()["Arch"], limits=limits)
        rebuilt.seek(0)
        yield image, rebuilt


@contextmanager
def local_runner(engine_socket: Path, /, *, image: str) -> Iterator[DockerRunner]:
    """Give what runs this image, and remove all that it made at the end."""
    engine = Engine(engine_socket)
    label = f"run-local-{uuid.uuid4().hex}"
    runner = DockerRunner(engine, runtimes={RUNTIME: image}, label=label, slots=1)
    try:
        yield runner
    finally:
        runner.close()
        engine.close()


@contextmanager
def packed_weights(
    weights: Path | None, /, *, challenge: LocalChallenge
) -> Iterator[BinaryIO | None]:
    """Give weights, a folder or an archive, as the plain tar that the platform makes of them.

    Raises InvalidArchive where the platform would refuse it, InvalidInput where it takes none.
    """
    if weights is None:
        yield None
        return
    most = int(challenge.program.weights_max_bytes)
    if not most:
        raise InvalidInput(f"{challenge.definition.slug} takes no weights")
    with tempfile.TemporaryFile() as sent, tempfile.TemporaryFile() as packed:
        if weights.is_dir():
            _pack(tuple(sorted(weights.iterdir())), sent)
        else:
            with weights.open("rb") as archive:
                shutil.copyfileobj(archive, sent)
        for piece in repacked(FileContent(sent), limits=ArchiveLimits(unpacked=most, file=most)):
            packed.write(piece)
        yield packed


def run_program(
    challenge: LocalChallenge,
    runner: Runner,
    /,
    *,
    runtime: str = RUNTIME,
    archive: bytes = b"",
    weights: BinaryIO | None = None,
    table: bytes | None = None,
    collect: str | None = None,
) -> Outcome:
    """Run a program on the challenge's input; raise SandboxUnavailable when it could not run.

    `table` takes the place of the table of the ids to predict, `collect` that of the predictions
    file.
    """
    submission = challenge.definition.submission
    other = {} if table is None else {submission.ids: table}
    with tempfile.TemporaryFile() as packed:
        _pack(challenge.inputs, packed, other=other)
        digest = kept(packed, runner=runner)
    return runner.run(
        Run(
            id=uuid.uuid4().hex,
            runtime=runtime,
            limits=limits_of(challenge.definition),
            input=archive,
            files=digest,
            weights=None if weights is None else kept(weights, runner=runner),
            collect=collect or submission.file,
        )
    )


def kept(packed: BinaryIO, /, *, runner: Runner) -> str:
    """Have the files of a tar kept, which was just written, and give its digest."""
    size = packed.tell()
    packed.seek(0)
    sha256 = hashlib.sha256()
    for piece in iter(partial(packed.read, _PIECE), b""):
        sha256.update(piece)
    packed.seek(0)
    runner.keep_files(sha256.hexdigest(), packed, size=size)
    return sha256.hexdigest()


def _pack(
    files: tuple[Path, ...], target: BinaryIO, *, other: Mapping[str, bytes] | None = None
) -> None:
    """Write files as a tar, those of `other` with another content."""
    with tarfile.open(fileobj=target, mode="w") as tar:
        for path in files:
            content = (other or {}).get(path.name)
            if content is None:
                tar.add(path, arcname=path.name)
                continue
            member = tarfile.TarInfo(path.name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
