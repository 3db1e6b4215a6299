"""Archives of JSON: what libraries write, and texts that deceive or overwhelm a reader."""

import json
from collections.abc import Callable
from functools import partial

from tests.uploads.case import ACCEPTED, FOUND, IDS, LISTED, Case, noise
from tests.uploads.masks import one, packed
from tests.uploads.zips import DEFLATED

BOX = {"box": [0, 0.5, 3e2, 4], "label": "benign"}
BOXES = {f"{name}.json": json.dumps([BOX, BOX]).encode() for name in IDS}
CODES = {f"{name}.json": json.dumps({"codes": ["A01", "B2"]}).encode() for name in IDS}


def found(text: str | bytes) -> Callable[[], bytes]:
    """Give an archive in which the document of one id is another."""
    return one(text if isinstance(text, bytes) else text.encode(), of=BOXES)


def listed(text: str) -> Callable[[], bytes]:
    """Give an archive of codes in which the document of one id is another."""
    return one(text.encode(), of=CODES)


def box(label: str = '"benign"', *, last: str = "4", more: str = "") -> str:
    """Give a list with one box, as it is written."""
    return f'[{{"box": [1, 2, 3, {last}], "label": {label}{more}}}]'


OF_BOXES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "boxes": (ACCEPTED, partial(packed, BOXES)),
    "no box at all": (ACCEPTED, partial(packed, dict.fromkeys(BOXES, b"[]"), method=DEFLATED)),
    "a BOM": (ACCEPTED, found(b"\xef\xbb\xbf[]")),
    "much space": (ACCEPTED, found("[" + " " * 1_000_000 + "]")),
    "escaped letters": (ACCEPTED, found(box('"\\u0062enign"'))),
    "ten thousand boxes": (ACCEPTED, found(json.dumps([BOX] * 10_000))),
    "a document less": ("missing_file", lambda: packed(dict(list(BOXES.items())[1:]))),
    "a document too many": ("extra_file", lambda: packed({**BOXES, "p120.json": b"[]"})),
    "a table": ("invalid_archive", lambda: b"patient_id,x1\np000,1\n"),
    "a document of 20 MB": ("invalid_archive", found("[" + " " * 20_000_000 + "]")),
    "ten thousand boxes and one": ("too_many_objects", found(json.dumps([BOX] * 10_001))),
    "ten thousand boxes of every id": (
        "too_many_rows",
        lambda: packed(dict.fromkeys(BOXES, json.dumps([BOX] * 10_000).encode()), method=DEFLATED),
    ),
    "nothing": ("unreadable_document", found("")),
    "noise": ("unreadable_document", found(noise(1_000))),
    "UTF-16": ("unreadable_document", found("[]".encode("utf-16"))),
    "a letter cut off": ("unreadable_document", found(b'["\xc3"]')),
    "cut off": ("unreadable_document", found(box()[:-3])),
    "two texts": ("unreadable_document", found("[] []")),
    "comments": ("unreadable_document", found("[] // none")),
    "single quotes": ("unreadable_document", found("[{'box': [1, 2, 3, 4]}]")),
    "a comma at the end": ("unreadable_document", found("[{},]")),
    "code of Python": ("unreadable_document", found("__import__('os').system('id')")),
    "a number with leading zeros": ("unreadable_document", found(box(last="007"))),
    "a number in hexadecimal": ("unreadable_document", found(box(last="0x1F"))),
    "a line within a text": ("unreadable_document", found(box('"be\nnign"'))),
    "a hundred thousand brackets": ("unreadable_document", found("[" * 100_000)),
    "a hundred thousand objects in objects": (
        "unreadable_document",
        found('{"a":' * 100_000 + "1" + "}" * 100_000),
    ),
    "a million empty lists": ("unreadable_document", found("[" + "[]," * 1_000_000 + "[]]")),
    "a million numbers": ("unreadable_document", found("[" + "1," * 1_000_000 + "1]")),
    "a million quotes that are none": ("unreadable_document", found('["' + '\\"' * 1_000_000)),
    "a million backslashes": ("unreadable_document", found('["' + "\\" * 1_000_001)),
    "null": ("wrong_document", found("null")),
    "a text alone": ("wrong_document", found(json.dumps("a" * 1_000_000))),
    "a number of a million digits": ("wrong_document", found("9" * 1_000_000)),
    "an object in place of a list": ("wrong_document", found(box()[1:-1])),
    "a key twice": ("wrong_document", found(box(more=', "label": "malignant"'))),
    "a key twice, once escaped": (
        "wrong_document",
        found(box(more=', "\\u006cabel": "malignant"')),
    ),
    "a key too many": ("wrong_document", found(box(more=', "__proto__": {}'))),
    "a key less": ("wrong_document", found('[{"label": "benign"}]')),
    "a number as a text": ("wrong_document", found(box(last='"4"'))),
    "a box of three": ("wrong_document", found('[{"box": [1, 2, 3], "label": "benign"}]')),
    "true for a number": ("wrong_document", found(box(last="true"))),
    "null for a number": ("wrong_document", found(box(last="null"))),
    "half of a character": ("wrong_document", found(box('"\\ud800"'))),
    "NaN": ("not_finite", found(box(last="NaN"))),
    "minus infinity": ("not_finite", found(box(last="-Infinity"))),
    "a number beyond float64": ("not_finite", found(box(last="1e999"))),
    "a coordinate of a million digits": ("cell_too_long", found(box(last="9" * 1_000_000))),
    "an exponent of four digits": ("not_a_number", found(box(last="1e0001"))),
    "another class": ("unknown_label", found(box('"beníg\\u006e"'))),
    "a class of a million letters": ("cell_too_long", found(box(json.dumps("a" * 1_000_000)))),
}

OF_CODES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "codes": (ACCEPTED, partial(packed, CODES)),
    "no code": (ACCEPTED, listed('{"codes": []}')),
    "a code with the separator": ("wrong_document", listed('{"codes": ["A|B"]}')),
    "a code of nothing": ("wrong_document", listed('{"codes": [""]}')),
    "a text in place of codes": ("wrong_document", listed('{"codes": "A01"}')),
    "codes in lists of their own": ("wrong_document", listed('{"codes": [["A01"]]}')),
    "a list in place of an object": ("wrong_document", listed('[{"codes": []}]')),
    "a hundred codes and one": ("too_many_codes", listed(json.dumps({"codes": ["A"] * 101}))),
}

CASES = [
    Case(name=name, format="documents", verdict=verdict, make=make, asked=asked)
    for asked, cases in ((FOUND, OF_BOXES), (LISTED, OF_CODES))
    for name, (verdict, make) in cases.items()
]
