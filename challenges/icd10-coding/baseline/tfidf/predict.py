"""The baseline `tfidf`: for each diagnosis the code whose texts share most rare pieces of words.

A code is the mean of the TF-IDF vectors of its title and of the train texts that have it.
python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

Row = Mapping[str, str]


def main() -> None:
    """Learn from train.csv in PUBLIC_DIR and write predictions for test.csv to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the public files")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    train, test, titles = (
        _read(arguments.public / f"{name}.csv") for name in ("train", "test", "codes")
    )
    codes = [row["code"] for row in titles]
    parts = [(row["document_id"], part.strip()) for row in test for part in row["text"].split(";")]
    told: dict[str, list[str]] = {row["document_id"]: [] for row in test}
    for (name, _), place in zip(
        parts, likeliest(train, titles, [part for _, part in parts]).tolist(), strict=True
    ):
        told[name].append(codes[place])
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["document_id", "codes"])
        writer.writerows([name, "|".join(dict.fromkeys(found))] for name, found in told.items())


def likeliest(
    train: Sequence[Row], titles: Sequence[Row], texts: Sequence[str], /
) -> NDArray[np.intp]:
    """Give the place in `titles` of the code nearest to each text."""
    place = {row["code"]: number for number, row in enumerate(titles)}
    known = [(row["description"], [place[row["code"]]]) for row in titles]
    known += [(row["text"], [place[code] for code in row["codes"].split("|")]) for row in train]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    vectors = vectorizer.fit_transform(text for text, _ in known)
    # A text of several codes tells less of each.
    shares = np.zeros((len(titles), len(known)))
    for number, (_, numbers) in enumerate(known):
        shares[numbers, number] = 1 / len(numbers)
    centres = normalize(shares @ vectors)
    nearness = vectorizer.transform(texts) @ np.asarray(centres).T
    found: NDArray[np.intp] = np.asarray(nearness).argmax(axis=1)
    return found


def _read(path: Path, /) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
