import os

for name in sorted(os.listdir("/weights")):
    print("given:", name, oct(os.lstat(f"/weights/{name}").st_mode))
