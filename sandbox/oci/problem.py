"""What can be wrong with an image, told so that its author can repair it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sandbox.archive import Words

MAX_SHOWN = 200
"""Characters of a name that a problem repeats."""

FLATTEN = Words(
    "make one clean layer of it: `docker export $(docker create IMAGE) | docker import --change "
    "'CMD [\"…\"]' - NAME`, then `docker save NAME`"
)
"""How to get rid of what a lower layer or the image's settings hold."""


class ImageCode(StrEnum):
    """Every reason for which an image is refused."""

    UNKNOWN_COMPRESSION = "unknown_compression"
    BAD_COMPRESSION = "bad_compression"
    NOT_A_TAR = "not_a_tar"
    CUT_SHORT = "cut_short"
    UNSUPPORTED_ENTRY = "unsupported_entry"
    DUPLICATE_NAME = "duplicate_name"
    MISSING_FILE = "missing_file"
    TOO_MANY_FILES = "too_many_files"
    TOO_LARGE = "too_large"
    BAD_DOCUMENT = "bad_document"
    NOT_ONE_IMAGE = "not_one_image"
    TOO_MANY_LAYERS = "too_many_layers"
    WRONG_DIGEST = "wrong_digest"
    WRONG_PLATFORM = "wrong_platform"
    HAS_VOLUMES = "has_volumes"
    NOTHING_TO_RUN = "nothing_to_run"
    BAD_SETTING = "bad_setting"
    ESCAPING_NAME = "escaping_name"
    DEVICE = "device"
    RESERVED_PLACE = "reserved_place"
    NOT_CANONICAL = "not_canonical"
    BAD_REFERENCE = "bad_reference"
    REGISTRY_ANSWER = "registry_answer"


@dataclass(frozen=True, kw_only=True)
class ImageProblem:
    """One thing to repair: where it is, what is there, what should be, and how to get it there.

    `where` is a part of the archive by its technical name, which no language changes.
    """

    code: ImageCode
    where: str
    found: Words
    expected: Words
    repair: Words

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}, expected {self.expected}; {self.repair}"


class InvalidImage(Exception):
    """The image cannot be taken; `problems` tells why."""

    def __init__(self, problems: Iterable[ImageProblem], /) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def refused(
    code: ImageCode, /, *, where: str, found: Words, expected: Words, repair: Words
) -> InvalidImage:
    """Give the error of one problem, to be raised."""
    problem = ImageProblem(code=code, where=where, found=found, expected=expected, repair=repair)
    return InvalidImage([problem])


def shown(text: object) -> str:
    """Give a text in quotes, cut, its invisible characters written out."""
    written = ascii(str(text))
    return written if len(written) <= MAX_SHOWN else f"{written[:MAX_SHOWN]}…"
