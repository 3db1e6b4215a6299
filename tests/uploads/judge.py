"""Reads every hostile file as the platform does, each in a process of its own that is watched.

    python -m tests.uploads.judge

prints a line of JSON for each: what it was told, what it cost, and what it left behind.
"""

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from sandbox.archive import InvalidArchive, check_archive, unpack
from scorers.predictions.table import InvalidPredictions, read_predictions
from tests.uploads.case import ACCEPTED, Asked, Case, Reader
from tests.uploads.corpus import CASES, named
from tests.uploads.zips import MAIN, STORED, File, archive

KIBIBYTE = 1024


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What became of a file: the codes it was told, or ACCEPTED, by each reader.

    `within` tells whether it is let through, unchanged, as a file of an archive of code. `seconds`
    are of the processor, `megabytes` the most memory of the process, and `left` what it wrote
    beside what was unpacked.
    """

    name: str
    told: dict[Reader, list[str]]
    within: bool
    seconds: float
    megabytes: float
    left: list[str]


def apart(work: Callable[[], object], /) -> None:
    """Do something in a process of its own; raise RuntimeError if it fails there."""
    child = get_context("fork").Process(target=work)
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError(f"it ended with {child.exitcode}")


def told_by(reader: Reader, content: bytes, /, *, asked: Asked) -> list[str]:
    """Give what a reader tells of a file; an error that it should not raise is told by its name."""
    try:
        if reader == "code":
            check_archive(content, must_have=("main.py",))
        else:
            read_predictions(content, submission=asked.submission, ids=asked.ids)
    except (InvalidArchive, InvalidPredictions) as invalid:
        return [str(problem.code) for problem in invalid.problems]
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
        return [f"raised {type(error).__name__}"]
    return [ACCEPTED]


def unpacked(content: bytes, folder: Path, /) -> bool:
    """Whether it could be unpacked, into a new folder."""
    folder.mkdir()
    try:
        unpack(content, folder)
    except InvalidArchive:
        return False
    return True


def goes_within(content: bytes, folder: Path, /) -> bool:
    """Whether it comes out as it went into an archive of code."""
    packed = archive([MAIN, File(name=b"data.bin", content=content, method=STORED)])
    return unpacked(packed, folder) and (folder / "data.bin").read_bytes() == content


def make(case: Case, file: Path, /) -> None:
    """Write a file."""
    file.write_bytes(case.make())


def judge(case: Case, file: Path, answer: Path, /) -> None:
    """Read a file in an empty folder, and write down what came of it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.chdir(folder)
        content = file.read_bytes()
        started = time.process_time()
        told: dict[Reader, list[str]] = {
            reader: told_by(reader, content, asked=case.asked) for reader in ("predictions", "code")
        }
        agree = unpacked(content, folder / "out") or told["code"] != [ACCEPTED]
        seconds = time.process_time() - started
        within = goes_within(content, folder / "within")
        left = [path.name for path in folder.iterdir() if path.name not in {"out", "within"}]
        judgement = Judgement(
            name=named(case),
            told=told,
            within=within and agree,
            seconds=seconds,
            megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTE,
            left=left,
        )
        answer.write_text(json.dumps(asdict(judgement)))


def main() -> None:
    """Judge all; the files are made in processes of their own too, so that they cost no memory."""
    with tempfile.TemporaryDirectory() as place:
        file, answer = Path(place) / "file", Path(place) / "answer"
        for case in CASES:
            apart(partial(make, case, file))
            apart(partial(judge, case, file, answer))
            print(answer.read_text(), flush=True)  # noqa: T201 -- a program's answer


if __name__ == "__main__":
    main()
