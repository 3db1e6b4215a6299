"""What weights of 2 GB cost: to send by the command line, to check, to hand over, and to keep."""

import os
import shutil
import signal
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.growth import growing, processor_seconds, sha256sum
from challenge_platform.core.transfer import RELEASED
from challenge_platform.storage import measured
from sandbox.archive import FileContent
from sandbox.archive.limits import ArchiveLimits
from sandbox.archive.repacking import repacked
from sandbox.images.build import build_image
from tests.archives import zipped
from tests.live import TINY, Live, call, running

FILES = 8
FILE_BYTES = 256 << 20
MOST = "3GB"
CHALLENGE = TINY.parent / "hidden-cells"
EMAIL = "alice@example.org"
PROGRAM = """
import csv
with open("/input/test.csv") as given, open("/output/predictions.csv", "w") as made:
    made.write("cell_id,probability\\n")
    made.writelines(f"{row['cell_id']},0.5\\n" for row in csv.DictReader(given))
"""
_PIECE = 1 << 20


def measure() -> Iterator[str]:
    """Give the lines of the tables."""
    with tempfile.TemporaryDirectory(dir=Path("var") if Path("var").is_dir() else None) as name:
        folder = Path(name)
        archive = folder / "weights.tar"
        write_weights(archive)
        size = archive.stat().st_size
        yield f"Weights of {size / 1e9:.2f} GB: {FILES} files of random bytes in a tar."
        yield ""
        yield from _costs(archive)
        yield ""
        yield from _sent(archive, folder)


def write_weights(path: Path, /) -> None:
    """Write an archive as `tar -c` does."""
    with path.open("wb") as file:
        for number in range(FILES):
            member = tarfile.TarInfo(f"model/{number}.safetensors")
            member.size = FILE_BYTES
            file.write(member.tobuf())
            for _ in range(FILE_BYTES // _PIECE):
                file.write(os.urandom(_PIECE))
        file.write(bytes(tarfile.RECORDSIZE))


def _costs(archive: Path) -> Iterator[str]:
    def check() -> None:
        with archive.open("rb") as file:
            measured(repacked(FileContent(file), limits=_LIMITS))

    reference = processor_seconds(lambda: sha256sum(archive))
    checking = processor_seconds(check)
    yield "| step | seconds of a processor | of `sha256sum` |"
    yield "| --- | --- | --- |"
    yield f"| `sha256sum` of the archive | {reference:.2f} | 1 |"
    yield f"| check it, and digest its plain tar | {checking:.2f} | {checking / reference:.2f} |"


_LIMITS = ArchiveLimits(unpacked=3_000_000_000, file=3_000_000_000)


def _sent(archive: Path, folder: Path) -> Iterator[str]:
    build_image("python", say=lambda _line: None)
    code = folder / "code.zip"
    code.write_bytes(zipped({"main.py": PROGRAM.encode()}))
    size = archive.stat().st_size
    with running(folder / "platform", challenge=_challenge(folder)) as live:
        data = live.platform.settings.data_dir
        empty = _kept(data)
        live.signal("worker", signal.SIGSTOP)  # so that what is sent is measured alone
        with growing(lambda: live.pids("web")) as web:
            began = time.perf_counter()
            _submit(live, code, folder, weights=str(archive))
            sending = time.perf_counter() - began
        stored = _kept(data) - empty
        with (
            growing(lambda: live.pids("worker")) as worker,
            growing(lambda: live.pids("launcher")) as launcher,
        ):
            live.signal("worker", signal.SIGCONT)
            first = _scored(live)
        again = _submit(live, code, folder, weights=_digest(live))
        second = _scored(live)
        call("user", "delete", EMAIL, "--yes", environment=live.platform.settings.environment())
        later = live.platform.clock() + RELEASED  # when the reaper lets the upload go
        replace(live.platform.transfers, clock=lambda: later).expire()
        left = _kept(data) - empty
    yield "| step | seconds |"
    yield "| --- | --- |"
    yield f"| `challenge submit --weights FILE` until it is accepted | {sending:.2f} |"
    yield f"| … until its score, with the weights handed to the launcher | {first:.2f} |"
    yield f"| `challenge submit --weights SHA256`, the same weights again | {again:.2f} |"
    yield f"| … until its score | {second:.2f} |"
    yield ""
    grown = {"web": web, "worker": worker, "launcher": launcher}
    told = ", ".join(f"{name} {growth.megabytes:.0f} MB" for name, growth in grown.items())
    yield f"Processes grew by: {told}."
    yield (
        f"The platform's folder grew by {stored / size:.2f} archives while it is kept, and by "
        f"{left / 1e6:.1f} MB once the account is deleted and its upload let go, ten minutes later."
    )


def _challenge(folder: Path) -> Path:
    """Copy the challenge, and let it take larger weights."""
    copy = folder / CHALLENGE.name
    shutil.copytree(CHALLENGE, copy)
    definition = copy / "challenge.yaml"
    text = definition.read_text(encoding="utf-8")
    larger = text.replace("weights_max_bytes: 300kB", f"weights_max_bytes: {MOST}")
    definition.write_text(larger, encoding="utf-8")
    return copy


def _submit(live: Live, code: Path, folder: Path, *, weights: str) -> float:
    """Submit code with weights by the command line, and give the seconds of it."""
    token = live.client.headers["Authorization"].removeprefix("Bearer ")
    address = str(live.client.base_url).rstrip("/")
    named = {"CHALLENGE_URL": address, "CHALLENGE_TOKEN": token, "HOME": str(folder)}
    began = time.perf_counter()
    asked = ("submit", live.slug, "-f", str(code), "--kind", "code", "-m", "", "--weights", weights)
    call(*asked, environment={**live.platform.settings.environment(), **named})
    return time.perf_counter() - began


def _scored(live: Live) -> float:
    """Wait until the last submission has its score, and give the seconds of it."""
    return live.wait_for(_last(live)["id"], state="scored", seconds=600, every=0.1)


def _digest(live: Live) -> str:
    return _last(live)["weights"]


def _last(live: Live) -> dict[str, str]:
    answer = live.client.get(f"/api/v1/challenges/{live.slug}/submissions")
    answer.raise_for_status()
    found: list[dict[str, str]] = answer.json()["submissions"]
    return found[0]


def _kept(folder: Path) -> int:
    """Give the bytes that a folder has on the disk; a file with two names counts once."""
    found = {stat.st_ino: stat.st_blocks for stat in (path.lstat() for path in folder.rglob("*"))}
    return 512 * sum(found.values())
