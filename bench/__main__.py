"""`make bench`: run every benchmark and print its table, each figure beside a reference."""

import argparse

from bench import (
    agreement,
    archives,
    containment,
    coverage,
    equal_teams,
    family_coverage,
    image_tar,
    leaderboard,
    metrics,
    sound_challenges,
    submission,
    throughput,
    weights,
)
from bench.page import DOCS, replace_section

BENCHMARKS = {
    "submission": submission.measure,
    "throughput": throughput.measure,
    "leaderboard": leaderboard.measure,
    "coverage": coverage.measure,
    "families": family_coverage.measure,
    "equal-teams": equal_teams.measure,
    "metrics": metrics.measure,
    "sound-challenges": sound_challenges.measure,
    "agreement": agreement.measure,
    "containment": containment.measure,
    "image-tar": image_tar.measure,
    "weights": weights.measure,
    "archives": archives.measure,
}

PAGES = {
    "submission": DOCS / "latency.md",
    "throughput": DOCS / "latency.md",
    "metrics": DOCS / "speed.md",
    "agreement": DOCS / "agreement.md",
    "containment": DOCS / "sandbox.md",
}
"""The pages that hold the table of a benchmark, which `--write` replaces."""


def main() -> None:
    """Run the benchmarks that are named, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--write", action="store_true", help=f"replace the tables of {', '.join(PAGES)} in the docs"
    )
    options = parser.parse_args()
    names = options.names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {min(unknown)!r}; there is {', '.join(BENCHMARKS)}")
    for name in names:
        print(f"== {name}", flush=True)
        lines = []
        for line in BENCHMARKS[name]():
            print(line, flush=True)
            lines.append(line)
        print(flush=True)
        if options.write and name in PAGES:
            replace_section(name, lines, page=PAGES[name])


if __name__ == "__main__":
    main()
