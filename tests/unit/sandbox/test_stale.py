"""Which images of earlier contents go, and which stay."""

from sandbox.images.stale import KEPT, stale_tags

CURRENT = {"challenge-platform/scoring:now", "challenge-platform/base:now"}


def image(tag: str, *, created: int) -> dict[str, object]:
    return {
        "Id": f"sha256:{tag}",
        "Created": created,
        "RepoTags": [f"challenge-platform/{tag}"],
    }


OLDER = [image(f"scoring:old{age}", created=100 - age) for age in range(1, KEPT + 3)]


def stale(*found: dict[str, object], used: frozenset[str] = frozenset()) -> list[str]:
    return stale_tags(found, current=CURRENT, used=used)


def test_the_newest_older_ones_stay_and_all_before_them_go() -> None:
    found = stale(*OLDER, image("scoring:now", created=50))

    assert found == [f"challenge-platform/scoring:old{age}" for age in (KEPT + 1, KEPT + 2)]


def test_one_that_a_container_uses_stays() -> None:
    found = stale(*OLDER, used=frozenset({f"sha256:scoring:old{KEPT + 2}"}))

    assert found == [f"challenge-platform/scoring:old{KEPT + 1}"]


def test_the_current_one_stays_however_old_it_is() -> None:
    newer = [image(f"scoring:new{age}", created=1000 + age) for age in range(KEPT)]

    assert stale(*newer, image("scoring:now", created=1)) == []


def test_images_that_are_not_made_here_stay() -> None:
    servers = [image(f"server:v{age}", created=age) for age in range(KEPT + 2)]
    nameless = {"Id": "sha256:x", "Created": 1, "RepoTags": None}

    assert stale(*servers, nameless) == []
