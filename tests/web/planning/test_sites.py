"""A site has its own time zone and its own rule for forgotten outs, and a page shows both."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people.models import Site
from attendance.workdays import facts
from attendance.workdays.models import Employment, ZoneChange
from tests import cast
from tests.attendance.workdays import office
from timekeeping.work_day import Flag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
DAY = dt.date(2026, 11, 2)
TYPED = {"name": "Lisbon", "time_zone": "Europe/Lisbon", "automatic_out": "at", "automatic_tolerance_minutes": "0"}


def test_an_automatic_out_belongs_to_its_site(hr: Client) -> None:
    shift = office.day_shift()
    here, there = office.employee("Mei", shift=shift), office.employee("Rui", shift=shift)
    hr.post(reverse("new_site"), {**TYPED, "automatic_at": "20:00"})
    Employment.objects.filter(person=there).update(site=Site.objects.get())
    for person in (here, there):
        office.punches(person, "2026-11-02 10:00")
    days = {person.name: found[0] for person, found in facts.derive(facts.employed(DAY, DAY), DAY, DAY)}
    assert days["Mei"].has(Flag.MISSING_OUT)
    assert not days["Mei"].has(Flag.AUTOMATIC_OUT)
    assert days["Rui"].has(Flag.AUTOMATIC_OUT)
    assert days["Rui"].first_in is not None
    assert days["Rui"].timeline.local(days["Rui"].first_in) == dt.datetime(2026, 11, 2, 9)  # noqa: DTZ001  (Lisbon)
    page = hr.get(reverse("sites")).text
    assert "at a fixed time, 20:00" in page
    assert "Europe/Lisbon" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"time_zone": "Europe/Nowhere"}, "zone"), ({"automatic_at": ""}, "automatic at"), ({"name": ""}, "required")],
)
def test_an_invalid_site_is_not_saved(hr: Client, wrong: dict[str, str], said: str) -> None:
    answered = hr.post(reverse("new_site"), {**TYPED, "automatic_at": "20:00", **wrong})
    assert answered.status_code == 422
    assert said in answered.text
    assert not Site.objects.exists()


def test_a_site_moves_to_another_zone_from_a_day_on(hr: Client) -> None:
    row = Site.objects.create(name="Ship", time_zone="UTC")
    for zone in (
        "Asia/Tokyo",
        "Asia/Seoul",
        "Nowhere",
    ):  # typed twice: the later word counts, a wrong one changes nothing
        hr.post(reverse("move_site", args=[row.pk]), {"since": "2026-11-10", "zone": zone})
    assert [(change.since, change.time_zone) for change in ZoneChange.objects.all()] == [
        (dt.date(2026, 11, 10), "Asia/Seoul")
    ]


def test_a_site_where_somebody_works_stays(hr: Client) -> None:
    row = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
    Employment.objects.filter(person=office.employee("Rui")).update(site=row)
    answered = hr.post(reverse("remove_site", args=[row.pk]), follow=True)
    assert "Somebody is employed at this site, or a door" in answered.text
    Employment.objects.update(site=None)
    hr.post(reverse("remove_site", args=[row.pk]))
    assert not Site.objects.exists()


def test_who_may_not_plan_sees_no_site() -> None:
    client = cast.signed_in("boss", "Manager")
    assert client.get(reverse("sites")).status_code == 403
    assert client.post(reverse("new_site"), TYPED).status_code == 403
