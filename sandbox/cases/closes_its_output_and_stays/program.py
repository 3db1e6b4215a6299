import os
import time

os.write(1, b"last words\n")
os.close(1)
os.close(2)
time.sleep(60)
