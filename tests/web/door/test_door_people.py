"""A door of a site knows its own people, and those of other sites where guests may come."""

# ruff: noqa: F811  (fixtures are imported by name)

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins import door_areas
from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.core import site
from attendance.enrolment import embedding
from attendance.people.models import Person, Site
from attendance.web.records import explanation
from attendance.workdays.schedule import employment
from tests.attendance.conftest import Enrol, again, enrol, own_folders  # noqa: F401
from tests.web.door.test_kiosk_faces import check_in, frames, tablet  # noqa: F401
from verifier import policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def lisbon(tablet: Client) -> Site:
    """A site whose people the tablet's door searches."""
    made = Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")
    door_areas.choose(Device.objects.get(), searches="site", site=made, actor=None)
    return made


@pytest.fixture
def eileen(enrol: Enrol, astronaut_jpeg: bytes) -> Person:
    """Somebody of the main site."""
    return enrol("7", astronaut_jpeg, name="Eileen Collins")


def said() -> str:
    return explanation.sentence(Attempt.objects.order_by("-pk")[0], zone=site.zone())


def give(tablet: Client, face: bytes, asked: dict[str, Any], number: str) -> dict[str, Any]:
    sent = {"frame": frames(face), "ticket": asked["ticket"], "employee_number": number}
    answer: dict[str, Any] = tablet.post(reverse("kiosk_number"), sent).json()
    return answer


def test_whoever_moves_is_known_at_the_next_look_and_a_guest_only_where_guests_may_come(
    tablet: Client, lisbon: Site, eileen: Person, astronaut_jpeg: bytes
) -> None:
    door_areas.allow_guests(lisbon, allowed=False, actor=None)
    assert check_in(tablet, astronaut_jpeg)["answer"] == "unknown"
    assert said() == "Unknown: nobody of the door's own people is enrolled, so there was nothing to compare with."
    door_areas.allow_guests(lisbon, allowed=True, actor=None)
    assert check_in(tablet, astronaut_jpeg)["answer"] == "recorded"
    assert said().endswith("for 1 reference of other people, who may come as guests; nobody else came near.")

    door_areas.allow_guests(lisbon, allowed=False, actor=None)
    employment.move_to_site(eileen, lisbon, actor=None)
    assert check_in(tablet, astronaut_jpeg)["answer"] == "already"
    assert said().endswith("for 1 reference of the door's own people; nobody else came near.")
    employment.move_to_site(eileen, None, actor=None)
    assert check_in(tablet, astronaut_jpeg)["answer"] == "unknown"


def test_a_door_without_a_place_searches_everybody(
    tablet: Client, lisbon: Site, eileen: Person, astronaut_jpeg: bytes
) -> None:
    door_areas.allow_guests(lisbon, allowed=False, actor=None)
    door_areas.choose(Device.objects.get(), searches="all", actor=None)
    assert check_in(tablet, astronaut_jpeg)["answer"] == "recorded"
    assert said().endswith("for 1 reference; nobody else came near.")


def test_somebody_elsewhere_who_looks_like_one_of_the_doors_people_is_asked_for_the_number(
    tablet: Client, lisbon: Site, eileen: Person, enrol: Enrol, astronaut_jpeg: bytes
) -> None:
    ellen = enrol("8", again(astronaut_jpeg, quality=70), name="Ellen Collins")
    row = embedding.current(ellen)
    assert row is not None
    type(row).objects.filter(pk=row.pk).update(look_alike=None)  # as if nobody had noticed
    employment.move_to_site(ellen, lisbon, actor=None)
    asked = check_in(tablet, astronaut_jpeg)
    assert (asked["answer"], asked["asks_for_pin"]) == ("ambiguous", False)
    assert give(tablet, astronaut_jpeg, asked, "7")["name"] == "Eileen"


class TestAmongTooMany:
    """Guests are so many that a face alone does not find one."""

    @pytest.fixture(autouse=True)
    def many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "MOST_GUESTS", 0)

    def test_a_guest_gives_the_number_and_is_compared_more_strictly(
        self, tablet: Client, lisbon: Site, eileen: Person, astronaut_jpeg: bytes
    ) -> None:
        asked = check_in(tablet, astronaut_jpeg)
        assert (asked["answer"], asked["asks_for_guest"], asked["code"]) == ("unknown", True, "guest_gives_number")
        assert "Too many other people are enrolled" in said()
        assert give(tablet, astronaut_jpeg, asked, "7")["name"] == "Eileen"
        assert Attempt.objects.order_by("-pk")[0].target_false_accept == pytest.approx(0.001 / 50)

    def test_a_wrong_number_is_answered_like_one_that_nobody_has_and_five_are_enough(
        self, tablet: Client, lisbon: Site, eileen: Person, enrol: Enrol, astronaut_jpeg: bytes, hopper_jpeg: bytes
    ) -> None:
        enrol("8", hopper_jpeg, name="Grace Hopper")
        asked = check_in(tablet, astronaut_jpeg)
        wrong = [give(tablet, astronaut_jpeg, asked, number) for number in ("8", "404", "8", "404", "404")]
        assert {(each["answer"], each["code"]) for each in wrong} == {("unknown", "number_not_in_question")}
        assert give(tablet, astronaut_jpeg, asked, "7")["code"] == "pin_wait"
        assert not CheckIn.objects.exists()

    def test_the_doors_own_people_are_known_by_their_face(
        self, tablet: Client, lisbon: Site, eileen: Person, astronaut_jpeg: bytes
    ) -> None:
        employment.move_to_site(eileen, lisbon, actor=None)
        assert check_in(tablet, astronaut_jpeg)["name"] == "Eileen"

    def test_where_no_guest_may_come_no_number_is_asked_for(
        self, tablet: Client, lisbon: Site, eileen: Person, astronaut_jpeg: bytes
    ) -> None:
        door_areas.allow_guests(lisbon, allowed=False, actor=None)
        unknown = check_in(tablet, astronaut_jpeg)
        assert (unknown["answer"], unknown["code"], "ticket" in unknown) == ("unknown", "unknown", False)
