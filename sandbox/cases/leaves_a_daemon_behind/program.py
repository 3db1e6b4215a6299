import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(15)
        os.write(1, b"still here\n")
    os._exit(0)
os.write(1, b"gone\n")
os._exit(0)
