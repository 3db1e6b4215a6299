# ruff: noqa: INP001 -- it is a file of an image, and of no package
"""Run the program at the head of stdin: a line with its size, its bytes, then its own input."""

import sys

size = int(sys.stdin.buffer.readline())
exec(compile(sys.stdin.buffer.read(size), "program.py", "exec"))  # noqa: S102  its purpose
