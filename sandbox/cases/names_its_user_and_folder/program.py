import os

print("root:", os.getuid() == 0)
print("folder:", os.getcwd())
