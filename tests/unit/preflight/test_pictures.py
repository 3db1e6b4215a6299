"""Pictures: what they carry beside pixels, copies among them, and what their files give away."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.likeness import find_likeness
from challenge_platform.preflight.looks import look_at, looks_of, signs_of
from challenge_platform.preflight.picture_features import picture_features
from challenge_platform.preflight.picture_identities import find_picture_identities
from challenge_platform.preflight.pictures import find_pictures
from challenge_platform.preflight.tables import Table

GPS, ARTIST, CAMERA_SERIAL, MODEL = 34853, 315, 42033, 272


def drawn(seed: int, *, size: int = 64) -> Image.Image:
    """Draw a picture of big soft spots."""
    rng = np.random.Generator(np.random.PCG64(seed))
    spots = Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8))
    return spots.resize((size, size), Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def packed(path: Path, files: dict[str, bytes], *, day: int = 1) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for turn, (name, content) in enumerate(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, day, 0, 0, 2 * turn)), content)


def identities(folder: Path, name: str, content: bytes) -> list[Finding]:
    packed(folder / "test_images.zip", {"plain.png": encoded(drawn(1), "PNG"), name: content})
    return list(find_picture_identities(look_at(find_pictures([folder]))))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_who_took_a_picture_and_where_is_found_in_every_format(tmp_path: Path, form: str) -> None:
    exif = Image.Exif()
    exif[ARTIST] = "Dr. A. Lovelace"
    exif[MODEL] = "Scanner 3"
    exif.get_ifd(GPS)[1] = "N"

    found = identities(tmp_path, f"a.{form.lower()}", encoded(drawn(1), form, exif=exif))

    # Pillow writes no GPS into a TIFF.
    wanted = {"Artist"} if form == "TIFF" else {"Artist", "GPS"}
    assert {(each.code, each.about) for each in found} == {("identity_exif", w) for w in wanted}
    assert {each.severity for each in found} == {Severity.BLOCK}
    assert {each.file for each in found} == {f"test_images.zip: a.{form.lower()}"}
    assert "Lovelace" not in str(found)


def test_the_label_of_a_slide_is_found_and_its_levels_are_not(tmp_path: Path) -> None:
    slide = io.BytesIO()
    with tifffile.TiffWriter(slide) as writer:
        for description in ("Aperio label-free stain", "Aperio level 2"):
            writer.write(np.zeros((32, 32), np.uint8), description=description)
    assert identities(tmp_path, "a.svs", slide.getvalue()) == []

    slide = io.BytesIO()
    with tifffile.TiffWriter(slide, bigtiff=True) as writer:
        for description in ("Aperio level 1", "Aperio\nlabel 387x463"):
            writer.write(np.zeros((32, 32), np.uint8), description=description)
    (found,) = identities(tmp_path, "b.svs", slide.getvalue())
    assert (found.code, found.severity) == ("slide_label", Severity.BLOCK)


def element(tag: int, kind: bytes, value: bytes) -> bytes:
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + kind
    if kind in (b"SQ", b"OW"):
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def dicom(*elements: bytes) -> bytes:
    meta = element(0x00020010, b"UI", b"1.2.840.10008.1.2.1\0")
    return bytes(128) + b"DICM" + meta + b"".join(elements)


def test_elements_of_dicom_off_the_list_are_found_those_in_sequences_too(tmp_path: Path) -> None:
    inner = element(0x00100020, b"LO", b"12345678")
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    content = dicom(
        element(0x00080060, b"CS", b"CT"),
        element(0x00080080, b"LO", b"Hospital"),
        element(0x00100010, b"PN", b"Lovelace"),
        element(0x00100030, b"DA", b""),
        element(0x00101010, b"AS", b"070Y"),
        element(0x00280010, b"US", b"\x10\0"),
        element(0x00400275, b"SQ", item),
        element(0x7FE00010, b"OW", bytes(64)),
    )

    found = identities(tmp_path, "a.dcm", content)

    assert {each.about for each in found} == {
        "DICOM (0008,0080)",
        "DICOM (0010,0010)",
        "DICOM (0010,0020)",
    }
    assert identities(tmp_path, "a.dcm", dicom(element(0x00080060, b"CS", b"CT"))) == []


def test_equal_files_block_and_pictures_that_look_the_same_warn(tmp_path: Path) -> None:
    packed(tmp_path / "train_images.zip", {f"t{n}.png": encoded(drawn(n), "PNG") for n in range(9)})
    smaller = encoded(drawn(3).resize((48, 48)), "JPEG", quality=60)
    test = {f"u{n}.png": encoded(drawn(100 + n), "PNG") for n in range(9)}
    packed(tmp_path / "test_images.zip", test)
    assert list(find_likeness(look_at(find_pictures([tmp_path])))) == []

    packed(
        tmp_path / "test_images.zip",
        {**test, "same.png": encoded(drawn(2), "PNG"), "like.jpg": smaller},
    )
    same, like = find_likeness(look_at(find_pictures([tmp_path])))

    assert (same.code, same.severity) == ("duplicate_picture", Severity.BLOCK)
    assert "same.png is the same file as train_images.zip: t2.png" in same.message
    assert (like.code, like.severity) == ("near_duplicate_picture", Severity.WARN)
    assert "like.jpg looks the same as train_images.zip: t3.png" in like.message


def test_a_plain_picture_has_no_signs_by_which_it_could_be_known() -> None:
    assert signs_of(encoded(Image.new("L", (64, 64), 200), "PNG")) is None
    assert signs_of(b"no picture") is None
    assert signs_of(encoded(drawn(1), "PNG")) is not None


def test_the_folder_of_a_picture_is_a_feature_and_a_time_that_cannot_be_is_none(
    tmp_path: Path,
) -> None:
    with zipfile.ZipFile(tmp_path / "test_images.zip", "w") as archive:
        for turn, name in enumerate(("sick/a.png", "well/b.png", "sick/c.png")):
            moment = (1980, 0, 0, 0, 0, 0)  # what is written where no time is told
            archive.writestr(zipfile.ZipInfo(name, moment), encoded(drawn(turn), "PNG"))
    table = Table(name="test.csv", columns={"image": ["a", "b", "c"]})

    looks = looks_of(table, look_at(find_pictures([tmp_path])))

    told = {feature.name: feature.values.tolist() for feature in picture_features(looks)}
    first, second, third = told["folder"]
    assert first == third != second
    assert "mtime" not in told


def test_size_time_place_tags_and_parts_of_the_name_are_features_of_a_row(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[MODEL] = "Scanner 3"
    files = {
        "C01_b1.png": encoded(drawn(1), "PNG"),
        "C02_b2.png": encoded(drawn(2, size=128), "PNG", exif=exif),
    }
    packed(tmp_path / "test_images.zip", files)
    table = Table(name="test.csv", columns={"image": ["C02_b2", "C01_b1"], "age": ["1", "2"]})

    looks = looks_of(table, look_at(find_pictures([tmp_path])))

    told = {feature.name: feature.values.tolist() for feature in picture_features(looks)}
    assert told["file_size"] == [len(files["C02_b2.png"]), len(files["C01_b1.png"])]
    assert told["mtime"][0] - told["mtime"][1] == 2
    assert (told["archive_order"], told["exif"], told["name_part"]) == ([1, 0], [1, 0], [1, 0])


def with_text(form: str, text: str) -> bytes:
    """Encode a picture that carries a text, in one of the places that formats have for it."""
    picture, kind, place = drawn(1), *form.split()
    if kind == "PNG":
        info = PngInfo()
        if place == "iTXt":
            info.add_itxt("Comment", text, zip=True)
        else:
            info.add_text("Comment", text, zip=place == "zTXt")
        return encoded(picture, kind, pnginfo=info)
    if place == "COM":
        return encoded(picture, kind, comment=text.encode())
    exif = Image.Exif()
    match place:
        case "ImageDescription":
            exif[270] = text
        case "XPComment":
            exif[40092] = text.encode("utf-16-le")
        case _:
            exif.get_ifd(34665)[37510] = b"ASCII\0\0\0" + text.encode()
    return encoded(picture, kind, exif=exif)


@pytest.mark.parametrize(
    "form",
    [
        "PNG tEXt",
        "PNG zTXt",
        "PNG iTXt",
        "JPEG COM",
        "JPEG UserComment",
        "JPEG XPComment",
        "TIFF ImageDescription",
    ],
)
def test_a_text_of_a_tag_is_a_feature_though_all_are_as_long(tmp_path: Path, form: str) -> None:
    texts = [f"scan {'ba'[place % 2]}-{place % 5}" for place in range(20)]
    names = [f"p{place:02}" for place in range(20)]
    files = {name: with_text(form, text) for name, text in zip(names, texts, strict=True)}
    packed(tmp_path / "test_images.zip", {f"{name}.png": data for name, data in files.items()})

    looks = looks_of(
        Table(name="test.csv", columns={"image": names}), look_at(find_pictures([tmp_path]))
    )

    features = [each for each in picture_features(looks) if each.name.startswith("tag")]
    wanted = [(place % 2 == 0) for place in range(20)]
    assert any((each.values > each.values.min()).tolist() == wanted for each in features)
    assert not {"tag_length", "exif"} & {each.name for each in features}
