"""The starter kit's model as code that the platform runs: from /input to /output/submission.csv.

    zip code.zip main.py starter.py

The platform runs `python main.py` in the folder of these files, without arguments and without a
network. What it prints is the log of the run.
"""

from pathlib import Path

from starter import predict, train_set, write

INPUT = Path("/input")
OUTPUT = Path("/output")


def main() -> None:
    """Learn from the train slides and write predictions for the test slides."""
    known, labels = train_set(INPUT)
    told = predict(known, labels, INPUT)
    write(OUTPUT / "submission.csv", told)
    print(f"learned from {len(labels)} slides, predicted {len(told)}")  # noqa: T201 - for the log


if __name__ == "__main__":
    main()
