import os
import re
import socket
import stat
from collections.abc import Iterator

TELLING = re.compile(
    r"truth|labels|docker\.sock|secret|token|credential|id_(rsa|ed25519)|\.env$", re.IGNORECASE
)

# What the engine, our options and the images of Python set.
KNOWN = {"HOME", "HOSTNAME", "LANG", "PATH", "TMPDIR", "GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256"}
KNOWN |= {f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL")}


def walk() -> Iterator[str]:
    for folder, folders, files in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if name not in {"proc", "sys"}]
        for name in folders + files:
            yield os.path.join(folder, name)


def is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except OSError:
        return False


open_now = sorted(int(number) for number in os.listdir("/proc/self/fd"))
# Not what the standard library and the C library bring with them.
own = [path for path in walk() if not re.match(r"/(usr|lib|etc/(security|ssl))/", path)]
print("unknown environment:", sorted(os.environ.keys() - KNOWN))
print("sockets:", [path for path in walk() if is_socket(path)])
print("telling names:", [path for path in own if TELLING.search(path)])
print("descriptors:", [number for number in open_now if os.path.exists(f"/proc/self/fd/{number}")])
print("host name:", socket.gethostname())
print("processes:", sum(name.isdigit() for name in os.listdir("/proc")))
