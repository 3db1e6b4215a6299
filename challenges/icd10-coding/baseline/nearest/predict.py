"""The baseline `nearest`: for each diagnosis the code whose official title shares most words.

It learns nothing from train.csv. python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
import re
from collections.abc import Mapping
from pathlib import Path

USUAL = frozenset("of and the to or in with other unspecified elsewhere classified nos".split())  # noqa: SIM905 -- it reads as a list of words


def main() -> None:
    """Code test.csv in PUBLIC_DIR and write the predictions to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the public files")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    titles = {
        row["code"]: words(row["description"]) for row in _read(arguments.public / "codes.csv")
    }
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["document_id", "codes"])
        for row in _read(arguments.public / "test.csv"):
            told = [nearest(words(part), titles) for part in row["text"].split(";")]
            writer.writerow([row["document_id"], "|".join(dict.fromkeys(filter(None, told)))])


def nearest(found: frozenset[str], titles: Mapping[str, frozenset[str]], /) -> str:
    """Give the code of the largest share of common words, none where no word is common."""
    shares = {code: len(found & title) / len(found | title) for code, title in titles.items()}
    best = max(shares, key=lambda code: (shares[code], code))
    return best if shares[best] > 0 else ""


def words(text: str, /) -> frozenset[str]:
    """Give the words of a text without the usual ones and without the s of a plural."""
    found = re.findall(r"[a-z]+", text.lower())
    return frozenset(word.removesuffix("s") for word in found) - USUAL


def _read(path: Path, /) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
