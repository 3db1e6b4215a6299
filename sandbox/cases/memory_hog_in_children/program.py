import os

pid = os.fork()
if pid == 0:
    # The killer takes the largest, and must not take the parent.
    taken = bytearray(b"x") * (1 << 29)
    os._exit(0)
os.waitpid(pid, 0)
print("ended well")
