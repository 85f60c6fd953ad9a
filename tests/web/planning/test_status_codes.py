"""HR changes the meaning of a code, and page, style sheet and files follow."""

from __future__ import annotations

import csv
import io
import re

import openpyxl
import pytest
from django.test import Client

from attendance.people.models import Person
from attendance.workdays.models import LeaveType
from attendance.workdays.schedule import codes
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER, agreed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
MONTH = "/months/?month=2026-11"
XLSX = f"{MONTH}&format=xlsx"


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei", shift=office.day_shift())
    office.punches(person, "2026-11-02 08:20", "2026-11-02 17:00")
    return person


def style(client: Client, page: str) -> str:
    """Return the colours that a page asks for."""
    link = re.search(r'href="(/months/codes\.css[^"]*)"', client.get(page).content.decode())
    assert link is not None
    answered = client.get(link[1].replace("&amp;", "&"))
    assert answered.headers["Content-Type"].startswith("text/css")
    return answered.content.decode()


def escaped(code: str) -> str:
    return "".join(f"\\{ord(char):06x}" for char in code)


def test_the_table_is_saved_and_seen_everywhere(hr: Client, mei: Person) -> None:
    office.leave_type(colour="#2563eb")
    page = hr.get("/planning/codes/").content.decode()
    assert 'name="label-HD" value="half a day"' in page
    assert 'name="paid-CL" type="number"' in page
    typed = {"label-A": "astray", "colour-A": "#ff0000", "paid-HD": "0,75", "label-CL": "holiday of one's own"}
    saved = hr.post("/planning/codes/", typed, follow=True)
    assert "The codes are saved" in saved.content.decode()
    known = {each.code: each for each in codes.table()}
    assert (known["A"].label, known["A"].colour, known["HD"].paid) == ("astray", "#ff0000", 0.75)
    assert LeaveType.objects.get().name == "holiday of one's own"
    page = hr.get(MONTH).content.decode()
    assert re.search(r'data-code="A">A</b> astray', page)
    assert f'[data-code="{escaped("A")}"]{{--code:#ff0000}}' in style(hr, MONTH)
    sheet = openpyxl.load_workbook(io.BytesIO(hr.get(XLSX).getvalue())).active
    assert sheet is not None
    absent = [cell for row in sheet.iter_rows() for cell in row if cell.value == "A"]
    assert {cell.fill.fgColor.rgb for cell in absent} == {"FFFFD6D6"}
    assert ("A", "astray") in [row[:2] for row in sheet.iter_rows(values_only=True)]
    legend = list(csv.reader(io.StringIO(b"".join(hr.get("/months/codes/?month=2026-11")).decode())))
    assert ["A", "astray", "#ff0000", "0"] in legend


def test_a_wrong_fraction_is_explained_and_what_was_typed_stays(hr: Client) -> None:
    refused = hr.post("/planning/codes/", {"paid-HD": "2", "label-P": "at work"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Check the field “paid” of HD; a paid share lies between 0 and 1." in page
    assert 'name="label-P" value="at work"' in page
    assert codes.built_in()[0][0].label == "present"


@pytest.mark.slow
def test_a_closed_month_is_the_same_file_and_the_same_colours_again(hr: Client, mei: Person) -> None:
    hr.post("/months/close/", {"month": "2026-11", "with_open_points": "1", "agreed": agreed(NOVEMBER)})
    before = hr.get(XLSX).getvalue(), hr.get(f"{MONTH}&format=pdf").getvalue(), style(hr, MONTH)
    hr.post("/planning/codes/", {"label-A": "astray", "colour-A": "#ff0000", "paid-A": "1"})
    office.leave_type()
    assert (hr.get(XLSX).getvalue(), hr.get(f"{MONTH}&format=pdf").getvalue(), style(hr, MONTH)) == before
    assert "astray" not in hr.get(MONTH).content.decode()
    assert "astray" in hr.get("/months/?month=2026-12").content.decode()


def test_an_odd_code_breaks_no_style(hr: Client, mei: Person) -> None:
    LeaveType.objects.create(code='"]{}*\\', name="odd", colour="#123456")
    written = style(hr, MONTH)
    assert all(
        re.fullmatch(r'\[data-code="(\\[0-9a-f]{6})+"\]\{--code:#[0-9a-f]{6}\}', line) for line in written.split()
    )


@pytest.mark.parametrize("role", ["Clerk", "Manager", None])
def test_only_who_plans_may_change_them(role: str | None) -> None:
    client = cast.signed_in("somebody", role)
    assert client.get("/planning/codes/").status_code == 403
    assert client.post("/planning/codes/", {"label-P": "x"}).status_code == 403
    assert client.get("/months/codes/").status_code == (403 if role is None else 200)


def test_a_colour_that_is_none_reaches_no_style(hr: Client, mei: Person) -> None:
    LeaveType.objects.create(code="CL", name="Casual", colour="}*{x:y}")
    assert "x:y" not in style(hr, MONTH)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"code": "P"}, "the rules use this code themselves"),
        ({"code": "late"}, "the rules use this code themselves"),
        ({"code": "A/B"}, "a slash divides a day"),
        ({"colour": "}*{x:y}"}, "write it as #2563eb"),
    ],
)
def test_a_kind_of_leave_is_not_mistaken_for_something_else(hr: Client, typed: dict[str, str], sentence: str) -> None:
    facts = {"code": "CL", "name": "Casual", "colour": "#2563EB", "paid_fraction": "1"}
    assert sentence in hr.post("/planning/leave-types/", {**facts, **typed}, follow=True).content.decode()
    assert not LeaveType.objects.exists()
    hr.post("/planning/leave-types/", facts)
    assert LeaveType.objects.get().colour == "#2563eb"
