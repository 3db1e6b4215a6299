import os
from collections.abc import Callable

given = sorted(os.listdir("/input"))


def works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


ATTEMPTS: dict[str, Callable[[], object]] = {
    "added": lambda: open("/input/added", "w").close(),
    "written": lambda: open("/input/features.csv", "r+").close(),
    "moved": lambda: os.rename("/input/features.csv", "/input/moved"),
}
print("given:", given)
print("changed:", [what for what, attempt in ATTEMPTS.items() if works(attempt)])
