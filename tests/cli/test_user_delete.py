"""`challenge user delete`: the administrator's way to the same departure as the page's."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import users as commands
from challenge_platform.core import account
from challenge_platform.core.account import Role, User
from challenge_platform.core.departure import Departure
from challenge_platform.core.upload import Upload
from challenge_platform.errors import NotFound
from tests.conftest import PASSWORD, Participant

PREDICTIONS = b"patient_id,risk\n" + b"".join(b"p%03d,%d\n" % (i, i) for i in range(120))

Delete = Callable[..., Result]


@pytest.fixture
def delete(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Delete:
    """Give the command, on this platform; that it gives root up is tested elsewhere."""
    monkeypatch.setattr(commands, "prepared_platform", lambda _folder: platform)

    def run(email: str, *options: str, given: str = "") -> Result:
        return CliRunner().invoke(commands.app, ["delete", email, *options], input=given)

    return run


def has_left(platform: Platform, user: User) -> bool:
    with platform.database.reading() as session:
        return session.get(Departure, user.id) is not None


def test_an_account_is_deleted_with_the_files_of_its_team(
    platform: Platform, alice: Participant, delete: Delete
) -> None:
    upload = Upload(content=PREDICTIONS, filename="p.csv", opened_at=platform.clock())
    platform.uploads.submit("tiny-survival", upload, user_id=alice.user.id)

    done = delete(alice.user.email, "--yes")

    assert done.exit_code == 0, done.output
    assert "team 'alice' loses its name and files: 1 submission(s)" in done.stdout
    assert "alice@example.org: deleted; account 1 has 1 file(s) fewer" in done.stdout
    with platform.database.reading() as session:
        assert session.get_one(Departure, alice.user.id).by == "administrator"


@pytest.mark.parametrize(("answer", "left"), [("n\n", False), ("y\n", True)])
def test_nothing_is_deleted_before_the_question_is_answered(
    answer: str, left: bool, platform: Platform, alice: Participant, delete: Delete
) -> None:
    done = delete(alice.user.email, given=answer)

    assert "This cannot be undone." in done.stdout
    assert has_left(platform, alice.user) is left


def test_an_organizer_is_deleted_by_this_command(platform: Platform, delete: Delete) -> None:
    with platform.database.writing() as session:
        organizer = account.create_user(
            session,
            email="olga@example.org",
            name="olga",
            password=PASSWORD,
            role=Role.ORGANIZER,
            now=platform.clock(),
        )

    done = delete(organizer.email, "--yes")

    assert done.exit_code == 0, done.output
    assert has_left(platform, organizer)


def test_an_address_without_an_account_is_told(delete: Delete) -> None:
    done = delete("nobody@example.org", "--yes")

    assert isinstance(done.exception, NotFound)
    assert str(done.exception) == "there is no account for nobody@example.org"
