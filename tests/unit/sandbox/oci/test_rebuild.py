"""An upload is written anew as one image without a name, or refused with what to repair."""

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.oci.canonical import Image
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import ImageCode, InvalidImage
from sandbox.oci.rebuild import check, identify, rebuild
from sandbox.oci.receive import receive
from tests.images import (
    HandMadeImage,
    Json,
    digest,
    file,
    folder,
    hard_link,
    special,
    symbolic_link,
    tarball,
)

SMALL = ImageLimits(
    total=3_000_000, layer=2_000_000, layers=127, files=50, all_files=80, config=5_000
)


def rebuilt(content: bytes, *, limits: ImageLimits = SMALL) -> tuple[Image, bytes]:
    target = io.BytesIO()
    image = rebuild(io.BytesIO(content), target, architecture="amd64", limits=limits)
    return image, target.getvalue()


def refusal(content: bytes, *, limits: ImageLimits = SMALL) -> ImageCode:
    with pytest.raises(InvalidImage) as caught:
        rebuilt(content, limits=limits)
    problem = caught.value.problems[0]
    assert all((problem.where, problem.found, problem.expected, problem.repair))
    return problem.code


def layer_refusal(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> str:
    return refusal(HandMadeImage(layers=[tarball(*members, form=form)]).saved())


def members(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert all(member.isreg() for member in archive.getmembers())
        return {
            member.name: found.read()
            for member in archive.getmembers()
            if (found := archive.extractfile(member))
        }


def test_an_archive_is_written_anew_without_names_and_with_nothing_else() -> None:
    image = HandMadeImage(layers=[tarball(file("a", b"1")), tarball(file("b", b"2"))])

    taken, archive = rebuilt(image.saved(file("repositories", b"{}")))

    layers = [digest(layer) for layer in image.layers]
    manifest: Json = {
        "Config": f"{digest(image.document)}.json",
        "RepoTags": None,
        "Layers": [f"{layer}.tar" for layer in layers],
    }
    found = members(archive)
    assert taken == Image(id=image.id, working_dir="/", layers=2, files=2, size=len(archive))
    assert list(found) == ["manifest.json", manifest["Config"], *manifest["Layers"]]
    assert json.loads(found["manifest.json"]) == [manifest]
    assert found[f"{digest(image.document)}.json"] == image.document
    assert [found[f"{layer}.tar"] for layer in layers] == list(image.layers)


@pytest.mark.parametrize(
    "written",
    [
        lambda image: image.saved_as_oci(),
        lambda image: image.saved_as_oci(compressed=False),
        lambda image: gzip.compress(image.saved()),
        lambda image: gzip.compress(image.saved_as_oci()),
        lambda image: gzip.compress(image.saved()[:1000]) + gzip.compress(image.saved()[1000:]),
        lambda image: tarball(*(file(f"./{n}", c) for n, c in image.files().items())),
    ],
    ids=["oci", "oci, plain layers", "gzip", "gzip of gzip", "gzip members", "dots"],
)
def test_each_way_of_saving_gives_the_same_bytes(
    written: Callable[[HandMadeImage], bytes],
) -> None:
    image = HandMadeImage(layers=[tarball(file(f"f{n}", bytes(9000))) for n in range(3)])

    assert rebuilt(written(image)) == rebuilt(image.saved())


def test_a_layer_that_docker_save_linked_to_its_twin_is_found() -> None:
    layer = tarball(file("same", b"1"))
    image = HandMadeImage(layers=[layer, layer])
    files = [file(n, c) for n, c in image.files().items() if n != "1/layer.tar"]
    content = tarball(*files, symbolic_link("1/layer.tar", "../0/layer.tar"))

    taken, archive = rebuilt(content)

    assert taken.layers == taken.files == 2
    assert list(members(archive))[2:] == [f"{digest(layer)}.tar"]


def test_what_a_sandbox_sets_itself_may_be_anything() -> None:
    config: dict[str, object] = {
        "User": "root",
        "Healthcheck": {"Test": ["CMD", "/bin/evil"]},
        "StopSignal": "SIGCONT",
        "Labels": {"challenge-platform.run": "1", "Keep": "a", "keep": "b"},
        "Env": ["LD_PRELOAD=/evil.so", "PATH=/evil"],
        "WorkingDir": "/app",
        "Volumes": None,
        "OnBuild": None,
        "ExposedPorts": {"80/tcp": {}},
        "StopTimeout": 3,
        "Tty": True,
    }

    assert rebuilt(HandMadeImage(config=config).saved())[0].working_dir == "/app"


OTHER = HandMadeImage(layers=[tarball(file("other"))])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ImageCode.MISSING_FILE),
        (b"nothing of the kind" * 100, ImageCode.NOT_A_TAR),
        (b"BZh91AY&SY" + bytes(600), ImageCode.UNKNOWN_COMPRESSION),
        (b"\x28\xb5\x2f\xfd" + bytes(600), ImageCode.UNKNOWN_COMPRESSION),
        (gzip.compress(OTHER.saved())[:-20], ImageCode.CUT_SHORT),
        (gzip.compress(OTHER.saved())[:-8] + bytes(8), ImageCode.BAD_COMPRESSION),
        (gzip.compress(gzip.compress(os.urandom(5000))), ImageCode.NOT_A_TAR),
        (OTHER.saved()[:1300], ImageCode.CUT_SHORT),
        (tarball(file("rootfs/bin/sh")), ImageCode.MISSING_FILE),
        (OTHER.saved(file("0/layer.tar", b"twice")), ImageCode.DUPLICATE_NAME),
        (OTHER.saved(file("../../etc/cron.d/x")), ImageCode.ESCAPING_NAME),
        (OTHER.saved(file("/etc/cron.d/x")), ImageCode.ESCAPING_NAME),
        (OTHER.saved(hard_link("x", "manifest.json")), ImageCode.UNSUPPORTED_ENTRY),
        (OTHER.saved(special("x", tarfile.FIFOTYPE)), ImageCode.UNSUPPORTED_ENTRY),
        (OTHER.saved(*(file(f"junk{n}") for n in range(2000))), ImageCode.TOO_MANY_FILES),
        (OTHER.saved(**{"manifest.json": b"[" * 4000}), ImageCode.BAD_DOCUMENT),
        (OTHER.saved(**{"manifest.json": b"[]"}), ImageCode.NOT_ONE_IMAGE),
        (OTHER.saved(**{"manifest.json": b"{}"}), ImageCode.NOT_ONE_IMAGE),
        (OTHER.saved(**{"manifest.json": bytes(6000)}), ImageCode.TOO_LARGE),
    ],
)
def test_an_archive_that_is_no_single_image_is_refused(content: bytes, code: ImageCode) -> None:
    assert refusal(content) == code


def test_an_archive_of_two_images_is_refused() -> None:
    one = HandMadeImage()
    both = json.dumps([one.manifest(), OTHER.manifest()]).encode()

    assert refusal(one.saved(**OTHER.files() | {"manifest.json": both})) == ImageCode.NOT_ONE_IMAGE


def test_an_archive_with_the_names_of_the_old_format_alone_is_refused() -> None:
    files = {n: c for n, c in OTHER.files().items() if n != "manifest.json"}
    names = b'{"challenge-platform/scoring": {"latest": "0"}}'
    content = tarball(*(file(n, c) for n, c in files.items()), file("repositories", names))

    assert refusal(content) == ImageCode.MISSING_FILE


@pytest.mark.parametrize("goal", ["/etc/hostname", "../../../etc/hostname", "1/layer.tar"])
def test_a_layer_that_is_a_link_out_of_the_archive_is_refused(goal: str) -> None:
    files = [file(n, c) for n, c in OTHER.files().items() if n != "0/layer.tar"]

    content = tarball(*files, symbolic_link("0/layer.tar", goal))

    assert refusal(content) == ImageCode.MISSING_FILE


@pytest.mark.parametrize("name", ["../../etc/hostname", "/etc/hostname", "missing"])
def test_a_manifest_that_names_a_file_elsewhere_is_refused(name: str) -> None:
    for key in ("Config", "Layers"):
        entry = OTHER.manifest() | {key: name if key == "Config" else [name]}

        content = OTHER.saved(**{"manifest.json": json.dumps([entry]).encode()})

        assert refusal(content) == ImageCode.MISSING_FILE


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (HandMadeImage(config={"Volumes": {"/data": {}}}), ImageCode.HAS_VOLUMES),
        (HandMadeImage(config={"volumes": {"/data": {}}}), ImageCode.HAS_VOLUMES),
        (HandMadeImage(config={"Volumes": None, "VOLUMES": {"/d": {}}}), ImageCode.BAD_DOCUMENT),
        (
            HandMadeImage(settings={"Config": {"Volumes": {"/data": {}}}}),
            ImageCode.BAD_DOCUMENT,
        ),
        (HandMadeImage(settings={"architecture": "arm64"}), ImageCode.WRONG_PLATFORM),
        (HandMadeImage(settings={"os": "windows"}), ImageCode.WRONG_PLATFORM),
        (HandMadeImage(config={"Cmd": None}), ImageCode.NOTHING_TO_RUN),
        (HandMadeImage(config={"Cmd": [], "Entrypoint": []}), ImageCode.NOTHING_TO_RUN),
        (HandMadeImage(config={"Cmd": "/bin/sh"}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"Entrypoint": ["a\0b"]}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"Env": ["=x"]}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"ExposedPorts": "x"}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"OnBuild": 7}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"hostname": ["x"]}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"Tty": 1}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"StopTimeout": True}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"WorkingDir": "/proc/self/fd/8"}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"WorkingDir": "/x/../proc"}), ImageCode.BAD_SETTING),
        (HandMadeImage(config={"WorkingDir": "relative"}), ImageCode.BAD_SETTING),
        (HandMadeImage(settings={"rootfs": {"diff_ids": ["x"]}}), ImageCode.BAD_DOCUMENT),
        (HandMadeImage(settings={"rootfs": None}), ImageCode.BAD_DOCUMENT),
        (HandMadeImage(settings={"history": ["x" * 6000]}), ImageCode.TOO_LARGE),
        (HandMadeImage(diff_ids=["sha256:" + 64 * "0"]), ImageCode.WRONG_DIGEST),
        (HandMadeImage(diff_ids=2 * ["sha256:" + 64 * "0"]), ImageCode.BAD_DOCUMENT),
        (HandMadeImage(layers=[]), ImageCode.BAD_DOCUMENT),
        (HandMadeImage(layers=[b"no tar" * 200]), ImageCode.NOT_A_TAR),
        (HandMadeImage(layers=[tarball(file("f", bytes(2_000_000)))]), ImageCode.TOO_LARGE),
        (HandMadeImage(layers=2 * [tarball(file("f", bytes(1_600_000)))]), ImageCode.TOO_LARGE),
    ],
)
def test_settings_that_a_sandbox_cannot_take_are_refused(
    image: HandMadeImage, code: ImageCode
) -> None:
    assert refusal(image.saved()) == code


def test_all_problems_of_the_settings_are_told_at_once() -> None:
    image = HandMadeImage(config={"Cmd": None, "Volumes": {"/d": {}}}, settings={"os": "windows"})

    with pytest.raises(InvalidImage) as caught:
        rebuilt(image.saved())

    assert [problem.code for problem in caught.value.problems] == [
        ImageCode.WRONG_PLATFORM,
        ImageCode.HAS_VOLUMES,
        ImageCode.NOTHING_TO_RUN,
    ]


def test_more_layers_than_overlays_can_stack_are_refused() -> None:
    layers = [tarball() for _ in range(128)]
    roomy = ImageLimits(config=100_000)

    assert refusal(HandMadeImage(layers=layers).saved(), limits=roomy) == ImageCode.TOO_MANY_LAYERS
    assert rebuilt(HandMadeImage(layers=layers[:127]).saved(), limits=roomy)[0].layers == 127


def test_a_bomb_is_counted_while_it_is_uncompressed() -> None:
    layer = tarball(file("zeros", bytes(50_000_000)))
    image = HandMadeImage(layers=[layer])

    once, twice = image.saved_as_oci(), gzip.compress(image.saved_as_oci())

    assert len(twice) < 2_500 < len(once) < 70_000
    assert refusal(once) == refusal(twice) == refusal(gzip.compress(image.saved()))
    assert refusal(twice) == ImageCode.TOO_LARGE


def test_a_gzipped_archive_may_be_so_many_times_larger_and_no_more() -> None:
    image = gzip.compress(HandMadeImage(layers=[tarball(file("zeros", bytes(500_000)))]).saved())
    limits = ImageLimits(ratio=2, free=400_000)

    assert limits.uncompressed(len(image)) < 500_000
    assert refusal(image, limits=limits) == ImageCode.TOO_LARGE
    assert rebuilt(image, limits=ImageLimits(ratio=2, free=600_000))[0].layers == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ([file("../x")], ImageCode.ESCAPING_NAME),
        ([file("a/../../x")], ImageCode.ESCAPING_NAME),
        ([file("/etc/x")], ImageCode.ESCAPING_NAME),
        ([hard_link("x", "../../etc/shadow")], ImageCode.ESCAPING_NAME),
        ([hard_link("x", "/etc/shadow")], ImageCode.ESCAPING_NAME),
        ([symbolic_link("a", "/etc"), file("a/passwd")], ImageCode.ESCAPING_NAME),
        ([symbolic_link("a", "/"), file("b/c"), file("./a//b/c")], ImageCode.ESCAPING_NAME),
        ([file("a/x"), symbolic_link("a", "/"), file("a/y")], ImageCode.ESCAPING_NAME),
        ([symbolic_link("a", "/"), hard_link("x", "a/etc/shadow")], ImageCode.ESCAPING_NAME),
        ([special("x", b"g")], ImageCode.UNSUPPORTED_ENTRY),
        ([special("x", b"V")], ImageCode.UNSUPPORTED_ENTRY),
        ([special("dev/sda", tarfile.BLKTYPE, major=8)], ImageCode.DEVICE),
        ([special("mem", tarfile.CHRTYPE, major=1, minor=1)], ImageCode.DEVICE),
        ([symbolic_link("input", "/proc/self")], ImageCode.RESERVED_PLACE),
        ([symbolic_link("./output", "/etc")], ImageCode.RESERVED_PLACE),
        ([symbolic_link("tmp/", "/srv")], ImageCode.RESERVED_PLACE),
        ([file("tmp")], ImageCode.RESERVED_PLACE),
        ([hard_link("output", "x")], ImageCode.RESERVED_PLACE),
        ([special("etc/passwd", tarfile.FIFOTYPE)], ImageCode.RESERVED_PLACE),
        ([special("x", tarfile.FIFOTYPE), hard_link("etc/group", "x")], ImageCode.RESERVED_PLACE),
        ([symbolic_link("./etc//passwd", "passwd")], ImageCode.RESERVED_PLACE),
        ([folder("etc/group/")], ImageCode.RESERVED_PLACE),
        ([file("etc/passwd", b"x" * 60_001)], ImageCode.RESERVED_PLACE),
        ([file(f"f{n}") for n in range(51)], ImageCode.TOO_MANY_FILES),
    ],
)
def test_a_layer_with_a_dangerous_entry_is_refused(
    content: list[tuple[tarfile.TarInfo, bytes]], code: ImageCode
) -> None:
    assert layer_refusal(*content) == code


def test_the_files_of_all_layers_are_counted_together() -> None:
    layers = [tarball(*(file(f"f{n}") for n in range(45))) for _ in range(2)]

    assert refusal(HandMadeImage(layers=layers).saved()) == ImageCode.TOO_MANY_FILES


def test_a_layer_may_have_what_distributions_have() -> None:
    layer = tarball(
        folder("./"),
        folder("tmp/"),
        folder("etc/"),
        file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"),
        symbolic_link("bin", "usr/bin"),
        symbolic_link("usr/bin/python", "/etc/alternatives/python"),
        symbolic_link("usr/lib/x", "../../../../../lib"),
        file("usr/" + 30 * "long name/" + "é\n\x1b", b"x"),
        hard_link("usr/lib/y", "usr/lib/x"),
        special("run/initctl", tarfile.FIFOTYPE),
        symbolic_link("opt", "/srv"),
        folder("opt/"),
        file("opt/inside", b"since it is a folder again"),
        file(".wh.removed"),
        file("opt/.wh..wh..opq"),
    )

    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        again = tarball(*_again(layer), form=form)
        assert rebuilt(HandMadeImage(layers=[again]).saved())[0].files == 15


def _again(content: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive.getmembers():
            member.pax_headers = {}
            found = archive.extractfile(member) if member.isreg() else None
            yield member, found.read() if found else b""


def test_sparse_files_which_grow_when_they_are_read_are_refused() -> None:
    member = file("big", b"x" * 512)
    member[0].pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    old = bytearray(tarball(file("big", b"x" * 512), form=tarfile.GNU_FORMAT))
    old[156:157] = b"S"
    old[148:156] = b"%06o\0 " % (sum(old[:512]) - sum(old[148:156]) + 8 * 0x20)

    assert layer_refusal(member) == ImageCode.UNSUPPORTED_ENTRY
    assert refusal(HandMadeImage(layers=[bytes(old)]).saved()) == ImageCode.UNSUPPORTED_ENTRY


def test_a_header_with_a_wrong_sum_is_refused() -> None:
    layer = bytearray(tarball(file("a"), file("b")))
    layer[512] ^= 1

    assert refusal(HandMadeImage(layers=[bytes(layer)]).saved()) == ImageCode.NOT_A_TAR


def received(archive: bytes, *, image_id: str, piece: int = 1000) -> tuple[Image, bytes]:
    pieces = (archive[at : at + piece] for at in range(0, len(archive), piece))
    target = io.BytesIO()
    image = receive(
        pieces, image_id=image_id, architecture="amd64", sink=target.write, limits=SMALL
    )
    return image, target.getvalue()


def test_what_was_rebuilt_is_received_as_it_is() -> None:
    layer = tarball(file("a", bytes(5000)))
    image, archive = rebuilt(HandMadeImage(layers=[layer, tarball(file("b")), layer]).saved())

    for piece in (1, 777, 1 << 20):
        assert received(archive, image_id=image.id, piece=piece) == (image, archive)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda archive: archive[:-2048],
        lambda archive: archive.replace(b"contents", b"c0ntents"),
        lambda archive: archive.replace(b'"Cmd"', b'"cMD"'),
        lambda archive: archive[:-1024] + tarball(file("more")),
        lambda archive: OTHER.saved() + archive,
        lambda archive: rebuilt(OTHER.saved())[1] + archive,
        gzip.compress,
        lambda archive: archive[:0],
    ],
)
def test_the_end_of_what_is_not_the_image_never_reaches_the_engine(
    spoil: Callable[[bytes], bytes],
) -> None:
    image, archive = rebuilt(HandMadeImage(layers=[tarball(file("a", b"contents"))]).saved())
    sent = io.BytesIO()
    spoiled = spoil(archive)

    with pytest.raises(InvalidImage):
        receive([spoiled], image_id=image.id, architecture="amd64", sink=sent.write)

    assert len(sent.getvalue()) < len(archive)


def test_a_launcher_measures_for_itself() -> None:
    image, archive = rebuilt(HandMadeImage(layers=[tarball(file("a", bytes(5000)))]).saved())

    sent = io.BytesIO()
    tight = ImageLimits(total=4000)

    with pytest.raises(InvalidImage) as caught:
        receive([archive], image_id=image.id, architecture="amd64", sink=sent.write, limits=tight)

    assert caught.value.problems[0].code == ImageCode.TOO_LARGE
    assert len(sent.getvalue()) < 4000


def test_a_gzipped_upload_is_uncompressed_in_the_folder_given(tmp_path: Path) -> None:
    content = gzip.compress(HandMadeImage().saved())

    with pytest.raises(FileNotFoundError):
        rebuild(
            io.BytesIO(content), io.BytesIO(), architecture="amd64", folder=tmp_path / "missing"
        )

    rebuild(io.BytesIO(content), io.BytesIO(), architecture="amd64", folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_checking_and_identifying_write_nothing() -> None:
    made = HandMadeImage(layers=[tarball(file("a", bytes(5000))), tarball(file("b"))])
    saved = made.saved()
    image, _ = rebuilt(saved)

    for content in (saved, gzip.compress(saved)):
        assert check(io.BytesIO(content), architecture="amd64") == image
    assert identify(io.BytesIO(saved)) == image.id
    assert identify(io.BytesIO(gzip.compress(saved))) is None
    with pytest.raises(InvalidImage):
        check(io.BytesIO(saved.replace(bytes(5000), b"x" * 5000)), architecture="amd64")
