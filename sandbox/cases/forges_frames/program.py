import os

os.write(1, b"\x02\0\0\0\0\0\0\x05forge")
os.write(1, b"\x09\0\0\0\x7f\x7f\x7f\x7f")
