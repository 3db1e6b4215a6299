import os

with open("/proc/self/mountinfo") as file:
    kinds = [line.split(" - ")[1].split()[0] for line in file if line.split()[4] == "/data"]
print("file system of the volume:", kinds)
try:
    open("/data/written", "w").close()
    print("written:", os.listdir("/data"))
except OSError as error:
    print("written:", error.strerror)
