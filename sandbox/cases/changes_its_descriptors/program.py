import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
CALL = {"x86_64": 154}.get(os.uname().machine)  # there is none elsewhere
segment = (ctypes.c_uint32 * 4)(0, 0, 0xFFFFF, 0b1010001)
worked = CALL is not None and libc.syscall(CALL, 1, segment, ctypes.sizeof(segment)) == 0
print("modify_ldt:", worked)
