import os
import stat

PROGRAM = "/usr/local/bin/cat-of-root"  # the self-test's image has it, mode 4755


def told(path: str) -> str:
    with os.popen(f"{PROGRAM} {path} 2>&1") as pipe:
        return pipe.read()


print("set-user-ID bit:", bool(os.stat(PROGRAM).st_mode & stat.S_ISUID))
users = next(line for line in told("/proc/self/status").splitlines() if line.startswith("Uid:"))
print("became root:", users.split()[2] == "0")
print("read:", repr(told("/etc/shadow")[:5]))
