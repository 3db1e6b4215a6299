import ctypes
import os
from collections.abc import Callable

libc = ctypes.CDLL(None, use_errno=True)
FSOPEN = 430
os.makedirs("/tmp/place", exist_ok=True)
CALLS: dict[str, Callable[[], bool]] = {
    "tmpfs": lambda: libc.mount(b"none", b"/tmp/place", b"tmpfs", 0, None) == 0,
    "proc": lambda: libc.mount(b"none", b"/tmp/place", b"proc", 0, None) == 0,
    "root": lambda: libc.mount(b"/", b"/tmp/place", None, 4096, None) == 0,
    "writable root": lambda: libc.mount(None, b"/", None, 32 | 4096, None) == 0,
    "new calls": lambda: libc.syscall(FSOPEN, b"tmpfs", 0) >= 0,
}
print("mounted:", [name for name, call in CALLS.items() if call()])
