"""The browser's time zone: offered where another one is shown, taken with one click."""

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import PASSWORD, Participant

OFFER = "Show deadlines in your zone too"


@pytest.mark.browser
def test_a_reader_takes_the_zone_of_the_browser_with_one_click(
    site: str, chromium: Browser
) -> None:
    page = chromium.new_page(timezone_id="Asia/Tokyo", locale="en")
    page.goto(f"{site}/help?language=en#deadlines")

    page.get_by_role("link", name=f"{OFFER}: Asia/Tokyo").click()

    footer = page.get_by_role("contentinfo")
    expect(footer).to_contain_text("Your zone: Asia/Tokyo")
    page.goto(f"{site}/")
    expect(footer).to_contain_text("Your zone: Asia/Tokyo")
    expect(page.get_by_role("link", name=OFFER)).to_have_count(0)


@pytest.mark.browser
def test_nothing_is_offered_to_a_browser_in_utc(site: str, chromium: Browser) -> None:
    page = chromium.new_page(timezone_id="UTC", locale="en")

    page.goto(f"{site}/", wait_until="networkidle")

    expect(page.get_by_role("contentinfo")).to_contain_text("Times without a zone are in UTC.")
    expect(page.get_by_role("link", name=OFFER)).to_have_count(0)


@pytest.mark.browser
def test_the_zone_of_the_browser_fills_the_field_of_the_preferences(
    site: str, chromium: Browser, alice: Participant
) -> None:
    page = chromium.new_page(timezone_id="Asia/Tokyo", locale="en")
    page.goto(f"{site}/login?next=/profile/preferences")
    page.get_by_label("E-mail address").fill(alice.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    field = page.get_by_label("Time zone")
    expect(field).to_have_value("")

    page.get_by_role("button", name="Take this browser's zone: Asia/Tokyo").click()
    page.get_by_role("button", name="Keep").click()

    expect(page.get_by_role("status")).to_contain_text("kept with your account")
    expect(field).to_have_value("Asia/Tokyo")
