"""The token store: private, one token a platform, replaced at once."""

import json
import stat
from pathlib import Path

import pytest

from challenge_platform.cli.credentials import Credentials, CredentialStore, platform_url
from challenge_platform.errors import InvalidInput

URL, OTHER = "https://challenge.example.org", "http://127.0.0.1:8080"
MINE, NEWER, THEIRS = "chp_1_a", "chp_1_b", "chp_2_b"


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    return CredentialStore(tmp_path / "config" / "challenge")


def test_nobody_is_signed_in_at_first(store: CredentialStore) -> None:
    assert store.load() == Credentials()


def test_a_login_is_found_again(store: CredentialStore) -> None:
    store.login(URL, token=MINE)

    assert store.load() == Credentials(current=URL, tokens={URL: MINE})


def test_only_the_owner_can_read_the_tokens(store: CredentialStore) -> None:
    store.login(URL, token=MINE)

    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_private_after_the_next_login(
    store: CredentialStore,
) -> None:
    store.login(URL, token=MINE)
    store.path.chmod(0o644)

    store.login(URL, token=NEWER)

    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_each_platform_keeps_its_own_token(store: CredentialStore) -> None:
    store.login(URL, token=MINE)
    store.login(OTHER, token=THEIRS)

    found = store.load()

    assert found.current == OTHER
    assert found.tokens == {URL: MINE, OTHER: THEIRS}


def test_a_logout_forgets_one_token_only(store: CredentialStore) -> None:
    store.login(URL, token=MINE)
    store.login(OTHER, token=THEIRS)

    assert store.logout(URL) is True
    assert store.logout(URL) is False
    assert store.load().tokens == {OTHER: THEIRS}


def test_no_half_written_file_is_left_beside_the_store(store: CredentialStore) -> None:
    store.login(URL, token=MINE)

    assert [path.name for path in store.folder.iterdir()] == ["credentials.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"current": null}', '{"tokens": {}}'])
def test_a_broken_file_says_which_it_is_and_how_to_repair_it(
    store: CredentialStore, content: str
) -> None:
    store.folder.mkdir(parents=True)
    store.path.write_text(content)

    with pytest.raises(InvalidInput, match=r"credentials\.json cannot be read.*auth login"):
        store.load()


def test_tokens_are_not_shown_where_credentials_are_printed() -> None:
    assert MINE not in repr(Credentials(current=URL, tokens={URL: MINE}))


def test_the_file_is_json_that_people_can_read(store: CredentialStore) -> None:
    store.login(URL, token=MINE)

    assert json.loads(store.path.read_text()) == {"current": URL, "tokens": {URL: MINE}}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://challenge.example.org/", URL),
        (" http://127.0.0.1:8080 ", OTHER),
        ("https://host/platform/", "https://host/platform"),
    ],
)
def test_an_address_is_kept_without_its_last_slash(text: str, url: str) -> None:
    assert platform_url(text) == url


@pytest.mark.parametrize(
    "text", ["", "localhost:8080", "challenge.example.org", "ftp://host", "https://"]
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="expected one like https://"):
        platform_url(text)
