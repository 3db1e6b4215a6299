import os
import time

print("forking", flush=True)
if os.fork() == 0:
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)
time.sleep(1)
count = sum(name.isdigit() for name in os.listdir("/proc"))
print("processes:", "at most 64" if count <= 64 else count, flush=True)
time.sleep(60)
