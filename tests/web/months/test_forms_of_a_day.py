"""Forms on the page of a day say what to type, what a leave will count, and whether it still waits for somebody."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people.models import Person
from attendance.workdays.models import Holiday, Leave, LeaveType, State
from attendance.workdays.requests import leaves
from tests import cast
from tests.attendance.workdays import office
from tests.cast import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
EVE = "2026-11-10"


@pytest.fixture(autouse=True)
def _half_a_holiday() -> None:
    office.leave_type()
    office.holiday(EVE, "Eve")
    Holiday.objects.update(is_half=True)


def take(client: Client, person: Person, first: str, part: str = "full", **more: str) -> str:
    typed = {"kind": LeaveType.objects.get().pk, "first": first, "last": first, "part": part, **more}
    return client.post(reverse("ask_leave", args=[person.pk]), typed, follow=True).text


@pytest.mark.parametrize(
    ("part", "share", "words"),
    [
        ("full", 0.5, "This leave takes 0.5 of a day there."),
        (
            "first_half",
            0.25,
            "This leave takes 0.25 of a day there, half of that half; leave of the full day takes all",
        ),
        ("second_half", 0.25, "This leave takes 0.25 of a day there, half of that half"),
    ],
)
def test_leave_on_half_a_holiday_says_what_it_counts(
    hr: Client, mei: Person, part: str, share: float, words: str
) -> None:
    day = f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day={EVE}"
    assert "a full day of leave takes 0.5 of a day here, and either half takes half" in hr.get(day).text
    said = take(hr, mei, EVE, part)
    assert "10 Nov 2026 is half a holiday (Eve): only its first half is planned." in said
    assert words in said
    assert words in hr.get(reverse("inbox")).text
    leaves.approve(Leave.objects.get(), actor=cast.user("boss", role="HR"))
    assert hr.get(f"{day}&format=csv").status_code == 200
    (shown,) = (each for each in hr.get(day).context["days"] if f"{each['date']}" == EVE)
    assert hr.get(day).context["totals"][2][1] == f"{share:g}"
    assert "HWO" in dict(shown["second"])


def test_leave_of_another_day_says_nothing_of_halves(hr: Client, mei: Person) -> None:
    assert "only its first half" not in take(hr, mei, "2026-11-11", "first_half")
    page = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-11").text
    assert "off already" not in page


def test_whoever_may_decide_enters_leave_at_once(hr: Client, mei: Person) -> None:
    page = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-11").text
    assert 'name="enter" value="1">Enter the leave' in page
    assert "Entered. It counts from now on." in take(hr, mei, "2026-11-11", enter="1")
    assert Leave.objects.get().state == State.APPROVED
    assert "Not entered yet. There is leave on one of these days" in take(hr, mei, "2026-11-11", enter="1")


@pytest.mark.parametrize(("day", "part"), [("2026-11-02", "full"), (EVE, "first_half")])
def test_leave_that_may_be_a_slip_waits_under_requests(hr: Client, mei: Person, day: str, part: str) -> None:
    """On a day that was worked, or half of what a half holiday has left."""
    assert "Asked, not entered yet: read this" in take(hr, mei, day, part, enter="1")
    assert Leave.objects.get().state == State.REQUESTED


def test_whoever_asks_for_themselves_is_told_who_decides(mei: Person) -> None:
    client = signed_in("mei", None)
    Person.objects.filter(pk=mei.pk).update(user=client.session["_auth_user_id"])
    page = client.get(f"{reverse('my_month')}?month=2026-11&day=2026-11-11").text
    assert "It counts once your manager has approved it." in page
    assert "Enter the leave" not in page
    refused = client.post(
        reverse("ask_leave", args=[mei.pk]),
        {"kind": LeaveType.objects.get().pk, "first": EVE, "last": EVE, "part": "full", "enter": "1"},
    )
    assert "This person is not in your departments." in refused.text
    assert not Leave.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"came": "-"}, "In: Write hour and minute, as 17:30, or nothing."),
        ({"left": "1,5"}, "Out: Write hour and minute, as 17:30, or nothing."),
        ({"without": "-"}, "Write times as 08:13, several with commas."),
        ({"left": "17:00", "reason": ""}, "Reason: Write one sentence; it is read by whoever looks back."),
        ({}, "Give at least one time, or a recorded one that is not to count."),
    ],
)
def test_a_slip_in_a_correction_says_what_to_type(hr: Client, mei: Person, typed: dict[str, str], said: str) -> None:
    address = f"{reverse('ask_correction', args=[mei.pk])}?month=2026-11&day=2026-11-03"
    page = hr.post(address, {"day": "2026-11-03", "reason": "x", "enter": "1", **typed})
    assert page.status_code == 422
    assert "Not entered yet." in page.text
    assert said in page.text


def test_leave_without_a_kind_says_so(hr: Client, mei: Person) -> None:
    typed = {"first": EVE, "last": EVE, "part": "full"}
    assert "Kind: Choose the kind of leave." in hr.post(reverse("ask_leave", args=[mei.pk]), typed).text


def test_half_a_day_off_by_the_roster_is_named(hr: Client) -> None:
    ben = office.employee("Ben", shift=office.day_shift(name="Short Friday", half_days="fri"))
    said = take(hr, ben, "2026-11-13", "first_half")
    assert "13 Nov 2026 is half a day off: only its first half is planned. This leave takes 0.25 of a day" in said
    assert Leave.objects.get().first == dt.date(2026, 11, 13)
