"""A single holiday is typed by hand: whole or half, with the days that it changes shown first."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people.models import FactLine, Person, Site
from attendance.workdays.models import Holiday, HolidayCalendar
from tests.attendance.workdays import november, office
from tests.web.planning.test_previews import TRY, changing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


@pytest.fixture
def mei() -> Person:
    return office.employee("Mei", shift=office.day_shift(), employee_number="7")


@pytest.fixture
def calendar() -> HolidayCalendar:
    return HolidayCalendar.objects.create(name="Ours")


def add(hr: Client, calendar: HolidayCalendar, **typed: object) -> str:
    facts = {"day": "2026-11-18", "name": "Works outing", "extent": "whole", **typed}
    return hr.post(reverse("add_holiday", args=[calendar.pk]), facts, follow=True).text


def test_the_page_of_holidays_leads_to_it(hr: Client, calendar: HolidayCalendar) -> None:
    address = reverse("add_holiday", args=[calendar.pk])
    assert address in hr.get(reverse("holidays")).text
    assert "for all sites" in hr.get(address).text


@pytest.mark.parametrize(("extent", "said"), [("whole", "status A → H"), ("half", "planned 8:00 → 4:00")])
def test_what_it_changes_is_shown_and_then_saved(
    hr: Client, mei: Person, calendar: HolidayCalendar, extent: str, said: str
) -> None:
    lines = FactLine.objects.count()
    page = add(hr, calendar, extent=extent, **TRY)
    assert changing(page) == 1
    assert said in page
    assert 'value="Works outing"' in page
    assert (Holiday.objects.exists(), FactLine.objects.count()) == (False, lines)
    page = add(hr, calendar, extent=extent)
    assert "18 Nov 2026, Works outing, is in Ours." in page
    assert ("second half" in page) is (extent == "half")
    row = Holiday.objects.get()
    assert (row.day, row.name, row.is_half) == (dt.date(2026, 11, 18), "Works outing", extent == "half")
    assert FactLine.objects.count() == lines + 1
    removing = hr.post(reverse("remove_holiday", args=[row.pk]), TRY).text
    assert changing(removing) == 1  # the very day comes back


def test_half_a_holiday_is_half_a_day(mei: Person, calendar: HolidayCalendar) -> None:
    Holiday.objects.create(calendar=calendar, day=dt.date(2026, 11, 18), name="Eve", is_half=True)
    office.punches(mei, "2026-11-18 08:00", "2026-11-18 12:00")
    days, sums = november.month(mei)
    day = days[dt.date(2026, 11, 18)]
    assert (day.code, day.second, day.present, day.off) == ("P", ("HWO",), 0.5, 0.5)
    assert (day.planned, day.worked, day.early) == (4 * 3600, 4 * 3600, 0)
    assert sums.holidays == 0


def test_a_holiday_of_one_site_changes_nobody_elsewhere(hr: Client, mei: Person) -> None:
    tokyo = Site.objects.create(name="Tokyo", time_zone="Asia/Tokyo")
    calendar = HolidayCalendar.objects.create(name="Theirs", site=tokyo)
    assert changing(add(hr, calendar, **TRY)) == 0
    assert "for Tokyo alone" in hr.get(reverse("add_holiday", args=[calendar.pk])).text


@pytest.mark.parametrize("button", [{}, TRY])
def test_what_cannot_be_added(hr: Client, mei: Person, calendar: HolidayCalendar, button: dict[str, str]) -> None:
    Holiday.objects.create(calendar=calendar, day=dt.date(2026, 11, 18), name="There")
    assert "This day is in the calendar already." in add(hr, calendar, **button)
    assert "There is no 29 February 2027." in add(hr, calendar, day="2027-02-29", **button)
    assert "required" in add(hr, calendar, day="2026-11-19", name="", **button)
    november.closed(10)
    assert "1 Nov 2026" in add(hr, calendar, day="2026-10-19", **button)
    assert Holiday.objects.count() == 1
