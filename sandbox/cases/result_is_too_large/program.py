import os
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
written = 0
descriptor = os.open("/output/predictions.csv", os.O_CREAT | os.O_WRONLY, 0o600)
try:
    while written < 8 << 20:
        written += os.write(descriptor, bytes(65536))
except OSError:
    pass
print("written:", "at most 2 MiB" if written <= 2 << 20 else written)
