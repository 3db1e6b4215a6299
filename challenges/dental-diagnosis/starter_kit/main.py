"""The starter kit's model as code that the platform runs: from /input to /output/predictions.csv.

    zip code.zip main.py starter.py

It learns from the hidden train pictures each time that it is run. The platform runs
`python main.py` without arguments and without a network; what it prints on hidden pictures is kept
for the organizers.
"""

from pathlib import Path

from starter import predict, write

INPUT = Path("/input")
OUTPUT = Path("/output")


def main() -> None:
    """Learn from train.csv and write predictions for test.csv."""
    told = predict(INPUT)
    write(OUTPUT / "predictions.csv", told)
    print(f"predicted {len(told)} patients")  # noqa: T201 - for the log


if __name__ == "__main__":
    main()
