"""`challenge launcher`: the process that holds the Docker socket, kept small and apart."""

import logging
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from challenge_platform.cli.privileges import WORKER, can_separate
from challenge_platform.config import Settings
from challenge_platform.errors import PlatformError
from sandbox import SandboxUnavailable
from sandbox.images.content import SCORING, SELFTEST, image_tag, runtimes
from sandbox.launcher import serve

app = typer.Typer()


@app.command("launcher")
def launcher(
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", "-D", help="Folder of the platform's data.")
    ] = None,
) -> None:
    """Start sandboxes; the only process that holds the Docker socket."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    update = {} if data_dir is None else {"data_dir": data_dir}
    settings = Settings().model_copy(update=update)
    owner = (WORKER.uid, WORKER.gid) if can_separate() else None
    try:
        serve(
            socket_path=settings.launcher_address,
            runtimes=images_of(settings),
            allowed_uids=frozenset({os.geteuid(), *(owner[:1] if owner else ())}),
            socket_owner=owner,
            label=installation(settings.launcher_address.parent),
            warm=settings.warm_sandboxes,
            disk=settings.sandbox_disk,
            memory=settings.sandbox_memory,
            runtime=settings.sandbox_runtime,
            selftest=settings.selftest,
        )
    except SandboxUnavailable as error:
        raise PlatformError(str(error)) from error


def images_of(settings: Settings, /) -> dict[str, str]:
    """Give the image of each runtime by its name: those made here, and those that are set."""
    return {
        **{name: image_tag(name) for name in runtimes()},
        **settings.runtime_images,
        SCORING: settings.scoring_image or image_tag(SCORING),
        SELFTEST: image_tag(SELFTEST),
    }


def installation(folder: Path, /) -> str:
    """Name this installation, the same at each start, made at the first one.

    The path of the data folder is no such name: in containers it is the same for everybody, and a
    launcher removes every sandbox that bears its name.
    """
    path = folder / "installation"
    if not path.exists():
        path.write_text(secrets.token_hex(16))
    return path.read_text()
