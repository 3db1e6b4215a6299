import os
import sys

NAMES = [
    b"new\nline",
    b"\x1b[31mred\x1b[2J",
    b"<script>alert(1)<script>",
    b"\xff\xfe not text",
    b"'; rm -rf .",
    b"x" * 255,
]
for name in NAMES:
    open(b"/tmp/" + name, "wb").close()
sys.stderr.buffer.write(b"\n".join(NAMES))
print("made:", len(os.listdir(b"/tmp")))
