"""The database: what its errors tell."""

import pytest
from sqlalchemy.exc import IntegrityError

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User


def test_an_error_of_the_database_tells_no_values(platform: Platform) -> None:
    def add() -> None:
        with platform.database.writing() as session:
            session.add(
                User(
                    email="eve@example.org",
                    name="Eve",
                    password="the hash",  # noqa: S106 -- stands for one
                    created_at=platform.clock(),
                )
            )

    add()

    with pytest.raises(IntegrityError) as failed:
        add()
    assert "the hash" not in str(failed.value)
