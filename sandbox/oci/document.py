"""The JSON of an image: its manifest and its settings, read as an engine would, and checked.

Engines written in Go find a key whatever its case, and take the last of several; so a key that is
there twice in any spelling is refused, and looked up in lower case.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from sandbox.archive import Words
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import (
    FLATTEN,
    ImageCode,
    ImageProblem,
    InvalidImage,
    refused,
    shown,
)

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
"""How images name what an engine says of its machine."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_KERNEL = ("proc", "sys", "dev")

# What an engine reads of the settings beside what is checked by itself, in lower case.
_TEXT = ("hostname", "domainname", "user", "image", "macaddress", "stopsignal")
_TEXTS = ("onbuild", "shell")
_SWITCHES = (
    "argsescaped",
    "attachstderr",
    "attachstdin",
    "attachstdout",
    "networkdisabled",
    "openstdin",
    "stdinonce",
    "tty",
)
_OBJECTS = ("exposedports", "healthcheck", "labels")


class _Object(tuple[tuple[str, Any], ...]):
    """The pairs of a JSON object, all of them."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Which files of the archive are the settings and the layers, from the lowest up."""

    config: str
    layers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an image says of itself: the SHA-256 of each uncompressed layer, and where it runs."""

    diff_ids: tuple[str, ...]
    working_dir: str


def read_manifest(content: bytes, /) -> Manifest:
    """Read `manifest.json`. Raises InvalidImage unless it names exactly one image."""
    where = "manifest.json"
    images = _parsed(content, where=where)
    if not isinstance(images, list) or len(images) != 1:
        raise refused(
            ImageCode.NOT_ONE_IMAGE,
            where=where,
            found=Words(
                "{count} images", count=len(images) if isinstance(images, list) else shown(images)
            ),
            expected=Words("exactly one image"),
            repair=Words("save one image alone, by one name: `docker save NAME -o FILE`"),
        )
    image = fields(images[0], where=where)
    config, layers = image.get("config"), image.get("layers")
    if not isinstance(config, str) or not _is_texts(layers) or not layers:
        raise bad_document(where, expected=Words("the names of a config and of at least one layer"))
    return Manifest(config=config, layers=tuple(layers))


def read_settings(content: bytes, /, *, architecture: str | None, limits: ImageLimits) -> Settings:
    """Read an image's settings, for an engine of this architecture (as images name it), or any.

    User, Healthcheck, StopSignal, Env and labels may be what they are: a sandbox has its own.
    Raises InvalidImage with every problem of the settings.
    """
    where = "config"
    image = fields(_parsed(content, where=where), where=where)
    config = fields(image.get("config") or _Object(), where=where)
    rootfs = fields(image.get("rootfs") or _Object(), where=where)
    diff_ids = rootfs.get("diff_ids")
    if not _is_texts(diff_ids) or not all(map(_DIGEST.fullmatch, diff_ids)):
        raise bad_document(where, expected=Words("`rootfs.diff_ids`, a SHA-256 for each layer"))
    if len(diff_ids) > limits.layers:
        raise _too_many_layers(where, found=len(diff_ids), most=limits.layers)
    working_dir = config.get("workingdir") or "/"
    found = [
        *_platform_problems(image, architecture=architecture, where=where),
        *_volume_problems(config, where=where),
        *_command_problems(config, where=where),
        *_setting_problems(config, working_dir=working_dir, where=where),
        *_type_problems(config, where=where),
    ]
    if found:
        raise InvalidImage(found)
    return Settings(diff_ids=tuple(diff_ids), working_dir=working_dir)


def read_json(content: bytes, /, *, where: str) -> Mapping[str, Any]:
    """Read an object of plain JSON. Raises InvalidImage for anything else."""
    try:
        found = json.loads(content.decode())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise bad_document(where, expected=Words("JSON in UTF-8"))
    return found


def fields(value: object, /, *, where: str) -> Mapping[str, Any]:
    """Give an object's values by their keys in lower case. Raises InvalidImage for a key twice."""
    if not isinstance(value, _Object):
        raise bad_document(where, expected=Words("an object"))
    found: dict[str, Any] = {}
    for key, content in value:
        folded = key.casefold()
        if folded in found:
            raise bad_document(
                where, expected=Words("the key {key} once, in any case", key=shown(key))
            )
        found[folded] = content
    return found


def bad_document(where: str, /, *, expected: Words) -> InvalidImage:
    """Give the error of JSON that is not what it should be."""
    return refused(
        ImageCode.BAD_DOCUMENT,
        where=where,
        found=Words("something else"),
        expected=expected,
        repair=Words("write it with `docker save NAME -o FILE` and send that file unchanged"),
    )


def _parsed(content: bytes, *, where: str) -> object:
    try:
        return json.loads(content.decode(), object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        raise bad_document(where, expected=Words("JSON in UTF-8")) from None


def _platform_problems(
    image: Mapping[str, Any], *, architecture: str | None, where: str
) -> list[ImageProblem]:
    found = f"{image.get('os')}/{image.get('architecture')}"
    architecture = architecture or str(image.get("architecture"))
    if found == f"linux/{architecture}":
        return []
    problem = ImageProblem(
        code=ImageCode.WRONG_PLATFORM,
        where=where,
        found=Words("{platform}", platform=shown(found)),
        expected=Words(
            "linux/{architecture}, as the machine that runs it", architecture=architecture
        ),
        repair=Words(
            "build it with `docker build --platform linux/{architecture} …`",
            architecture=architecture,
        ),
    )
    return [problem]


def _volume_problems(config: Mapping[str, Any], *, where: str) -> list[ImageProblem]:
    if not config.get("volumes"):
        return []
    problem = ImageProblem(
        code=ImageCode.HAS_VOLUMES,
        where=where,
        found=Words("VOLUME, a place on the host's disk without a bound"),
        expected=Words("an image without volumes; write to /tmp and /output"),
        repair=Words("remove VOLUME; if it comes from the base image, {flatten}", flatten=FLATTEN),
    )
    return [problem]


def _command_problems(config: Mapping[str, Any], *, where: str) -> list[ImageProblem]:
    given = {name: config.get(name.lower()) or [] for name in ("Entrypoint", "Cmd")}
    problems = [
        _bad_setting(
            where,
            found=Words("{name} that is no list of texts", name=name),
            expected=Words("{name} as a list", name=name),
        )
        for name, value in given.items()
        if not _is_texts(value)
    ]
    if any(given.values()):
        return problems
    nothing = ImageProblem(
        code=ImageCode.NOTHING_TO_RUN,
        where=where,
        found=Words("neither ENTRYPOINT nor CMD"),
        expected=Words("the program to run, which takes no arguments from us"),
        repair=Words('add ENTRYPOINT ["python", "/app/main.py"] or the like to the Dockerfile'),
    )
    return [nothing]


def _setting_problems(
    config: Mapping[str, Any], *, working_dir: object, where: str
) -> list[ImageProblem]:
    problems = []
    environment = config.get("env") or []
    if not _is_texts(environment) or not all(entry.find("=") > 0 for entry in environment):
        problems.append(
            _bad_setting(
                where, found=Words("Env that is no list"), expected=Words("Env as KEY=value")
            )
        )
    if not isinstance(working_dir, str) or not _is_place(working_dir):
        problems.append(
            _bad_setting(
                where,
                found=Words("the WORKDIR {path}", path=shown(working_dir)),
                expected=Words("an absolute path without `..`, outside of /proc, /sys and /dev"),
            )
        )
    return problems


def _type_problems(config: Mapping[str, Any], *, where: str) -> list[ImageProblem]:
    """Name what an engine would fail to read, each time that it is asked to load the image."""
    fit = {
        **{key: isinstance(config.get(key), str) for key in _TEXT},
        **{key: _is_texts(config.get(key)) for key in _TEXTS},
        **{key: isinstance(config.get(key), bool) for key in _SWITCHES},
        **{key: isinstance(config.get(key), _Object) for key in _OBJECTS},
        "stoptimeout": type(config.get("stoptimeout")) is int,
    }
    return [
        _bad_setting(
            where,
            found=Words("{name} of another type", name=key),
            expected=Words("{name} as `docker build` writes it", name=key),
        )
        for key, is_fit in fit.items()
        if not (is_fit or config.get(key) is None)
    ]


def _is_place(path: str) -> bool:
    parts = [part for part in path.split("/") if part]
    fits = path.startswith("/") and path.isprintable() and ".." not in parts
    return fits and not (parts and parts[0] in _KERNEL)


def _bad_setting(where: str, *, found: Words, expected: Words) -> ImageProblem:
    return ImageProblem(
        code=ImageCode.BAD_SETTING,
        where=where,
        found=found,
        expected=expected,
        repair=Words("set it in the Dockerfile and build the image again"),
    )


def _too_many_layers(where: str, *, found: int, most: int) -> InvalidImage:
    return refused(
        ImageCode.TOO_MANY_LAYERS,
        where=where,
        found=Words("{count:,} layers", count=found),
        expected=Words("at most {most:,}", most=most),
        repair=Words("join RUN lines, or {flatten}", flatten=FLATTEN),
    )


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(
        isinstance(text, str) and "\0" not in text for text in value
    )
