import time

print("not reading", flush=True)
time.sleep(60)
