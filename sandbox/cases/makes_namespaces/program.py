import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
KINDS = {"user": 0x10000000, "network": 0x40000000, "mounts": 0x00020000, "processes": 0x20000000}
CLONE = {"x86_64": 56, "aarch64": 220}[os.uname().machine]


def unshared(flags: int) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0 if libc.unshare(flags) == 0 else 1)
    return os.waitpid(child, 0)[1] == 0


print("unshared:", [kind for kind, flag in KINDS.items() if unshared(flag | KINDS["user"])])
child = libc.syscall(CLONE, KINDS["user"] | signal.SIGCHLD, 0, 0, 0, 0)
if child == 0:
    os._exit(0)
print("cloned:", child > 0)
