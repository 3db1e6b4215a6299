import fcntl
import os
import time

smallest = 1 << 20
for _ in range(25):
    ends = os.pipe()
    smallest = min(smallest, fcntl.fcntl(ends[0], fcntl.F_GETPIPE_SZ))
    for end in ends:
        os.close(end)
    time.sleep(0.1)
print("smallest pipe:", smallest)
