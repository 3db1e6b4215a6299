"""A first model of the challenge `icd10-coding`: words that tell of a code.

    python starter.py PUBLIC_DIR predictions.csv

It gives each diagnosis the code whose title and train texts share the rarest words with it, tells
its hierarchical F1 on a fifth of train.csv held out, computed with the platform's own scorer, and
writes predictions for test.csv.
"""

import csv
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from scorers import get_metric

Row = Mapping[str, str]

HELD_OUT = 5
"""One text of so many is held out."""


def read(path: Path, /) -> list[Row]:
    """Read a CSV table as rows of text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words(text: str, /) -> set[str]:
    """Give what a text is compared by; change this."""
    return set(re.findall(r"[a-z]{3,}", text.lower()))


def predict(
    train: Sequence[Row], titles: Sequence[Row], test: Sequence[Row], /
) -> dict[str, list[str]]:
    """Learn which words come with which code, and code each diagnosis of a text; change this."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for row in titles:
        seen[row["code"]].update(words(row["description"]))
    for row in train:
        codes = row["codes"].split("|")
        for code in codes:  # which diagnosis has which code is not told
            for word in words(row["text"]):
                seen[code][word] += 1 if len(codes) == 1 else 0
    spread = Counter(word for found in seen.values() for word in found)
    rarity = {word: math.log(len(seen) / count) for word, count in spread.items()}
    told = {}
    for row in test:
        parts = [words(part) for part in row["text"].split(";")]
        likely = [_likeliest(part, seen, rarity) for part in parts]
        told[row["document_id"]] = list(dict.fromkeys(likely))
    return told


def _likeliest(
    part: set[str], seen: Mapping[str, Mapping[str, int]], rarity: Mapping[str, float]
) -> str:
    return max(seen, key=lambda code: _nearness(part, seen[code], rarity))


def _nearness(part: set[str], known: Mapping[str, int], rarity: Mapping[str, float]) -> float:
    """Give how much of a code's rare words a diagnosis has, less for codes of many words."""
    common = sum(rarity[word] for word in part if known.get(word))
    whole = sum(rarity[word] for word, count in known.items() if count)
    return common / math.sqrt(1 + whole)


def hold_out(train: Sequence[Row], titles: Sequence[Row], /) -> float:
    """Give the hierarchical F1 of predictions for a fifth of the texts from the others."""
    rows = [row for place, row in enumerate(train) if place % HELD_OUT == 0]
    rest = [row for place, row in enumerate(train) if place % HELD_OUT != 0]
    told = predict(rest, titles, rows)
    score = get_metric("hierarchical_code_f1")(
        {"codes": [row["codes"].split("|") for row in rows]},
        {"codes": [told[row["document_id"]] for row in rows]},
        coded="codes",
        predicted="codes",
        codes=[row["code"] for row in titles],
    )
    return score if isinstance(score, float) else float("nan")  # nan where nothing can be measured


def write(path: Path, told: Mapping[str, Sequence[str]], /) -> None:
    """Write the predictions file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["document_id", "codes"])
        writer.writerows([name, "|".join(codes)] for name, codes in told.items())


def main(public: Path, out: Path, /) -> None:
    """Tell what to expect, learn from train.csv and code test.csv."""
    train, test = read(public / "train.csv"), read(public / "test.csv")
    titles = read(public / "codes.csv")
    print(f"hierarchical F1 on a fifth held out: {hold_out(train, titles):.3f}")  # noqa: T201 - it reports to a terminal
    write(out, predict(train, titles, test))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
