"""Known mistakes of other systems, in rows, rights and files; the rest is in known_mistakes.toml.

The numbers are those of the other systems' trackers, a test or a case for each; what is left out is named with why.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

import openpyxl
import pytest
import time_machine
from django.http.response import HttpResponseBase
from django.test import Client

from attendance.checkins.models import CheckIn
from attendance.core.models import User
from attendance.people.models import Department, Person
from attendance.workdays.models import DepartmentManager
from attendance.workdays.requests import leaves
from tests import cast, factories
from tests.attendance.workdays import office
from tests.cast import signed_in
from timekeeping.cases import trying

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
LISTED = re.findall(
    r"\S+",
    """
O166302 O183093 O189839 O277717 O253006 O249410 O3630 O204667 F299 F1397 F225 F4198 F2968 trackworktime146
einsatzverwaltung200 ATimeTracker148 F3298 F713 F714 F1107 F3349 F3839 F788 F2782 F383 F5082 F2859 H821 O29645 F3353
F4648 O25849 O216667 H340 H600 H81 H72 H825 H1057 R196 O86044 O209073 O242517 O257079 O235442 O197395 O262257 O98707
O238348 OCA237 OCA203 F4211 F1145 F238 F565 F705 F926 F5104 F1415 F1446 H446 H285 H432 H472 H975 H961 R270 K5463 K2744
K1659 phpexcelreader187 H1115 FS26 Z14
""",
)
HELD_BY_OTHERS = {
    "F2859": "tests/web/door/test_check_in.py::test_an_account_without_a_person_is_explained",
    "H821": "tests/web/door/test_check_in.py::test_an_account_without_a_person_is_explained",
    "H472": "tests/web/people/test_imports.py::test_everybody_leaves_in_a_zip_that_is_read_again",
}
"""F2859, H821: who has an account of their own checks in by browser, everybody else at a door: a choice a person."""
LEFT_OUT = {"Z14": "no time clock talks to Muster yet, so none has a clock that could be moved"}


@pytest.fixture(autouse=True)
def _in_dubai(december: None) -> None:
    office.site("Asia/Dubai")


@pytest.fixture
def mei() -> Person:
    """Eight weeks of nine hours at a desk in Dubai: more than a day in every sum."""
    person = office.employee("Mei", shift=office.day_shift(), department="Kitchen")
    for day in range(2, 7):
        factories.check_in(person, at(f"2026-11-0{day} 09:30"))
        factories.check_in(person, at(f"2026-11-0{day} 18:00"), "out")
    return person


def at(text: str, hours: int = 4) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone(dt.timedelta(hours=hours)))


def content(answered: HttpResponseBase) -> bytes:
    """Return the whole answer, whether it comes at once or line by line."""
    return b"".join(answered)


def csv_of(client: Client, address: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(client.get(address)).decode())))


def muster_roll(client: Client) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content(client.get("/months/?month=2026-11&format=xlsx")))).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("hours", [4, 5, 0], ids=["F1397 phone", "F225 server", "F4198 UTC"])
def test_a_time_is_an_instant_shown_in_the_zone_of_the_site(hours: int, mei: Person) -> None:
    CheckIn.objects.all().delete()
    row = factories.check_in(mei, at("2026-11-02 09:30").astimezone(dt.timezone(dt.timedelta(hours=hours))))
    row.refresh_from_db()
    row.save()
    row.refresh_from_db()
    assert row.at == at("2026-11-02 09:30")
    page = signed_in("somebody", "HR").get("/check-ins/?first=2026-11-02&last=2026-11-02").content.decode()
    assert "Mon 2 Nov 2026, 09:30" in page
    assert "Asia/Dubai" in page


def test_f2968_old_check_ins_keep_showing_their_own_times(mei: Person) -> None:
    client = signed_in("somebody", "HR")
    first = csv_of(client, "/check-ins/?first=2026-11-02&last=2026-11-06&format=csv")
    with time_machine.travel(office.at("2027-03-01 07:11"), tick=False):
        later = csv_of(signed_in("later", "HR"), "/check-ins/?first=2026-11-02&last=2026-11-06&format=csv")
    assert later == first
    assert len({row[0] for row in first[1:]}) == 10


@pytest.mark.parametrize("form", ["csv", "xlsx"], ids=["F1415 csv", "F1446 xlsx"])
def test_a_file_of_the_month_holds_the_codes(form: str, mei: Person) -> None:
    ben = office.employee("Ben", shift=mei.assignments.get().shift)
    asked = leaves.request(ben, office.leave_type(), first=dt.date(2026, 11, 2), last=dt.date(2026, 11, 2), actor=None)
    leaves.approve(asked, actor=cast.user("boss", role="HR"))
    client = signed_in("somebody", "HR")
    rows = csv_of(client, "/months/?month=2026-11&format=csv") if form == "csv" else muster_roll(client)
    found = {str(row[1]): [str(cell) for cell in row[3:33]] for row in rows if len(row) > 33 and row[1]}
    assert found["Mei"][0] == "WO"
    assert found["Mei"][1].split() == ["P", "LATE"]
    assert found["Mei"][8] == "A"
    assert found["Ben"][1:3] == ["CL", "A"]


@pytest.mark.parametrize("address", ["/months/", "/months/late/", "/months/overtime/", "/check-ins/"])
def test_h446_a_file_with_an_empty_filter(address: str, mei: Person) -> None:
    assert len(csv_of(signed_in("somebody", "HR"), f"{address}?format=csv&month=&q=&department=&first=&last=")) >= 1


@pytest.mark.parametrize("people", [60], ids=["H285 and H432"])
def test_many_people_leave_line_by_line(people: int, mei: Person) -> None:
    for number in range(people):
        office.employee(f"Person {number}", shift=mei.assignments.get().shift)
    answered = signed_in("somebody", "HR").get("/months/?month=2026-11&format=csv")
    assert answered.streaming
    lines = content(answered).splitlines()
    assert b"Name" in lines[0]
    assert len(lines) >= people + 2


def test_h975_somebody_without_a_right_exports_nobody_else(mei: Person) -> None:
    office.employee("Ben", department="Kitchen")
    user = cast.user("mei")
    Person.objects.filter(pk=mei.pk).update(user=user)
    client = Client()
    client.force_login(user)
    for address in ("/months/", "/months/late/", "/months/overtime/", "/check-ins/"):
        assert b"Ben" not in content(client.get(f"{address}?month=2026-11&format=csv"))


def test_h961_a_right_reaches_as_far_as_its_scope(mei: Person) -> None:
    office.employee("Ben", department="Office")
    client = signed_in("boss", "Manager")
    boss = User.objects.get(username="boss")
    DepartmentManager.objects.create(department=Department.objects.get(name="Kitchen"), user=boss)
    names = {row[1] for row in csv_of(client, "/months/?month=2026-11&format=csv")}
    assert "Mei" in names
    assert "Ben" not in names


def test_k2744_durations_of_a_spreadsheet_are_numbers_that_sum(mei: Person) -> None:
    rows = muster_roll(signed_in("somebody", "HR"))
    head = next(row for row in rows if row[0] == "Number")
    mei_s = next(row for row in rows if row[1] == "Mei")
    worked = [mei_s[at] for at, name in enumerate(head) if name in {"Worked", "Planned"}]
    assert all(isinstance(value, dt.timedelta) for value in worked)
    assert sum((value for value in worked if isinstance(value, dt.timedelta)), dt.timedelta()) > dt.timedelta(hours=37)


@pytest.mark.parametrize("hours", [37.5], ids=["K1659 and phpexcelreader187"])
def test_more_than_a_day_is_shown_as_hours_without_a_mark_for_thousands(hours: float, mei: Person) -> None:
    answered = signed_in("somebody", "HR").get("/months/?month=2026-11&format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content(answered))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == dt.timedelta(hours=hours)]
    assert cells
    assert {cell.number_format for cell in cells} == {"[h]:mm"}
    rows = csv_of(signed_in("again", "HR"), "/months/?month=2026-11&format=csv")
    assert any("37:30" in row or "37.5" in row or "37.50" in row for row in rows)


def test_every_row_of_the_list_has_its_test_or_its_reason() -> None:
    cases = Path(trying.__file__).parent / "known_mistakes.toml"
    named = set(re.findall(r'^name = "([A-Za-z]+\d+) ', cases.read_text(), flags=re.MULTILINE))
    own = set(re.findall(r"\b[A-Z]\d+\b|phpexcelreader187", Path(__file__).read_text().partition("LEFT_OUT =")[2]))
    own |= {name.upper() for name in re.findall(r"def test_([a-z]\d+)_", Path(__file__).read_text())}
    for place in HELD_BY_OTHERS.values():
        file, _, name = place.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text()
    covered = named | own | set(HELD_BY_OTHERS) | set(LEFT_OUT)
    assert [row for row in LISTED if row not in covered] == []
