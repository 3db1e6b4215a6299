import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
CALL = {"x86_64": 323, "aarch64": 282}[os.uname().machine]
USER_MODE_ONLY = 1
descriptor = libc.syscall(CALL, USER_MODE_ONLY)
print("userfaultfd:", "open" if descriptor >= 0 else os.strerror(ctypes.get_errno()))
