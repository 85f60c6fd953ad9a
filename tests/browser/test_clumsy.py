"""Pages of months under double clicks, the back button, two tabs and a small screen."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from attendance.people.models import Person
from attendance.workdays.models import Correction, MonthClosing, OvertimeApproval, State, WorkRules
from tests import cast
from tests.attendance.conftest import own_folders  # noqa: F401  (a fixture)
from tests.attendance.workdays import office

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hr(browser: Browser, live_server: LiveServer) -> Page:
    office.site()
    cast.user("hr", role="HR")
    return signed_in(browser, live_server, "hr")


def signed_in(browser: Browser, live_server: LiveServer, name: str) -> Page:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei", shift=office.day_shift())
    office.punches(person, "2026-11-02 08:00", "2026-11-02 18:30", "2026-11-03 08:00", "2026-11-03 17:45")
    return person


def twice(page: Page, form: str) -> int:
    """Send the form twice while the answer is on its way; return how often the browser let it go."""
    sent: list[str] = []

    def slowly(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            page.wait_for_timeout(600)
        route.continue_()

    page.route("**/*", slowly)
    page.locator(form).evaluate("form => { form.requestSubmit(); setTimeout(() => form.requestSubmit(), 200); }")
    page.wait_for_load_state("networkidle")
    page.unroute("**/*")
    return len(sent)


def test_a_month_is_closed_once(live_server: LiveServer, hr: Page, mei: Person) -> None:
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=True):
        hr.goto(f"{live_server.url}/months/?month=2026-11")
        hr.get_by_role("link", name="Close November").click()
        hr.get_by_role("checkbox", name="open point").check()
        assert twice(hr, ".close-form") == 1
        expect(hr.get_by_text("November 2026 is closed with")).to_be_visible()
        hr.go_back()
        hr.reload()
        expect(hr.get_by_text("Closed", exact=True)).to_be_visible()
        assert MonthClosing.objects.count() == 1


def test_two_tabs_decide_the_same_request(live_server: LiveServer, hr: Page, mei: Person) -> None:
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=True):
        hr.goto(f"{live_server.url}/people/{mei.pk}/month/?month=2026-11")
        form = "form[action*='/correction/']"
        for field, value in {"day": "2026-11-04", "came": "08:00", "left": "17:00", "reason": "at the fair"}.items():
            hr.locator(f"{form} [name={field}]").fill(value)
        assert twice(hr, form) == 1
        asked = Correction.objects.get()
        hr.goto(f"{live_server.url}/requests/")
        other = hr.context.new_page()
        other.goto(f"{live_server.url}/requests/")
        hr.get_by_role("button", name="Approve", exact=True).click()
        expect(hr.get_by_text("Approved for Mei.")).to_be_visible()
        other.locator(".decide summary").click()
        other.get_by_label("Why not").fill("no")
        other.locator(".decide details button").click()
        expect(other.get_by_text("This was decided already.")).to_be_visible()
        asked.refresh_from_db()
        assert (asked.state, asked.decision) == (State.APPROVED, "")


def test_overtime_is_ticked_at_once(live_server: LiveServer, hr: Page, mei: Person) -> None:
    WorkRules.objects.create(pk=1, content={"overtime_needs_approval": True})
    with time_machine.travel(office.at("2026-11-20 12:00"), tick=True):
        hr.goto(f"{live_server.url}/requests/overtime/?month=2026-11")
        hr.get_by_label("Tick all 2").check()
        hr.get_by_role("button", name="Approve what is ticked").click()
        expect(hr.get_by_text("Approved: 2 lines.")).to_be_visible()
        assert OvertimeApproval.objects.count() == 2


@pytest.mark.parametrize("script", [True, False])
def test_the_current_tab_is_in_sight_on_a_phone(
    live_server: LiveServer, browser: Browser, hr: Page, script: bool
) -> None:
    state = hr.context.storage_state()
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=script, storage_state=state
    )
    page = context.new_page()
    for address, name in (("planning", "Planning"), ("payroll", "Payroll"), ("months", "Muster roll")):
        page.goto(f"{live_server.url}/{address}/")
        expect(page.locator(".tabs").get_by_role("link", name=name, exact=True)).to_be_in_viewport(ratio=1)
    context.close()


def test_a_refused_upload_says_why_and_can_be_sent_again(
    live_server: LiveServer, browser: Browser, tmp_path: Path
) -> None:
    cast.user("boss", role="Administrator")
    page = signed_in(browser, live_server, "boss")
    broken, table = tmp_path / "broken.zip", tmp_path / "list.csv"
    broken.write_bytes(b"PK\x03\x04 cut off")
    table.write_text("employee_number,name\n1,Mei\n")
    page.goto(f"{live_server.url}/people/import/")
    page.set_input_files("#files", str(broken))
    send = page.get_by_role("button", name="Upload and preview")
    send.click()
    expect(page.locator("[data-status]")).to_contain_text("The ZIP cannot be opened.")
    expect(send).not_to_have_attribute("aria-disabled", "true")
    page.set_input_files("#files", str(table))
    send.click()
    expect(page.get_by_text("Look through the list below, then start.")).to_be_visible()


def test_the_choices_of_an_export_are_in_sight_on_a_phone(live_server: LiveServer, hr: Page, mei: Person) -> None:
    for address in ("months/", f"people/{mei.pk}/month/", "check-ins/"):
        hr.goto(f"{live_server.url}/{address}")
        hr.locator("summary", has_text="Export").click()
        for line in hr.locator(".page-actions .menu-line").all():
            expect(line).to_be_in_viewport(ratio=1)
