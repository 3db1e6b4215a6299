"""An archive of code that is refused when it is sent in: what its author is told, and how."""

import io
import zipfile

import pytest

from challenge_platform.core.code_archive import check_code
from challenge_platform.core.feature_audit import Rule
from challenge_platform.errors import InvalidUpload
from challenge_platform.web.wording import PROBLEMS
from sandbox.archive import ArchiveProblem
from scorers.message import Message
from scorers.predictions.problems import ProblemCode


def archive(*names: str, size: int = 10) -> bytes:
    """Give a zip archive with files of these names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for name in names:
            zipped.writestr(name, bytes(size))
    return stream.getvalue()


def test_code_with_a_main_is_listed() -> None:
    listing = check_code(archive("main.py", "model/weights.txt"), scratch=100)

    assert [member.name for member in listing.files] == ["main.py", "model/weights.txt"]


def test_a_refusal_tells_the_file_and_its_words_can_be_translated() -> None:
    with pytest.raises(InvalidUpload) as raised:
        check_code(archive("model/main.py"), scratch=100)

    (problem,) = raised.value.problems
    assert (problem["code"], problem["member"]) == ("inside_a_folder", "model/main.py")
    repair = problem["repair"]
    assert isinstance(repair, Message)
    assert repair.values == {"folder": "model"}
    assert "cd model && zip" in repair


def test_code_that_does_not_fit_into_the_scratch_is_refused() -> None:
    with pytest.raises(InvalidUpload, match="more than 15 bytes when unpacked"):
        check_code(archive("main.py", "other.py"), scratch=15)


def test_every_problem_has_its_words_on_the_pages() -> None:
    assert PROBLEMS.keys() == {*ArchiveProblem, *ProblemCode, *Rule}
