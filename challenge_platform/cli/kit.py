"""The starter kit: a folder of the challenge's own, packed as one of the files to download."""

import zipfile
from pathlib import Path

from challenge_platform.errors import InvalidInput

STARTER_KIT = "starter_kit"
"""The folder, beside challenge.yaml, that a challenge may have its kit in."""

_DAY = (1980, 1, 2, 0, 0, 0)  # so that it can be packed again, which begins in 1980, in any zone
_UNIX = 3


def pack_kit(folder: Path, files: list[Path], into: Path, /) -> list[str]:
    """Pack the files of a folder in a ZIP, and give their names there.

    The same files always make the same bytes. Raise InvalidInput naming a link: what everybody may
    download is what lies in the folder, and nothing that is elsewhere.
    """
    names = []
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            if path.is_symlink():
                raise InvalidInput(
                    f"{path} is a link to {path.readlink()}, and everybody may download the "
                    "starter kit; put the file itself in its place"
                )
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            archive.writestr(entry, path.read_bytes())
            names.append(entry.filename)
    return names
