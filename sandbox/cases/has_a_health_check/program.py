import os
import time

time.sleep(2.5)
print("checked:", os.path.exists("/tmp/checked"))
