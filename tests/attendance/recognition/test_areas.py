"""Which doors search a person takes effect when it is saved, in every process, and follows from the rows alone."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.checkins import door_areas
from attendance.checkins.models import Device
from attendance.core import clock, site
from attendance.core.errors import Refusal
from attendance.enrolment import membership
from attendance.people import roster
from attendance.people.models import DoorGroup, DoorGroupMember, Person, Site
from attendance.privacy import erasure
from attendance.recognition import areas, engine, gallery
from attendance.recognition.areas import EVERYBODY, Area
from attendance.recognition.models import GalleryChange
from attendance.workdays.schedule import employment, valid_from
from attendance.workdays.schedule import sites as schedule
from tests import crowd, factories

pytestmark = pytest.mark.django_db

MAIN = areas.site_label(None)


@pytest.fixture
def lisbon() -> Site:
    return Site.objects.create(name="Lisbon", time_zone="Europe/Lisbon")


def people_of(label: int) -> set[int]:
    """Whom a door of this label finds first, as this process searches."""
    return _found(gallery.in_step(), label)


def _found(kept: gallery.Kept, label: int) -> set[int]:
    probe = crowd.drawn_vectors(1, seed=99)[0]
    found = {each.subject for each in kept.gallery.search_subjects(probe, most=100, label=label)}
    others = {each.subject for each in kept.gallery.search_subjects(probe, most=100, label=label, outside=True)}
    assert not found & others
    assert len(found) == kept.gallery.count(label=label)
    assert found | others == {each.subject for each in kept.gallery.search_subjects(probe, most=100)}
    return found


def labels_held(kept: gallery.Kept) -> dict[int, frozenset[int]]:
    everybody = kept.gallery.contents().subjects.tolist()
    return {subject: kept.gallery.labels_of(subject) for subject in everybody}


def test_whoever_moves_is_found_at_the_new_site_at_once_and_at_the_old_one_no_longer(lisbon: Site) -> None:
    ann, ben = crowd.enrol_all(crowd.drawn_vectors(2), numbers=["1", "2"])
    there = areas.site_label(lisbon.pk)
    assert (people_of(MAIN), people_of(there)) == ({ann.pk, ben.pk}, set())

    employment.move_to_site(ann, lisbon, actor=None)
    assert (people_of(MAIN), people_of(there)) == ({ben.pk}, {ann.pk})
    employment.employ(ben, joined=dt.date(2026, 1, 1), site=lisbon, actor=None)
    assert people_of(there) == {ann.pk, ben.pk}
    employment.employ(ben, joined=dt.date(2026, 1, 1), site=None, actor=None)
    assert (people_of(MAIN), people_of(there)) == ({ben.pk}, {ann.pk})

    assert list(GalleryChange.objects.values_list("operation", flat=True)) == ["add", "add", "doors", "doors", "doors"]


def test_a_move_that_is_planned_is_a_line_of_the_log_on_its_day(lisbon: Site) -> None:
    with time_machine.travel("2026-11-10 12:00+00:00", tick=False):
        person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
        employment.employ(person, joined=dt.date(2026, 1, 1), actor=None)
        employment.move_to_site(person, lisbon, since=dt.date(2026, 11, 20), actor=None)
        valid_from.apply_due()
        assert people_of(MAIN) == {person.pk}
        assert GalleryChange.objects.count() == 1
    with time_machine.travel("2026-11-20 01:00+00:00", tick=False):
        valid_from.apply_due()
        valid_from.apply_due()
        assert (people_of(MAIN), people_of(areas.site_label(lisbon.pk))) == (set(), {person.pk})
        assert GalleryChange.objects.count() == 2


def test_whoever_was_never_employed_by_a_row_moves_as_well(lisbon: Site) -> None:
    person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    tomorrow = clock.today(site.zone()) + dt.timedelta(days=1)
    employment.move_to_site(person, lisbon, since=tomorrow, actor=None)
    with time_machine.travel(dt.datetime.combine(tomorrow, dt.time(12), tzinfo=dt.UTC), tick=False):
        valid_from.apply_due()
        assert people_of(areas.site_label(lisbon.pk)) == {person.pk}


def test_a_change_of_name_leaves_the_site_that_was_saved_meanwhile(lisbon: Site) -> None:
    person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    employment.move_to_site(Person.objects.get(pk=person.pk), lisbon, actor=None)
    roster.change(person, name="Another Name", actor=None)  # read before the move
    assert people_of(areas.site_label(lisbon.pk)) == _found(gallery.rebuilt(engine.active_encoder()), 2 * lisbon.pk)
    assert Person.objects.get().site == lisbon


def test_members_of_a_group_are_found_at_its_doors_from_the_moment_of_saving() -> None:
    people = crowd.enrol_all(crowd.drawn_vectors(3), numbers=list("123"))
    absent = factories.person("Not Enrolled")
    laboratory = door_areas.add_group("  The   laboratory ", actor=None)
    label = areas.group_label(laboratory.pk)
    assert laboratory.name == "The laboratory"
    assert people_of(label) == set()

    assert door_areas.add_members(laboratory, [*people[:2], absent], actor=None) == 3
    assert people_of(label) == {people[0].pk, people[1].pk}
    assert door_areas.add_members(laboratory, people[:2], actor=None) == 0
    assert door_areas.remove_members(laboratory, [people[0], people[2]], actor=None) == 1
    assert people_of(label) == {people[1].pk}
    assert people_of(MAIN) == {person.pk for person in people}
    door_areas.remove_group(laboratory, actor=None)
    assert people_of(label) == set()
    assert labels_held(gallery.in_step())[people[1].pk] == {MAIN}


def test_a_group_that_a_door_searches_is_not_removed() -> None:
    group = door_areas.add_group("Laboratory", actor=None)
    device = factories.device()
    door_areas.choose(device, searches="group", group=group, actor=None)
    with pytest.raises(Refusal, match="door_group_in_use"):
        door_areas.remove_group(group, actor=None)
    with pytest.raises(Refusal, match="door_group_name_taken"):
        door_areas.add_group("Laboratory", actor=None)
    with pytest.raises(Refusal, match="door_group_name_missing"):
        door_areas.rename_group(group, "  ", actor=None)
    door_areas.choose(device, searches="all", actor=None)
    door_areas.remove_group(group, actor=None)


def test_a_site_whose_people_a_door_searches_is_not_removed(lisbon: Site) -> None:
    door_areas.choose(factories.device(), searches="site", site=lisbon, actor=None)
    with pytest.raises(Refusal, match="site_in_use"):
        schedule.remove(lisbon, actor=None)


def test_whoever_moves_while_deactivated_is_back_at_the_new_site(lisbon: Site) -> None:
    person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    assert people_of(MAIN) == {person.pk}
    membership.deactivate(person, actor=None)
    employment.move_to_site(person, lisbon, actor=None)
    assert (people_of(MAIN), people_of(areas.site_label(lisbon.pk))) == (set(), set())
    membership.reactivate(person, actor=None)
    assert (people_of(MAIN), people_of(areas.site_label(lisbon.pk))) == (set(), {person.pk})


def test_whoever_is_erased_belongs_to_no_group() -> None:
    person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    group = door_areas.add_group("Laboratory", actor=None)
    door_areas.add_members(group, [person], actor=None)
    erasure.erase(person, actor=None)
    assert not DoorGroupMember.objects.exists()
    assert people_of(areas.group_label(group.pk)) == set()
    assert door_areas.add_members(group, [Person.objects.get()], actor=None) == 0


def test_what_a_door_searches_is_what_its_row_says_now(lisbon: Site) -> None:
    device, group = factories.device(), door_areas.add_group("Laboratory", actor=None)
    assert door_areas.find_area(device) == EVERYBODY

    def chosen(searches: str, **place: object) -> Area:
        door_areas.choose(device, searches=searches, actor=None, **place)  # type: ignore[arg-type]
        return door_areas.find_area(Device.objects.get())

    assert chosen("site", site=lisbon) == Area(areas.site_label(lisbon.pk), guests=True)
    door_areas.allow_guests(lisbon, allowed=False, actor=None)
    assert door_areas.find_area(Device.objects.get()) == Area(areas.site_label(lisbon.pk), guests=False)
    assert chosen("site") == Area(MAIN, guests=True)
    door_areas.allow_guests(None, allowed=False, actor=None)
    assert door_areas.find_area(Device.objects.get()) == Area(MAIN, guests=False)
    assert chosen("group", group=group) == Area(areas.group_label(group.pk), guests=True)
    assert chosen("all", group=group) == EVERYBODY


def test_labels_of_sites_and_groups_never_meet() -> None:
    sites, groups = ({make(number) for number in range(1, 50)} for make in (areas.site_label, areas.group_label))
    assert not sites & groups
    assert MAIN not in sites | groups


@pytest.mark.slow
def test_following_the_log_reading_the_rows_and_opening_a_snapshot_agree(lisbon: Site) -> None:
    """Whatever is done to whom in whichever order, in this process and in another that looks up now and then."""
    chance = random.Random(11)
    people = crowd.enrol_all(crowd.drawn_vectors(9), numbers=[str(number) for number in range(9)])
    groups = [door_areas.add_group(name, actor=None) for name in ("North", "South")]
    other = gallery.rebuilt(engine.active_encoder())
    held: dict[int, frozenset[int]] = {}
    for step in range(70):
        person = Person.objects.get(pk=chance.choice(people).pk)
        if person.erased_at is not None:
            continue
        deed = chance.choice(("move", "move", "join", "join", "leave", "deactivate", "reactivate", "erase"))
        if deed == "erase" and chance.random() > 0.2:
            continue
        _do(deed, person, chance.choice([None, lisbon]), chance.choice(groups))
        held = labels_held(gallery.in_step())
        assert held == labels_held(gallery.rebuilt(engine.active_encoder()))
        if chance.random() < 0.3:
            assert gallery._follow(other)
            assert labels_held(other) == held
        if step % 20 == 19:
            gallery.write_snapshot()
            _do("join", person, None, groups[0])  # newer than the snapshot
            gallery.reset()
            assert labels_held(gallery.in_step()) == labels_held(gallery.rebuilt(engine.active_encoder()))
    assert 0 < len(held) < 9
    assert len(set(held.values())) > 3


def _do(deed: str, person: Person, place: Site | None, group: DoorGroup) -> None:
    deeds: dict[str, Callable[[], object]] = {
        "move": lambda: employment.move_to_site(person, place, actor=None),
        "join": lambda: door_areas.add_members(group, [person], actor=None),
        "leave": lambda: door_areas.remove_members(group, [person], actor=None),
        "deactivate": lambda: membership.deactivate(person, actor=None),
        "reactivate": lambda: membership.reactivate(person, actor=None),
        "erase": lambda: erasure.erase(person, actor=None),
    }
    deeds[deed]()


@pytest.mark.parametrize("deed", ["move", "employ", "join", "due"])
def test_the_log_of_facts_is_locked_before_that_of_the_gallery_and_the_person_before_both(
    lisbon: Site, deed: str
) -> None:
    person = crowd.enrol(crowd.drawn_vectors(1)[0], number="1")
    group = door_areas.add_group("Laboratory", actor=None)
    tomorrow = clock.today(site.zone()) + dt.timedelta(days=1)
    if deed == "due":
        employment.move_to_site(person, lisbon, since=tomorrow, actor=None)
    with (
        time_machine.travel(dt.datetime.combine(tomorrow, dt.time(12), tzinfo=dt.UTC), tick=False),
        CaptureQueriesContext(connection) as asked,
    ):
        if deed == "employ":
            employment.employ(person, joined=dt.date(2026, 1, 1), site=lisbon, actor=None)
        elif deed == "due":
            valid_from.apply_due()
        else:
            _do(deed, person, lisbon, group)

    def first(part: str) -> int:
        return next((place for place, query in enumerate(asked) if part in query["sql"]), -1)

    person_row, facts, log = first('UPDATE "attendance_person"'), first("factcounter"), first("gallerycounter")
    assert person_row < facts < log
    assert (person_row >= 0) is (deed != "join")
