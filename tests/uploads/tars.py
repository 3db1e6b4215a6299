"""Tar archives of code, made header by header: usual ones, and those that deceive or overwhelm."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

from tests.uploads.case import ACCEPTED, Case, repeated

BLOCK = 512
MAIN_TEXT = b"open('/output/predictions.csv', 'w').close()\n"
END = bytes(2 * BLOCK)
POSIX, GNU = b"ustar\x0000", b"ustar  \0"


def header(
    name: str | bytes = "main.py",
    *,
    kind: bytes = b"0",
    size: int | bytes = 0,
    link: bytes = b"",
    magic: bytes = POSIX,
    checksum: int | None = None,
    prefix: bytes = b"",
) -> bytes:
    """Give a header; a size in bytes stands as it is."""
    encoded = name.encode() if isinstance(name, str) else name
    number = b"%011o\0" % size if isinstance(size, int) else size
    start = encoded[:100].ljust(100, b"\0") + b"0006777\0" + b"0000000\0" * 2 + number
    rest = kind + link.ljust(100, b"\0") + magic + bytes(80) + prefix.ljust(155, b"\0") + bytes(12)
    start += b"00000000000\0"
    total = sum(start) + sum(rest) + 8 * 32 if checksum is None else checksum
    return start + b"%06o\0 " % total + rest


def padded(content: bytes) -> bytes:
    """Give content filled up to whole blocks."""
    return content + bytes(-len(content) % BLOCK)


def file(name: str | bytes = "main.py", content: bytes = MAIN_TEXT) -> bytes:
    """Give a regular file."""
    return header(name, size=len(content)) + padded(content)


MAIN = file()


def about(record: bytes, *, kind: bytes = b"x") -> bytes:
    """Give a record about the next member."""
    return header("about", kind=kind, size=len(record)) + padded(record)


def pax(**values: str) -> bytes:
    """Give pax records."""
    records = b""
    for key, value in values.items():
        text = f" {key.replace('__', '.')}={value}\n".encode()
        length = len(text)
        while len(str(length)) + len(text) != length:
            length = len(str(length)) + len(text)
        records += str(length).encode() + text
    return records


def zipped(*members: bytes, end: bytes = END) -> Callable[[], bytes]:
    """Give an archive of members in gzip, always the same."""
    return lambda: gzip.compress(b"".join(members) + end, mtime=0)


def special(kind: bytes, *, link: bytes = b"") -> Callable[[], bytes]:
    """Give an archive with main.py and a member of some kind."""
    return zipped(MAIN, header("special", kind=kind, link=link))


def named(name: str | bytes) -> Callable[[], bytes]:
    """Give an archive with main.py and a file of this name, in a pax record if it is long."""
    long = isinstance(name, str) and len(name.encode()) > 100
    record = [about(pax(path=str(name)))] if long else []
    return zipped(MAIN, *record, file("short" if long else name))


def bomb(megabytes: int) -> bytes:
    """Give an archive with a file of zeros."""
    size = megabytes * 1_000_000
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    begin = packing.compress(MAIN + header("zeros", size=size)) + packing.flush(zlib.Z_FULL_FLUSH)
    packed = begin + repeated(bytes(1_000_000), times=megabytes)
    # The checksum is never reached.
    return b"\x1f\x8b\x08" + bytes(7) + packed + bytes(8)


def _accepted() -> dict[str, Callable[[], bytes]]:
    folder = header("model/", kind=b"5")
    return {
        "plain, without gzip": lambda: MAIN + END,
        "in gzip": zipped(MAIN),
        "from the current folder": zipped(
            header("./", kind=b"5"), file("./main.py"), header("./model/", kind=b"5")
        ),
        "a folder and its files": zipped(MAIN, folder, file("model/weights.bin")),
        "a long name by GNU": zipped(MAIN, about(b"l" * 150 + b"\0", kind=b"L"), file("l" * 100)),
        "a long name by pax": named("long/" * 5 + "n" * 150),
        "a long name by its prefix": zipped(MAIN, header("x.py", prefix=b"p" * 100, size=0)),
        "a comment for all by git": zipped(about(pax(comment="0" * 40), kind=b"g"), MAIN),
        "attributes of macOS": zipped(
            about(pax(LIBARCHIVE__xattr__com__apple__provenance="AQIA")), MAIN, file("._main.py")
        ),
        "many zeros at the end": zipped(MAIN, end=bytes(20 * BLOCK)),
    }


def _refused() -> dict[str, tuple[str, Callable[[], bytes]]]:
    whole = gzip.compress(MAIN + END, mtime=0)
    return {
        "no main.py": ("missing_member", zipped(file("predict.py"))),
        "all in one folder": ("inside_a_folder", zipped(file("model/main.py"))),
        "no member": ("missing_member", zipped()),
        "a step up": ("unsafe_name", named("../escaped.py")),
        "an absolute path": ("unsafe_name", named("/tmp/escaped.py")),  # noqa: S108 -- never written
        "a step up in a pax record": (
            "unsafe_name",
            zipped(MAIN, about(pax(path="a/../../escaped.py")), file("fine.py")),
        ),
        "records without end about a file": (
            "unsupported_archive",
            zipped(MAIN, *[about(b"6 a=b\n" * 10_000)] * 400, file("fine.py")),
        ),
        "a step up in a long name": (
            "unsafe_name",
            zipped(MAIN, about(b"../escaped.py\0", kind=b"L"), file("fine.py")),
        ),
        "a step up in the prefix": (
            "unsafe_name",
            zipped(MAIN, header("escaped.py", prefix=b"..")),
        ),
        "a backslash": ("unsafe_name", named("..\\escaped.py")),
        "a device of Windows": ("unsafe_name", named("nul")),
        "a colour in a name": ("unsafe_name", named("\x1b[31m.py")),
        "a NUL in a pax record": (
            "unsafe_name",
            zipped(MAIN, about(pax(path="main.py\0.txt")), file("fine.py")),
        ),
        "a name that is not UTF-8": ("unsafe_name", named(b"\xff.py")),
        "a name of 201 bytes": ("name_too_long", named("n" * 201)),
        "seventeen parts": ("too_deep", named("/".join("a" * 17))),
        "a name twice": ("same_name", zipped(MAIN, file(content=b"import evil"))),
        "a name in capital letters": ("same_name", named("MAIN.py")),
        "a file as a folder": ("same_name", named("main.py/x.py")),
        "a symbolic link": ("not_a_regular_file", special(b"2", link=b"/etc/passwd")),
        "a hard link": ("not_a_regular_file", special(b"1", link=b"../../etc/passwd")),
        "a device of characters": ("not_a_regular_file", special(b"3")),
        "a device of blocks": ("not_a_regular_file", special(b"4")),
        "a named pipe": ("not_a_regular_file", special(b"6")),
        "a sparse file by GNU": ("not_a_regular_file", special(b"S")),
        "an unknown kind": ("not_a_regular_file", special(b"Z")),
        "a link, then a file through it": (
            "not_a_regular_file",
            zipped(header("out", kind=b"2", link=b"/tmp"), file("out/x.py"), MAIN),
        ),
        "a sparse file by pax": (
            "unsupported_archive",
            zipped(about(pax(GNU__sparse__realsize="99999999999")), MAIN),
        ),
        "a size in a pax record": (
            "unsupported_archive",
            zipped(about(pax(size="99999999999")), MAIN),
        ),
        "a name for all files": (
            "unsupported_archive",
            zipped(about(pax(path="evil.py"), kind=b"g"), MAIN),
        ),
        "a record of 100 MB about a file": (
            "unsupported_archive",
            zipped(header("x", kind=b"x", size=100_000_000)),
        ),
        "a long name of 8 GB, it says": (
            "unsupported_archive",
            zipped(header("x", kind=b"L", size=0o77777777777)),
        ),
        "a pax record without a length": (
            "damaged_archive",
            zipped(about(b"path=evil.py\n"), MAIN),
        ),
        "a pax record of length 0": ("damaged_archive", zipped(about(b"0 path=evil.py\n"), MAIN)),
        "a pax record longer than it is": (
            "damaged_archive",
            zipped(about(b"999999 path=evil.py\n"), MAIN),
        ),
        "a negative size": (
            "damaged_archive",
            zipped(header(size=b"\xff" * 12), MAIN_TEXT),
        ),
        "a size in base 256": (
            "damaged_archive",
            zipped(header(size=b"\x80" + bytes(10) + b"\x2d") + padded(MAIN_TEXT)),
        ),
        "a size that is no number": ("damaged_archive", zipped(header(size=b"0000000004x\0"))),
        "a size beyond the end": ("damaged_archive", zipped(header(size=1_000_000))),
        "a wrong checksum": ("damaged_archive", zipped(header(checksum=0))),
        "a header of noise": ("damaged_archive", zipped(MAIN, b"\xa5" * BLOCK)),
        "no end": ("damaged_archive", zipped(MAIN, end=b"")),
        "half of an end": ("damaged_archive", zipped(MAIN, end=bytes(BLOCK))),
        "cut off within gzip": ("damaged_archive", lambda: whole[:-10]),
        "a wrong checksum of gzip": ("damaged_archive", lambda: whole[:-8] + b"\0" * 8),
        "gzip of noise": ("damaged_archive", lambda: b"\x1f\x8b\x08\x00" + b"\xff" * 100),
        "gzip of gzip": ("damaged_archive", lambda: gzip.compress(whole, mtime=0)),
        "a table in gzip": ("damaged_archive", lambda: gzip.compress(b"a,b\n" * 999, mtime=0)),
        "two members of gzip": (
            "hidden_data",
            lambda: whole + gzip.compress(file("evil.py") + END, mtime=0),
        ),
        "bytes after gzip": ("hidden_data", lambda: whole + b"hidden"),
        "a member after the end": ("hidden_data", zipped(MAIN, END, file("evil.py"))),
        "bytes after the end": ("hidden_data", lambda: MAIN + END + b"hidden"),
        "a bomb of 600 MB": ("packed_too_tightly", lambda: bomb(600)),
        "600 MB of zeros after the end": (
            "packed_too_tightly",
            zipped(MAIN, end=bytes(60_000_000)),
        ),
        "twenty thousand empty files": (
            "too_many_members",
            zipped(*(header(f"{number}") for number in range(20_000))),
        ),
        "twenty thousand records": (
            "too_many_members",
            zipped(about(pax(comment="x"), kind=b"g") * 20_000),
        ),
        "bzip2": ("not_an_archive", lambda: bz2.compress(MAIN + END)),
        "xz": ("not_an_archive", lambda: lzma.compress(MAIN + END)),
        "an old tar without its mark": (
            "not_an_archive",
            lambda: header(magic=bytes(8), size=len(MAIN_TEXT)) + padded(MAIN_TEXT) + END,
        ),
        "zeros alone": ("not_an_archive", lambda: bytes(10_240)),
    }


CASES = [
    *(
        Case(name=name, format="tar", verdict=ACCEPTED, make=make)
        for name, make in _accepted().items()
    ),
    *(
        Case(name=name, format="tar", verdict=verdict, make=make)
        for name, (verdict, make) in _refused().items()
    ),
]
