"""A month in the life of a small office, in the browser, with the clock set to March 2027.

A day shift, a night shift over the change of clocks, a forgotten out, a correction that a manager approves, the
closing, and the month sheet's spreadsheet, opened and compared with figures worked out by hand.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from attendance.checkins import attempts
from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.enrolment import embedding
from attendance.people import roster
from attendance.people.models import Department, Person
from attendance.recognition.identify import Identification
from attendance.recognition.models import ReferenceEmbedding
from attendance.workdays import doors
from attendance.workdays.models import DepartmentManager
from tests import cast
from tests.attendance.conftest import own_folders  # noqa: F401  (a fixture)
from tests.attendance.workdays import office

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEAR_END = "2027-04-02 09:00"


def sign_in(browser: Browser, live_server: LiveServer, name: str) -> Page:
    page = browser.new_context(accept_downloads=True).new_page()
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def at_the_door(person: Person, device: Device, *texts: str) -> None:
    """Be recognized at the door at these local times; the door itself decides in or out."""
    for text in texts:
        with time_machine.travel(office.at(text), tick=False):
            found = Identification(answer="matched", person=person)
            attempts.record(
                found,
                channel=Attempt.Channel.KIOSK,
                method=Attempt.Method.PIN,
                device=device,
                context=doors.punch_context(person),
            )


def enrol(admin: Page, url: str, *, number: str, name: str, photo: Path) -> None:
    """Add somebody by form and photo, as the desk does, and do the worker's part."""
    admin.goto(f"{url}/people/add/")
    admin.fill("[name=employee_number]", number)
    admin.fill("[name=name]", name)
    admin.set_input_files("input[type=file]", str(photo))
    admin.click("text=Add the person")
    admin.wait_for_url("**/people/*/")
    embedding.embed(ReferenceEmbedding.objects.get(reference__person__employee_number=number).pk)


def open_door(browser: Browser, admin: Page, url: str) -> Page:
    """Pair a tablet by the code that the desk shows."""
    admin.goto(f"{url}/devices/")
    admin.fill("#name", "Front door")
    admin.click("text=Add door")
    code = admin.inner_text("#pairing-code")
    door = browser.new_context().new_page()
    door.goto(f"{url}/kiosk/")
    door.fill("#code", code)
    door.click("main button")
    door.wait_for_url("**/kiosk/")
    return door


def shown_to(door: Page, photo: Path, *, word: str) -> None:
    """Hold a face before the door, as a photo, and read the answer."""
    door.set_input_files("#upload", str(photo))
    expect(door.locator("#result-word")).to_have_text(word, timeout=30_000)
    expect(door.locator("#result")).to_be_hidden(timeout=15_000)


def plan(hr: Page, url: str, *, name: str, start: str, end: str, breaks: str = "", numbers: tuple[str, ...]) -> None:
    """Make a shift and give it to people, as HR does."""
    hr.goto(f"{url}/planning/shifts/new/")
    for field, value in {"Name": name, "Start": start, "End": end, "Breaks": breaks}.items():
        hr.get_by_label(field, exact=False).first.fill(value)
    hr.get_by_label("Days of the week").fill("mon-fri" if name == "Day" else "mon-sun")
    hr.get_by_role("button", name="Save").click()
    expect(hr.get_by_text(f"{name} is saved.")).to_be_visible()
    for number in numbers:
        hr.get_by_label("Shift", exact=True).select_option(label=name)
        hr.get_by_label("Employee number").fill(number)
        hr.get_by_role("button", name="Assign").click()
        expect(hr.get_by_text("Assigned.")).to_be_visible()


def test_a_month_in_a_small_office(
    live_server: LiveServer, browser: Browser, tmp_path: Path, hopper_jpeg: bytes
) -> None:
    office.site()
    portrait = tmp_path / "grace.jpg"
    portrait.write_bytes(hopper_jpeg)
    cast.user("hr", role="HR")
    boss, mei_user = cast.user("boss", role="Manager"), cast.user("mei")
    with time_machine.travel(office.at("2027-03-01 06:00")):
        mei = roster.add(employee_number="1", name="Mei", department="Office", actor=None)
        noor = roster.add(employee_number="2", name="Noor", department="Bakery", actor=None)
        Person.objects.filter(pk=mei.pk).update(user=mei_user)
        DepartmentManager.objects.create(department=Department.objects.get(name="Office"), user=boss)
        device = Device.objects.create(name="Door", created_at=office.at("2027-03-01 06:00"))
        hr = sign_in(browser, live_server, "hr")
        plan(hr, live_server.url, name="Day", start="08:00", end="17:00", breaks="12:00-13:00", numbers=("1",))
        plan(hr, live_server.url, name="Night", start="22:00", end="06:00", numbers=("2",))

    # Grace is enrolled by photo, and the door knows her face in the morning and in the evening
    with time_machine.travel(office.at("2027-03-01 06:30")):
        cast.user("admin", role="Administrator")
        admin = sign_in(browser, live_server, "admin")
        enrol(admin, live_server.url, number="3", name="Grace", photo=portrait)
        door = open_door(browser, admin, live_server.url)
    for text, word in (("2027-03-01 08:00", "IN"), ("2027-03-01 17:00", "OUT")):
        with time_machine.travel(office.at(text)):
            shown_to(door, portrait, word=word)
    assert list(CheckIn.objects.filter(person__name="Grace").values_list("method", flat=True)) == ["identify"] * 2
    door.context.close()
    Device.objects.filter(name="Front door").update(revoked_at=office.at("2027-03-01 18:00"))

    # a fortnight of Mei: nine plain days of 8:00, one late by 0:20 that ends at 18:00 (8:40), one forgotten out
    for day in (1, 2, 3, 4, 5, 8, 9, 10, 11):
        at_the_door(mei, device, f"2027-03-{day:02} 07:58", f"2027-03-{day:02} 17:00")
    at_the_door(mei, device, "2027-03-12 08:20", "2027-03-12 18:00")
    at_the_door(mei, device, "2027-03-15 08:00", "2027-03-16 08:00", "2027-03-16 17:00")
    # Noor: an ordinary night of 8:00, and the short one of Saturday the 27th, 7:00 by the clock of the sun
    at_the_door(noor, device, "2027-03-26 22:00", "2027-03-27 06:00", "2027-03-27 22:00", "2027-03-28 06:00")
    ways = list(CheckIn.objects.filter(person=noor).order_by("at").values_list("direction", flat=True))
    assert ways == ["in", "out", "in", "out"]

    with time_machine.travel(office.at(NEAR_END)):
        own = sign_in(browser, live_server, "mei")
        own.goto(f"{live_server.url}/my-month/?month=2027-03")
        own.get_by_label("Work day").fill("2027-03-15")
        own.locator("[name=left]").fill("17:00")
        own.get_by_label("Reason").first.fill("The door was being painted")
        own.get_by_role("button", name="Ask for it").click()
        expect(own.get_by_text("It counts as soon as it is approved.")).to_be_visible()

        manager = sign_in(browser, live_server, "boss")
        manager.goto(f"{live_server.url}/requests/")
        expect(manager.get_by_text("Mon 15 Mar 2027: out 17:00")).to_be_visible()
        manager.get_by_role("button", name="Approve").click()
        expect(manager.get_by_text("Approved for Mei.")).to_be_visible()

        own.goto(f"{live_server.url}/my-month/?month=2027-03")
        row = own.get_by_role("row").filter(has_text="Mon 15")
        expect(row.get_by_title("corrected")).to_be_visible()

        hr = sign_in(browser, live_server, "hr")
        hr.goto(f"{live_server.url}/months/?month=2027-03")
        hr.get_by_role("link", name="Close March").click()
        hr.get_by_role("checkbox", name="open point").check()
        hr.get_by_role("button", name="Close March 2027").click()
        expect(hr.get_by_text("March 2027 is closed with")).to_be_visible()
        hr.goto(f"{live_server.url}/months/?month=2027-03")
        hr.get_by_text("Export").click()
        with hr.expect_download() as download:
            hr.get_by_text("Excel (XLSX)").click()
        path = tmp_path / "march.xlsx"
        download.value.save_as(path)

    sheet = openpyxl.load_workbook(path, data_only=True).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    head = next(row for row in rows if row[0] == "Number")
    found = {row[1]: dict(zip(head, row, strict=True)) for row in rows if row[1] in {"Mei", "Noor", "Grace"}}
    # Mei worked 9 plain days (8:02 each: the fixed break is an hour), 8:40, and 2 days of 8:00: 72:18 + 8:40 + 16:00
    assert found["Mei"]["Worked"] == dt.timedelta(hours=96, minutes=58)
    assert found["Mei"]["Present"] == 12
    assert found["Mei"]["Absent"] == 11  # 23 working days in March 2027
    assert found["Mei"]["Off"] == 8
    assert found["Mei"]["Late"] == dt.timedelta(minutes=20)
    assert found["Mei"]["Overtime"] == dt.timedelta(minutes=9 * 2 + 40)
    assert found["Mei"]["15 Mon"] == "P\nREG"
    # nobody gave Grace a shift: her presence counts as it is, without a break
    assert found["Grace"]["Worked"] == dt.timedelta(hours=9)
    assert found["Noor"]["Worked"] == dt.timedelta(hours=15)
    assert found["Noor"]["27 Sat"] == "P"
    assert found["Noor"]["Overtime"] == dt.timedelta()
    assert found["Noor"]["Night"] == dt.timedelta(hours=15)
