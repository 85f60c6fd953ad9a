"""First and last days show what they would change, and ask before check-ins lie outside of the employment."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people import roster
from attendance.people.models import FactLine, Person, Site
from attendance.workdays import punches_outside
from attendance.workdays.models import Employment
from attendance.workdays.requests import corrections, revocations
from tests import cast
from tests.attendance.workdays import november, office
from tests.web.planning.test_previews import TRY, changing
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
SAVED = "Saved: Mei is employed from"
ASKED = "Check-ins lie outside of this employment"


@pytest.fixture
def mei() -> Person:
    """Mei of the night shift, here on Monday and on Tuesday, whose Tuesday ends on Wednesday."""
    person = office.employee("Mei", shift=office.night_shift(), employee_number="7")
    office.punches(person, "2026-11-16 22:00", "2026-11-17 06:00", "2026-11-17 22:00", "2026-11-18 06:00")
    return person


def employ(hr: Client, **typed: object) -> str:
    return hr.post(reverse("employ"), {"employee_number": "7", "joined": "2026-01-01", **typed}, follow=True).text


def agreed(page: str) -> str:
    return page.partition('name="agreed" value="')[2].partition('"')[0]


def test_the_days_that_change_are_shown_and_nothing_is_saved(hr: Client, mei: Person) -> None:
    before, lines = Employment.objects.values().get(), FactLine.objects.count()
    page = employ(hr, left="2026-11-18", **TRY)
    # 19 and 20 November, and two weeks ahead, weekends too: nobody is employed then
    assert changing(page) == 16
    assert 'value="2026-11-18"' in page
    assert "status none → EX, shifts Night → none, expected " in page
    assert "planned 8:00 → 0:00" in page
    assert (Employment.objects.values().get(), FactLine.objects.count()) == (before, lines)


def test_nothing_changes_by_the_same_days(hr: Client, mei: Person) -> None:
    assert changing(employ(hr, **TRY)) == 0


def test_who_is_not_employed_yet_or_any_more_is_tried_as_well(hr: Client, mei: Person) -> None:
    Employment.objects.update(joined=dt.date(2026, 1, 1), left=dt.date(2026, 3, 31))
    page = employ(hr, joined="2026-11-16", **TRY)
    assert changing(page) > 10
    assert "worked 0:00 → 8:00" in page
    ben = roster.add(employee_number="8", name="Ben", department="", actor=None)
    page = hr.post(reverse("employ"), {"employee_number": "8", "joined": "2026-11-16", **TRY}).text
    assert changing(page) > 0
    assert not Employment.objects.filter(person=ben).exists()


def test_another_site_is_part_of_the_proposal(hr: Client, mei: Person) -> None:
    tokyo = Site.objects.create(name="Tokyo", time_zone="Asia/Tokyo")
    page = employ(hr, site=tokyo.pk, **TRY)
    assert changing(page) > 0
    assert "time zone Europe/Berlin → Asia/Tokyo" in page
    assert Employment.objects.get().site is None


def test_check_ins_outside_are_asked_about_and_saved_only_once_agreed(hr: Client, mei: Person) -> None:
    page = employ(hr, left="2026-11-16")
    assert ASKED in page
    assert "1 day that would no longer count: 17 Nov 2026." in page
    assert Employment.objects.get().left is None
    assert ASKED in employ(hr, left="2026-11-16", **TRY)
    answer = agreed(page)
    assert ASKED in employ(hr, left="2026-11-15", agreed=answer)  # agreed to another day
    assert Employment.objects.get().left is None
    assert SAVED in employ(hr, left="2026-11-16", agreed=answer)
    assert Employment.objects.get().left == dt.date(2026, 11, 16)
    again = employ(hr, left="2026-11-16")
    assert ASKED not in again  # it was so already


def test_the_night_of_the_last_day_lies_inside(hr: Client, mei: Person) -> None:
    assert punches_outside.find(mei, joined=dt.date(2026, 1, 1), left=dt.date(2026, 11, 17)) == []
    assert punches_outside.find(mei, joined=dt.date(2026, 11, 17), left=None) == [dt.date(2026, 11, 16)]
    assert SAVED in employ(hr, left="2026-11-17")


def test_the_time_of_a_correction_is_a_time_like_any_other(hr: Client) -> None:
    """It counts while it is approved and not taken back: nobody loses such days without being asked."""
    person = office.employee("Ada", shift=office.day_shift(), employee_number="8")
    clocks = (("08:00", Direction.IN), ("17:00", Direction.OUT))
    times = [Asked(dt.datetime.fromisoformat(f"2026-11-16 {clock}"), way) for clock, way in clocks]
    row = corrections.request(person, dt.date(2026, 11, 16), asked=times, reason="forgotten", actor=None)
    tuesday = dt.date(2026, 11, 17)
    assert punches_outside.find(person, joined=tuesday, left=None) == []
    approver = cast.user("approver", role="HR")
    corrections.approve(row, actor=approver)
    assert punches_outside.find(person, joined=tuesday, left=None) == [dt.date(2026, 11, 16)]
    page = employ(hr, employee_number="8", joined="2026-11-17")
    assert ASKED in page
    assert Employment.objects.get(person=person).joined == dt.date(2026, 1, 1)
    revocations.revoke(row, reason="not here", actor=approver)
    assert punches_outside.find(person, joined=tuesday, left=None) == []


def test_what_is_wrong_keeps_what_was_typed(hr: Client, mei: Person) -> None:
    for more in ({}, TRY):
        page = employ(hr, joined="2026-11-16", left="2026-11-15", **more)
        assert "The last day lies before the first." in page
        assert 'value="2026-11-15"' in page
    page = hr.post(reverse("employ"), {"employee_number": "99", "joined": "2026-11-16"}).text
    assert "Nobody has this employee number." in page
    assert 'value="2026-11-16"' in page


def test_a_list_says_which_check_ins_would_lie_outside(hr: Client, mei: Person) -> None:
    text = "employee_number,name,first_day,last_day,site\n7,Mei,2026-01-01,{},\n"
    page = hr.post(reverse("read_staff_list"), {"text": text.format("2026-11-15"), "date_form": "iso"}).text
    assert "Check-ins lie outside: 16 Nov 2026 and 1 more day would no longer count." in page
    page = hr.post(reverse("read_staff_list"), {"text": text.format("2026-11-17"), "date_form": "iso"}).text
    assert "Check-ins lie outside" not in page


def test_days_of_closed_months_are_pointed_out_before_and_after(hr: Client, mei: Person) -> None:
    november.closed(10)
    sentence = "Days of closed months change by this"
    assert sentence in employ(hr, joined="2026-10-15", **TRY)
    assert sentence not in employ(hr, left="2026-11-18", **TRY)
    assert sentence in employ(hr, joined="2026-10-15")
