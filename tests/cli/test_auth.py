"""`challenge auth`: signing in, telling as whom, and signing out."""

import io

import pytest

from challenge_platform.cli.credentials import Credentials, CredentialStore
from tests.cli.conftest import Run
from tests.cli.fake_api import TOKEN, FakeApi


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Give the command a standard input that is not a terminal."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_token_on_the_standard_input_is_checked_and_kept(
    run: Run, api: FakeApi, store: CredentialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, f"{TOKEN}\n")

    done = run("--url", f"{api.url}/", "auth", "login", "--token-stdin")

    assert (done.code, done.out) == (0, f"Signed in to {api.url} as Ada (participant).\n")
    assert store.load() == Credentials(current=api.url, tokens={api.url: TOKEN})


def test_a_token_that_the_platform_refuses_is_not_kept(
    run: Run, api: FakeApi, store: CredentialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, "chp_9_wrong\n")

    done = run("--url", api.url, "auth", "login", "--token-stdin")

    assert done.code == 6
    assert "this token is not valid" in done.err
    assert store.load() == Credentials()


def test_a_script_without_a_token_is_told_how_to_pass_it_and_never_asked(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, "")

    done = run("--url", api.url, "auth", "login")

    assert done.code == 1
    assert "--token-stdin" in done.err
    assert api.requests == []


@pytest.mark.parametrize("text", ["\n", "two words\n", "chp_é\n"])
def test_what_cannot_be_a_token_is_not_sent(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    type_in(monkeypatch, text)

    done = run("--url", api.url, "auth", "login", "--token-stdin")

    assert (done.code, api.requests) == (1, [])
    assert "this is not a token" in done.err


def test_a_script_without_an_address_is_told_how_to_give_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, f"{TOKEN}\n")

    done = run("auth", "login", "--token-stdin")

    assert done.code == 1
    assert "CHALLENGE_URL" in done.err


def test_status_tells_where_and_as_whom(ada: Run, api: FakeApi, store: CredentialStore) -> None:
    done = ada("auth", "status")

    assert done.code == 0
    assert api.url in done.out
    assert "Ada <ada@example.org>, participant" in done.out
    assert str(store.path) in done.out


def test_address_and_token_can_come_from_the_environment(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHALLENGE_URL", api.url)
    monkeypatch.setenv("CHALLENGE_TOKEN", TOKEN)

    assert run("auth", "status").code == 0


def test_one_platforms_token_is_never_sent_to_another(ada: Run, api: FakeApi) -> None:
    other = api.url.replace("127.0.0.1", "localhost")

    done = ada("--url", other, "auth", "status")

    assert done.code == 6
    assert api.requests == []


def test_after_logout_nobody_is_signed_in(ada: Run, store: CredentialStore) -> None:
    assert ada("auth", "logout").code == 0

    assert store.load().tokens == {}
    assert ada("auth", "status").code == 6


def test_every_request_names_the_version_of_the_command_line(ada: Run, api: FakeApi) -> None:
    ada("auth", "status")

    assert api.requests[0].headers["user-agent"].startswith("challenge/0.1.0 Python/3.")
