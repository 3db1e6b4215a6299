import os
import time

orphans = 0
try:
    while orphans < 200:
        child = os.fork()
        if child == 0:
            if os.fork() == 0:
                time.sleep(0.005)  # until its parent is gone
            os._exit(0)
        os.waitpid(child, 0)
        orphans += 1
        if orphans % 20 == 0:
            time.sleep(0.05)  # for whoever buries them
except OSError:
    pass
print("orphans:", orphans, flush=True)
os._exit(0)
