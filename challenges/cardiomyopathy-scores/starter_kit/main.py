"""The starter kit's model as code that the platform runs: from /input to /output/predictions.csv.

    zip code.zip main.py starter.py features.json

The platform runs `python main.py` in the folder of these files, without arguments and without a
network: first on the sample, then on the hidden test.csv, then again on changed copies of it.
"""

from pathlib import Path

from starter import predict, read, write

INPUT = Path("/input")
OUTPUT = Path("/output")
FEATURES = Path(__file__).with_name("features.json")


def main() -> None:
    """Learn from train.csv and write predictions for test.csv."""
    train, test = read(INPUT / "train.csv"), read(INPUT / "test.csv")
    write(OUTPUT / "predictions.csv", test, found=predict(train, test))
    # The platform reads it here of an image; of an archive of code at its root, too.
    (OUTPUT / FEATURES.name).write_bytes(FEATURES.read_bytes())
    print(f"learned from {len(train)} people, predicted {len(test)}")  # noqa: T201 - for the log


if __name__ == "__main__":
    main()
