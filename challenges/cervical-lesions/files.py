"""The files of `cervical-lesions`, from slides that were drawn or read: archives and tables."""

import csv
import hashlib
import io
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

KEY = b"cervical-lesions/1"
CLASSES = (0, 1, 2, 3)
METADATA = ("filename", "width", "height", "resolution", "magnification", "tif_cksum", "tif_size")
LABELS = ("filename", *map(str, CLASSES))
ANNOTATIONS = ("annotation_id", "filename", "geometry", "annotation_class")
TRUTH = ("filename", "usage", "label", "centre", "magnification")
YEAR_ONE = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP archive can tell
EVERY = 250  # slides from one line of progress to the next


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A region that a reader outlined, in WKT, and its class.

    As in the original, x and y are pixels of the first level, and y counts from its bottom.
    """

    geometry: str
    lesion: int


@dataclass(frozen=True, kw_only=True)
class Slide:
    """A slide: its file, its class, where and how it was scanned, and what readers outlined."""

    filename: str
    label: int
    centre: str
    width: int
    height: int
    resolution: float
    magnification: int
    data: bytes
    annotations: Sequence[Annotation] = ()

    def metadata(self) -> Mapping[str, object]:
        """Give its row of the metadata."""
        return {
            **{name: getattr(self, name) for name in METADATA[:5]},
            "tif_cksum": zlib.crc32(self.data),
            "tif_size": len(self.data),
        }

    def one_hot(self) -> Mapping[str, object]:
        """Give its row of the labels."""
        return {"filename": self.filename} | {str(k): int(k == self.label) for k in CLASSES}


def write_files(
    public: Path,
    /,
    *,
    train: Iterable[Slide],
    test: Iterable[Slide],
    synthetic: bool,
    say: Callable[[str], None],
) -> bytes:
    """Write all public files and return the hidden truth, one row for each test slide.

    Slides are written as they come, so that one at a time is in memory.
    """
    learn = _archive(public / "train_slides.zip", train, say=say)
    asked = _archive(public / "test_slides.zip", test, say=say)
    (public / "train_metadata.csv").write_bytes(table(learn.metadata, columns=METADATA))
    (public / "train_labels.csv").write_bytes(table(learn.labels, columns=LABELS))
    (public / "train_annotations.csv").write_bytes(table(learn.annotations, columns=ANNOTATIONS))
    (public / "test_metadata.csv").write_bytes(table(asked.metadata, columns=METADATA))
    sample = [{"filename": row["filename"], "0": 0, "1": 1, "2": 0, "3": 0} for row in asked.labels]
    (public / "submission_format.csv").write_bytes(table(sample, columns=LABELS))
    dictionary = Path(__file__).with_name("columns.csv").read_bytes()
    (public / "dictionary.csv").write_bytes(dictionary)
    (public / "SOURCE.txt").write_text(SYNTHETIC if synthetic else REAL, encoding="utf-8")
    usages = split({str(row["filename"]): row["label"] for row in asked.truth})
    truth = [{**row, "usage": usages[str(row["filename"])]} for row in asked.truth]
    return table(truth, columns=TRUTH)


SYNTHETIC = (
    "SYNTHETIC DATA. Every slide was drawn by a program: no tissue of any person is in it.\n"
    "DONNÉES SYNTHÉTIQUES. Chaque lame a été dessinée par un programme : aucun tissu humain.\n"
)
REAL = (
    "Slides and labels of the TissueNet challenge, as the organizer of this platform holds them.\n"
    "Lames et étiquettes de TissueNet, telles que l'organisateur de la plateforme les a.\n"
)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    metadata: list[Mapping[str, object]]
    labels: list[Mapping[str, object]]
    annotations: list[Mapping[str, object]]
    truth: list[Mapping[str, Any]]


def _archive(path: Path, slides: Iterable[Slide], /, *, say: Callable[[str], None]) -> _Rows:
    """Write the slides into a ZIP archive, not compressed again; collect the rows about them."""
    rows = _Rows(metadata=[], labels=[], annotations=[], truth=[])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for count, slide in enumerate(slides, start=1):
            archive.writestr(zipfile.ZipInfo(slide.filename, YEAR_ONE), slide.data)
            rows.metadata.append(slide.metadata())
            rows.labels.append(slide.one_hot())
            rows.truth.append({name: getattr(slide, name) for name in TRUTH if name != "usage"})
            rows.annotations.extend(
                {
                    "annotation_id": f"{Path(slide.filename).stem}_{place}",
                    "filename": slide.filename,
                    "geometry": each.geometry,
                    "annotation_class": each.lesion,
                }
                for place, each in enumerate(slide.annotations)
            )
            if count % EVERY == 0:
                say(f"{path.name}: {count} slides")
    return rows


def split(labels: Mapping[str, int], /) -> dict[str, str]:
    """Give each test slide its usage: of each class one half is public, the other private."""
    by_class: dict[int, list[str]] = defaultdict(list)
    for name in sorted(labels, key=lambda name: hashed("split", name)):
        by_class[labels[name]].append(name)
    inorder = [name for label in sorted(by_class) for name in by_class[label]]
    return {name: ("public", "private")[place % 2] for place, name in enumerate(inorder)}


def hashed(purpose: str, text: str, /) -> str:
    """Give a keyed hash, in whose order nothing of what was hashed is seen."""
    return hashlib.blake2b(f"{purpose}:{text}".encode(), key=KEY, digest_size=16).hexdigest()


def letters(key: str, /) -> str:
    """Give a name of eight letters for a test slide, in which nothing of `key` is seen."""
    digits = int(hashed("name", key), 16)
    return "".join(ascii_uppercase[digits // 26**place % 26] for place in range(8))


def table(rows: Iterable[Mapping[str, object]], /, *, columns: Sequence[str]) -> bytes:
    """Give a CSV table in UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
