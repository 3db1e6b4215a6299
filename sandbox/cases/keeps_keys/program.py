import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
ADD_KEY, KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
PROCESS_KEYRING, SEARCH = -2, 10

print("added:", libc.syscall(ADD_KEY, b"user", b"kept", b"payload", 7, PROCESS_KEYRING) > 0)
print("found:", libc.syscall(KEYCTL, SEARCH, PROCESS_KEYRING, b"user", b"kept", 0) > 0)
