import ctypes
import os
import signal
import time

libc = ctypes.CDLL(None, use_errno=True)
SEIZE = 0x4206


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


secret = ctypes.create_string_buffer(b"secret")
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
print("traced:", libc.ptrace(SEIZE, child, None, None) == 0)
found = ctypes.create_string_buffer(8)
here = Piece(ctypes.addressof(found), 6)
there = Piece(ctypes.addressof(secret), 6)
libc.process_vm_readv(child, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
print("read another's memory:", found.value == b"secret")
os.kill(child, signal.SIGKILL)
