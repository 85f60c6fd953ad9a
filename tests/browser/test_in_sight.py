"""On a small screen what a form answers is in sight, the chart scrolls by keys, and a day that is none is named."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from attendance.workdays.models import HolidayCalendar
from tests import cast
from tests.attendance.conftest import own_folders  # noqa: F401  (a fixture)
from tests.attendance.workdays import office

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_SIGHT = "each => { const at = each.getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight; }"


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer) -> Page:
    office.site()
    cast.user("hr", role="HR")
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("User name").fill("hr")
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def test_the_message_after_a_form_far_down_is_in_sight(phone: Page, live_server: LiveServer) -> None:
    mei = office.employee("Mei", shift=office.day_shift(), joined="2025-01-01")
    office.punches(mei, "2025-11-03 08:00")
    phone.goto(f"{live_server.url}/people/{mei.pk}/month/?month=2025-11&day=2025-11-03#mend")
    form = phone.locator("form", has=phone.get_by_role("button", name="Enter it"))
    form.locator("input[name=left]").fill("17:00")
    form.get_by_label("Reason").fill("gone")
    phone.get_by_role("button", name="Enter it").click()
    message = phone.get_by_text("Entered. It counts from now on.")
    message.wait_for()
    assert message.evaluate(IN_SIGHT)


def test_the_chart_scrolls_by_keys_and_the_page_does_not(phone: Page, live_server: LiveServer) -> None:
    mei = office.employee("Mei", shift=office.day_shift(), joined="2025-01-01")
    office.punches(mei, "2025-11-03 08:00", "2025-11-03 17:00")
    phone.goto(f"{live_server.url}/months/by-hour/?month=2025-11")
    chart = phone.get_by_role("region", name="Chart")
    chart.focus()
    for _ in range(30):
        phone.keyboard.press("ArrowRight")
        phone.wait_for_timeout(50)
    reached, end = chart.evaluate("each => [each.scrollLeft, each.scrollWidth - each.clientWidth]")
    assert end > 100
    assert abs(reached - end) < 2
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_a_day_that_does_not_exist_is_named(phone: Page, live_server: LiveServer) -> None:
    calendar = HolidayCalendar.objects.create(name="Ours")
    phone.goto(f"{live_server.url}/planning/holidays/{calendar.pk}/add/")
    field = phone.get_by_label("Day", exact=True)
    phone.get_by_label("Name").fill("Feast")
    field.focus()
    phone.keyboard.type("02292027")
    phone.get_by_role("button", name="Save").click()
    assert "There is no such day, as 29 February" in field.evaluate("each => each.validationMessage")
    field.focus()
    phone.keyboard.type("03012027")
    phone.get_by_role("button", name="Save").click()
    phone.get_by_text("1 Mar 2027, Feast, is in Ours.").wait_for()
