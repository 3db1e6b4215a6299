import os
import signal
import stat
from collections.abc import Callable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
NULL, DISK = os.makedev(1, 3), os.makedev(8, 0)


def works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def terabyte() -> None:
    with open("/tmp/hole", "wb") as file:
        file.truncate(1 << 40)


ATTEMPTS = {
    "null device": lambda: os.mknod("/tmp/null", 0o600 | stat.S_IFCHR, NULL),
    "disk device": lambda: os.mknod("/tmp/disk", 0o600 | stat.S_IFBLK, DISK),
    "link to a file of root": lambda: os.link("/etc/passwd", "/etc/linked"),
}
print("made:", [what for what, attempt in ATTEMPTS.items() if works(attempt)])
print("terabyte:", works(terabyte))
os.mkfifo("/tmp/pipe")
os.symlink("/etc/shadow", "/tmp/shadow")  # what collects results never follows one
print("pipe and link:", os.path.islink("/tmp/shadow"))
