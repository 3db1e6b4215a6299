"""JSON, npy arrays and images: what is neither predictions nor an archive, so it is refused.

The verdict of each is that of the reader of predictions, which takes it for a table of text; it is
sent as code as well, and as a file within an archive of code, where nothing reads it.
"""

import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np

from tests.png import chunk
from tests.png import png as written
from tests.uploads.case import Case, Format

MARKER = "the-pickle-ran"
"""The file that a pickle here makes in the current folder, if anything ever loads it."""


class Bomb:
    """What writes the marker when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        """Ask for the marker to be made."""
        return exec, (f"open({MARKER!r}, 'w').close()",)


def array(header: str, data: bytes = b"", *, version: bytes = b"\x01\x00") -> bytes:
    """Give an npy file with a header of any text."""
    padded = header.ljust(117) + "\n"
    size = struct.pack("<H" if version == b"\x01\x00" else "<I", len(padded))
    return b"\x93NUMPY" + version + size + padded.encode() + data


def header(*, descr: str = "'<f8'", shape: str = "(3,)") -> str:
    """Give a header of npy."""
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


def saved(**arrays: np.ndarray) -> bytes:
    """Give an npz file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.save(file, values)
    return stream.getvalue()


def png(width: int, height: int, data: bytes = b"\0\0") -> bytes:
    """Give a grey PNG that says it has this many pixels."""
    return written(chunk(b"IDAT", zlib.compress(data)), width=width, height=height)


SVG = (
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + '<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><text>&i;&x;</text></svg>'
)

JSON: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an object": ("missing_column", lambda: b'{"p000": 0.5}'),
    "predictions in a list": (
        "missing_column",
        lambda: json.dumps([{"patient_id": "p000", "risk": 0.5}]).encode(),
    ),
    "a hundred thousand brackets": ("missing_column", lambda: b"[" * 100_000),
    "five million brackets on a line": ("cell_too_long", lambda: b"[" * 5_000_000),
    "five million objects in each other": ("missing_column", lambda: b'{"a":\n' * 1_500_000),
    "NaN": ("missing_column", lambda: b'{"risk": NaN}'),
    "Infinity": ("missing_column", lambda: b'{"risk": -Infinity}'),
    "a number too large": ("missing_column", lambda: b'{"risk": 1e999}'),
    "an integer of a million digits": ("cell_too_long", lambda: b"9" * 1_000_000),
    "a key twice": ("missing_column", lambda: b'{"risk": 1, "risk": 2}'),
    "a lone surrogate": ("missing_column", lambda: b'["\\ud800"]'),
    "a NUL": ("binary_file", lambda: b'["\0"]'),
    "a NUL that is written out": ("missing_column", lambda: b'["\\u0000"]'),
    "the prototype of JavaScript": ("missing_column", lambda: b'{"__proto__": {"admin": true}}'),
    "YAML that makes an object": (
        "missing_column",
        lambda: b"!!python/object/apply:os.system ['touch the-pickle-ran']\n",
    ),
    "YAML of laughs": (
        "missing_column",
        lambda: b"a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\n",
    ),
    "JSON lines": ("missing_column", lambda: b'{"patient_id": "p000", "risk": 1}\n' * 120),
}

NPY: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an array": ("binary_file", lambda: array(header(), bytes(24))),
    "a pickled object": (
        "binary_file",
        lambda: array(header(descr="'|O'"), pickle.dumps(Bomb())),
    ),
    "a pickle alone": ("binary_file", lambda: pickle.dumps(Bomb())),
    "a pickle in ASCII": ("missing_column", lambda: pickle.dumps(Bomb(), protocol=0)),
    "a negative shape": ("binary_file", lambda: array(header(shape="(-1,)"))),
    "a shape of 2**62": ("binary_file", lambda: array(header(shape="(4611686018427387904,)"))),
    "a shape beyond 64 bits": ("binary_file", lambda: array(header(shape="(2**70,)"))),
    "a header that is a call": ("binary_file", lambda: array("__import__('os').system('id')")),
    "a header of a hundred thousand brackets": (
        "binary_file",
        lambda: array("(" * 60_000),
    ),
    "a header of 4 GB, it says": (
        "binary_file",
        lambda: b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 1_000,
    ),
    "an unknown version": ("binary_file", lambda: array(header(), version=b"\x09\x09")),
    "an array cut off": ("binary_file", lambda: array(header(), bytes(8))),
    "an npz of 20 MB of zeros": (
        "binary_file",
        lambda: saved(a=np.zeros(20_000_000, dtype=np.uint8)),
    ),
    "an npz with a pickle": (
        "binary_file",
        lambda: saved(a=np.frombuffer(pickle.dumps(Bomb()), dtype=np.uint8)),
    ),
    "a structured type with a very long name": (
        "binary_file",
        lambda: array(header(descr=f"[('{'a' * 60_000}', '<f8')]")),
    ),
}

IMAGES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a PNG": ("binary_file", lambda: png(1, 1)),
    "a PNG of 65,535 by 65,535 pixels": ("binary_file", lambda: png(65_535, 65_535)),
    "a PNG of 2**31 pixels a side": ("binary_file", lambda: png(2**31 - 1, 2**31 - 1)),
    "a PNG of no pixels": ("binary_file", lambda: png(0, 0)),
    "a PNG that inflates to 20 MB": ("binary_file", lambda: png(4_500, 4_500, bytes(20_000_000))),
    "a PNG cut off": ("binary_file", lambda: png(1, 1)[:30]),
    "a PNG with code at its end": ("binary_file", lambda: png(1, 1) + b"<?php system('id');"),
    "a GIF that is a script": ("not_utf8", lambda: b"GIF89a/*\xff*/=0;alert(1)//"),
    "a GIF of text alone": ("wrong_delimiter", lambda: b"GIF89a=0;alert(1)//"),
    "a JPEG": ("binary_file", lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(100)),
    "a JPEG with a comment of 64 kB": (
        "binary_file",
        lambda: b"\xff\xd8\xff\xfe\xff\xff" + bytes(65_533) + b"\xff\xd9",
    ),
    "a TIFF whose directory is itself": (
        "binary_file",
        lambda: b"II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00",
    ),
    "a TIFF of a million directories, it says": (
        "binary_file",
        lambda: b"MM\x00*\x00\x00\x00\x08\xff\xff" + bytes(1_000),
    ),
    "a DICOM file": ("binary_file", lambda: bytes(128) + b"DICM" + bytes(100)),
    "a NIfTI of 32,767 voxels a side": (
        "binary_file",
        lambda: struct.pack("<i36x8h", 348, 3, *[32_767] * 7) + bytes(292),
    ),
    "an SVG with a script and a billion laughs": ("wrong_delimiter", SVG.encode),
    "a WebP that says 4 GB": ("not_utf8", lambda: b"RIFF\xff\xff\xff\xffWEBPVP8 "),
}


def _cases(kind: Format, cases: dict[str, tuple[str, Callable[[], bytes]]]) -> list[Case]:
    return [
        Case(name=name, format=kind, verdict=verdict, make=make)
        for name, (verdict, make) in cases.items()
    ]


CASES = [*_cases("json", JSON), *_cases("npy", NPY), *_cases("image", IMAGES)]
