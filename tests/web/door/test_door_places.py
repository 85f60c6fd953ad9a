"""The pages on which doors are given their people, and guests are let in or not."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins import devices, door_areas
from attendance.checkins.models import Device
from attendance.core.models import AuditEntry, User
from attendance.people.models import DoorGroup, Person, Site
from attendance.recognition.areas import EVERYBODY
from attendance.workdays.schedule import employment
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


@pytest.fixture
def lisbon() -> Site:
    return Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")


@pytest.fixture
def gate(administrator: User) -> Device:
    return devices.add(name="Gate 2", actor=administrator)


def actions() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="devices.").order_by("pk").values_list("action", flat=True)
    )


def test_a_door_is_given_a_site_then_a_group_then_everybody_again(admin: Client, gate: Device, lisbon: Site) -> None:
    group = door_areas.add_group("Laboratory", actor=None)
    page = reverse("device", args=[gate.pk])
    assert "Lisbon (site, 0 people)" in admin.get(page).text

    said = admin.post(page, {"place": f"site-{lisbon.pk}"}, follow=True).text
    assert "Gate 2 searches the people of Lisbon first, and others after them, as guests." in said
    assert (Device.objects.get().searches, Device.objects.get().site) == ("site", lisbon)
    assert "then guests" in said
    admin.post(page, {"place": "main"})
    assert (Device.objects.get().searches, Device.objects.get().site) == ("site", None)
    admin.post(page, {"place": f"group-{group.pk}"})
    assert (Device.objects.get().searches, Device.objects.get().group) == ("group", group)
    assert "searches everybody" in admin.post(page, {"place": ""}, follow=True).text
    assert door_areas.find_area(Device.objects.get()) == EVERYBODY
    assert actions() == ["devices.add", "devices.add_group", *["devices.choose_people"] * 4]


@pytest.mark.parametrize("place", ["site-999", "group-1", "other-1", "site-x", "site-" + "9" * 30])
def test_a_place_that_is_not_offered_is_refused(admin: Client, gate: Device, place: str) -> None:
    answer = admin.post(reverse("device", args=[gate.pk]), {"place": place})
    assert (answer.status_code, Device.objects.get().searches) == (422, "all")
    said = admin.post(reverse("door_guests"), {"place": place, "allowed": "no"}, follow=True)
    assert "no such site or door group" in said.text


def test_guests_are_let_in_and_shut_out_by_place(admin: Client, lisbon: Site) -> None:
    group = door_areas.add_group("Laboratory", actor=None)
    for place, key in ((lisbon, f"site-{lisbon.pk}"), (None, "main"), (group, f"group-{group.pk}")):
        said = ""
        for allowed in ("no", "yes", "no"):
            said = admin.post(reverse("door_guests"), {"place": key, "allowed": allowed}, follow=True).text
            fresh = None if place is None else type(place).objects.get(pk=place.pk)
            assert door_areas.guests_allowed(fresh) is (allowed == "yes")
        assert "recognize nobody else any more" in said
    line = AuditEntry.objects.filter(action="devices.allow_guests").order_by("pk")[0]
    assert (line.subject, line.facts) == (f"site:{lisbon.pk}", {"allowed": False})


def test_people_join_a_group_by_number_and_leave_it(admin: Client) -> None:
    mei, ann = factories.person("Mei Lin", employee_number="7"), factories.person("Ann Bo", employee_number="A-8")
    made = admin.post(reverse("door_places"), {"name": "Laboratory"}, follow=True)
    assert "Who belongs to it?" in made.text
    page = reverse("door_group", args=[DoorGroup.objects.get().pk])

    wrong = admin.post(page, {"numbers": "7, 404"})
    assert (wrong.status_code, "Nobody has the number 404. Nobody was added." in wrong.text) == (422, True)
    assert not mei.door_groups.exists()
    assert "2 people belong to it now." in admin.post(page, {"numbers": "7,A-8\n7"}, follow=True).text
    assert "Laboratory" in admin.get(reverse("person", args=[mei.pk])).text
    left = admin.post(reverse("leave_door_group", args=[DoorGroup.objects.get().pk]), {"person": ann.pk}, follow=True)
    assert "Ann Bo left Laboratory." in left.text
    assert list(Person.objects.filter(door_groups__group__name="Laboratory")) == [mei]
    assert admin.post(page, {"name": "Clean room"}, follow=True).text.count("Clean room") > 1
    admin.post(reverse("remove_door_group", args=[DoorGroup.objects.get().pk]))
    assert not DoorGroup.objects.exists()


def test_a_group_in_use_stays_and_a_second_one_of_its_name_is_refused(admin: Client, gate: Device) -> None:
    group = door_areas.add_group("Laboratory", actor=None)
    door_areas.choose(gate, searches="group", group=group, actor=None)
    said = admin.post(reverse("remove_door_group", args=[group.pk]), follow=True).text
    assert "A door searches this group." in said
    again = admin.post(reverse("door_places"), {"name": "Laboratory"})
    assert (again.status_code, "There is a door group of that name already." in again.text) == (422, True)


def test_person_and_site_say_which_doors_search_them_first(admin: Client, gate: Device, lisbon: Site) -> None:
    person = factories.person("Mei Lin")
    assert "Known first at" not in admin.get(reverse("person", args=[person.pk])).text
    door_areas.choose(gate, searches="site", site=lisbon, actor=None)
    employment.move_to_site(person, lisbon, actor=None)
    shown = admin.get(reverse("person", args=[person.pk])).text
    assert "Known first at" in shown
    assert "Gate 2" in shown
    assert "Gate 2 searches the people of this site first; others" in " ".join(
        admin.get(reverse("site", args=[lisbon.pk]))
        .text.replace('<span dir="auto">', "")
        .replace("</span>", "")
        .split()
    )


@pytest.mark.parametrize("name", ["door_places", "device", "door_group"])
def test_only_whoever_manages_doors_opens_these_pages(client: Client, clerk: User, gate: Device, name: str) -> None:
    group = door_areas.add_group("Laboratory", actor=None)
    client.force_login(clerk)
    number = {"device": [gate.pk], "door_group": [group.pk]}.get(name, [])
    assert client.get(reverse(name, args=number)).status_code == 403
