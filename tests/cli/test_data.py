"""`challenge data download`: checked, resumed, and never from or to another place."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.fake_api import SLUG, TEST_CSV, Answer, FakeApi, challenge_document, document

FILES = f"/api/v1/challenges/{SLUG}/files"


def test_every_public_file_arrives_unchanged(downloaded: Path, api: FakeApi) -> None:
    arrived = {path.name: path.read_bytes() for path in downloaded.iterdir()}

    del arrived["challenge.json"]
    assert arrived == api.files


def test_the_definition_is_kept_and_nothing_of_the_account(downloaded: Path) -> None:
    kept = json.loads((downloaded / "challenge.json").read_text())

    assert kept["submission"]["id"] == "patient_id"
    assert {"joined", "team", "quota"}.isdisjoint(kept)


def test_a_file_that_is_there_is_not_fetched_again(
    ada: Run, downloaded: Path, api: FakeApi
) -> None:
    api.requests.clear()

    done = ada("data", "download", SLUG)

    assert done.out.count("already there") == len(api.files)
    assert [each.path for each in api.requests if each.path.startswith(FILES)] == []
    assert (downloaded / "test.csv").read_bytes() == TEST_CSV


def test_a_file_that_was_changed_is_fetched_again(ada: Run, downloaded: Path) -> None:
    (downloaded / "test.csv").write_text("spoiled")

    assert ada("data", "download", SLUG).code == 0
    assert (downloaded / "test.csv").read_bytes() == TEST_CSV


def test_one_file_can_be_named_and_the_folder_chosen(ada: Run, here: Path) -> None:
    assert ada("data", "download", SLUG, "-f", "test.csv", "-p", "deep/er").code == 0

    names = {path.name for path in (here / "deep" / "er").iterdir()}
    assert names == {"test.csv", "challenge.json"}


def test_a_file_that_is_not_there_names_those_that_are(ada: Run) -> None:
    done = ada("data", "download", SLUG, "-f", "truth.csv")

    assert done.code == 1
    assert "there is train.csv, test.csv" in done.err


def test_an_interrupted_download_goes_on_where_it_stopped(
    ada: Run, api: FakeApi, here: Path
) -> None:
    whole = api.files["train.csv"]
    (here / SLUG).mkdir()
    (here / SLUG / "train.csv.part").write_bytes(whole[:1000])
    api.then("GET", f"{FILES}/train.csv", Answer(body=whole[1000:], status=206))

    assert ada("data", "download", SLUG, "-f", "train.csv").code == 0

    asked = api.sent("GET", f"{FILES}/train.csv")[0]
    assert asked.headers["range"] == "bytes=1000-"
    assert asked.headers["if-range"].strip('"') == next(
        file["sha256"]
        for file in challenge_document(api.files)["files"]
        if file["name"] == "train.csv"
    )
    assert (here / SLUG / "train.csv").read_bytes() == whole


def test_a_lost_connection_keeps_what_came_and_says_so(ada: Run, api: FakeApi, here: Path) -> None:
    whole = api.files["train.csv"]
    announced = {"Content-Length": str(len(whole)), "Connection": "close"}
    api.then("GET", f"{FILES}/train.csv", Answer(body=whole[:70_000], headers=announced))

    done = ada("data", "download", SLUG, "-f", "train.csv")

    assert done.code == 4
    assert "it goes on where it stopped" in done.err
    assert (here / SLUG / "train.csv.part").stat().st_size > 0
    assert not (here / SLUG / "train.csv").exists()


def test_a_platform_that_sends_the_whole_file_again_is_understood(
    ada: Run, api: FakeApi, here: Path
) -> None:
    whole = api.files["train.csv"]
    (here / SLUG).mkdir()
    (here / SLUG / "train.csv.part").write_bytes(b"an older version of the file")
    api.then("GET", f"{FILES}/train.csv", Answer(body=whole))

    assert ada("data", "download", SLUG, "-f", "train.csv").code == 0
    assert (here / SLUG / "train.csv").read_bytes() == whole


def test_a_damaged_file_is_refused_and_nothing_of_it_is_left(
    ada: Run, api: FakeApi, here: Path
) -> None:
    api.then("GET", f"{FILES}/test.csv", Answer(body=TEST_CSV.replace(b"50", b"51")))

    done = ada("data", "download", SLUG, "-f", "test.csv")

    assert done.code == 4
    assert "test.csv arrived damaged" in done.err
    assert {path.name for path in (here / SLUG).iterdir()} == {"challenge.json"}


def test_a_file_name_that_is_a_path_is_refused(ada: Run, api: FakeApi, tmp_path: Path) -> None:
    hostile = challenge_document({"../../evil": b"x"})
    api.then("GET", f"/api/v1/challenges/{SLUG}", document(hostile))

    done = ada("data", "download", SLUG)

    assert done.code == 4
    assert "which is a path" in done.err
    assert list(tmp_path.rglob("evil")) == []


def test_downloading_needs_an_account(run: Run, api: FakeApi) -> None:
    assert run("--url", api.url, "data", "download", SLUG).code == 6


def test_the_sample_of_hidden_files_gets_a_folder_of_its_own(
    ada: Run, api: FakeApi, here: Path
) -> None:
    files = {**api.files, "sample/test.csv": b"patient_id\ns1\n"}
    api.then("GET", f"/api/v1/challenges/{SLUG}", document(challenge_document(files)))
    api.then("GET", f"{FILES}/sample/test.csv", Answer(body=files["sample/test.csv"]))

    assert ada("data", "download", SLUG).code == 0

    assert (here / SLUG / "sample" / "test.csv").read_bytes() == files["sample/test.csv"]
    assert (here / SLUG / "test.csv").read_bytes() == TEST_CSV
