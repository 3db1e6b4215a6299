"""Archives of code and weights: checked without unpacking, then unpacked to regular files only.

It imports the standard library alone, for the image in which participants' code runs has a copy.
"""

from sandbox.archive.content import Content, FileContent
from sandbox.archive.limits import ArchiveLimits
from sandbox.archive.listing import Listing, Member, check_archive, read_archive
from sandbox.archive.names import unusable_name
from sandbox.archive.problems import ArchiveProblem, InvalidArchive, Problem, Words
from sandbox.archive.unpacking import unpack

__all__ = [
    "ArchiveLimits",
    "ArchiveProblem",
    "Content",
    "FileContent",
    "InvalidArchive",
    "Listing",
    "Member",
    "Problem",
    "Words",
    "check_archive",
    "read_archive",
    "unpack",
    "unusable_name",
]
