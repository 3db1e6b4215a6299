import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
REAL_TIME = signal.SIGRTMIN + 3
signal.pthread_sigmask(signal.SIG_BLOCK, {REAL_TIME})
count = 0
while count < 5000 and libc.sigqueue(os.getpid(), REAL_TIME, None) == 0:
    count += 1
print("waiting signals:", "at most 256" if count <= 256 else count)
