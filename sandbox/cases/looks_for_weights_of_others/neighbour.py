import time

with open("/weights/theirs.txt") as file:
    file.read()
    time.sleep(15)
