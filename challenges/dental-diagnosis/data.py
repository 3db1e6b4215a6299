"""The recipe of `dental-diagnosis`: drawn pictures of teeth that only programs may see.

In the spirit of D-IA-GNO-DENT, a challenge on photographs and radiographs of people with rare
diseases of the teeth, held on a secure platform that data may not leave. Its data, classes and
metric are not published: those here are ours, and every picture is drawn (`teeth.py`). `dice.py` is
a link to the module of `allergen-chip`.

Nothing of this is public but a dictionary and a sample of phantoms, drawn from another seed. Two
runs give the same bytes.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dice import Dice
from teeth import CLASSES, Mouth, draw, png

Row = dict[str, str]

SEED, PHANTOMS = 1_100, 2_000
TRAIN, TEST = 150, 200
SAMPLE_TRAIN, SAMPLE_TEST = 12, 8
MOST_IMAGES = 6

SHARES = {"none": 0.46, "hypoplastic": 0.24, "hypomature": 0.16, "hypocalcified": 0.14}
BANDS = {"child": 0.4, "teenager": 0.35, "adult": 0.25}
MODALITIES = {"photo": 0.5, "panoramic": 0.2, "periapical": 0.3}

# One deal of five patients of a class: 40 % public.
DEAL = ("public", "private", "private", "public", "private")

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive, so that none tells when it was made."""


def build(
    public: Path,
    hidden: Path,
    sample: Path,
    /,
    *,
    scale: float = 1.0,
    say: Callable[[str], None] = lambda _: None,
) -> bytes:
    """Write what programs find in `hidden`, phantoms of the same form in `sample`.

    `public` gets the dictionary. Returns the truth, a line a patient of test.csv.
    """
    columns = _columns()
    (public / "dictionary.csv").write_bytes(_csv(columns, columns=list(columns[0])))
    counts = [max(20, round(scale * count)) for count in (TRAIN, TEST)]
    say(f"drawing pictures of the teeth of {sum(counts)} synthetic patients")
    patients = _patients(sum(counts), seed=SEED)
    _write(hidden, patients[: counts[0]], patients[counts[0] :], seed=SEED + 1)
    say("drawing phantoms for the public sample")
    phantoms = _patients(SAMPLE_TRAIN + SAMPLE_TEST, seed=PHANTOMS)
    _write(sample, phantoms[:SAMPLE_TRAIN], phantoms[SAMPLE_TRAIN:], seed=PHANTOMS + 1)
    return _truth(patients[counts[0] :])


def _patients(count: int, /, *, seed: int) -> list[tuple[Row, Mouth]]:
    """Draw patients and their mouths, the shares of the classes kept as exactly as can be."""
    dice = Dice(seed)
    kinds = [kind for kind in CLASSES for _ in range(round(SHARES[kind] * count))]
    kinds = (kinds + ["none"] * count)[:count]
    numbers = dice.order(90_000)[:count]
    found = []
    for place, number in zip(dice.order(count), numbers, strict=True):
        severity, tone = 0.1 + 0.6 * dice.one(), dice.one()
        row = {
            "patient_id": f"p{10_000 + number}",
            "age_band": _one_of(BANDS, dice.one()),
            "enamel_defect": str(int(kinds[place] != "none")),
            "type": kinds[place],
        }
        found.append((row, Mouth(kind=kinds[place], severity=severity, tone=tone)))
    return found


def _write(
    folder: Path,
    train: Sequence[tuple[Row, Mouth]],
    test: Sequence[tuple[Row, Mouth]],
    /,
    *,
    seed: int,
) -> None:
    """Write the tables of both halves, and their pictures into an archive each."""
    dice = Dice(seed)
    known = ["patient_id", "age_band"]
    answers = [*known, "enamel_defect", "type"]
    (folder / "train.csv").write_bytes(_csv([row for row, _ in train], columns=answers))
    (folder / "test.csv").write_bytes(_csv([row for row, _ in test], columns=known))
    names = dice.order(90_000)
    listed: list[Row] = []
    for half, patients in (("train", train), ("test", test)):
        pictures: dict[str, bytes] = {}
        for row, mouth in patients:
            for _ in range(1 + int(dice.one() * MOST_IMAGES)):
                name, modality = f"i{10_000 + names.pop()}.png", _one_of(MODALITIES, dice.one())
                pictures[name] = png(draw(dice, mouth, modality=modality))
                listed.append(
                    {"image": name, "patient_id": row["patient_id"], "modality": modality}
                )
        _archive(folder / f"{half}_images.zip", pictures)
    listed.sort(key=lambda row: row["image"])
    columns = ["image", "patient_id", "modality"]
    (folder / "images.csv").write_bytes(_csv(listed, columns=columns))


def _archive(path: Path, pictures: dict[str, bytes], /) -> None:
    """Store the pictures by name, which tells nothing of them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(pictures):
            archive.writestr(zipfile.ZipInfo(name, date_time=EARLIEST), pictures[name])


def _truth(patients: Iterable[tuple[Row, Mouth]], /) -> bytes:
    rows = [row for row, _ in patients]
    dealt = sorted(rows, key=lambda row: (row["type"], row["patient_id"]))
    usage = {row["patient_id"]: DEAL[turn % len(DEAL)] for turn, row in enumerate(dealt)}
    told = [row | {"usage": usage[row["patient_id"]]} for row in rows]
    return _csv(told, columns=["patient_id", "usage", "age_band", "enamel_defect", "type"])


def _one_of(shares: dict[str, float], draw: float, /) -> str:
    """Give the word at which the shares, added up, pass the draw."""
    passed = 0.0
    for word, share in shares.items():
        passed += share
        if draw < passed:
            return word
    return next(reversed(shares))


def _columns() -> list[Row]:
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
