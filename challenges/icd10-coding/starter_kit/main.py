"""The starter kit's idea as code that the platform runs: from /input to /output/predictions.csv.

It looks for the title that shares most words with a diagnosis, and needs nothing but the standard
library. The platform runs `python main.py` without arguments and without a network. What it prints
is the log of the run.
"""

import csv
import re
from pathlib import Path

INPUT = Path("/input")
OUTPUT = Path("/output")


def main() -> None:
    """Code each diagnosis of test.csv by the nearest title."""
    titles = {row["code"]: words(row["description"]) for row in read("codes.csv")}
    texts = read("test.csv")
    with (OUTPUT / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["document_id", "codes"])
        for row in texts:
            told = [nearest(words(part), titles) for part in row["text"].split(";")]
            writer.writerow([row["document_id"], "|".join(dict.fromkeys(told))])
    print(f"coded {len(texts)} texts with {len(titles)} codes")  # noqa: T201 - for the log


def nearest(found: set[str], titles: dict[str, set[str]], /) -> str:
    """Give the code with the largest share of common words."""
    return max(titles, key=lambda code: len(found & titles[code]) / len(found | titles[code]))


def words(text: str, /) -> set[str]:
    """Give the words of a text."""
    return set(re.findall(r"[a-z]+", text.lower()))


def read(name: str, /) -> list[dict[str, str]]:
    """Read a table of the input."""
    with (INPUT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
