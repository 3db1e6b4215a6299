"""The page of transparency, and the page of evaluation where a challenge has one."""

from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from tests.conftest import publish_changed
from tests.web.conftest import SLUG, Visitor

PAGE = f"/challenges/{SLUG}"
SAID = "transparency: {funder: {en: 'Paid by *nobody*.', fr: 'Payé par *personne*.'}}\nteams:"
EVALUATION = "evaluation: {en: pages/overview.en.md, fr: pages/overview.fr.md}\n  rules:"


@pytest.mark.usefixtures("challenge")
def test_what_the_organizers_said_is_shown_in_the_readers_language(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "teams:", SAID)

    assert "Paid by <em>nobody</em>." in anonymous.get(f"{PAGE}/transparency").text
    french = anonymous.get(f"{PAGE}/transparency?language=fr").text
    assert "Payé par <em>personne</em>." in french
    assert "Qui le finance\N{NO-BREAK SPACE}?" in french or "Qui le finance ?" in french


@pytest.mark.usefixtures("challenge")
def test_unanswered_questions_are_listed_and_lead_to_their_place(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    before = anonymous.get(f"{PAGE}/transparency").text
    publish_changed(platform, tmp_path, "teams:", SAID)
    after = anonymous.get(f"{PAGE}/transparency").text

    assert "13 questions are not answered:" in before
    assert '<a href="#funder">Who pays for it?</a>' in before
    assert before.count('id="funder"') == 1
    assert "12 questions are not answered:" in after
    assert 'href="#funder"' not in after


@pytest.mark.usefixtures("challenge")
def test_the_page_tells_what_the_definition_says(anonymous: Visitor) -> None:
    page = anonymous.get(f"{PAGE}/transparency").text

    assert "<code>harrell_c(event=event, time=time, risk=risk)</code>; higher is better" in page
    assert "<code>test.csv</code>: " in page


@pytest.mark.usefixtures("challenge")
def test_an_evaluation_page_is_there_only_where_the_challenge_has_one(
    platform: Platform, anonymous: Visitor, tmp_path: Path
) -> None:
    link = f'href="{PAGE}/evaluation"'
    without = anonymous.get(PAGE).text, anonymous.get(f"{PAGE}/evaluation")
    publish_changed(platform, tmp_path, "rules:", EVALUATION)
    with_one = anonymous.get(PAGE).text, anonymous.get(f"{PAGE}/evaluation")

    assert link not in without[0]
    assert without[1].status_code == 404
    assert link in with_one[0]
    assert with_one[1].status_code == 200
    assert 'aria-current="page">Evaluation' in with_one[1].text


@pytest.mark.usefixtures("challenge")
def test_public_files_are_described_for_programs_by_name_digest_and_column(
    anonymous: Visitor,
) -> None:
    answer = anonymous.get(f"{PAGE}/croissant.json")

    assert answer.mimetype == "application/ld+json"
    [file] = answer.json["distribution"]
    [records] = answer.json["recordSet"]
    assert file["contentUrl"].endswith(f"{PAGE}/files/test.csv")
    assert len(file["sha256"]) == 64
    assert [field["name"] for field in records["field"]][:1] == ["patient_id"]
    assert f'href="{PAGE}/croissant.json"' in anonymous.get(f"{PAGE}/data").text
