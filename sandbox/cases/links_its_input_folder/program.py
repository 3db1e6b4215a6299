import os

print("input:", sorted(os.listdir("/input"))[:5])
