"""Time zones: which names are understood, which are offered, and how a mistake is told."""

import pytest

from challenge_platform.core.timezone import closest_name, find_zone, offered_names, zone_names
from challenge_platform.errors import InvalidInput


@pytest.mark.parametrize("name", ["UTC", "Europe/Paris", "America/Montreal", "Asia/Calcutta", "GB"])
def test_new_and_old_names_of_the_database_are_understood(name: str) -> None:
    assert find_zone(name).key == name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("europe/paris", "Europe/Paris"),
        ("Europe/Pariss", "Europe/Paris"),
        ("Paris", "Europe/Paris"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_misspelt_name_is_told_with_the_one_that_is_meant(name: str, meant: str) -> None:
    assert closest_name(name) == meant
    with pytest.raises(InvalidInput, match=f"did you mean '{meant}'"):
        find_zone(name)


@pytest.mark.parametrize(
    "name",
    ["", "localtime", "Factory", "../../etc/passwd", "/etc/localtime", "x" * 10_000, "+01:00"],
)
def test_what_is_no_zone_everywhere_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="there is no time zone"):
        find_zone(name)


def test_every_offered_name_is_understood_and_utc_comes_first() -> None:
    offered = offered_names()

    assert offered[0] == "UTC"
    assert list(offered[1:]) == sorted(offered[1:])
    assert set(offered) <= zone_names()
    assert {"Europe/Paris", "America/Guadeloupe", "Indian/Reunion", "Pacific/Noumea"} <= set(
        offered
    )
    assert not [name for name in offered if name.startswith(("Etc/", "US/"))]
