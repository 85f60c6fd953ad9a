"""On a small screen what a form answers is in sight, the chart scrolls by keys, and a day that is none is named."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from attendance.workdays.models import HolidayCalendar
from attendance.workdays.months import closing
from attendance.workdays.requests import leaves
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


def test_the_question_about_an_entry_is_in_sight(phone: Page, live_server: LiveServer) -> None:
    mei = office.employee("Mei", shift=office.day_shift(), joined="2025-01-01", employee_number="007")
    office.punches(mei, "2025-01-02 08:00", "2025-01-02 17:00")
    closing.close(dt.date(2025, 1, 1), actor=None, with_open_points=True)
    phone.goto(f"{live_server.url}/months/adjustments/?employee_number=007&month=2025-01#enter")
    phone.get_by_label("What").select_option("rate:1")
    phone.get_by_label("By how much").fill("400:00")
    phone.get_by_label("Reason").fill("agreed")
    phone.get_by_role("button", name="Enter it").click()
    for each in (phone.get_by_text("far more hours than"), phone.get_by_role("button", name="Enter it all the same")):
        each.wait_for()
        assert each.evaluate(IN_SIGHT)
    phone.get_by_role("button", name="Enter it all the same").click()
    phone.get_by_text("Entered. It goes into").wait_for()


def test_the_button_of_a_preview_is_in_sight(phone: Page, live_server: LiveServer) -> None:
    office.employee("Mei", joined="2025-01-01", employee_number="007")
    office.day_shift()
    phone.goto(f"{live_server.url}/planning/")
    form = phone.locator("#tried")
    form.get_by_label("Shift").select_option(index=1)
    form.locator("input[name=first]").fill("2025-11-03")
    form.get_by_role("button", name="Which days would change?").click()
    save = phone.locator(".preview").get_by_role("button", name="Assign")
    save.wait_for()
    assert save.evaluate(IN_SIGHT)
    save.click()
    phone.get_by_text("Assigned.").wait_for()


def test_the_question_about_a_cut_is_in_sight(phone: Page, live_server: LiveServer) -> None:
    mei = office.employee("Mei", shift=office.day_shift(), joined="2025-01-01")
    days = [dt.date(2025, 11, each) for each in (3, 7)]
    leave = leaves.request(mei, office.leave_type(), first=days[0], last=days[1], actor=None)
    leaves.approve(leave, actor=cast.user("boss", role="HR"))
    phone.goto(f"{live_server.url}/requests/approved/leave/{leave.pk}/")
    form = phone.locator("#shorten")
    form.get_by_label("Last day").fill("2025-11-04")
    form.get_by_label("Reason").fill("called back")
    form.get_by_role("button", name="Cut it short").click()
    yes = phone.get_by_role("button", name="Yes, cut it short so")
    yes.wait_for()
    assert yes.evaluate(IN_SIGHT)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    yes.click()
    phone.get_by_text("Cut short.").wait_for()


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
