"""The pages of challenges: which come first, what each says in short, and all files at once."""

import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.web.metric_names import METRICS
from scorers.registry import metric_keys
from tests.conftest import TINY, Participant, participant, publish_changed
from tests.fakes import Clock
from tests.web.conftest import SLUG, Browser, Visitor

PAGE = f"/challenges/{SLUG}"


def publish_as(platform: Platform, folder: Path, *, slug: str, phase: str) -> None:
    """Publish the tiny challenge under another slug, with one phase."""
    platform.keys.create_for(slug)
    copy = shutil.copytree(TINY, folder / slug)
    definition = copy / "challenge.yaml"
    head = definition.read_text().partition("phases:")[0].replace(f"slug: {SLUG}", f"slug: {slug}")
    definition.write_text(f"{head}phases:\n  - {{key: main, {phase}, limit: {{n: 5}}}}\n")
    build_challenge(platform, copy, say=lambda _line: None)


@pytest.mark.usefixtures("challenge")
def test_challenges_stand_by_what_can_still_be_done(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    phases = {
        "a-past": "opens: 2020-01-01T00:00:00Z, closes: 2020-02-01T00:00:00Z",
        "b-later": "opens: 2027-06-01T00:00:00Z",
        "c-soon": "opens: 2027-01-01T00:00:00Z",
        "d-ends": "opens: 2020-01-01T00:00:00Z, closes: 2026-11-23T00:00:00Z",
    }
    for slug, phase in phases.items():
        publish_as(platform, tmp_path, slug=slug, phase=phase)

    page = anonymous.get("/").text

    shown = re.findall(r'<h3><a href="/challenges/([^"]+)">', page)
    assert shown == ["d-ends", SLUG, "c-soon", "b-later", "a-past"]
    assert [page.count(f'class="tag {status}"') for status in ("open", "soon", "closed")] == [
        *(2, 2, 1)
    ]


def test_teams_are_counted_without_baselines(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    participant(platform, challenge, name="alice")
    participant(platform, challenge, name="bob")
    participant(platform, challenge, name="age-alone", baseline=True)

    assert "2 teams" in anonymous.get("/").text
    assert "<dt>Teams</dt><dd>2</dd>" in anonymous.get(PAGE).text


@pytest.mark.usefixtures("challenge")
def test_a_challenge_with_a_summary_says_it_and_one_without_does_not(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    plain = anonymous.get(PAGE).text
    summary = "summary: {en: Order the few., fr: Ordonnez ces quelques-uns.}\npages:"
    publish_changed(platform, tmp_path, "pages:", summary)

    assert plain.count('class="lead"') == 0
    assert '<p class="lead">Order the few.</p>' in anonymous.get(PAGE).text
    assert "<p>Ordonnez ces quelques-uns.</p>" in anonymous.get("/?language=fr").text


@pytest.mark.usefixtures("challenge")
def test_a_challenge_whose_phases_are_over_leads_to_its_leaderboard(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    over = "opens: 2020-01-01T00:00:00Z, closes: 2020-02-01T00:00:00Z"
    publish_as(platform, tmp_path, slug="over", phase=over)

    assert f'<a class="button" href="{PAGE}/rules#join">' in anonymous.get(PAGE).text
    page = anonymous.get("/challenges/over").text
    assert '<a class="button" href="/challenges/over/leaderboard">' in page
    assert "rules#join" not in page


def test_every_installed_metric_has_a_name_on_the_pages() -> None:
    assert set(metric_keys()) <= METRICS.keys()


def test_all_files_come_in_one_archive_with_digests_that_hold(
    challenge: PublishedChallenge, alice: Participant, browser: Callable[[User], Browser]
) -> None:
    answer = browser(alice.user).get(f"{PAGE}/files.zip")

    assert answer.headers["Content-Disposition"] == f"attachment; filename={SLUG}.zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        lines = archive.read(f"{SLUG}/SHA256SUMS").decode().splitlines()
        sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        assert sums == {file.name: file.digest for file in challenge.files}
        for name, digest in sums.items():
            content = archive.read(f"{SLUG}/{name}")
            assert hashlib.sha256(content).hexdigest() == digest


def test_the_archive_is_the_same_every_time(
    clock: Clock, alice: Participant, browser: Callable[[User], Browser]
) -> None:
    hers = browser(alice.user)
    first = hers.get(f"{PAGE}/files.zip").data
    clock.advance(days=1)

    assert browser(alice.user).get(f"{PAGE}/files.zip").data == first


@pytest.mark.usefixtures("challenge")
@pytest.mark.parametrize(
    ("referrer", "link"),
    [
        ("http://localhost/challenges/tiny-survival/data", True),
        ("http://localhost/nothing", False),  # the page itself
        ("http://localhost.evil.example/", False),
        ("https://evil.example/", False),
    ],
)
def test_an_error_page_leads_back_within_this_site_only(
    referrer: str, link: bool, anonymous: Visitor
) -> None:
    page = anonymous.get("/nothing", headers={"Referer": referrer}).text

    assert (f'href="{referrer}"' in page) is link
    assert ("Back to the page before" in page) is link


def test_the_overview_says_how_surely_scores_tell_teams_apart(
    challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    power = challenge.power
    assert power is not None
    assert power.events is not None

    page = re.sub(r"\s+", " ", anonymous.get(PAGE).text)

    middle = power.middle
    counted = f"With {power.units} cases and about {power.events} events"
    assert f"{counted}, a final score of about " in page
    assert power.events % 10 == 0
    assert f"about {middle.score} is known to ± {middle.half_width}. Two teams closer" in page
    assert f"Two teams closer than {power.difference} cannot be told apart." in page
    assert f"there is room for about {power.teams} teams" in page
    assert "cannot be told apart" not in anonymous.get(f"{PAGE}/rules").text


@pytest.mark.usefixtures("challenge")
def test_what_the_pre_flight_found_and_was_accepted_is_published_with_its_reason(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    for page in ("data", "transparency"):
        assert "Known faults of the data" not in anonymous.get(f"{PAGE}/{page}").text
    accept = (
        "preflight: {accept: [{code: leak_visits, about: c, reason: {en: As it was., fr: Oui.}}]}"
    )
    publish_changed(platform, tmp_path, "phases:", f"{accept}\nphases:")

    for page in ("data", "transparency"):
        told = anonymous.get(f"{PAGE}/{page}").text
        assert "Known faults of the data" in told
        assert "<code>leak_visits (c)</code>: As it was." in told


def test_who_accepted_the_agreement_may_download_the_starter_kit(
    platform: Platform, alice: Participant, browser: Callable[[User], Browser], tmp_path: Path
) -> None:
    hers = browser(alice.user)
    link = f'href="{PAGE}/files/starter-kit.zip">Starter kit ('
    without = hers.get(f"{PAGE}/data").text
    folder = shutil.copytree(TINY, tmp_path / SLUG)
    (folder / "starter_kit").mkdir()
    (folder / "starter_kit" / "README.md").write_text("Begin here.\n")
    build_challenge(platform, folder, say=lambda _line: None)

    page = hers.get(f"{PAGE}/data").text
    sent = hers.get(f"{PAGE}/files/starter-kit.zip")

    assert link not in without
    assert link in page
    with zipfile.ZipFile(io.BytesIO(sent.data)) as archive:
        assert archive.read("README.md") == b"Begin here.\n"


@pytest.mark.usefixtures("challenge")
def test_of_many_columns_to_predict_the_first_six_are_named(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    few = anonymous.get(PAGE).text
    more = ", ".join(f"risk_{number}: {{type: float}}" for number in range(2, 11))
    one = "{risk: {type: float}}"
    publish_changed(platform, tmp_path, one, f"{one[:-1]}, {more}}}")

    many = anonymous.get(PAGE).text

    assert "<dd><code>risk</code></dd>" in few
    assert "<code>risk_6</code> and 4 more</dd>" in many
    assert "<code>risk_6</code> et 4 autres</dd>" in anonymous.get(f"{PAGE}?language=fr").text
