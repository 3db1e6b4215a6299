"""`make bench`: run every benchmark and print one table, each figure beside a reference."""

import sys

from bench.submission import measure

if __name__ == "__main__":
    for line in measure():
        print(line, flush=True)
    sys.exit(0)
