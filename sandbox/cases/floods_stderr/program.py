import os

print("before", flush=True)
while True:
    os.write(2, b"secret " * 8192)
