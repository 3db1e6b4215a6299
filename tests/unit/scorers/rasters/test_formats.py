"""Masks in npy, TIFF and NIfTI are read as other programs wrote them; all else is refused."""

import gzip
import io
import pickle
import struct
import tracemalloc
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from scorers.rasters.formats import READERS, reader_of
from scorers.rasters.npy import read_npy
from scorers.rasters.raster import Fault, Raster, Unreadable

FOLDER = Path(__file__).parents[3] / "data/rasters"
ROWS, COLUMNS = np.mgrid[:23, :31]
SMALL, BIG = (ROWS // 4 + COLUMNS // 5) % 3, ROWS * 1000 + COLUMNS * 37
VOLUME = np.indices((5, 6, 7)).sum(axis=0) % 4
LABELS = {
    "plain.tif": SMALL,
    "pillow.tif": SMALL,
    "deflated.tif": BIG,
    "big_endian.tif": BIG,
    "volume.nii": VOLUME,
    "volume.nii.gz": VOLUME,
    "int16.nii.gz": VOLUME,
    "smooth.npy": np.load(FOLDER / "smooth.npy"),
}
SPACING = {
    "volume.nii": (0.8, 0.8, 2.5),
    "volume.nii.gz": (0.8, 0.8, 2.5),
    "int16.nii.gz": (1.0, 1.0, 3.0),
}


def read(name: str, content: bytes, /, *, shape: tuple[int, ...]) -> Raster:
    reader = reader_of(name)
    assert reader is not None
    return reader(content, shape=shape)


def refused(name: str, content: bytes, /, *, shape: tuple[int, ...]) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(name, content, shape=shape)
    return caught.value


def saved(array: object, /, *, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), version=version)
    return stream.getvalue()


@pytest.mark.parametrize("name", LABELS)
def test_a_file_of_another_program_is_read_as_it_wrote_it(name: str) -> None:
    expected = LABELS[name]

    raster = read(name, (FOLDER / name).read_bytes(), shape=expected.shape)

    assert raster.labels.tolist() == expected.tolist()
    assert raster.spacing == SPACING.get(name)


def test_the_ending_says_which_reader_reads_a_file() -> None:
    assert {ending: reader_of(f"masks/a{ending}") for ending in READERS} == READERS
    assert reader_of("a.jpg") is None


@pytest.mark.parametrize("kind", ["?", "u1", "<u2", ">u2", "i4", "<i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_npy_of_any_integers_is_read_in_either_order(kind: str, order: str) -> None:
    array = (SMALL % 2).astype(kind)
    content = saved(np.asfortranarray(array) if order == "F" else array)

    assert read_npy(content, shape=SMALL.shape).labels.tolist() == array.tolist()


def test_an_npy_of_bool_with_another_byte_than_0_and_1_is_refused() -> None:
    content = saved(SMALL.astype(np.uint8).view(np.bool_))

    with pytest.raises(Unreadable) as refused:
        read_npy(content, shape=SMALL.shape)

    assert SMALL.max() == 2
    assert refused.value.found == "the byte 2 in an array of bool"
    assert refused.value.expected == "0 or 1 in each byte of an array of bool"
    assert refused.value.repair == "convert the labels, for example by astype(np.uint8)"


def test_an_npy_with_a_long_header_is_read() -> None:
    content = saved(SMALL.astype(np.uint8), version=(2, 0))

    assert read_npy(content, shape=SMALL.shape).labels.tolist() == SMALL.tolist()


def test_a_pickle_in_an_npy_is_refused_by_its_type_and_never_loaded() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return pytest.fail, ("it was loaded",)

    pickled = pickle.dumps(Bomb())
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (3, 3), }".ljust(117) + b"\n"
    content = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + pickled

    told = refused("a.npy", content, shape=(3, 3))

    assert told.fault is Fault.TYPE
    assert "'|O'" in told.found


def npy(header: str) -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + bytes(9)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\3\0" + bytes(20),
        b"\x93NUMPY\1\0\xff\xff",
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 3)}"),
        npy("{'descr': '|u1', 'shape': (3, 3), 'fortran_order': False, }"),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': __import__('os'), }"),
        saved(np.zeros((3, 3), dtype=np.uint8))[:-1],
        saved(np.zeros((3, 3), dtype=np.uint8)) + b"more",
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 3), }" + " " * 20_000),
    ],
)
def test_an_npy_that_numpy_would_not_write_is_unreadable(content: bytes) -> None:
    assert refused("a.npy", content, shape=(3, 3)).fault is Fault.UNREADABLE


@pytest.mark.parametrize("told", ["(3,)", "()", "(3, 4)", f"(3, {10**30})", "(1, 3, 3)"])
def test_an_npy_of_another_shape_says_which(told: str) -> None:
    content = npy(f"{{'descr': '|u1', 'fortran_order': False, 'shape': {told}, }}")

    assert refused("a.npy", content, shape=(3, 3)).fault is Fault.SHAPE


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.complex64])
def test_numbers_that_are_no_integers_are_refused_by_their_type(kind: type) -> None:
    told = refused("a.npy", saved(np.zeros((3, 3), dtype=kind)), shape=(3, 3))

    assert told.fault is Fault.TYPE
    assert "astype(np.uint8)" in told.repair


@pytest.mark.parametrize(
    ("name", "shape"), [("float.tif", SMALL.shape), ("float.nii.gz", VOLUME.shape)]
)
def test_real_numbers_in_an_image_are_refused_by_their_type(
    name: str, shape: tuple[int, ...]
) -> None:
    assert refused(name, (FOLDER / name).read_bytes(), shape=shape).fault is Fault.TYPE


@pytest.mark.parametrize("name", [name for name in LABELS if not name.endswith(".npy")])
def test_another_shape_and_a_file_cut_off_anywhere_are_refused(name: str) -> None:
    content, shape = (FOLDER / name).read_bytes(), LABELS[name].shape

    assert refused(name, content, shape=(*shape[:-1], shape[-1] + 1)).fault is Fault.SHAPE
    for size in range(0, len(content), 7):
        try:
            raster = read(name, content[:size], shape=shape)
        except Unreadable:
            continue
        # What tifffile writes behind the pixels belongs to no entry that is read.
        assert name.endswith(".tif")
        assert raster.labels.tolist() == LABELS[name].tolist()


def test_a_tiff_of_two_pages_is_refused() -> None:
    told = refused("a.tif", (FOLDER / "pages.tif").read_bytes(), shape=SMALL.shape)

    assert told.found == "more than one page"


def entry(content: bytes, tag: int, value: int, /) -> bytes:
    """Change the number of an entry of a little-endian directory."""
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    changed = bytearray(content)
    for place in range(start + 2, start + 2 + 12 * count, 12):
        found, form = struct.unpack_from("<HH", content, place)
        if found == tag:
            struct.pack_into("<H" if form == 3 else "<I", changed, place + 8, value)
    assert bytes(changed) != content
    return bytes(changed)


@pytest.mark.parametrize(
    ("tag", "value", "found"),
    [
        (259, 5, "the compression 5"),
        (262, 2, "several channels"),
        (262, 0, "white is 0"),
        (277, 3, "several channels"),
        (273, 2**31, "cut off or damaged"),
        (279, 100, "cut off or damaged"),
        (278, 0, "strips that do not make the picture"),
        (278, 5, "strips that do not make the picture"),
    ],
)
def test_a_tiff_of_another_kind_says_what_was_found(tag: int, value: int, found: str) -> None:
    content = entry((FOLDER / "plain.tif").read_bytes(), tag, value)

    told = refused("a.tif", content, shape=SMALL.shape)

    assert found in told.found
    assert told.fault is Fault.UNREADABLE


def tiff(*entries: tuple[int, int, int], data: bytes) -> bytes:
    """Write a TIFF of entries (tag, count, value), 4 bytes a number; `data` begin at byte 2048."""
    told = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, count, value in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + told + bytes(4)
    return head.ljust(2048, b"\0") + data


def test_strips_that_lie_over_each_other_are_refused_and_not_unpacked_once_for_each_row() -> None:
    side = 64
    row = zlib.compress(bytes(side), 0)
    lists = struct.pack(f"<{2 * side}I", *[2048 + 8 * side] * side, *[len(row)] * side)
    sizes = ((256, 1, side), (257, 1, side), (258, 1, 8), (259, 1, 8))
    strips = ((273, side, 2048), (278, 1, 1), (279, side, 2048 + 4 * side))
    apart = struct.pack(f"<{side}I", *(2048 + 8 * side + len(row) * i for i in range(side)))

    told = refused(
        "a.tif", tiff(*sizes, *strips, data=lists + row + bytes(100)), shape=(side, side)
    )

    assert "strips that do not make the picture" in told.found
    whole = tiff(*sizes, *strips, data=apart + lists[4 * side :] + row * side)
    assert not read("a.tif", whole, shape=(side, side)).labels.any()


@pytest.mark.parametrize("tags", [range(1000, 1090), [273] * 90])
def test_a_directory_of_entries_as_long_as_the_file_takes_no_memory_for_each(
    tags: Iterable[int],
) -> None:
    # 90 entries of 100,000 numbers would be 9,000,000 numbers at 8 bytes and more.
    content = tiff(*((tag, 100_000, 8) for tag in tags), data=bytes(400_000))

    tracemalloc.start()
    try:
        refused("a.tif", content, shape=(23, 31))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 1_000_000


def test_a_tiff_whose_directory_is_itself_or_far_away_is_refused() -> None:
    for start in (0, 4, 2**32 - 1):
        content = b"II*\0" + struct.pack("<I", start) + bytes(100)
        assert refused("a.tif", content, shape=(3, 3)).fault is Fault.UNREADABLE


def nifti(place: int, form: str, /, *values: float) -> bytes:
    """Change something in the header of the volume."""
    changed = bytearray((FOLDER / "volume.nii").read_bytes())
    struct.pack_into(form, changed, place, *values)
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (nifti(112, "<f", 2), "scaled"),
        (nifti(116, "<f", 1), "scaled"),
        (nifti(108, "<f", 400), "another number of bytes"),
        (nifti(108, "<f", 10), "another number of bytes"),
        (nifti(108, "<f", float("nan")), "a header that cannot be read"),
        (nifti(40, "<h", 9), "a header that cannot be read"),
        (nifti(42, "<h", -5), "a header that cannot be read"),
        (nifti(344, "<4s", b"ni1\0"), "another kind of file"),  # type: ignore[arg-type]
    ],
)
def test_a_nifti_of_another_kind_says_what_was_found(content: bytes, found: str) -> None:
    assert found in refused("a.nii", content, shape=VOLUME.shape).found


@pytest.mark.parametrize(
    ("units", "spacing"),
    [(3, (0.0008, 0.0008, 0.0025)), (1, (800.0, 800.0, 2500.0)), (0, (0.8, 0.8, 2.5)), (5, None)],
)
def test_the_spacing_of_a_nifti_is_told_in_mm(
    units: int, spacing: tuple[float, ...] | None
) -> None:
    told = read("a.nii", nifti(123, "<B", units), shape=VOLUME.shape).spacing

    assert told == (None if spacing is None else pytest.approx(spacing))


def test_axes_of_one_voxel_at_the_end_of_a_nifti_are_no_axes_of_the_image() -> None:
    longer = nifti(40, "<h", 4)  # the size of the fourth axis is 1

    assert read("a.nii", longer, shape=VOLUME.shape).labels.tolist() == VOLUME.tolist()
    assert read("a.nii", longer, shape=(*VOLUME.shape, 1)).labels.shape == (*VOLUME.shape, 1)


def test_a_nifti_without_a_positive_spacing_tells_none() -> None:
    assert read("a.nii", nifti(80, "<f", 0), shape=VOLUME.shape).spacing is None


def test_a_bomb_in_a_nifti_is_not_inflated_past_the_image() -> None:
    bomb = gzip.compress((FOLDER / "volume.nii").read_bytes() + bytes(50_000_000))

    assert "more than the image has" in refused("a.nii.gz", bomb, shape=VOLUME.shape).found
