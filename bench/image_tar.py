"""What an image of 2 GB costs: to upload in parts, to check, and to write anew."""

import hashlib
import io
import json
import os
import signal
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bench.growth import growing, seconds, sha256sum
from challenge_platform.cli.client import Client
from challenge_platform.cli.data import sha256_of
from challenge_platform.cli.parts import Parts, UploadMemory
from sandbox.oci.rebuild import rebuild
from sandbox.oci.receive import receive
from tests.live import TINY, Live, running

LAYERS = 4
FILES = 500
"""Files of a layer, each of FILE_BYTES."""
FILE_BYTES = 1_000_000
_PIECE = 1 << 20


def measure() -> Iterator[str]:
    """Give the lines of the tables."""
    with tempfile.TemporaryDirectory(dir=Path("var") if Path("var").is_dir() else None) as name:
        folder = Path(name)
        image = folder / "image.tar"
        with image.open("wb") as file:
            write_image(file)
        yield f"An image of {image.stat().st_size / 1e9:.2f} GB, {LAYERS * FILES:,} files."
        yield ""
        yield from _costs(image, folder)
        yield ""
        yield from _upload(image, folder)


def write_image(file: BinaryIO, /) -> None:
    """Write an image as `docker save` does, with layers of random bytes."""
    diff_ids = []
    with tarfile.open(fileobj=file, mode="w") as archive:
        for number in range(LAYERS):
            with tempfile.TemporaryFile() as layer:
                diff_ids.append(_write_layer(layer, number=number))
                member = tarfile.TarInfo(f"{number}/layer.tar")
                member.size = layer.tell()
                layer.seek(0)
                archive.addfile(member, layer)
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Cmd": ["/program"]},
                "rootfs": {"type": "layers", "diff_ids": diff_ids},
            }
        ).encode()
        layers = [f"{number}/layer.tar" for number in range(LAYERS)]
        manifest = [{"Config": "config.json", "RepoTags": ["a:b"], "Layers": layers}]
        for name, content in (("config.json", config), ("manifest.json", _json(manifest))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _write_layer(file: BinaryIO, *, number: int) -> str:
    with tarfile.open(fileobj=file, mode="w") as archive:
        for each in range(FILES):
            member = tarfile.TarInfo(f"data/{number}/{each}")
            member.size = FILE_BYTES
            archive.addfile(member, io.BytesIO(os.urandom(FILE_BYTES)))
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def _costs(image: Path, folder: Path) -> Iterator[str]:
    target = folder / "rebuilt.tar"
    digests = seconds(lambda: sha256sum(image))
    rebuilding = seconds(lambda: _rebuild(image, target))
    with image.open("rb") as source, target.open("wb") as written:
        made = rebuild(source, written, architecture="amd64")
    receiving = seconds(lambda: _receive(target, image_id=made.id))
    yield "| step | seconds | of `sha256sum` |"
    yield "| --- | --- | --- |"
    yield f"| `sha256sum` of the file | {digests:.2f} | 1 |"
    yield f"| check and write anew | {rebuilding:.2f} | {rebuilding / digests:.2f} |"
    yield f"| check again, as the launcher does | {receiving:.2f} | {receiving / digests:.2f} |"


def _rebuild(image: Path, target: Path) -> None:
    with image.open("rb") as source, target.open("wb") as written:
        rebuild(source, written, architecture="amd64")


def _receive(target: Path, *, image_id: str) -> None:
    with target.open("rb") as file:
        pieces = iter(lambda: file.read(_PIECE), b"")
        receive(pieces, image_id=image_id, architecture="amd64", sink=len)


def _upload(image: Path, folder: Path) -> Iterator[str]:
    with running(folder / "platform", challenge=TINY.parent / "hidden-cells") as live:
        live.signal("worker", signal.SIGSTOP)  # nothing of what is measured here runs
        try:
            with growing(lambda: live.pids("web")) as web:
                uploading, submitting = _send(live, image, folder)
        finally:
            live.signal("worker", signal.SIGCONT)
    size = image.stat().st_size / 1e6
    yield "| step | seconds | MB a second |"
    yield "| --- | --- | --- |"
    yield f"| upload in parts, by the command line | {uploading:.2f} | {size / uploading:.0f} |"
    yield f"| submit it, which checks it whole | {submitting:.2f} | {size / submitting:.0f} |"
    yield ""
    yield f"The web process grew by {web.megabytes:.0f} MB, from {web.before / 1e6:.0f} MB."


def _send(live: Live, image: Path, folder: Path) -> tuple[float, float]:
    token = live.client.headers["Authorization"].removeprefix("Bearer ")
    metadata = {"kind": "container", "filename": image.name, "sha256": sha256_of(image)}
    with Client(str(live.client.base_url).rstrip("/"), token=token) as client:
        parts = Parts(
            client=client,
            slug=live.slug,
            file=image,
            metadata=metadata,
            memory=UploadMemory(folder),
            told=lambda _offset: None,
        )
        began = time.perf_counter()
        upload_id, offset = parts.begin()
        parts.send(upload_id, offset=offset)
        arrived = time.perf_counter()
        form = {"kind": "container", "message": "", "upload": upload_id}
        client.submit(live.slug, None, form=form, idempotency_key="bench")
        return arrived - began, time.perf_counter() - arrived
