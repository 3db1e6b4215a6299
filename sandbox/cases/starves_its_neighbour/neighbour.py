import fcntl
import os
import time

held: list[int] = []
try:
    while len(held) < 900:
        held += os.pipe()
        fcntl.fcntl(held[-1], fcntl.F_SETPIPE_SZ, 1 << 20)
except OSError:
    pass
try:
    while len(held) < 900:
        held += os.pipe()
except OSError:
    pass
time.sleep(60)
