"""First and last days are read from a list, in the form in which it was exported and in a chosen form of dates."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attendance.core.models import AuditEntry
from attendance.people import roster
from attendance.people.models import Person, Site
from attendance.workdays.models import Employment
from attendance.workdays.schedule import employment_lists
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
HEADING = "employee_number,name,first_day,last_day,site\n"


@pytest.fixture
def mei() -> Person:
    return office.employee("Mei Lin", joined="2026-04-03", employee_number="117")


@pytest.fixture
def staff(mei: Person) -> list[Person]:
    """Mei since April; Ada in Tokyo, who left; Ben, of whom no day is known; and somebody with an odd name."""
    ada = office.employee("Ada Moe", joined="2026-01-12", employee_number="=118")
    tokyo = Site.objects.create(name="Tokyo", time_zone="Asia/Tokyo")
    Employment.objects.filter(person=ada).update(left=dt.date(2026, 11, 30), site=tokyo)
    ben = roster.add(employee_number="0119", name="Ben Ode", department="", actor=None)
    odd = office.employee('-1+1, "odd"\u2028', employee_number="120")
    return [mei, ada, ben, odd]


def exported(hr: Client) -> bytes:
    return b"".join(hr.get("/planning/staff/?format=csv"))


def read(hr: Client, text: bytes | str, date_form: str = "iso", **more: str) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    sent = {"file": SimpleUploadedFile("list.csv", content), "date_form": date_form, **more}
    return hr.post("/planning/staff/list/", sent, follow=True).content.decode()


def save(hr: Client, text: str, date_form: str = "iso") -> str:
    """Look at the list, then send what the page holds."""
    page = read(hr, text, date_form)
    kept = re.search(r'<textarea name="text" hidden>(.*?)</textarea>', page, re.DOTALL)
    assert kept is not None
    sent = {"text": unescape(kept[1]), "date_form": date_form, "save": "1"}
    return hr.post("/planning/staff/list/", sent, follow=True).content.decode()


def test_what_was_given_out_reads_back_unchanged(hr: Client, staff: list[Person]) -> None:
    before = list(Employment.objects.order_by("pk").values())
    lines = employment_lists.judge(exported(hr), date_form="iso")
    assert [line.verdict for line in lines] == [employment_lists.Verdict.UNCHANGED] * len(staff)
    assert {line.person for line in lines} == set(staff)
    page = read(hr, exported(hr))
    assert "There is nothing to save." in page
    assert 'name="save"' not in page
    assert employment_lists.save(lines, actor=None) == 0
    assert list(Employment.objects.order_by("pk").values()) == before
    assert not AuditEntry.objects.filter(action="workdays.employ").exists()


@pytest.mark.parametrize(
    ("date_form", "written", "day"),
    [
        ("iso", "2026-04-05", dt.date(2026, 4, 5)),
        ("dmy", "05.04.2026", dt.date(2026, 4, 5)),
        ("slash", "05/04/2026", dt.date(2026, 4, 5)),
        ("us", "04/05/2026", dt.date(2026, 4, 5)),
        ("us", "4/5/2026", dt.date(2026, 4, 5)),
    ],
)
def test_dates_are_read_in_the_form_that_was_chosen(
    hr: Client, mei: Person, date_form: str, written: str, day: dt.date
) -> None:
    assert "1 line; 0 refused" in save(hr, f"{HEADING}117,Mei,{written},,\n", date_form)
    assert Employment.objects.get(person=mei).joined == day
    page = read(hr, f"{HEADING}117,Mei,{written},,\n", date_form)
    assert "<strong>1</strong> unchanged" in page


def test_every_line_has_its_verdict_and_one_that_is_refused_stops_no_other(hr: Client, staff: list[Person]) -> None:
    text = HEADING + "\n".join(
        (
            "117,Mei,2026-04-03,2026-12-31,Tokyo",
            "0119,Ben,2026-05-01,,",
            "=118,Ada,2026-01-12,2026-11-30,tokyo",
            "117,Mei,2026-04-03,,",
            "999,Nobody,2026-01-01,,",
            "120,Quite Another,2026-01-01,,",
        )
    )
    page = read(hr, text)
    assert (
        "<strong>1</strong> new, <strong>1</strong> changed, <strong>1</strong> unchanged, <strong>3</strong> refused"
        in page
    )
    found = re.findall(r"state-\w+\">(\w+)</span>", page)
    assert found == ["refused"] * 3 + ["changed", "new", "unchanged"]
    assert not Employment.objects.filter(person__employee_number="0119").exists()
    assert "Saved: 2 lines; 3 refused." in save(hr, text)
    row = Employment.objects.get(person__employee_number="117")
    assert (row.left, row.site) == (dt.date(2026, 12, 31), Site.objects.get())
    verdicts = hr.post("/planning/staff/list/", {"text": text, "date_form": "iso", "verdicts": "1"})
    rows = list(csv.DictReader(io.StringIO(b"".join(verdicts).decode())))
    assert [each["verdict"] for each in rows] == ["unchanged"] * 3 + ["refused"] * 3
    assert rows[3]["why"].startswith("The number occurs twice.")
    assert rows[5]["why"].startswith("Another name is known for this number.")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("117,Mei,03.04.2026,,", "This is no day in the form that was chosen."),
        ("117,Mei,0001-01-01,,", "This is no day in the form that was chosen."),
        ("117,Mei,2026-04-03,2026-04-02,", "The last day lies before the first."),
        ("117,Mei,,,", "The first day is missing."),
        ("117,Mei,2026-04-03,,Atlantis", "No site has this name."),
    ],
)
def test_why_a_line_is_refused(hr: Client, mei: Person, line: str, sentence: str) -> None:
    page = read(hr, f"{HEADING}{line}\n")
    assert sentence in page
    assert "<strong>1</strong> refused" in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "No file was chosen."),
        (HEADING.encode(), "There is no line in this file."),
        (b"name,first_day\nMei,2026-01-01\n", "The CSV has no column for the employee number."),
        (b"PK\x03\x04 a spreadsheet", "A spreadsheet cannot be read. Save it as CSV"),
        (b"x" * (employment_lists.LARGEST_BYTES + 1), "The file is too large."),
    ],
)
def test_a_wrong_file_is_explained(hr: Client, text: bytes, sentence: str) -> None:
    assert sentence in read(hr, text)


def test_a_table_of_another_program_is_read(hr: Client, mei: Person) -> None:
    text = "Employee ID;Joined;Left\r\n117;05.04.2026;\r\n".encode("utf-16")
    assert "<strong>1</strong> changed" in read(hr, text, "dmy")


def test_only_who_plans_may_read_a_list(mei: Person) -> None:
    client = cast.signed_in("clerk", "Clerk")
    assert client.post("/planning/staff/list/", {"text": HEADING, "save": "1"}).status_code == 403
    assert client.get("/planning/staff/?format=csv").status_code == 403


def test_whoever_comes_back_keeps_what_was_before_and_closed_days_are_named(hr: Client, mei: Person) -> None:
    office.punches(mei, "2026-11-03 08:00", "2026-11-03 17:00")

    def employ(joined: str, left: str = "") -> str:
        typed = {"employee_number": "117", "joined": joined, "left": left}
        return hr.post("/planning/staff/employ/", typed, follow=True).text

    page = employ("2026-04-03", "2026-11-20")
    assert "Mei Lin is employed from 3 Apr 2026 to 20 Nov 2026." in page
    close(dt.date(2026, 11, 1), "2026-12-02 12:00")
    page = employ("2026-12-01")
    assert "Mei Lin is employed from 3 Apr 2026 to 20 Nov 2026 and from 1 Dec 2026 on." in page
    assert "before: 3 Apr 2026 to 20 Nov 2026" in page
    warned = "Days of closed months change by this"
    assert warned not in page
    assert warned in employ("2026-11-25")
    assert warned in employ("2026-11-10")
