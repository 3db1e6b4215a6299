"""Zip archives of code, made byte by byte: usual ones, and those that deceive or overwhelm."""

import stat
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from tests.uploads.case import ACCEPTED, Case, noise, repeated

STORED, DEFLATED = 0, 8
UTF8, DESCRIBED, ENCRYPTED = 0x0800, 0x0008, 0x0001
MAIN_TEXT = b"open('/output/predictions.csv', 'w').close()\n"
MEGABYTE = 1_000_000


def deflated(content: bytes) -> bytes:
    """Give deflated bytes without a header."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packing.compress(content) + packing.flush()


@dataclass(frozen=True, kw_only=True)
class File:
    """A member; `told` replaces what its header says, `listed` what the directory says."""

    name: bytes = b"main.py"
    content: bytes = MAIN_TEXT
    method: int = DEFLATED
    flags: int = UTF8
    mode: int = stat.S_IFREG | 0o644
    packed: bytes | None = None
    descriptor: bytes = b""
    extra: bytes = b""
    told: dict[str, int | bytes] = field(default_factory=dict)
    listed: dict[str, int | bytes] = field(default_factory=dict)

    @cached_property
    def data(self) -> bytes:
        """What stands in the archive for the content."""
        if self.packed is not None:
            return self.packed
        return deflated(self.content) if self.method == DEFLATED else self.content

    @cached_property
    def crc(self) -> int:
        """The checksum of the content."""
        return zlib.crc32(self.content)

    def facts(self) -> dict[str, int | bytes]:
        """Tell what is true of it."""
        return {
            "flags": self.flags,
            "method": self.method,
            "crc": self.crc,
            "packed": len(self.data),
            "size": len(self.content),
            "name": self.name,
            "extra": self.extra,
        }

    def local(self) -> bytes:
        """Give the header and the data."""
        facts = self.facts() | self.told
        return self._header(b"PK\x03\x04" + struct.pack("<H", 20), facts) + self.data

    def central(self, offset: int) -> bytes:
        """Give the record of the directory."""
        facts = self.facts() | {"offset": offset} | self.listed
        offset = int(facts["offset"])
        start = b"PK\x01\x02" + struct.pack("<HH", 3 << 8 | 20, 20)
        more = struct.pack("<HHHII", 0, 0, 0, self.mode << 16, offset)
        return self._header(start, facts, more=more)

    def _header(self, start: bytes, facts: dict[str, int | bytes], *, more: bytes = b"") -> bytes:
        name, extra = bytes(facts["name"]), bytes(facts["extra"])
        numbers = struct.pack(
            "<HHHHIIIHH",
            facts["flags"],
            facts["method"],
            0,
            0x21,
            facts["crc"],
            facts["packed"],
            facts["size"],
            len(name),
            len(extra),
        )
        return start + numbers + more + name + extra


MAIN = File()


def end(*, count: int, size: int, start: int, comment: bytes = b"", disk: int = 0) -> bytes:
    """Give the record that ends an archive."""
    numbers = struct.pack("<HHHHIIH", disk, 0, count, count, size, start, len(comment))
    return b"PK\x05\x06" + numbers + comment


def archive(
    files: Iterable[File],
    *,
    before: bytes = b"",
    between: bytes = b"",
    inside: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    more: int = 0,
) -> bytes:
    """Give an archive of files, with bytes where there should be none."""
    body, directory = bytearray(before), bytearray()
    for number, file in enumerate(files):
        directory += file.central(len(body))
        body += file.local() + file.descriptor + between
        count = number + 1
    start = len(body)
    directory += inside
    ending = end(count=count + more, size=len(directory), start=start, comment=comment)
    return bytes(body + directory + ending) + after


def named(name: str | bytes, **facts: int) -> Callable[[], bytes]:
    """Give an archive with main.py and a file of this name."""
    encoded = name.encode() if isinstance(name, str) else name
    return lambda: archive([MAIN, File(name=encoded, **facts)])  # type: ignore[arg-type]  # mode and flags


def descriptor(file: File, *, signature: bytes = b"PK\x07\x08", lie: int = 0) -> File:
    """Give a file whose sizes stand behind it."""
    facts = file.facts()
    numbers = (facts["crc"], facts["packed"], int(facts["size"]) + lie)
    return replace(
        file,
        flags=file.flags | DESCRIBED,
        descriptor=signature + struct.pack("<III", *numbers),
        told={"crc": 0, "packed": 0, "size": 0},
    )


def overlapping(count: int) -> bytes:
    """Give an archive whose directory names the same data many times (Fifield 2019)."""
    kernel = zeros(b"main.py", megabytes=20)
    local, record = kernel.local(), kernel.central(0)
    records = [record, *(record.replace(b"main.py", b"f%06d" % each) for each in range(count))]
    directory = b"".join(records)
    return local + directory + end(count=count + 1, size=len(directory), start=len(local))


def zeros(name: bytes, *, megabytes: int) -> File:
    """Give a file of zeros."""
    packed = repeated(bytes(MEGABYTE), times=megabytes)
    return File(name=name, content=bytes(megabytes * MEGABYTE), packed=packed)


def large() -> bytes:
    """Give an archive of 300 MB in files that are not packed too tightly."""
    piece = noise(12_000) + bytes(MEGABYTE - 12_000)
    packed, content = repeated(piece, times=60), piece * 60
    files = [File(name=b"%d" % number, content=content, packed=packed) for number in range(5)]
    return archive([MAIN, *files])


def giant() -> bytes:
    """Give an archive with one file of 140 MB that is not packed too tightly."""
    piece = noise(12_000) + bytes(MEGABYTE - 12_000)
    packed, content = repeated(piece, times=140), piece * 140
    return archive([MAIN, File(name=b"giant", content=content, packed=packed)])


def quoting(count: int) -> bytes:
    """Give an archive whose files quote the headers of the next ones as stored blocks."""
    kernel = File(name=b"z", content=bytes(5 * MEGABYTE))
    body, records = kernel.local(), [(kernel, 0)]
    for number in range(count):
        inner = body
        quote = b"\x00" + struct.pack("<HH", 30 + 1, (30 + 1) ^ 0xFFFF)
        file = File(name=f"q{number}".encode(), packed=quote + inner, content=inner)
        header = file.local()[: -len(file.data)]
        shift = len(header) + len(quote)
        records = [(file, 0), *((other, offset + shift) for other, offset in records)]
        body = header + quote + inner
    directory = b"".join(file.central(offset) for file, offset in records)
    return body + directory + end(count=len(records), size=len(directory), start=len(body))


def zip64() -> bytes:
    """Give an archive whose sizes stand in a record of zip64."""
    whole = 0xFFFFFFFF
    extra = struct.pack("<HHQQ", 1, 16, len(MAIN_TEXT), len(MAIN.data))
    told: dict[str, int | bytes] = {"packed": whole, "size": whole, "extra": extra}
    return archive([replace(MAIN, told=told, listed=told)])


def zip64_end() -> bytes:
    """Give an archive that ends with the records of zip64."""
    plain = archive([MAIN])
    record = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, 2**62, 2**62)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, len(plain) - 22, 1)
    return plain[:-22] + record + locator + plain[-22:]


def nested() -> bytes:
    """Give an archive with bombs within each other, which nobody opens."""
    bomb = archive([File(name=b"zeros", content=bytes(8 * MEGABYTE))])
    for level in range(5):
        bomb = archive([File(name=f"{level}-{copy}.zip".encode(), content=bomb) for copy in "ab"])
    return archive([MAIN, File(name=b"data.zip", content=bomb, method=STORED)])


def _accepted() -> dict[str, Callable[[], bytes]]:
    return {
        "one file": lambda: archive([MAIN]),
        "stored and deflated files, folders": lambda: archive(
            [
                MAIN,
                File(name=b"model/", content=b"", mode=stat.S_IFDIR | 0o755, method=STORED),
                File(name=b"model/weights.bin", content=bytes(range(256)) * 100, method=STORED),
                File(name="modèle/été.py".encode(), mode=0),
            ]
        ),
        "descriptors with a signature": lambda: archive([descriptor(MAIN)]),
        "descriptors without a signature": lambda: archive([descriptor(MAIN, signature=b"")]),
        "a comment": lambda: archive([MAIN], comment=b"0123456789abcdef0123456789abcdef01234567"),
        "what macOS adds": lambda: archive(
            [MAIN, File(name=b"__MACOSX/._main.py"), File(name=b".DS_Store")]
        ),
        "an archive of bombs as a file": nested,
        "a file with every mode bit": lambda: archive(
            [MAIN, File(name=b"run.sh", mode=stat.S_IFREG | 0o6777)]
        ),
        "an empty file": lambda: archive([MAIN, File(name=b"__init__.py", content=b"")]),
    }


def _refused() -> dict[str, tuple[str, Callable[[], bytes]]]:
    link = stat.S_IFLNK | 0o777
    return {
        "no file": ("missing_member", lambda: end(count=0, size=0, start=0)),
        "no main.py": ("missing_member", lambda: archive([File(name=b"predict.py")])),
        "Main.py": ("missing_member", lambda: archive([File(name=b"Main.py")])),
        "all in one folder": ("inside_a_folder", lambda: archive([File(name=b"model/main.py")])),
        "an archive in an archive": (
            "missing_member",
            lambda: archive([File(name=b"code.zip", content=archive([MAIN]))]),
        ),
        "a step up": ("unsafe_name", named("../escaped.py")),
        "a step up in the middle": ("unsafe_name", named("a/../../escaped.py")),
        "an absolute path": ("unsafe_name", named("/tmp/escaped.py")),  # noqa: S108 -- never written
        "two slashes": ("unsafe_name", named("//host/share/x.py")),
        "backslashes": ("unsafe_name", named("..\\..\\escaped.py")),
        "a drive": ("unsafe_name", named("C:escaped.py")),
        "a stream of NTFS": ("unsafe_name", named("main.py:hidden")),
        "a device of Windows": ("unsafe_name", named("data/CON.txt")),
        "a NUL in a name": ("unsafe_name", named("main.py\0.txt")),
        "a line's end in a name": ("unsafe_name", named("a\nb.py")),
        "a colour in a name": ("unsafe_name", named("\x1b[31mred.py")),
        "a name from right to left": ("unsafe_name", named("\u202eyp.niam")),
        "a name that is not UTF-8": ("unsafe_name", named(b"\xff\xfe.py", flags=0)),
        "a name in the code page 437": ("unsafe_name", named(b"caf\x82.py", flags=0)),
        "no name": ("unsafe_name", named("")),
        "a point": ("unsafe_name", named("a/./b.py")),
        "a space at the end": ("unsafe_name", named("main.py ")),
        "a name of 201 bytes": ("name_too_long", named("n" * 201)),
        "a name of 65,535 bytes": ("name_too_long", named("n" * 65_535)),
        "seventeen parts": ("too_deep", named("/".join("a" * 17))),
        "thirty thousand parts": ("name_too_long", named("/".join("a" * 30_000))),
        "a name twice": ("same_name", lambda: archive([MAIN, MAIN])),
        "a name in capital letters": ("same_name", named("MAIN.PY")),
        "a name in another normal form": (
            "same_name",
            lambda: archive([MAIN, File(name="é".encode()), File(name="e\u0301".encode())]),
        ),
        "a name with a ligature": (
            "same_name",
            lambda: archive([MAIN, File(name="ﬁle".encode()), File(name=b"file")]),
        ),
        "a file as a folder": ("same_name", named("main.py/x")),
        "a symbolic link": (
            "not_a_regular_file",
            named("link", mode=link),
        ),
        "a link, then a file through it": (
            "not_a_regular_file",
            lambda: archive(
                [File(name=b"out", content=b"/tmp", mode=link), File(name=b"out/x.py"), MAIN]
            ),
        ),
        "a device": ("not_a_regular_file", named("tty", mode=stat.S_IFCHR | 0o666)),
        "a named pipe": ("not_a_regular_file", named("pipe", mode=stat.S_IFIFO | 0o666)),
        "a folder that is a file": ("not_a_regular_file", named("model", mode=stat.S_IFDIR)),
        "a password": ("encrypted_member", named("main2.py", flags=UTF8 | ENCRYPTED)),
        "bzip2 within": ("unsupported_archive", named("b", method=12)),
        "LZMA within": ("unsupported_archive", named("b", method=14)),
        "an unknown method": ("unsupported_archive", named("b", method=99)),
        "a patch of other data": ("unsupported_archive", named("b", flags=UTF8 | 0x20)),
        "a header that is none": (
            "damaged_archive",
            lambda: b"PK\x03\x05".join(
                archive([MAIN, File(name=b"b")]).rsplit(b"PK\x03\x04", maxsplit=1)
            ),
        ),
        "bytes before the directory": ("hidden_data", lambda: archive([MAIN], between=b"##")),
        "zip64 sizes": ("unsupported_archive", zip64),
        "zip64 end of 2**62 bytes": ("unsupported_archive", zip64_end),
        "a part of several": (
            "unsupported_archive",
            lambda: (
                MAIN.local()
                + MAIN.central(0)
                + end(count=1, size=len(MAIN.central(0)), start=len(MAIN.local()), disk=1)
            ),
        ),
        "a bomb of 600 MB": (
            "packed_too_tightly",
            lambda: archive([MAIN, *(zeros(b"%d" % number, megabytes=60) for number in range(10))]),
        ),
        "300 MB that are no bomb": ("unpacks_too_large", large),
        "a file of 140 MB that is no bomb": ("member_too_large", giant),
        "a bomb that says it is small": (
            "contradictory_archive",
            lambda: archive(
                [replace(zeros(b"0", megabytes=60), told={"size": 10}, listed={"size": 10}), MAIN]
            ),
        ),
        "one bomb named a thousand times": ("contradictory_archive", lambda: overlapping(1_000)),
        "a bomb of quoted headers": ("contradictory_archive", lambda: quoting(50)),
        "twenty thousand files": (
            "too_many_members",
            lambda: archive(
                File(name=b"%d" % number, content=b"", method=STORED) for number in range(20_000)
            ),
        ),
        "six hundred folders in each name": (
            "too_many_members",
            lambda: archive(
                File(name=b"%d/%d/a/b/c/d/e/f/g/h/i/j/k/l/m/n" % (number, number), content=b"")
                for number in range(1_000)
            ),
        ),
        "more files than it says": (
            "contradictory_archive",
            lambda: archive([MAIN, File(name=b"b")], more=-1),
        ),
        "fewer files than it says": ("damaged_archive", lambda: archive([MAIN], more=1)),
        "another name in the header": (
            "contradictory_archive",
            lambda: archive([replace(MAIN, told={"name": b"evil.py"})]),
        ),
        "another size in the header": (
            "contradictory_archive",
            lambda: archive([replace(MAIN, told={"size": 1})]),
        ),
        "another method in the header": (
            "contradictory_archive",
            lambda: archive([replace(MAIN, told={"method": STORED})]),
        ),
        "a descriptor that lies": (
            "contradictory_archive",
            lambda: archive([descriptor(MAIN, lie=1)]),
        ),
        "a wrong checksum": (
            "damaged_archive",
            lambda: archive([replace(MAIN, told={"crc": 1}, listed={"crc": 1})]),
        ),
        "a folder that holds bytes": ("contradictory_archive", named("d/", mode=stat.S_IFDIR)),
        "an offset beyond the end": (
            "hidden_data",
            lambda: archive([replace(MAIN, listed={"offset": 10**9})]),
        ),
        "a size beyond the end": (
            "contradictory_archive",
            lambda: archive([replace(MAIN, told={"packed": 10**9}, listed={"packed": 10**9})]),
        ),
        "deflated data cut off": (
            "damaged_archive",
            lambda: archive([replace(MAIN, packed=MAIN.data[:-5])]),
        ),
        "deflated data that is noise": (
            "damaged_archive",
            lambda: archive([replace(MAIN, packed=b"\xff" * 50)]),
        ),
        "bytes after deflated data": (
            "hidden_data",
            lambda: archive([replace(MAIN, packed=MAIN.data + b"hidden")]),
        ),
        "bytes before": (
            "hidden_data",
            lambda: archive([MAIN], before=b"PK\x03\x04 #!/bin/sh\nrm -rf /\n"),
        ),
        "bytes between": ("hidden_data", lambda: archive([MAIN, File(name=b"b")], between=b"##")),
        "bytes within the directory": (
            "contradictory_archive",
            lambda: archive([MAIN], inside=b"hidden"),
        ),
        "bytes after": ("hidden_data", lambda: archive([MAIN], after=b"hidden")),
        "one archive after another": (
            "hidden_data",
            lambda: archive([MAIN]) + archive([File(content=b"import evil")]),
        ),
        "an archive in the comment": (
            "hidden_data",
            lambda: archive([MAIN], comment=archive([File(content=b"import evil")])),
        ),
        "cut off": ("damaged_archive", lambda: archive([MAIN])[:-30]),
        "its begin alone": ("damaged_archive", lambda: b"PK\x03\x04"),
        "a program with an archive at its end": (
            "not_an_archive",
            lambda: b"MZ" + bytes(100) + archive([MAIN]),
        ),
        "7z": ("not_an_archive", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100)),
        "RAR": ("not_an_archive", lambda: b"Rar!\x1a\x07\x01\x00" + bytes(100)),
    }


CASES = [
    *(
        Case(name=name, format="zip", verdict=ACCEPTED, make=make)
        for name, make in _accepted().items()
    ),
    *(
        Case(name=name, format="zip", verdict=verdict, make=make)
        for name, (verdict, make) in _refused().items()
    ),
]
