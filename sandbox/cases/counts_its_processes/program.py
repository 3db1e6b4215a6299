import os
import signal
import threading
import time

children: list[int] = []
try:
    while len(children) < 100:
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        children.append(pid)
except OSError:
    pass
print("processes:", "10 or fewer" if len(children) <= 10 else len(children), flush=True)
for pid in children:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

done = threading.Event()
threads = 0
try:
    while threads < 100:
        threading.Thread(target=done.wait).start()
        threads += 1
except RuntimeError:
    pass
print("threads:", "10 or fewer" if threads <= 10 else threads, flush=True)
done.set()
