"""Whoever decides about a request reads what the day holds now, and which out was on the next day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people.models import Person, Site
from attendance.workdays.models import Assignment, Correction, Employment, Leave, State
from attendance.workdays.requests import leaves
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER, close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]


def ask(hr: Client, person: Person, **typed: object) -> str:
    """Ask for a correction; return its card on the page of requests."""
    address, typed = reverse("ask_correction", args=[person.pk]), {"reason": "x", **typed}
    answered = hr.post(address, typed)
    if answered.status_code == 200:  # it does more than it says: answer the question
        answered = hr.post(address, {**typed, "agreed": answered.context["question"].agreed})
    assert answered.status_code == 302, answered.text
    return card(hr, f"correction-{Correction.objects.latest('pk').pk}")


def card(hr: Client, anchor: str) -> str:
    return hr.get(reverse("inbox")).text.partition(f'id="{anchor}"')[2].partition("</section>")[0]


def test_a_correction_shows_punches_shift_and_a_link_to_the_day(hr: Client, mei: Person) -> None:
    shown = ask(hr, mei, day="2026-11-03", left="17:00")
    assert "out 17:00" in shown
    assert "next day" not in shown
    assert "in 08:00" in shown
    assert "(Day 08:00-17:00)" in shown
    address = f"{reverse('person_month', args=[mei.pk])}?month=2026-11&amp;day=2026-11-03#mend"
    assert f'href="{address}">Tue 3 Nov now</a>' in shown
    assert "Tue 3 Nov 2026</h2>" in hr.get(address.replace("&amp;", "&")).text


def test_an_out_after_midnight_is_of_the_next_day(hr: Client, mei: Person) -> None:
    Assignment.objects.all().delete()
    Assignment.objects.create(shift=office.night_shift(), person=mei)
    office.punches(mei, "2026-11-10 22:00", "2026-11-11 02:10")
    shown = ask(hr, mei, day="2026-11-10", left="05:50", next_day="on")
    assert "out 05:50 next day" in shown
    assert "in 22:00, out 02:10 next day" in shown
    assert "(Night 22:00-06:00)" in shown
    assert "out 05:50 next day" in hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11").text
    hr.post(reverse("decide_correction", args=[Correction.objects.get().pk]), {"verdict": "approve"})
    assert "out 05:50 next day" in hr.get(reverse("inbox")).text.partition("Decided last")[2]


def test_leave_and_days_without_a_shift_are_named(hr: Client, mei: Person) -> None:
    kind = office.leave_type()
    day = dt.date(2026, 11, 4)
    taken = leaves.request(mei, kind, first=day, last=day, actor=None)
    leaves.approve(taken, actor=cast.user("boss", role="HR"))
    shown = ask(hr, mei, day="2026-11-04", came="08:00", left="17:00")
    assert "no check-in; Casual leave" in shown
    office.holiday("2026-11-05", "Feast")
    wished = leaves.request(mei, kind, first=dt.date(2026, 11, 5), last=dt.date(2026, 11, 12), actor=None)
    shown = card(hr, f"leave-{wished.pk}")
    assert "(holiday: Feast)" in shown
    assert "Sat 7 Nov now" in shown
    assert shown.count("(day off)") == 2
    assert "and 3 more days" in shown


def test_times_are_those_of_the_site_of_the_day(hr: Client, mei: Person) -> None:
    tokyo = Site.objects.create(name="Tokyo", time_zone="Asia/Tokyo")
    Employment.objects.filter(person=mei).update(site=tokyo)
    shown = ask(hr, mei, day="2026-11-10", came="08:00", left="17:00")
    assert "in 08:00, out 17:00" in shown


def test_a_day_of_a_closed_month_is_shown_as_well(hr: Client, mei: Person) -> None:
    close(NOVEMBER, "2026-12-05 12:00")
    assert "in 08:00" in ask(hr, mei, day="2026-11-03", left="17:00")
    assert not Leave.objects.exists()
    assert Correction.objects.get().state == State.REQUESTED
