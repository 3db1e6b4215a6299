"""Files as they are: what the organizers' own scoring program reads, and what is public beside."""

import shutil
from dataclasses import replace
from pathlib import Path

from challenge_platform.cli.recipe import Made
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.reference import PROGRAM, pack
from challenge_platform.errors import InvalidInput
from scorers.program import ScoringProgram

PUBLIC = "public"


def copy_files(
    folder: Path, temporary: Path, /, *, definition: ChallengeDefinition, program: ScoringProgram
) -> Made:
    """Copy a challenge's public files into an empty folder, and pack what scores as its truth.

    Raise InvalidInput naming a file or folder that is missing or cannot be packed.
    """
    made = Made.in_folder(temporary)
    for name in definition.data.public:
        path = folder / PUBLIC / name
        if path.is_symlink() or not path.is_file():
            raise InvalidInput(f"data.public names {name!r}, and {path} is no file; put it there")
        shutil.copyfile(path, made.public / name)
    reference = definition.data.reference
    folders = {PROGRAM: program.path, **(reference.folders if reference else {})}
    for each in folders.values():
        if not (folder / each).resolve().is_relative_to(folder.resolve()):
            raise InvalidInput(f"{folder / each} leads out of {folder}; copy the folder into it")
        if not (folder / each).is_dir():
            raise InvalidInput(f"challenge.yaml names {each!r}, and {folder} has no such folder")
    truth = pack({name: folder / each for name, each in folders.items()})
    return replace(made, truth=truth)
