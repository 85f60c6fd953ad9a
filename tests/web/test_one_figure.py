"""Everything that shows the hours of a day shows one figure.

`SHOWING` lists each page, file and answer with hours; a page of the door, of the months or of the records that is
neither there nor in `WITHOUT_HOURS` fails the first test.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from attendance.checkins import attempts, device_pairing, devices
from attendance.checkins.models import Attempt, CheckIn
from attendance.core.models import User
from attendance.people import roster
from attendance.people.models import Person
from attendance.recognition.identify import Identification
from attendance.reports import digest, payroll_templates
from attendance.web import urls
from attendance.workdays import doors
from attendance.workdays.models import PayrollTemplate
from attendance.workdays.months import closing
from attendance.workdays.requests import corrections
from tests import cast
from tests.attendance.workdays import office
from tests.web.reading import column
from timekeeping.durations import hours_minutes
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 11, 2)
PIN = "4718"
FIGURES = {
    "Nora Night": "8:10",
    "Dan Day": "8:00",
    "Uma Unplanned": "4:35",
    "Sam Split": "7:05",
    "Cora Corrected": "7:30",
}
"""What each comes to on Monday: a night over midnight, a fixed break, no shift, two stretches, a corrected in."""
Figures = dict[str, str]


@dataclasses.dataclass(frozen=True)
class Company:
    """The people, somebody who may read everything, and what doors and own pages said at the last punch of each."""

    reader: Client
    people: dict[str, Person]
    users: dict[str, User]
    said: dict[str, Figures]


@pytest.fixture
def company(administrator: User, settings: Any, tmp_path: Any) -> Iterator[Company]:
    settings.MEDIA_ROOT = tmp_path
    office.site()
    reader = Client()
    reader.force_login(administrator)
    with time_machine.travel(office.at("2026-11-02 06:00"), tick=False) as now:
        people = _people(administrator)
        users = {name: cast.user(name.split()[0].lower()) for name in people}
        for name, person in people.items():
            Person.objects.filter(pk=person.pk).update(user=users[name])
            roster.set_pin(person, PIN, actor=None)
        _correct(people["Cora Corrected"], administrator, now)
        said: dict[str, Figures] = {}
        tablet = _tablet(administrator)
        for name, out in (
            ("Uma Unplanned", "2026-11-02 13:35"),
            ("Cora Corrected", "2026-11-02 17:00"),
            ("Dan Day", "2026-11-02 17:00"),
            ("Sam Split", "2026-11-02 18:05"),
            ("Nora Night", "2026-11-03 06:05"),
        ):
            now.move_to(office.at(out))
            for place, figure in _leave(people[name], users[name], tablet, now).items():
                said.setdefault(place, {})[name] = figure
        now.move_to(office.at("2026-11-04 12:00"))
        yield Company(reader, people, users, said)


def _people(administrator: User) -> dict[str, Person]:
    day = office.day_shift()
    night = office.night_shift()
    whole = office.day_shift(name="Whole", start=dt.time(8), end=dt.time(18), breaks="")
    shifts = {"Nora Night": night, "Dan Day": day, "Uma Unplanned": None, "Sam Split": whole, "Cora Corrected": day}
    people = {
        name: office.employee(
            name, shift=shift, employee_number=name[0], department=f"{name} alone", joined="2026-11-02"
        )
        for name, shift in shifts.items()
    }
    office.punches(people["Nora Night"], "2026-11-02 21:55")
    office.punches(people["Dan Day"], "2026-11-02 08:00")
    office.punches(people["Uma Unplanned"], "2026-11-02 09:00")
    office.punches(people["Sam Split"], "2026-11-02 08:00", "2026-11-02 11:00", "2026-11-02 14:00")
    return people


def _correct(person: Person, administrator: User, now: Any) -> None:
    """Let somebody come at 08:30 without checking in, and have it put right at noon."""
    now.move_to(office.at("2026-11-02 12:00"))
    asked = [Asked(dt.datetime(2026, 11, 2, 8, 30), Direction.IN)]  # noqa: DTZ001  (local at the site)
    corrections.approve(
        corrections.request(person, MONDAY, asked=asked, reason="door was dark", actor=None), actor=administrator
    )


def _tablet(administrator: User) -> Client:
    tablet = Client()
    device = devices.add(name="Gate 2", actor=administrator)
    tablet.post(reverse("kiosk_pair"), {"code": device_pairing.issue(device, actor=administrator)})
    return tablet


def _leave(person: Person, user: User, tablet: Client, now: Any) -> Figures:
    """Check out at the desk, type the PIN at the door a moment later, and look at the own first page."""
    outcome = attempts.record(
        Identification(answer="matched", person=person),
        channel=Attempt.Channel.WEBCAM,
        method=Attempt.Method.VERIFY,
        user=user,
        context=doors.punch_context(person),
    )
    assert outcome.check_in is not None
    assert outcome.check_in.direction == "out"
    own = Client()
    own.force_login(user)
    desk = own.get(reverse("check_in"), {"attempt": outcome.attempt.pk}).text
    now.shift(dt.timedelta(seconds=20))
    kiosk = tablet.post(reverse("kiosk_pin"), {"employee_number": person.employee_number, "pin": PIN}).json()
    assert kiosk["answer"] == "already"
    return {
        "record": hours_minutes(outcome.worked_seconds),
        "check_in": _only(r"(\d+:\d\d) hours today", desk),
        "kiosk_pin": kiosk["hours_today"],
        "today": _only(r'<strong class="number">(\d+:\d\d)</strong> hours', own.get(reverse("today")).text),
    }


def _only(pattern: str, text: str) -> str:
    (found,) = re.findall(pattern, text)
    return str(found)


def _content(answered: Any) -> bytes:
    assert answered.status_code == 200
    return b"".join(answered.streaming_content) if answered.streaming else bytes(answered.content)


def _by_name(company: Company, address: str, *, who: str, label: str) -> Iterator[Figures]:
    """Yield what a list says: as a page, as CSV, as a sheet."""
    page = company.reader.get(address).text
    yield _listed(zip(column(page, who), column(page, label), strict=True))
    mark = "&" if "?" in address else "?"
    rows = list(
        csv.DictReader(io.StringIO(_content(company.reader.get(f"{address}{mark}format=csv")).decode("utf-8-sig")))
    )
    yield _listed((row[who], row[label]) for row in rows)
    yield _listed(_sheet(company.reader.get(f"{address}{mark}format=xlsx"), who=who, label=label))


def _listed(rows: Any) -> Figures:
    return {name: figure for name, figure in rows if name in FIGURES and figure}


def _sheet(answered: Any, *, who: str, label: str) -> Iterator[tuple[str, str]]:
    rows = list(
        openpyxl.load_workbook(io.BytesIO(_content(answered)), data_only=True).active.iter_rows(values_only=True)
    )
    heading = next(at for at, row in enumerate(rows) if label in row)
    places = {text: place for place, text in enumerate(rows[heading])}
    for row in rows[heading + 1 :]:
        yield str(row[places[who]]), _hours(row[places[label]])


def _hours(cell: Any) -> str:
    if isinstance(cell, dt.time):
        cell = dt.timedelta(hours=cell.hour, minutes=cell.minute)
    if isinstance(cell, int | float):
        cell = dt.timedelta(minutes=round(cell * 24 * 60))
    return hours_minutes(int(cell.total_seconds())) if cell else ""


def _pdf(company: Company, addresses: Callable[[str], str]) -> Figures:
    """Return the figure of each, where the file about that person alone says it."""
    found = {}
    for name, figure in FIGURES.items():
        pages = PdfReader(io.BytesIO(_content(company.reader.get(addresses(name))))).pages
        words = " ".join(page.extract_text() for page in pages).split()
        found[name] = figure if figure in words else " ".join(word for word in words if re.fullmatch(r"\d+:\d\d", word))
    return found


def _days(company: Company) -> Iterator[Figures]:
    period = f"{reverse('days')}?first={MONDAY}&last={MONDAY}"
    yield from _by_name(company, period, who="Person", label="Hours")
    whole = f"{reverse('days')}?first=2026-11-01&last=2026-11-30"
    yield from _by_name(company, whole, who="Person", label="Hours")
    yield from _by_name(company, f"{whole}&sort=-hours", who="Person", label="Hours")
    yield _pdf(company, lambda name: f"{period}&format=pdf&q={name.split()[0]}")


def _roll(company: Company) -> Iterator[Figures]:
    yield from _by_name(company, f"{reverse('muster_roll')}?month=2026-11", who="Name", label="Worked")
    yield from _by_name(company, f"{reverse('muster_roll')}?month=2026-11&rows=shift", who="Name", label="Worked")
    yield _pdf(company, lambda name: f"{reverse('muster_roll')}?month=2026-11&format=pdf&q={name.split()[0]}")


def _departments(company: Company) -> Iterator[Figures]:
    yield from _by_department(company)
    yield _pdf(company, lambda _: f"{reverse('departments')}?month=2026-11&format=pdf")


def _by_department(company: Company) -> Iterator[Figures]:
    address = f"{reverse('departments')}?month=2026-11"
    page = company.reader.get(address).text
    yield _of_departments(zip(column(page, "Department"), column(page, "Worked"), strict=True))
    rows = csv.DictReader(io.StringIO(_content(company.reader.get(f"{address}&format=csv")).decode("utf-8-sig")))
    yield _of_departments((row["Department"], row["Worked"]) for row in rows)
    yield _of_departments(_sheet(company.reader.get(f"{address}&format=xlsx"), who="Department", label="Worked"))


def _of_departments(rows: Any) -> Figures:
    return _listed((department.removesuffix(" alone"), figure) for department, figure in rows)


def _person_month(
    company: Company, client: Callable[[str], Client], address: Callable[[str], str]
) -> Iterator[Figures]:
    pages = {name: client(name).get(f"{address(name)}?month=2026-11").text for name in FIGURES}
    yield {name: " ".join(filter(None, column(page, "Worked"))) for name, page in pages.items()}
    for name, page in pages.items():
        assert f" {FIGURES[name]}" in page[page.index("<details") :], f"the reasons of {name} say another figure"
    for form in ("csv", "xlsx"):
        answers = {name: client(name).get(f"{address(name)}?month=2026-11&format={form}") for name in FIGURES}
        yield {name: _of_month(answered, form) for name, answered in answers.items()}
    yield _pdf_of_month(client, address)


def _of_month(answered: Any, form: str) -> str:
    if form == "xlsx":
        days = [figure for day, figure in _sheet(answered, who="Day", label="Worked") if re.match(r"\d{4}-", day)]
        return " ".join(filter(None, days))
    rows = csv.DictReader(io.StringIO(_content(answered).decode("utf-8-sig")))
    return " ".join(filter(None, (row["Worked"] for row in rows)))


def _pdf_of_month(client: Callable[[str], Client], address: Callable[[str], str]) -> Figures:
    found = {}
    for name, figure in FIGURES.items():
        answered = client(name).get(f"{address(name)}?month=2026-11&format=pdf")
        words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(_content(answered))).pages).split()
        found[name] = figure if figure in words else ""
    return found


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _my_month(company: Company) -> Iterator[Figures]:
    return _person_month(company, lambda name: _signed_in(company.users[name]), lambda _: reverse("my_month"))


def _months_of_people(company: Company) -> Iterator[Figures]:
    return _person_month(
        company, lambda _: company.reader, lambda name: reverse("person_month", args=[company.people[name].pk])
    )


def _payroll(company: Company) -> Iterator[Figures]:
    """Close the month: the file of each, its preview, and the very same days in the lists as they are stored now."""
    template = payroll_templates.save(
        PayrollTemplate(name="Hours", hours_as="clock"), columns=[("name", "Name"), ("worked", "Worked")], actor=None
    )
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        closing.close(MONDAY.replace(day=1), actor=None, with_open_points=True)
        address = f"{reverse('payroll_file')}?month=2026-11&template={template.name}"
        text = _content(company.reader.get(address)).decode("utf-8-sig")
        yield _listed((row["Name"], row["Worked"]) for row in csv.DictReader(io.StringIO(text)))
        preview = company.reader.get(reverse("payroll"), {"month": "2026-11", "template": template.name})
        yield _listed((name, figure) for name, figure in preview.context["preview"][1:])
        yield from _days(company)
        yield from _roll(company)


def _taken_back(company: Company) -> Iterator[Figures]:
    """Withdraw the out of each by a correction: its page says what the day comes to once that is taken back."""
    ada = User.objects.get(username="ada")
    found = {}
    for name, person in company.people.items():
        out = CheckIn.objects.filter(person=person, voided_at=None).latest("at")
        row = corrections.request(person, MONDAY, withdrawn=[out], reason="x", actor=None)
        corrections.approve(row, actor=ada)
        page = company.reader.get(reverse("approved_request", args=["correction", row.pk])).text
        found[name] = _only(r"worked \d+:\d\d → (\d+:\d\d)", page)
    yield found


def _at_the_door(place: str) -> Callable[[Company], Iterator[Figures]]:
    return lambda company: iter([company.said[place]])


SHOWING: dict[str, Callable[[Company], Iterator[Figures]]] = {
    "record": _at_the_door("record"),  # what the command `check_in --json` prints
    "check_in": _at_the_door("check_in"),
    "kiosk_pin": _at_the_door("kiosk_pin"),
    "today": _at_the_door("today"),
    "days": _days,
    "muster_roll": _roll,
    "departments": _departments,
    "person_month": _months_of_people,
    "my_month": _my_month,
    "payroll_file": _payroll,
    "approved_request": _taken_back,
}
"""Page, file or answer -> how its hours are read."""
SAME_ANSWER = {"kiosk_check_in", "kiosk_number", "payroll", "kiosk_undo"}
"""Those that answer through the lines of one that is listed above; `kiosk_undo` has a test of its own below."""
WITHOUT_HOURS = {
    "kiosk", "kiosk_look", "kiosk_left", "kiosk_heartbeat", "kiosk_pair", "check_in_undo", "check_in_left",
    "devices", "device_code", "device_revoke", "device", "door_places", "door_guests", "door_group",
    "leave_door_group", "remove_door_group",
    "check_ins", "present", "expected", "attempts", "attempt", "replay_attempt", "match_reviews", "answer_match",
    "late", "overtime", "by_hour", "close_month", "code_colours",
    "inbox", "decide_correction", "decide_leave", "decide_cancelling", "overtime_requests", "approve_overtime",
    "ask_correction", "ask_leave", "new_payroll_template", "payroll_template", "remove_payroll_template",
    "before_closing", "reopen_month", "adjustments", "withdraw_adjustment", "month_differences",
    "review_month_differences", "count_again",
}  # fmt: skip
"""Pages that show no hours of a day: lists of punches and requests, lateness and overtime alone, forms, and what a day
of a closed month came to be more or less afterwards."""
SUBJECTS = ("attendance.web.door.", "attendance.web.months.", "attendance.web.records.")


def test_every_page_says_whether_it_shows_hours() -> None:
    names = {page.name for page in urls.PAGES if page.view.__module__.startswith(SUBJECTS)}
    assert names == (set(SHOWING) - {"record"}) | SAME_ANSWER | WITHOUT_HOURS


@pytest.mark.parametrize("place", SHOWING)
@pytest.mark.slow
def test_one_figure(company: Company, place: str) -> None:
    for number, found in enumerate(SHOWING[place](company)):
        assert found == FIGURES, f"{place}, reading {number}"


@pytest.mark.slow
def test_the_mail_of_the_morning_finds_nobody_missing(company: Company) -> None:
    User.objects.filter(username="ada").update(email="ada@example.org")
    mails = digest.digests(day=MONDAY)
    assert not any(name in mail.text() for mail in mails for name in FIGURES)


@pytest.mark.slow
def test_a_direction_put_right_at_the_door_counts_as_the_list_says(company: Company, administrator: User) -> None:
    tablet = _tablet_of(administrator)
    with time_machine.travel(office.at("2026-11-05 08:00"), tick=False) as now:
        typed = {"employee_number": company.people["Dan Day"].employee_number, "pin": PIN}
        tablet.post(reverse("kiosk_pin"), typed)
        now.move_to(office.at("2026-11-05 12:00"))
        left = tablet.post(reverse("kiosk_pin"), typed).json()
        assert (left["direction"], left["hours_today"]) == ("out", "4:00")
        undone = tablet.post(reverse("kiosk_undo"), {"undo": left["undo"], "kind": "other_direction"}).json()
        page = company.reader.get(f"{reverse('days')}?first=2026-11-05&last=2026-11-05").text
        assert column(page, "Hours") == [undone["hours_today"]] == ["0:00"]


def _tablet_of(administrator: User) -> Client:
    tablet = Client()
    device = devices.add(name="Gate 3", actor=administrator)
    answered = tablet.post(reverse("kiosk_pair"), {"code": device_pairing.issue(device, actor=administrator)})
    assert answered.status_code == 302
    return tablet
