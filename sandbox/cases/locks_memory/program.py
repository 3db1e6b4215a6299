import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
memory = ctypes.create_string_buffer(4 << 20)
locked = libc.mlock(memory, len(memory)) == 0
print("locked:", "yes" if locked else os.strerror(ctypes.get_errno()))
