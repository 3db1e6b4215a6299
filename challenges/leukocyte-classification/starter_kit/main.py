"""The starter kit's model as code that the platform runs: from /input to /output/predictions.csv.

    zip code.zip main.py starter.py

The platform runs `python main.py` in the folder of these files, without arguments and without a
network. What it prints is the log of the run. It learns while it runs; better, bring a model along.
"""

from pathlib import Path

from starter import predict, train_set, write

INPUT = Path("/input")
OUTPUT = Path("/output")


def main() -> None:
    """Learn from the train pictures and write predictions for the test pictures."""
    known, codes = train_set(INPUT)
    found, told = predict(known, codes, INPUT)
    write(OUTPUT / "predictions.csv", found, told)
    print(f"learned from {len(known)} pictures, predicted {len(found)}")  # noqa: T201 - for the log


if __name__ == "__main__":
    main()
