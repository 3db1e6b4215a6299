"""`make bench`: run every benchmark and print its table, each figure beside a reference."""

import argparse

from bench import coverage, leaderboard, submission

BENCHMARKS = {
    "submission": submission.measure,
    "leaderboard": leaderboard.measure,
    "coverage": coverage.measure,
}


def main() -> None:
    """Run the benchmarks that are named, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {min(unknown)!r}; there is {', '.join(BENCHMARKS)}")
    for name in names:
        print(f"== {name}", flush=True)
        for line in BENCHMARKS[name]():
            print(line, flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
