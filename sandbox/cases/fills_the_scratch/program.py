import os
import shutil
import signal
from collections.abc import Callable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def fill(what: str, write: Callable[[], None]) -> None:
    os.mkdir("/tmp/full")
    try:
        write()
        print(f"{what}: fits")
    except OSError as error:
        print(f"{what}: {error.strerror}")
    shutil.rmtree("/tmp/full")


def one_file() -> None:
    with open("/tmp/full/file", "wb") as file:
        file.truncate(1 << 40)


def files_of_a_megabyte() -> None:
    for number in range(16):
        with open(f"/tmp/full/{number}", "wb") as file:
            file.write(bytes(1 << 20))


def empty_files() -> None:
    for number in range(40_000):
        open(f"/tmp/full/{number}", "w").close()


fill("one file", one_file)
fill("16 MiB in files", files_of_a_megabyte)
fill("40000 empty files", empty_files)
with open("/tmp/program", "w") as file:
    file.write("#!/bin/sh\necho ran\n")
os.chmod("/tmp/program", 0o700)
try:
    os.execv("/tmp/program", ["/tmp/program"])
except OSError as error:
    print("executed:", error.strerror)
