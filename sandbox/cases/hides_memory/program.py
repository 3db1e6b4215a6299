import os

chunk = b"x" * (1 << 20)
with open("/dev/shm/taken", "wb") as file:
    file.write(chunk * 60)
taken = os.memfd_create("taken")
for _ in range(400):
    os.write(taken, chunk)
print("took it all")
