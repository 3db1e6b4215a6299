import ctypes
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
BPF, PERF = {"x86_64": (321, 298), "aarch64": (280, 241)}[os.uname().machine]
MAP_CREATE, ARRAY = 0, 2
asked = ctypes.create_string_buffer(struct.pack("=IIII", ARRAY, 4, 4, 1), 128)
print("bpf:", libc.syscall(BPF, MAP_CREATE, asked, 128) >= 0)
# A software counter of the processor's clock, of this process alone.
event = ctypes.create_string_buffer(struct.pack("=IIQ", 1, 112, 0), 112)
print("perf:", libc.syscall(PERF, event, 0, -1, -1, 0) >= 0)
