"""Holidays come from a country's list and from iCal, previewed before they are saved."""

from __future__ import annotations

import datetime as dt

import pytest

from attendance.core.errors import Refusal
from attendance.workdays.models import Holiday, HolidayCalendar
from attendance.workdays.schedule import calendars

pytestmark = pytest.mark.django_db
FEED = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261225
DTEND;VALUE=DATE:20261226
SUMMARY:Christmas Day
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20261025T020000Z
DTEND:20261025T030000Z
SUMMARY:Clocks go back
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART;VALUE=DATE:20261221
DTEND;VALUE=DATE:20261224
SUMMARY:School holidays
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def calendar() -> HolidayCalendar:
    return HolidayCalendar.objects.create(name="Ours")


def test_a_feed_is_a_selection_and_not_an_import(calendar: HolidayCalendar) -> None:
    found = calendars.feed_holidays(calendar, FEED)
    likely = {each.name: each.likely for each in found}
    assert likely == {"Clocks go back": False, "School holidays": False, "Christmas Day": True}
    assert len(found) == 5
    assert not Holiday.objects.exists()
    chosen = [each for each in found if each.likely]
    assert calendars.take(calendar, chosen, actor=None) == 1
    assert calendars.take(calendar, chosen, actor=None) == 0
    assert [each.known for each in calendars.feed_holidays(calendar, FEED) if each.likely] == [True]


def test_a_country_s_list(calendar: HolidayCalendar) -> None:
    found = {each.day: each.name for each in calendars.country_holidays(calendar, country="BE", year=2026)}
    assert dt.date(2026, 11, 11) in found
    assert dt.date(2026, 11, 1) in found
    bavaria = {each.day for each in calendars.country_holidays(calendar, country="DE", region="BY", year=2026)}
    assert dt.date(2026, 1, 6) in bavaria
    with pytest.raises(Refusal, match="country_unknown"):
        calendars.country_holidays(calendar, country="XX", year=2026)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"name,day\n", "feed_invalid"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "feed_empty"),
        (b"x" * 2_000_001, "feed_too_large"),
    ],
)
def test_what_is_no_calendar(calendar: HolidayCalendar, data: bytes, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        calendars.feed_holidays(calendar, data)
