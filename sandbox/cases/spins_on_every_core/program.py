import os
import time

START = time.monotonic()
for _ in range(8):
    if os.fork() == 0:
        while time.monotonic() < START + 1:
            pass
        os._exit(0)
for _ in range(8):
    os.wait()
used = os.times()
cores = (used.children_user + used.children_system) / (time.monotonic() - START)
print("cores:", "less than 0.2" if cores < 0.2 else f"{cores:.1f}")
