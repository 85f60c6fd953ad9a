"""Files of a closed month stay the same, byte for byte, whatever is changed afterwards."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from collections.abc import Callable, Iterator

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.core.models import SiteSettings, User
from attendance.people.models import Department, Person, Site
from attendance.privacy import erasure
from attendance.reports import layouts, month, payroll
from attendance.workdays.models import (
    Assignment,
    ClosedMonth,
    Employment,
    Holiday,
    LeaveType,
    MonthClosing,
    PayrollTemplate,
    Shift,
    StatusCode,
    WorkRules,
)
from attendance.workdays.months import adjustments, closing, preparation, reopening
from attendance.workdays.requests import leaves
from tests import cast
from tests.attendance.conftest import own_folders  # noqa: F401  (fixture)
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER, DECEMBER = dt.date(2026, 10, 1), dt.date(2026, 11, 1), dt.date(2026, 12, 1)
FORMATS = ("", "csv", "xlsx", "pdf")
"""The page itself, and every file of it."""
SHEETS = {
    "roll": "/months/?month=2026-11",
    "roll of Mei": "/months/?month=2026-11&q=Mei",
    "roll of a department": "/months/?month=2026-11&department=Kitchen",
    "roll by shift": "/months/?month=2026-11&rows=shift",
    "late": "/months/late/?month=2026-11",
    "departments": "/months/departments/?month=2026-11",
    "overtime": "/months/overtime/?month=2026-11",
    "by hour": "/months/by-hour/?month=2026-11",
}
EMPLOYED = ("mei", "ben", "ada")
TABLE = re.compile(r'<table class="table.*?</table>|<p class="legend">.*?</p>|<dl class="sums">.*?</dl>', re.DOTALL)


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


@pytest.fixture
def people() -> dict[str, Person]:
    """Mei works late and at night, Ben is on leave, Ada never comes, Gone left in October with an hour to come."""
    WorkRules.objects.create(content={"rates": [{"after": "0:00", "rate": "1.25"}, {"after": "1:00", "rate": "1.5"}]})
    shift = office.day_shift()
    mei = office.employee("Mei", shift=shift, department="Kitchen", employee_number="01")
    ben = office.employee("Ben", shift=shift, department="Kitchen", employee_number="02")
    ada = office.employee("Ada", shift=shift, employee_number="03")
    gone = office.employee("Gone", shift=shift, department="Office", employee_number="04")
    Employment.objects.filter(person=gone).update(left=dt.date(2026, 10, 30))
    office.holiday("2026-11-11")
    for day in ("2026-10-05", "2026-11-02", "2026-11-03", "2026-11-11"):
        office.punches(mei, f"{day} 08:20", f"{day} 23:07")
        office.punches(gone, f"{day} 08:00", f"{day} 17:00")
    office.punches(ben, "2026-11-04 08:00")
    asked = leaves.request(ben, office.leave_type(), first=dt.date(2026, 11, 9), last=dt.date(2026, 11, 12), actor=None)
    leaves.approve(asked, actor=cast.user("decider", role="HR"))
    return {"mei": mei, "ben": ben, "ada": ada, "gone": gone}


@pytest.fixture
def closed(people: dict[str, Person]) -> MonthClosing:
    """Close October, then November with a late fact and an entry about October."""
    hr = cast.user("closer", role="HR")
    with time_machine.travel(office.at("2026-11-03 12:00"), tick=False):
        closing.close(OCTOBER, actor=hr, with_open_points=True)
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        office.punches(people["gone"], "2026-10-06 08:00", "2026-10-06 18:30")
        office.punches(people["mei"], "2026-10-07 08:00", "2026-10-07 18:30")
        entered = {"overtime": 1800, "overtime_by_rate": {"1.25": 1800}, "payable": 1800}
        adjustments.enter(people["ada"], OCTOBER, quantities=entered, reason="a shift too short", actor=hr)
        return closing.close(NOVEMBER, actor=hr, with_open_points=True)


@pytest.fixture
def reader() -> Iterator[Client]:
    """Somebody who reads everything, long afterwards."""
    PayrollTemplate.objects.create(
        name="Bureau",
        columns=[[key, key] for key in ("employee_number", "name", "department", "line", "standard", "overtime",
                                        "rate:1.25", "rate:1.5", "payable", "leave:CL", "reason", "lock")],
        rounding_minutes=15,
        rounds_each_day=True,
    )  # fmt: skip
    client = Client()
    with time_machine.travel(office.at("2027-02-17 09:41"), tick=False):
        client.force_login(cast.user("reader", role="HR"))
        yield client


def contents(client: Client, people: dict[str, Person], *, version: str = "") -> dict[str, bytes]:
    """Return every file of November; of a page the tables, which are what it says of the month."""
    pages = dict(SHEETS)
    for name in EMPLOYED:
        pages[f"month of {name}"] = f"{reverse('person_month', args=[people[name].pk])}?month=2026-11"
    found = {}
    for name, address in pages.items():
        for wanted in FORMATS:
            answer = client.get(f"{address}{version}&format={wanted}" if wanted else f"{address}{version}")
            assert answer.status_code == 200, address
            data = b"".join(answer) if answer.streaming else answer.content
            found[f"{name}.{wanted or 'html'}"] = data if wanted else "".join(TABLE.findall(data.decode())).encode()
    for template in ("", "Bureau"):
        answer = client.get(f"{reverse('payroll_file')}?month=2026-11{version}&template={template}")
        found[f"payroll {template}"] = b"".join(answer)
    found["codes"] = b"".join(client.get(f"/months/codes/?month=2026-11{version}"))
    return found


def digests(found: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}


def rename(people: dict[str, Person]) -> None:
    for number, person in enumerate(people.values()):
        Person.objects.filter(pk=person.pk).update(name=f"A{9 - number} Somebody", employee_number=f"X{number}")


def move(people: dict[str, Person]) -> None:
    other = Department.objects.create(name="Warehouse")
    Person.objects.all().update(department=other)
    Department.objects.filter(name="Kitchen").update(name="Canteen")


def change_rules(_people: dict[str, Person]) -> None:
    WorkRules.objects.update(
        content={"rates": "3", "night": "20:00-04:00", "overtime_tolerance": 600, "overtime_needs_approval": True}
    )


def change_codes(_people: dict[str, Person]) -> None:
    StatusCode.objects.update(label="other", colour="#123456", paid_fraction=0.25)
    LeaveType.objects.update(name="other leave", colour="#abcdef", paid_fraction=0.1)


def change_zone(_people: dict[str, Person]) -> None:
    SiteSettings.objects.update(time_zone="Asia/Tokyo")
    site = Site.objects.create(name="Far", time_zone="America/New_York")
    Employment.objects.update(site=site)


def change_shift(people: dict[str, Person]) -> None:
    Shift.objects.update(name="Other", start=dt.time(5), end=dt.time(9), breaks="")
    Assignment.objects.filter(person=people["mei"]).delete()
    Holiday.objects.update(day=dt.date(2026, 11, 2), name="Moved")


def let_go(people: dict[str, Person]) -> None:
    """Deactivate a leaver, and delete the account of whoever closed the month."""
    roster_person = people["gone"]
    Person.objects.filter(pk=roster_person.pk).update(deactivated_at=office.at("2026-12-01 00:00"))
    User.objects.filter(username="closer").delete()
    Employment.objects.filter(person=people["mei"]).update(left=dt.date(2026, 11, 5))


def add_facts(people: dict[str, Person]) -> None:
    office.punches(people["ada"], "2026-11-05 08:00", "2026-11-05 19:00")
    office.employee("Newcomer", employee_number="05", joined="2026-11-01")


CHANGES: list[Callable[[dict[str, Person]], None]] = [
    rename, move, change_rules, change_codes, change_zone, change_shift, let_go, add_facts,
]  # fmt: skip


@pytest.mark.slow
def test_no_change_reaches_a_file_of_a_closed_month(
    closed: MonthClosing, people: dict[str, Person], reader: Client
) -> None:
    before = contents(reader, people)
    assert len(before) == len(FORMATS) * (len(SHEETS) + len(EMPLOYED)) + 3
    for change in CHANGES:
        change(people)
    after = digests(contents(reader, people))
    assert [name for name, digest in digests(before).items() if after[name] != digest] == []
    assert closing.checksum(closed) == closed.sha256


@pytest.mark.slow
def test_erasing_a_person_takes_the_name_and_nothing_else(
    closed: MonthClosing, people: dict[str, Person], reader: Client
) -> None:
    before = contents(reader, people)
    for who in ("mei", "gone"):
        erasure.erase(people[who], actor=None)
    after = contents(reader, people)
    blanked = {people[who].name: f"erased person {people[who].pk}" for who in ("mei", "gone")}
    for name in before:
        if name.startswith("roll of Mei"):
            continue  # whoever is erased is not found by the name any more
        if name.endswith((".xlsx", ".pdf")):
            assert words(after[name]) == replaced(words(before[name]), blanked), name
        else:
            assert after[name].decode() == replaced(before[name].decode(), blanked), name
    assert "01" in after["roll.csv"].decode()
    closed.refresh_from_db()
    assert closing.checksum(closed) == closed.sha256


def replaced(text: str, names: dict[str, str]) -> str:
    for name, other in names.items():
        text = re.sub(rf"\b{name}\b", other, text)
    return text


def words(data: bytes) -> str:
    """Return what a spreadsheet or a PDF says, in order."""
    if data.startswith(b"%PDF"):
        import pypdf

        return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    return "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)


@pytest.mark.slow
def test_the_files_say_by_whom_when_and_what_the_checksum_covers(
    closed: MonthClosing, people: dict[str, Person], reader: Client
) -> None:
    data = b"".join(reader.get("/months/?month=2026-11&format=xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    facts = {row[0]: row[1] for row in sheet.iter_rows(max_row=12, values_only=True)}
    assert (facts["By"], facts["Made"], facts["Version"]) == ("closer", "2026-12-02 12:00 (Europe/Berlin)", "1")
    assert (
        facts["Checksum"] == f"{closed.sha256[:12]}, covers numbers, days, hours and money; a name may be erased by law"
    )
    answer = reader.get("/months/?month=2026-11&format=csv")
    assert f"muster-roll-2026-11-{closed.sha256[:12]}.csv" in answer.headers["Content-Disposition"]
    page = reader.get("/months/?month=2026-11").content.decode()
    assert layouts.COVERAGE in page
    assert "by closer" in page


def test_who_was_adjusted_and_had_left_before_is_named_by_the_closing(
    closed: MonthClosing, people: dict[str, Person]
) -> None:
    rows = [row.split(",") for row in payroll.lines(month.month(NOVEMBER))]
    head = rows[0]
    lines = [(row[0], row[1], row[head.index("line")], row[head.index("period_from")]) for row in rows[1:]]
    assert lines == [
        ("03", "Ada", "month", "2026-11-01"),
        ("02", "Ben", "month", "2026-11-01"),
        ("01", "Mei", "month", "2026-11-01"),
        ("01", "Mei", "adjustment", "2026-10-01"),
        ("03", "Ada", "adjustment", "2026-10-01"),
        ("04", "Gone", "adjustment", "2026-10-01"),
    ]
    assert {row.name for row in ClosedMonth.objects.filter(closing=closed, days=[])} == {"Gone"}


@pytest.mark.slow
def test_a_superseded_file_comes_out_as_it_went_out(
    closed: MonthClosing, people: dict[str, Person], reader: Client
) -> None:
    before = contents(reader, people)
    reopening.reopen(closed, reason="a wrong shift", actor=cast.user("chief", role="Administrator"))
    office.punches(people["ada"], "2026-11-05 08:00", "2026-11-05 19:00")
    WorkRules.objects.update(content={"rates": "2"})
    again = closing.close(NOVEMBER, actor=None, with_open_points=True)
    assert (again.version, again.state) == (2, MonthClosing.State.CLOSED)
    assert contents(reader, people, version="&version=1") == before
    now = contents(reader, people)
    assert f"2026-11 v2 {again.sha256[:12]}" in now["payroll "].decode()
    assert "a shift too short" in now["payroll "].decode()
    answer = reader.get(f"{reverse('payroll_file')}?month=2026-11&version=1")
    assert 'filename="payroll-2026-11-v1-superseded.csv"' in answer.headers["Content-Disposition"]
    answer = reader.get(f"{reverse('payroll_file')}?month=2026-11")
    assert 'filename="payroll-2026-11-v2.csv"' in answer.headers["Content-Disposition"]


def test_the_newest_layout_is_the_one_that_months_are_closed_with() -> None:
    assert max(layouts.LAYOUTS) == preparation.LAYOUT
