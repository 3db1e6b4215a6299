import os
import time

os.close(0)
time.sleep(0.5)
print("closed and done")
