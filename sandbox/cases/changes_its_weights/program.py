import os
from collections.abc import Callable

given = sorted(os.listdir("/weights"))


def works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


ATTEMPTS: dict[str, Callable[[], object]] = {
    "opened": lambda: os.chmod("/weights", 0o777),  # noqa: S103  it must fail
    "added": lambda: open("/weights/added", "w").close(),
    "written": lambda: open("/weights/model.txt", "r+").close(),
    "moved": lambda: os.rename("/weights/model.txt", "/weights/moved"),
}
print("given:", given)
print("changed:", [what for what, attempt in ATTEMPTS.items() if works(attempt)])
