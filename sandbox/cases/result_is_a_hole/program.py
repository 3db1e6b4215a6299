import os
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open("/output/predictions.csv", "wb") as file:
    try:
        os.truncate(file.fileno(), 1 << 40)
        print("terabyte: made")
    except OSError as error:
        print("terabyte:", error.strerror)
        os.truncate(file.fileno(), (1 << 20) + 1)
