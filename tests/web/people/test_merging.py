"""The page on which two records of one person become one: what would move, the merge, and taking it apart."""

# ruff: noqa: F811  (fixtures are imported by name)

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import CheckIn
from attendance.core.models import User
from attendance.enrolment import photos
from attendance.people.models import Person, PersonMerge
from attendance.recognition import identify
from attendance.recognition.models import GalleryChange
from attendance.workdays import merges
from attendance.workdays.models import Assignment
from tests import cast
from tests.attendance.conftest import Enrol, again, enrol, own_folders  # noqa: F401
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER, close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]


@pytest.fixture
def ann() -> Person:
    return office.employee("Ann Lee", shift=office.day_shift())


@pytest.fixture
def double() -> Person:
    made = office.employee("Ann Lee", employee_number="X9")
    office.punches(made, "2026-11-02 08:00", "2026-11-02 17:00", "2026-12-01 08:00", "2026-12-01 17:00")
    return made


def test_what_would_move_is_shown_and_nothing_is_saved(desk: Client, ann: Person, double: Person) -> None:
    close(NOVEMBER, "2026-12-02 10:00")
    address = reverse("merge_person", args=[ann.pk])
    assert f"Ann Lee ({double.employee_number})" in desk.get(address).text  # suggested: the same name
    page = desk.get(address, {"other": "x9"}).text
    for expected in ("2 check-ins move, from 1 Dec 2026 on", "stay with this record", "worked 0:00 → 8:00"):
        assert expected in page, expected
    assert "next payroll file" not in page
    assert not PersonMerge.objects.exists()
    assert CheckIn.objects.filter(person=double).count() == 4
    assert Person.objects.get(pk=double.pk).is_active


def test_merged_and_taken_apart_by_page(desk: Client, ann: Person, double: Person) -> None:
    close(NOVEMBER, "2026-12-02 10:00")
    address = reverse("merge_person", args=[ann.pk])
    assert "The reason is missing" in desk.post(address, {"other": "X9"}).text
    page = desk.post(address, {"other": f"#{double.pk}", "reason": "enrolled twice"}, follow=True).text
    assert "was merged into" in page
    assert "enrolled twice" in page
    assert CheckIn.objects.filter(person=ann).count() == 2
    assert "The same person as" in desk.get(reverse("person", args=[double.pk])).text
    assert "Take the two apart" in desk.post(reverse("reactivate", args=[double.pk]), follow=True).text
    assert "goes with it" in desk.get(reverse("delete_person", args=[ann.pk])).text
    row = PersonMerge.objects.get()
    page = desk.post(reverse("take_apart", args=[row.pk]), follow=True).text
    assert "a record of its own again" in page
    assert CheckIn.objects.filter(person=double).count() == 4
    assert "taken apart already" in desk.post(reverse("take_apart", args=[row.pk]), follow=True).text


def test_what_stands_in_the_way_is_named(desk: Client, ann: Person, double: Person) -> None:
    address = reverse("merge_person", args=[ann.pk])
    assert "No record has that number" in desk.get(address, {"other": "nobody"}).text
    office.employee("Ann Lee", employee_number="X10")
    assert "Several records have that name" in desk.get(address, {"other": "ann lee"}).text
    Assignment.objects.create(shift=office.night_shift(), person=double)
    refused = desk.get(address, {"other": "X9"})
    assert refused.status_code == 422
    assert "Take Night away from it" in refused.text


def test_both_rights_are_needed(ann: Person, double: Person) -> None:
    assert cast.signed_in("hr", "HR").get(reverse("merge_person", args=[ann.pk])).status_code == 403
    clerk = cast.signed_in("clerk", "Clerk")
    assert clerk.post(reverse("merge_person", args=[ann.pk]), {"other": "X9", "reason": "x"}).status_code == 403
    assert double.is_active


def test_the_photo_moves_by_lines_of_the_gallery_and_back(
    enrol: Enrol, administrator: User, astronaut_jpeg: bytes
) -> None:
    known = enrol("7", astronaut_jpeg, name="Eileen Collins")
    kept = office.employee("Eileen Collins")
    assert identify.identify([again(astronaut_jpeg)]).person == known
    row = merges.merge(kept, known, reason="twice", actor=administrator)
    assert identify.identify([again(astronaut_jpeg)]).person == kept
    lines = list(GalleryChange.objects.order_by("sequence").values_list("operation", "subject"))
    assert lines == [("add", known.pk), ("remove", known.pk), ("add", kept.pk)]
    merges.take_apart(row, actor=administrator)
    assert identify.identify([again(astronaut_jpeg)]).person == known
    assert GalleryChange.objects.count() == 5


def test_a_photo_of_its_own_stays(enrol: Enrol, administrator: User, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> None:
    kept, other = enrol("7", astronaut_jpeg, name="Ann"), enrol("8", hopper_jpeg, name="Ann")
    row = merges.merge(kept, other, reason="twice", actor=administrator)
    assert identify.identify([again(hopper_jpeg)]).answer == "unknown"
    assert row.photo is None
    with time_machine.travel(office.at("2026-12-03 12:00"), tick=False):
        merges.take_apart(row, actor=administrator)
    assert identify.identify([again(hopper_jpeg)]).person == other
    assert photos.current(other) is not None
