"""A form that is saved as it was says that nothing changed, and writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.core.models import AuditEntry
from attendance.people.models import FactLine, Site
from attendance.web.previews import NOTHING_CHANGED
from attendance.workdays.models import Shift, WorkRules
from tests import cast
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    office.site()
    with time_machine.travel(office.at("2026-11-20 12:00"), tick=False):
        yield


def said(client: Client, page: str, /, *arguments: object, **typed: object) -> bool:
    """Post a form; tell whether the answer says that nothing changed."""
    answer = client.post(reverse(page, args=arguments), typed, follow=True)
    assert answer.status_code == 200, answer.text
    return NOTHING_CHANGED in answer.text


def written() -> tuple[int, int]:
    return AuditEntry.objects.filter(action__startswith="workdays.").count(), FactLine.objects.count()


def test_rules(hr: Client) -> None:
    typed = {"text": "overtime_tolerance = 30", "since": "2026-11-15"}
    assert said(hr, "save_rules", text="", since="")
    assert not said(hr, "save_rules", **typed)
    known = written()
    assert said(hr, "save_rules", **typed)
    assert said(hr, "save_rules", text="# the same\novertime_tolerance=30", since="2026-11-20")
    assert said(hr, "save_rules", text="", since="2026-11-10")
    assert (written(), WorkRules.objects.count()) == (known, 2)
    assert not said(hr, "save_rules", text="", since="2026-11-20")


def test_codes(hr: Client) -> None:
    typed = {"label-P": "here", "since": "2026-11-15"}
    assert said(hr, "status_codes", since="2026-11-15")
    assert not said(hr, "status_codes", **typed)
    known = written()
    assert said(hr, "status_codes", **typed)
    assert written() == known


def test_zones_and_sites(hr: Client) -> None:
    row = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
    typed = {"name": "Lisbon", "automatic_out": "", "automatic_tolerance_minutes": "0", "automatic_at": ""}
    assert said(hr, "site", row.pk, **typed)
    assert not said(hr, "site", row.pk, **{**typed, "name": "Porto"})
    known = written()
    assert said(hr, "move_site", row.pk, zone="Europe/Lisbon", since="2026-11-15")
    assert written() == known
    assert not said(hr, "move_site", row.pk, zone="Asia/Tokyo", since="2026-11-15")
    assert said(hr, "move_site", row.pk, zone="Asia/Tokyo", since="2026-11-16")


def test_a_person(hr: Client) -> None:
    mei = office.employee("Mei", employee_number="7", department="Kitchen")
    admin = Client()
    admin.force_login(cast.user("root", role="Administrator"))
    lisbon = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
    assert said(hr, "person_site", mei.pk, site="", since="2026-11-15")
    assert not said(hr, "person_site", mei.pk, site=lisbon.pk, since="2026-11-15")
    assert said(hr, "person_site", mei.pk, site=lisbon.pk, since="2026-11-20")
    typed = {"employee_number": "7", "name": "Mei", "department": "Kitchen", "since": "2026-11-20"}
    assert said(admin, "change_person", mei.pk, **typed)
    assert not said(admin, "change_person", mei.pk, **{**typed, "department": "Bar"})
    assert not said(admin, "change_person", mei.pk, **{**typed, "department": "Bar", "name": "Mei Lin"})
    employed = {"employee_number": "7", "joined": "2026-01-01", "left": "", "site": lisbon.pk}
    assert said(hr, "employ", **employed)
    assert not said(hr, "employ", **{**employed, "left": "2026-12-31"})


def test_a_shift(hr: Client) -> None:
    shift = office.day_shift()
    form = hr.get(reverse("shift", args=[shift.pk])).context["form"]
    typed = {
        field.html_name: field.value() for field in form if field.value() is not None and field.value() is not False
    }
    typed |= {name: f"{typed[name]:%H:%M}" for name in ("start", "end")}
    known = written()
    assert said(hr, "shift", shift.pk, **typed)
    assert written() == known
    assert not said(hr, "shift", shift.pk, **{**typed, "end": "18:00"})
    assert Shift.objects.get().end == dt.time(18)


def test_settings(desk: Client) -> None:
    form = desk.get(reverse("settings")).context["site_form"]
    typed = {field.html_name: field.value() for field in form if field.value() is not None}
    assert said(desk, "settings", **typed)
    assert not said(desk, "settings", **{**typed, "site_name": "Other"})
