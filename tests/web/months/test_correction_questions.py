"""Whoever corrects a day sees first what else changes by it, and on which day a time counts."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import CheckIn
from attendance.people.models import Person
from attendance.workdays.models import Assignment, Correction
from attendance.workdays.requests import corrections
from tests import factories
from tests.attendance.workdays import office
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
ASKS = "Is this what you mean?"


def address(person: Person) -> str:
    return reverse("ask_correction", args=[person.pk])


def agreed(page: object) -> str:
    return page.context["question"].agreed  # type: ignore[attr-defined, no-any-return]


def shown_day(hr: Client, person: Person, day: str) -> str:
    page = hr.get(f"{reverse('person_month', args=[person.pk])}?month={day[:7]}&day={day}").text
    return page.partition('<dl class="facts">')[2].partition("</dl>")[0]


@pytest.fixture
def wednesday(mei: Person) -> Person:
    """Two stretches on Wednesday the 4th."""
    office.punches(mei, *(f"2026-11-04 {clock}" for clock in ("08:00", "12:00", "13:00", "17:00")))
    return mei


def test_the_rest_of_a_day_is_not_turned_round_without_asking(hr: Client, wednesday: Person) -> None:
    typed = {"day": "2026-11-04", "without": "08:00", "reason": "not him", "enter": "1"}
    page = hr.post(address(wednesday), typed)
    assert page.status_code == 200
    assert ASKS in page.text
    assert "12:00 counts as an out now, and would be an in." in page.text
    assert "in 08:00, out 12:00, in 13:00, out 17:00; <strong>8:00</strong>" in page.text
    assert "in 12:00, out 13:00, in 17:00; <strong>0:00</strong>" in page.text.replace("08:00 (withdrawn), ", "")
    assert not Correction.objects.exists()
    entered = hr.post(address(wednesday), {**typed, "agreed": agreed(page)})
    assert entered.status_code == 302
    assert "<dd>12:00, 13:00</dd><dt>Worked</dt><dd>0:00 of" in shown_day(hr, wednesday, "2026-11-04")


def test_an_answer_holds_for_what_was_shown_alone(hr: Client, wednesday: Person) -> None:
    typed = {"day": "2026-11-04", "without": "08:00", "reason": "x", "enter": "1"}
    answer = agreed(hr.post(address(wednesday), typed))
    other = hr.post(address(wednesday), {**typed, "without": "12:00", "agreed": answer})
    assert ASKS in other.text
    office.punches(wednesday, "2026-11-04 19:00")
    meanwhile = hr.post(address(wednesday), {**typed, "agreed": answer})
    assert ASKS in meanwhile.text
    assert not Correction.objects.exists()


def test_a_direction_that_was_recorded_stays(hr: Client, mei: Person) -> None:
    """Whoever said "I meant out" at the door said so; that the in is withdrawn makes no in of it."""
    for clock in ("12:00", "17:00"):
        wrong = factories.check_in(mei, office.at(f"2026-11-05 {clock}"), "in")
        CheckIn.objects.filter(pk=wrong.pk).update(voided_at=wrong.at)
        factories.check_in(mei, office.at(f"2026-11-05 {clock}"), "out", replaces=wrong)
    office.punches(mei, "2026-11-05 08:00")
    typed = {"day": "2026-11-05", "without": "08:00", "reason": "x", "enter": "1"}
    page = hr.post(address(mei), typed)
    assert "out 12:00 (no in before it), out 17:00 (no in before it)" in page.text
    assert hr.post(address(mei), {**typed, "agreed": agreed(page)}).status_code == 302
    assert "<dt>Worked</dt><dd>0:00 of" in shown_day(hr, mei, "2026-11-05")


def test_a_time_after_midnight_says_on_which_day_it_counts(hr: Client, mei: Person) -> None:
    Assignment.objects.all().delete()
    Assignment.objects.create(shift=office.night_shift(), person=mei)
    office.punches(mei, "2026-11-10 22:00")
    typed = {"day": "2026-11-11", "left": "05:50", "reason": "x", "enter": "1"}
    page = hr.post(address(mei), typed)
    assert "Out 05:50 of Wed 11 Nov 2026 counts on Tue 10 Nov 2026." in page.text
    assert "in 22:00, out 05:50 next day; <strong>7:50</strong>" in page.text
    assert not Correction.objects.exists()
    entered = hr.post(address(mei), {**typed, "agreed": agreed(page)}, follow=True)
    assert Correction.objects.get().day == dt.date(2026, 11, 10)
    link = f'{reverse("person_month", args=[mei.pk])}?month=2026-11&amp;day=2026-11-10">Tue 10 Nov 2026</a>'
    assert f'Entered. It counts from now on. Its day is <a href="{link}' in entered.text
    assert "Tue 10 Nov 2026</h2>" in entered.text


def test_a_time_that_would_count_on_no_day_is_refused(hr: Client, mei: Person) -> None:
    """The out of the 3rd is missing after 08:00: 02:00 was on the next day, which nobody said."""
    page = hr.post(address(mei), {"day": "2026-11-03", "left": "02:00", "reason": "x", "enter": "1"})
    assert page.status_code == 422
    assert "That time would count on no day." in page.text
    assert "The out at 02:00 on 3 Nov 2026 goes with no other time." in page.text
    assert not Correction.objects.exists()


def test_what_a_correction_does_can_be_seen_without_saving(hr: Client, mei: Person) -> None:
    typed = {"day": "2026-11-03", "left": "17:00", "reason": "x"}
    page = hr.post(address(mei), {**typed, "try": "1"})
    assert page.status_code == 200
    assert "in 08:00; <strong>0:00</strong>" in page.text
    assert "in 08:00, out 17:00; <strong>8:00</strong>" in page.text
    assert not Correction.objects.exists()
    assert hr.post(address(mei), typed).status_code == 302


def test_a_second_out_takes_the_place_of_the_first(hr: Client, mei: Person) -> None:
    """02:00 and 07:00 count on no day; of 12:00, 17:00 and 16:00 the last one that was entered counts."""
    typed = {"day": "2026-11-03", "reason": "x", "enter": "1"}
    for early in ("02:00", "07:00"):
        assert "would count on no day" in hr.post(address(mei), {**typed, "left": early}).text
    assert hr.post(address(mei), {**typed, "left": "12:00"}).status_code == 302
    for clock, before, worked in (("17:00", "12:00", "8:00"), ("16:00", "17:00", "7:00")):
        page = hr.post(address(mei), {**typed, "left": clock})
        assert f"Out {before} of Tue 3 Nov 2026 was entered by hand for the same stretch" in page.text
        entered = hr.post(address(mei), {**typed, "left": clock, "agreed": agreed(page)})
        assert entered.status_code == 302
        assert f"<dd>08:00, {clock}</dd><dt>Worked</dt><dd>{worked} of" in shown_day(hr, mei, "2026-11-03")


def test_whoever_decides_sees_what_is_turned_round(hr: Client, wednesday: Person) -> None:
    typed = {"day": "2026-11-04", "without": "08:00", "reason": "not him"}
    page = hr.post(address(wednesday), typed)
    assert hr.post(address(wednesday), {**typed, "agreed": agreed(page)}).status_code == 302
    shown = hr.get(reverse("inbox")).text
    assert "<dt>Wed 4 Nov then</dt><dd>08:00 (withdrawn), in 12:00, out 13:00, in 17:00</dd>" in shown


def test_a_later_out_does_not_silently_set_the_out_of_the_door_aside(hr: Client, mei: Person) -> None:
    office.punches(mei, "2026-11-05 08:04", "2026-11-05 16:15")
    typed = {"day": "2026-11-05", "left": "20:00", "reason": "stayed", "enter": "1"}
    page = hr.post(address(mei), typed)
    assert ASKS in page.text
    assert "16:15 counts as an out now, and would not count any more." in page.text
    assert "in 08:04, out 16:15; <strong>7:11</strong>" in page.text
    assert "out 20:00; <strong>10:56</strong>" in page.text
    assert not Correction.objects.exists()
    assert hr.post(address(mei), {**typed, "agreed": agreed(page)}).status_code == 302
    assert "<dd>08:04, 20:00</dd><dt>Worked</dt><dd>10:56 of" in shown_day(hr, mei, "2026-11-05")


def test_whoever_decides_sees_that_the_out_of_the_door_is_set_aside(hr: Client, mei: Person) -> None:
    office.punches(mei, "2026-11-05 08:04", "2026-11-05 16:15")
    asked = [Asked(dt.datetime.fromisoformat("2026-11-05 20:00"), Direction.OUT)]
    corrections.request(mei, dt.date(2026, 11, 5), asked=asked, reason="stayed", actor=None)
    then = "<dt>Thu 5 Nov then</dt><dd>in 08:04, 16:15 (a later out counts), out 20:00</dd>"
    assert then in hr.get(reverse("inbox")).text


def test_an_in_before_the_in_of_the_door_is_told_why_not(hr: Client, mei: Person) -> None:
    office.punches(mei, "2026-11-05 07:56", "2026-11-05 17:00")
    typed = {"day": "2026-11-05", "came": "05:00", "reason": "early", "enter": "1"}
    page = hr.post(address(mei), typed)
    assert page.status_code == 422
    assert "An in is recorded after that time, and no out between the two." in page.text
    assert "Name the recorded in as one that is not to count" in page.text
    assert "lies inside" not in page.text
    asking = hr.post(address(mei), {**typed, "without": "07:56"})
    entered = asking
    if asking.status_code == 200:
        entered = hr.post(address(mei), {**typed, "without": "07:56", "agreed": agreed(asking)})
    assert entered.status_code == 302
    assert "<dd>05:00, 17:00</dd>" in shown_day(hr, mei, "2026-11-05")
