"""Archives of masks: what programs write, and members that deceive, overwhelm or run something."""

import gzip
import pickle
import stat
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from tests.png import COLOUR, GREY, chunk
from tests.png import png as written
from tests.uploads.case import (
    ACCEPTED,
    IDS,
    MASKS,
    PACKED,
    SIDE,
    VOLUMES,
    Asked,
    Case,
    noise,
    repeated,
)
from tests.uploads.opaque import Bomb, array
from tests.uploads.zips import DEFLATED, STORED, UTF8, File, archive

Members = Mapping[str, bytes]


def png(
    data: bytes, *, side: int = SIDE, depth: int = 8, colour: int = GREY, interlaced: int = 0
) -> bytes:
    """Give a square PNG of these packed rows, which need not fit."""
    pixels = chunk(b"IDAT", data)
    return written(
        pixels, width=side, height=side, depth=depth, colour=colour, interlaced=interlaced
    )


def rows(label: int = 0, *, kind: int = 0, side: int = SIDE) -> bytes:
    """Give packed rows of one label, each under one filter."""
    return zlib.compress((bytes([kind]) + bytes([label]) * side) * side)


def filtered() -> bytes:
    """Give packed rows of zeros and ones under the filter that takes longest to undo."""
    labels = np.random.default_rng(0).integers(0, 2, (SIDE, SIDE), dtype=np.int16)
    padded = np.pad(labels, ((1, 0), (1, 0)))
    a, b, c = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    foretold = np.where((to_a <= to_b) & (to_a <= to_c), a, np.where(to_b <= to_c, b, c))
    data = np.pad((labels - foretold).astype(np.uint8), ((0, 0), (1, 0)), constant_values=4)
    return zlib.compress(data.tobytes())


def saved(
    *, kind: str = "|u1", shape: str = f"({SIDE}, {SIDE})", data: bytes | None = None
) -> bytes:
    """Give an npy file whose header says this."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    return array(header, bytes(SIDE * SIDE) if data is None else data)


def volume(*, size: int = SIDE, kind: int = 2, more: bytes = b"") -> bytes:
    """Give a packed NIfTI of one slice."""
    header = bytearray(352)
    struct.pack_into("<i36x8h", header, 0, 348, 3, size, size, 1, 1, 1, 1, 1)
    struct.pack_into("<h36x3f", header, 70, kind, 352.0, 1.0, 0.0)
    header[344:348] = b"n+1\0"
    return gzip.compress(bytes(header) + bytes(SIDE * SIDE) + more, mtime=0)


GOOD = png(rows())
BLANK: Members = {f"{name}.png": GOOD for name in IDS}
ARRAYS: Members = {f"{name}.npy": saved() for name in IDS}
SLICES: Members = {f"{name}.nii.gz": volume() for name in IDS}


def packed(members: Members, *, method: int = STORED, **more: File) -> bytes:
    """Give an archive of files, and of others made by hand."""
    plain = [File(name=n.encode(), content=c, method=method) for n, c in members.items()]
    return archive([*plain, *more.values()])


def one(content: bytes, *, of: Members = BLANK) -> Callable[[], bytes]:
    """Give an archive in which the file of one id is another."""
    return lambda: packed({**of, next(iter(of)): content}, method=DEFLATED)


def swollen(megabytes: int) -> bytes:
    """Give an archive in which one mask is a bomb: packed small, it unpacks to so many MB."""
    zeros = File(
        name=b"p000.png",
        content=bytes(megabytes * 1_000_000),
        packed=repeated(bytes(1_000_000), times=megabytes),
    )
    return packed({n: c for n, c in BLANK.items() if n != "p000.png"}, zeros=zeros)


def swapped(name: str) -> Callable[[], bytes]:
    """Give an archive in which one mask has another name."""
    rest = {n: c for n, c in BLANK.items() if n != "p000.png"}
    return lambda: packed({**rest, name: GOOD})


def linked() -> bytes:
    """Give an archive in which one mask is a link out of it."""
    rest = {n: c for n, c in BLANK.items() if n != "p000.png"}
    link = File(name=b"p000.png", content=b"/etc/passwd", mode=stat.S_IFLNK | 0o777)
    return packed(rest, link=link)


def bits() -> bytes:
    """Give packed rows of ones, eight pixels a byte."""
    return zlib.compress((b"\0" + b"\xff" * (SIDE // 8)) * SIDE)


ACCEPTABLE: dict[str, tuple[Asked, Callable[[], bytes]]] = {
    "blank masks": (MASKS, partial(packed, BLANK)),
    "deflated once more": (MASKS, partial(packed, BLANK, method=DEFLATED)),
    "in another order": (MASKS, lambda: packed(dict(reversed(list(BLANK.items()))))),
    "with what macOS leaves": (MASKS, lambda: packed({**BLANK, "__MACOSX/._p000.png": b"x"})),
    "every row under the slowest filter": (
        MASKS,
        lambda: packed(dict.fromkeys(BLANK, png(filtered()))),
    ),
    "masks of one bit": (
        MASKS,
        lambda: packed(dict.fromkeys(BLANK, png(bits(), depth=1))),
    ),
    "twenty thousand comments in a mask": (
        MASKS,
        one(GOOD[:33] + chunk(b"tEXt", b"") * 20_000 + GOOD[33:]),
    ),
    "npy files": (PACKED, partial(packed, ARRAYS, method=DEFLATED)),
    "NIfTI files": (VOLUMES, partial(packed, SLICES)),
}


OF_PNG: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a table": ("invalid_archive", lambda: b"patient_id,mask\np000,1\n"),
    "nothing": ("invalid_archive", bytes),
    "a mask less": ("missing_file", lambda: packed(dict(list(BLANK.items())[1:]))),
    "no mask": ("missing_file", lambda: packed({"README.txt": b"none"})),
    "a mask too many": ("extra_file", lambda: packed({**BLANK, "p120.png": GOOD})),
    "a program beside the masks": (
        "extra_file",
        lambda: packed({**BLANK, "evil.py": b"import os"}),
    ),
    "masks in a folder": (
        "invalid_archive",
        lambda: packed({f"masks/{name}": content for name, content in BLANK.items()}),
    ),
    "ten thousand files beside the masks": (
        "invalid_archive",
        lambda: packed({**BLANK, **{f"{n}.txt": b"" for n in range(10_000)}}),
    ),
    "a name that leads out": ("invalid_archive", swapped("../p000.png")),
    "an absolute name": ("invalid_archive", swapped("/p000.png")),
    "a name in capital letters": ("extra_file", swapped("P000.PNG")),
    "a mask twice": (
        "invalid_archive",
        lambda: packed(BLANK, again=File(name=b"p000.png", content=GOOD)),
    ),
    "a mask twice but for the letters": (
        "invalid_archive",
        lambda: packed(BLANK, again=File(name=b"P000.png", content=GOOD)),
    ),
    "a link out": ("invalid_archive", linked),
    "a mask with a password": (
        "invalid_archive",
        lambda: packed(
            dict(list(BLANK.items())[1:]), locked=File(name=b"p000.png", flags=UTF8 | 1)
        ),
    ),
    "bytes behind the archive": ("invalid_archive", lambda: packed(BLANK) + b"hidden"),
    "cut off": ("invalid_archive", lambda: packed(BLANK)[:-40]),
    "a bomb of 60 MB": ("invalid_archive", partial(swollen, 60)),
    "a file that is no picture": ("unreadable_mask", one(b"not a picture")),
    "an empty file": ("unreadable_mask", one(b"")),
    "an archive within": ("unreadable_mask", one(packed(BLANK))),
    "a PNG cut off": ("unreadable_mask", one(GOOD[:-20])),
    "a PNG with a wrong checksum": ("unreadable_mask", one(GOOD.replace(b"IEND\xae", b"IEND\xaf"))),
    "a PNG with code at its end": ("unreadable_mask", one(GOOD + b"<?php system('id');")),
    "a PNG of colours": ("unreadable_mask", one(png(rows(), colour=COLOUR))),
    "an interlaced PNG": ("unreadable_mask", one(png(rows(), interlaced=1))),
    "a PNG of noise": ("unreadable_mask", one(png(noise(1_000)))),
    "a PNG with fewer rows than it says": ("unreadable_mask", one(png(rows(side=9)))),
    "a PNG that inflates to 20 MB": ("unreadable_mask", one(png(zlib.compress(bytes(20_000_000))))),
    "a PNG under a filter that is none": ("unreadable_mask", one(png(rows(kind=9)))),
    "a PNG of 2**31 pixels a side": ("wrong_mask_shape", one(png(rows(), side=2**31 - 1))),
    "a PNG of no pixels": ("wrong_mask_shape", one(png(rows(), side=0))),
    "a PNG turned on its side": (
        "wrong_mask_shape",
        one(png(rows(side=SIDE // 2), side=SIDE // 2)),
    ),
    "255 for yes": ("unknown_label", one(png(rows(255)))),
    "two bytes a pixel, it says": ("unreadable_mask", one(png(rows(1), depth=16))),
}

OF_NPY: dict[str, tuple[str, bytes]] = {
    "a pickled object in an npy": (
        "wrong_mask_type",
        saved(kind="|O", data=pickle.dumps(Bomb())),
    ),
    "a pickle alone as npy": ("unreadable_mask", pickle.dumps(Bomb())),
    "probabilities": ("wrong_mask_type", saved(kind="<f8", data=bytes(8 * SIDE * SIDE))),
    "an npy of 2**62 pixels": ("wrong_mask_shape", saved(shape=f"({2**31}, {2**31})")),
    "an npy with fewer bytes than it says": ("unreadable_mask", saved(data=bytes(10))),
    "a header of npy that is a call": ("unreadable_mask", array("__import__('os').system('id')")),
    "a header of npy of sixty thousand brackets": ("unreadable_mask", array("(" * 60_000)),
    "an npz": ("unreadable_mask", packed({"mask.npy": saved()})),
}

OF_NIFTI: dict[str, tuple[str, bytes]] = {
    "a NIfTI of 32,767 voxels a side": ("wrong_mask_shape", volume(size=32_767)),
    "a NIfTI of real numbers": ("wrong_mask_type", volume(kind=16)),
    "a NIfTI that inflates to 20 MB": ("unreadable_mask", volume(more=bytes(20_000_000))),
    "a NIfTI cut off": ("unreadable_mask", volume()[:-9]),
    "a NIfTI after another": ("unreadable_mask", volume() + volume()),
}

CASES = [
    *(
        Case(name=name, format="masks", verdict=ACCEPTED, make=make, asked=asked)
        for name, (asked, make) in ACCEPTABLE.items()
    ),
    *(
        Case(name=name, format="masks", verdict=verdict, make=make, asked=MASKS)
        for name, (verdict, make) in OF_PNG.items()
    ),
    *(
        Case(name=name, format="masks", verdict=verdict, make=one(content, of=of), asked=asked)
        for asked, of, cases in ((PACKED, ARRAYS, OF_NPY), (VOLUMES, SLICES, OF_NIFTI))
        for name, (verdict, content) in cases.items()
    ),
]
