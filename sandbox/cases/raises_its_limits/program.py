import os
import resource

LIMITS = [
    "RLIMIT_CORE",
    "RLIMIT_NOFILE",
    "RLIMIT_FSIZE",
    "RLIMIT_MEMLOCK",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_RTPRIO",
]


def raised(name: str) -> bool:
    _, hard = resource.getrlimit(getattr(resource, name))
    try:
        resource.setrlimit(getattr(resource, name), (hard + 1, hard + 1))
    except (OSError, ValueError):
        return False
    return True


def more_priority() -> bool:
    try:
        os.nice(-5)
    except OSError:
        return False
    return True


print("raised:", [name for name in LIMITS if raised(name)] + ["priority"] * more_priority())
files: list[int] = []
try:
    while len(files) < 5000:
        files.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
print("files:", "fewer than 1024" if len(files) < 1024 else len(files))
