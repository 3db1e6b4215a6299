"""The starter kit's model as code that the platform runs: from /input to /output/predictions.zip.

    zip code.zip main.py starter.py

The platform runs `python main.py` in the folder of these files, without arguments and without a
network. What it prints is the log of the run.
"""

from pathlib import Path

from starter import predict, write

INPUT = Path("/input")
OUTPUT = Path("/output")


def main() -> None:
    """Learn from the training slices and write a mask for each test slice."""
    masks = predict(INPUT)
    write(OUTPUT / "predictions.zip", masks)
    print(f"marked {len(masks)} slices")  # noqa: T201 - for the log


if __name__ == "__main__":
    main()
