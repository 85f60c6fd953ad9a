"""The pages of a month show only the people whom the reader may see, and requests reach the manager."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re

import openpyxl
import pypdf
import pytest
from django.test import Client

from attendance.core.models import User
from attendance.people.models import Department, Person
from attendance.reports import sheets
from attendance.workdays.models import Correction, DepartmentManager, Employment, Leave, LeaveType, MonthClosing, State
from attendance.workdays.schedule import employment
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER, agreed, close
from tests.cast import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]


def test_the_muster_roll_and_its_files(mei: Person) -> None:
    client = signed_in("hr", "HR")
    page = client.get("/months/?month=2026-11").content.decode()
    assert "Mei" in page
    assert 'data-label="2 Mon" data-code="P">P<span class="second">LATE</span>' in page
    answered = client.get("/months/?month=2026-11&format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answered.getvalue())).active
    assert sheet is not None
    noted = {str(row[0]): row[1] for row in sheet.iter_rows(max_row=8, values_only=True)}
    assert (noted["Month"], noted["State"], noted["By"], noted["Zone"]) == ("2026-11", "open", "hr", "Europe/Berlin")
    assert "muster-roll-2026-11.xlsx" in answered.headers["Content-Disposition"]
    assert client.get("/months/?month=2026-11&format=pdf").getvalue().startswith(b"%PDF-")


@pytest.mark.parametrize("address", ["/months/late/", "/months/departments/", "/months/overtime/", "/months/by-hour/"])
def test_every_sheet_opens(mei: Person, address: str) -> None:
    client = signed_in("hr", "HR")
    answered = client.get(f"{address}?month=2026-11")
    assert answered.status_code == 200
    assert "Kitchen" in answered.content.decode() or "<svg" in answered.content.decode()
    assert client.get(f"{address}?month=2026-11&format=csv").status_code == 200


def test_a_manager_sees_only_the_own_departments(mei: Person) -> None:
    office.employee("Ben", department="Office")
    client = signed_in("boss", "Manager")
    assert "Mei" not in client.get("/months/?month=2026-11").content.decode()
    assert client.get(f"/people/{mei.pk}/month/").status_code == 403
    DepartmentManager.objects.create(
        department=Department.objects.get(name="Kitchen"), user=User.objects.get(username="boss")
    )
    page = client.get("/months/?month=2026-11").content.decode()
    assert "Mei" in page
    assert "Ben" not in page
    assert client.get(f"/people/{mei.pk}/month/").status_code == 200


def test_the_own_month_says_why_and_takes_a_request_to_the_manager(mei: Person) -> None:
    user = cast.user("mei")
    Person.objects.filter(pk=mei.pk).update(user=user)
    own = Client()
    own.force_login(user)
    page = own.get("/my-month/?month=2026-11").content.decode()
    assert "In at 08:20 is 0:20 after 08:00: late." in page
    refused = own.post(
        f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "came": "08:00", "reason": "forgot"}
    )
    assert refused.status_code == 422
    assert "That time is recorded already." in refused.content.decode()
    own.post(f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "left": "17:00", "reason": "forgot"})
    asked = Correction.objects.get()
    assert own.get("/requests/").status_code == 403
    boss = signed_in("boss", "Manager")
    assert boss.post(f"/requests/corrections/{asked.pk}/", {"verdict": "approve"}).status_code == 403
    DepartmentManager.objects.create(
        department=Department.objects.get(name="Kitchen"), user=User.objects.get(username="boss")
    )
    assert "forgot" in boss.get("/requests/").content.decode()
    boss.post(f"/requests/corrections/{asked.pk}/", {"verdict": "reject", "decision": ""})
    asked.refresh_from_db()
    assert asked.state == State.REQUESTED
    boss.post(f"/requests/corrections/{asked.pk}/", {"verdict": "approve"})
    page = own.get("/my-month/?month=2026-11").content.decode()
    assert '<abbr title="corrected">REG</abbr>' in page


def test_an_account_without_a_person_has_no_month(mei: Person) -> None:
    assert "belongs to nobody" in signed_in("lonely").get("/my-month/").content.decode()
    assert signed_in("other").get(f"/people/{mei.pk}/month/").status_code == 403


@pytest.mark.slow
def test_closing_and_payroll(mei: Person) -> None:
    client = signed_in("hr", "HR")
    assert client.get("/months/payroll/?month=2026-11").status_code == 302
    client.post("/months/close/", {"month": "2026-11", "with_open_points": "1", "agreed": agreed(NOVEMBER)})
    assert MonthClosing.objects.get().month == dt.date(2026, 11, 1)
    page = client.get("/months/?month=2026-11").content.decode()
    assert "Closed" in page
    file = b"".join(client.get("/months/payroll/?month=2026-11")).decode()
    assert file.startswith("employee_number,name,period_from")
    first, second = (client.get("/months/?month=2026-11&format=xlsx").getvalue() for _ in range(2))
    assert first == second
    assert signed_in("clerk", "Clerk").post("/months/close/", {"month": "2026-12"}).status_code == 403


@pytest.mark.parametrize("typed", ["9999-12", "0001-01", "99999-12", "1899-12", "2026-13", "november"])
@pytest.mark.parametrize("address", ["/months/", "/months/overtime/", "/months/by-hour/", "/my-month/"])
def test_an_unreadable_month_shows_the_present_one(mei: Person, address: str, typed: str) -> None:
    user = cast.user("hr", role="HR")
    Person.objects.filter(pk=mei.pk).update(user=user)
    client = Client()
    client.force_login(user)
    answered = client.get(f"{address}?month={typed}")
    assert answered.status_code == 200
    assert "December 2026" in answered.content.decode()


def test_the_edges_of_what_can_be_asked_for(mei: Person) -> None:
    client = signed_in("hr", "HR")
    for typed in ("1900-01", "2199-12"):
        assert client.get(f"/months/?month={typed}").status_code == 200
        assert client.get(f"/people/{mei.pk}/month/?month={typed}").status_code == 200
    page = client.get("/months/?month=9999-12").content.decode()
    assert "Choose a month from 1900 to 2199." in page
    assert client.get("/payroll/?month=9999-12").status_code == 200
    assert client.get("/months/payroll/?month=9999-12").status_code == 302
    assert client.post("/months/close/", {"month": "9999-12"}).status_code == 403


def test_only_a_month_that_is_over_can_be_closed(mei: Person) -> None:
    client = signed_in("hr", "HR")
    assert "Close November" in client.get("/months/?month=2026-11").content.decode()
    for month in ("2026-12", "2027-03"):
        page = client.get(f"/months/?month={month}").content.decode()
        assert "can be closed when its last shift" in page
        assert "<summary" not in page.partition('class="month-state"')[2].partition("</div>")[0]


def test_whoever_has_left_sees_it_and_is_asked_for_nothing(mei: Person) -> None:
    Employment.objects.filter(person=mei).update(left=dt.date(2026, 10, 15))
    client = signed_in("hr", "HR")
    page = client.get(f"/people/{mei.pk}/month/?month=2026-11").content.decode()
    assert "Employed from 1 January 2026 to 15 October 2026." in page
    assert 'href="?month=2026-10"' in page
    assert "Something is wrong?" not in page
    assert "Something is wrong?" in client.get(f"/people/{mei.pk}/month/?month=2026-10").content.decode()
    refused = client.post(f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "came": "08:00", "reason": "x"})
    assert (refused.status_code, "outside of the employment" in refused.content.decode()) == (422, True)


def test_a_request_for_a_closed_month_says_where_it_will_count(mei: Person) -> None:
    client = signed_in("hr", "HR")
    noted = "what is approved now counts as an adjustment"
    assert noted not in client.get(f"/people/{mei.pk}/month/?month=2026-11").content.decode()
    client.post("/months/close/", {"month": "2026-11", "with_open_points": "1", "agreed": agreed(NOVEMBER)})
    page = client.get(f"/people/{mei.pk}/month/?month=2026-11").content.decode()
    assert noted in page
    assert 'name="day" value="2026-11-30"' in page


def test_leave_that_was_decided_is_listed_with_the_corrections(mei: Person) -> None:
    client = signed_in("hr", "HR")
    office.leave_type()
    asked = {"kind": LeaveType.objects.get().pk, "first": "2026-12-14", "last": "2026-12-15", "part": "full"}
    client.post(f"/people/{mei.pk}/month/leave/", asked)
    client.post(f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "left": "17:00", "reason": "forgot"})
    client.post(f"/requests/leave/{Leave.objects.get().pk}/", {"verdict": "reject", "decision": "stocktaking"})
    client.post(f"/requests/corrections/{Correction.objects.get().pk}/", {"verdict": "approve"})
    decided = client.get("/requests/").content.decode().partition("Decided last")[2]
    assert decided.index("17:00") < decided.index("14 Dec 2026 to Tue 15 Dec 2026") < decided.index("stocktaking")
    again = client.post(f"/requests/leave/{Leave.objects.get().pk}/", {"verdict": "approve"}, follow=True)
    assert "This was decided already." in again.content.decode()


def test_the_late_list_is_by_day_and_name_and_has_pages(mei: Person) -> None:
    shift = mei.assignments.get().shift
    office.employee("Ann", shift=shift, department="Kitchen")
    client = signed_in("hr", "HR")
    page = client.get("/months/late/?month=2026-11")
    found = re.findall(r'"Day"><span[^>]*>\w+ (\d+) Nov 2026.*?"Name"><a[^>]*>(\w+)', page.text)
    assert found[:4] == [("2", "Ann"), ("2", "Mei"), ("3", "Ann"), ("3", "Mei")]
    assert page.context["page"].paginator.count == len(found) == 2 * 21
    for number in range(3):
        office.employee(f"New {number}", shift=shift)
    last = client.get("/months/late/?month=2026-11&page=9")
    assert (last.context["page"].number, last.context["page"].paginator.count) == (3, 5 * 21)
    assert "101 to 105 of 105" in last.text
    assert "30 Nov 2026" in last.text
    assert " 2 Nov 2026" not in last.text


def test_check_ins_outside_of_an_employment_are_in_the_list(mei: Person) -> None:
    """Whoever left in the month, and whoever is employed on no day of it; a closed month is about its own people."""
    employment.employ(mei, joined=dt.date(2026, 11, 1), left=dt.date(2026, 11, 27), actor=None)
    gone = office.employee("Ida", department="Bar", employee_number="9")
    employment.employ(gone, joined=dt.date(2026, 9, 1), left=dt.date(2026, 9, 30), actor=None)
    office.punches(mei, "2026-11-30 08:00", "2026-11-30 17:00")
    office.punches(gone, "2026-11-04 08:00", "2026-11-04 17:00")
    client = signed_in("hr", "HR")
    outside = "check-ins outside of the employment"

    def found(more: str = "") -> list[tuple[str, str]]:
        text = client.get(f"/months/late/?month=2026-11&format=csv{more}").getvalue().decode()
        return [(row["Day"], row["Name"]) for row in csv.DictReader(io.StringIO(text)) if row["What"] == outside]

    both = [("2026-11-30", "Mei"), ("2026-11-04", "Ida")]
    assert found() == both
    assert client.get("/months/late/?month=2026-11").text.count(outside) == 2
    assert (found("&q=Ida"), found("&department=Bar"), found("&department=Kitchen")) == (both[1:], both[1:], both[:1])
    assert outside not in signed_in("boss", "Manager").get("/months/late/?month=2026-11").text
    closed = close(NOVEMBER, "2026-12-02 12:00")
    assert found() == both[:1]
    MonthClosing.objects.filter(pk=closed.pk).update(layout=3)  # as it was closed before they had a word of their own
    assert found() == []
    assert "off-shift" in client.get("/months/late/?month=2026-11").text


def test_the_way_back_to_what_is_open_is_shown_to_whoever_came_from_there(mei: Person) -> None:
    client = signed_in("hr", "HR")
    back = "Back to what is open"
    listed = client.get("/months/closing/?month=2026-11").text
    address = html.unescape(re.search(r'href="(/people/\d+/month/[^"#]*day=2026-11-04[^"#]*)', listed)[1])  # type: ignore[index]
    assert back in client.get(address).text
    assert back not in client.get(f"/people/{mei.pk}/month/?month=2026-11&day=2026-11-02").text
    form = re.search(r'action="([^"#]*correction[^"#]*)', client.get(address).text)
    assert form is not None
    typed = {"day": "2026-11-04", "came": "08:00", "left": "17:00", "reason": "x", "enter": "1"}
    assert back in client.post(html.unescape(form[1]), typed, follow=True).text


def test_an_open_month_names_all_departments_of_whoever_moved(mei: Person) -> None:
    bar = Department.objects.create(name="Bar")
    employment.move_to_department(mei, bar, since=dt.date(2026, 11, 16), actor=None)
    client = signed_in("hr", "HR")
    for address in ("/months/", "/months/late/", "/months/overtime/"):
        assert "Kitchen, from 16 Nov Bar" in client.get(f"{address}?month=2026-11").text
    assert ">Kitchen<" in client.get("/months/?month=2026-10").text
    assert ">Bar<" in client.get("/months/?month=2026-12").text
    sums = client.get("/months/departments/?month=2026-11").text  # a person is counted once
    assert (">Bar<" in sums, "from 16 Nov" in sums) == (True, False)
    employment.move_to_department(mei, None, since=dt.date(2026, 11, 23), actor=None)
    page = client.get("/months/?month=2026-11").text
    assert "Kitchen, from 16 Nov Bar, from 23 Nov no department" in page


TOTALLED = [["Bar", "1", "30"], ["Kitchen", "1", "30"], ["Total", "2", "60"]]


def files_of_departments(client: Client) -> dict[str, list[list[str]]]:
    """Return the first three cells of each row of each file, the heading and what stands above left out."""
    address = "/months/departments/?month=2026-11&format="
    text = b"".join(client.get(f"{address}csv")).decode()
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(f"{address}xlsx"))), data_only=True).active
    assert sheet is not None
    pages = pypdf.PdfReader(io.BytesIO(b"".join(client.get(f"{address}pdf")))).pages
    names = {"Bar", "Kitchen", "Total"}
    rows = [
        [f"{cell:g}" if isinstance(cell, float) else f"{cell}" for cell in row[:3]]
        for row in sheet.iter_rows(values_only=True)
    ]
    words = " ".join(page.extract_text() for page in pages).split()
    return {
        "csv": [row[:3] for row in csv.reader(io.StringIO(text)) if row[0] in names],
        "xlsx": [row for row in rows if row[0] in names],
        "pdf": [words[at : at + 3] for at, word in enumerate(words) if word in names],
    }


def test_the_page_of_departments_has_a_total_and_so_has_each_file(mei: Person) -> None:
    office.employee("Ben", department="Bar")
    client = signed_in("hr", "HR")
    rows = re.findall(r"<tr>(<td.*?)</tr>", client.get("/months/departments/?month=2026-11").text)
    cells = [re.findall(r">([^<>]+)</span></td>", row)[:3] for row in rows]
    assert cells == TOTALLED
    assert files_of_departments(client) == {"csv": TOTALLED, "xlsx": TOTALLED, "pdf": TOTALLED}


def test_a_month_that_was_closed_without_a_total_in_its_files_keeps_them_so(mei: Person) -> None:
    office.employee("Ben", department="Bar")
    closing = close(NOVEMBER, "2026-12-05 12:00")
    client = signed_in("hr", "HR")
    assert files_of_departments(client)["csv"] == TOTALLED
    MonthClosing.objects.filter(pk=closing.pk).update(layout=2)
    found = files_of_departments(client)
    assert (found["csv"], found["pdf"], found["xlsx"]) == (TOTALLED[:2], TOTALLED[:2], TOTALLED)


def test_the_chart_has_every_day_of_the_week(mei: Person) -> None:
    chart = signed_in("hr", "HR").get("/months/by-hour/?month=2026-11").context["chart"]
    assert [day in chart for day in ("Mon", "Thu", "Sat", "Sun")] == [True] * 4
    assert "Nobody was here" in signed_in("hr2", "HR").get("/months/by-hour/?month=2026-01").context["chart"]


def test_a_page_writes_days_in_one_form(mei: Person) -> None:
    office.leave_type()
    client = signed_in("hr", "HR")
    asked = {"kind": LeaveType.objects.get().pk, "first": "2026-12-03", "last": "2026-12-04", "part": "full"}
    client.post(f"/people/{mei.pk}/month/leave/", asked)
    client.post(f"/people/{mei.pk}/month/correction/", {"day": "2026-11-03", "left": "17:00", "reason": "forgot"})
    page = client.get("/requests/").content.decode()
    shown = re.sub(r'href="[^"]*"', "", page.partition("<main")[2])
    dates = re.findall(r"\w+ \d{1,2}(?: \w+)? 20\d\d|\d{1,2} \w+ \d\d:\d\d|20\d\d-\d\d-\d\d", shown)
    named = [each for each in dates if "?month" not in each]
    assert {"Tue 3 Nov 2026", "Thu 3 Dec 2026", "Fri 4 Dec 2026", "Wed 2 Dec 2026"} == set(named)
    form = {"month": "2026-11", "with_open_points": "1", "agreed": agreed(NOVEMBER)}
    closed = client.post("/months/close/", form, follow=True)
    assert closed.status_code == 200
    answer = client.post("/planning/rules/", {"text": "overtime_tolerance = 5", "since": "2026-11-02"})
    assert "The first open day is 1 Dec 2026" in answer.content.decode()


def test_zeros_are_shown_softly(mei: Person) -> None:
    page = signed_in("hr", "HR").get("/months/overtime/?month=2026-11").content.decode()
    assert '<td class="number zero" data-label="Overtime">' in page
    assert 'data-label="Paid at 1"' in page


def test_a_form_that_is_sent_once_brings_the_script_for_it(mei: Person) -> None:
    client = signed_in("hr", "HR")
    for address in (
        "/months/closing/?month=2026-11",
        f"/people/{mei.pk}/month/",
        "/planning/",
        "/planning/shifts/new/",
    ):
        page = client.get(address).content.decode()
        assert "data-once" in page
        assert re.search(r'<script type="module" src="[^"]*/js/once[^"]*\.js"', page)


def test_a_row_for_each_shift_where_somebody_asks_for_it(mei: Person) -> None:
    client = signed_in("hr", "HR")
    office.day_shift(name="Late", start=dt.time(18), end=dt.time(20), breaks="").assignments.create(person=mei)
    page = client.get("/months/?month=2026-11").content.decode()
    assert page.count(f'href="/people/{mei.pk}/month/') == 1
    assert 'data-label="Shift"' not in page
    page = client.get("/months/?month=2026-11&rows=shift").content.decode()
    assert page.count(f'href="/people/{mei.pk}/month/') == 2
    assert 'data-label="Shift"><span class="clip" dir="auto">Late</span>' in page
    written = b"".join(client.get("/months/?month=2026-11&rows=shift&format=csv")).decode()
    assert [row[3] for row in csv.reader(io.StringIO(written))] == ["Shift", "Day", "Late"]
    answered = client.get("/months/?month=2026-11&rows=shift&format=xlsx")
    assert "muster-roll-2026-11-by-shift.xlsx" in answered.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answered.getvalue()), data_only=True).active
    assert sheet is not None
    assert str(sheet.freeze_panes).startswith("E")
    noted = list(sheet.iter_rows(values_only=True))
    assert ("Rows", "one per person and shift") in [row[:2] for row in noted]
    head = next(row for row in noted if row[0] == "Number")
    bottom = next(row for row in noted if row[0] == "Total")
    shares = [bottom[head.index(label)] for label, _ in sheets.TOTALS]
    assert shares[0] == sum(shares[1:]) == 30
    assert (sheets.OTHER_SHIFT, "other shifts on that day") in [row[:2] for row in noted]
