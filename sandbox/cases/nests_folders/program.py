import os

folders = 0
os.chdir("/tmp")
try:
    while folders < 40_000:
        os.mkdir("folder")
        os.chdir("folder")
        folders += 1
except OSError:
    pass
print("folders:", "fewer than 16384" if folders < 16_384 else folders)
