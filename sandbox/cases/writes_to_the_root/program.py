import os

CHANGEABLE = [
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/etc/passwd",
    "/proc/sys/kernel/core_pattern",
]


def writable(folder: str) -> bool:
    path = os.path.join(folder, "written")
    try:
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)
    except OSError:
        return False
    return True


def changeable(path: str) -> bool:
    try:
        open(path, "r+").close()
    except OSError:
        return False
    return True


folders = [folder for folder, _, _ in os.walk("/") if not folder.startswith("/proc/")]
print("writable:", sorted(folder for folder in folders if writable(folder)))
print("changed:", [path for path in CHANGEABLE if changeable(path)])
